"""Input warping: a Gaussian process over axes that are bent to the data.

========== =========================================================================
symbol     meaning
========== =========================================================================
w          w(x) = 1 - (1 - x^a)^b along each axis, a Kumaraswamy distribution function
a, b       its shapes, of shape (d,); both 1 where an axis stays as it is
u          1 - x^a
Z          the warped points, shape (n, d)
========== =========================================================================

The other symbols are those of ``skhpo/surrogates/gaussian_process.py``. The shapes are fitted
together with theta.

Reference: J. Snoek, K. Swersky, R. Zemel, R. P. Adams: Input Warping for Bayesian Optimization of
Non-stationary Functions. ICML 2014. (There with beta distributions, and a whole posterior of the
shapes instead of its mode.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhpo.surrogates import GaussianProcess
from skhpo.surrogates.base import Array
from skhpo.surrogates.columns import Columns
from skhpo.surrogates.evidence import Hyperparameters, NegativeLogDensity
from skhpo.surrogates.gaussian_process import GaussianProcessPosterior
from skhpo.surrogates.kernel import Kernel, Slopes

__all__ = ["WarpedGaussianProcess"]

_SHAPE_SD = 0.5  # prior of log a and log b, around 0: most axes are about right as they are
_EDGE = 1e-6  # nothing is nearer to 0 or 1: slopes are not finite there


@dataclass(frozen=True, eq=False)
class _Warp:
    """w.

    Parameters
    ----------
    a, b : array of shape (d,)
        Its shapes.
    """

    a: Array
    b: Array

    def __call__(self, X: Array) -> Array:
        return 1.0 - self._u(X)[1] ** self.b

    def slopes(self, X: Array) -> Array:
        """Return dw/dx, of the shape of ``X``."""
        x, u = self._u(X)
        return self.a * self.b * x ** (self.a - 1.0) * u ** (self.b - 1.0)

    def by_log_shapes(self, X: Array) -> tuple[Array, Array]:
        """Return dw/dlog a and dw/dlog b, of the shape of ``X``."""
        x, u = self._u(X)
        by_a = self.a * self.b * u ** (self.b - 1.0) * x**self.a * np.log(x)
        return by_a, -self.b * u**self.b * np.log(u)

    def _u(self, X: Array) -> tuple[Array, Array]:
        """Return x and u."""
        x = np.clip(X, _EDGE, 1.0 - _EDGE)
        return x, 1.0 - x**self.a


@dataclass(frozen=True, eq=False)
class _WarpedKernel:
    """k(w(x), w(x'))."""

    kernel: Kernel
    warp: _Warp

    @property
    def variance(self) -> float:
        return self.kernel.variance

    def __call__(self, A: Array, B: Array) -> Array:
        return self.kernel(self.warp(A), self.warp(B))

    def with_slopes(self, A: Array, B: Array) -> tuple[Array, _WarpedSlopes]:
        k, slopes = self.kernel.with_slopes(self.warp(A), self.warp(B))
        return k, _WarpedSlopes(slopes, self.warp.slopes(A))


@dataclass(frozen=True, eq=False)
class _WarpedSlopes:
    """Derivatives by the coordinates before warping: the chain rule."""

    slopes: Slopes
    by_x: Array

    def weighted(self, w: Array) -> Array:
        return self.slopes.weighted(w) * self.by_x


class _WarpedDensity:
    """As :class:`NegativeLogDensity`, with log a and log b of the bent axes at the end of theta."""

    def __init__(self, X: Array, y: Array, columns: Columns, plain: NegativeLogDensity) -> None:
        self._X, self._y, self._columns = X, y, columns
        widths = np.asarray(columns.widths)[columns.parameter]
        self._bent = np.flatnonzero(widths == 1)
        self._n_plain = len(plain.prior_mean)
        n_shapes = 2 * len(self._bent)
        self.prior_mean = np.append(plain.prior_mean, np.zeros(n_shapes))
        self.prior_sd = np.append(plain.prior_sd, np.full(n_shapes, _SHAPE_SD))
        self.start = np.append(plain.start, np.zeros(n_shapes))
        of_shapes = np.tile([-6.0 * _SHAPE_SD, 6.0 * _SHAPE_SD], (n_shapes, 1))
        self.bounds = np.concatenate([plain.bounds, of_shapes])

    def hyperparameters(self, theta: Array) -> Hyperparameters:
        warp = self._warp(theta)
        h = self._plain(warp).hyperparameters(theta[: self._n_plain])
        return Hyperparameters(_WarpedKernel(h.kernel, warp), h.noise_variance, h.mean)

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Evaluate; with W as in :class:`NegativeLogDensity`, row i of d/dZ is sum_j W_ij dk_ij."""
        warp = self._warp(theta)
        plain = self._plain(warp)
        value, gradient = plain(theta[: self._n_plain])
        h, Z = plain.hyperparameters(theta[: self._n_plain]), warp(self._X)
        posterior = GaussianProcessPosterior.given(Z, self._y, h)
        W = posterior.R @ posterior.R.T - np.outer(posterior.alpha, posterior.alpha)
        by_Z = h.kernel.with_slopes(Z, Z)[1].weighted(W)
        by_shapes = [
            (by_Z * by_shape).sum(axis=0)[self._bent] for by_shape in warp.by_log_shapes(self._X)
        ]
        log_shapes = theta[self._n_plain :]
        prior = 0.5 * log_shapes @ log_shapes / _SHAPE_SD**2
        by_prior = log_shapes / _SHAPE_SD**2
        return value + prior, np.append(gradient, np.concatenate(by_shapes) + by_prior)

    def _warp(self, theta: Array) -> _Warp:
        a, b = np.ones((2, self._X.shape[1]))
        a[self._bent], b[self._bent] = np.exp(theta[self._n_plain :]).reshape(2, -1)
        return _Warp(a, b)

    def _plain(self, warp: _Warp) -> NegativeLogDensity:
        n = self._n_plain
        Z = warp(self._X)
        return NegativeLogDensity(Z, self._y, self._columns, self.prior_mean[:n], self.prior_sd[:n])


@dataclass(frozen=True)
class WarpedGaussianProcess(GaussianProcess):
    """A Gaussian process over warped axes; what has no order stays as it is."""

    def _density(self, X: Array, y: Array, columns: Columns) -> _WarpedDensity:
        return _WarpedDensity(X, y, columns, super()._density(X, y, columns))
