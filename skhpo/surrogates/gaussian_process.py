"""Gaussian-process regression: Matern 5/2, one length scale per dimension, closed-form gradients.

============ ======================================================================
symbol       meaning
============ ======================================================================
n, d, m      measured points; dimensions; points to predict at
X, y         points in the unit cube, shape (n, d); what was measured, shape (n,)
ell          length scales, shape (d,)
s^2, v       variance of the signal; variance of the noise
b            constant mean
r^2          squared distance sum_k (x_k - x'_k)^2 / ell_k^2
c, g         correlation at r, and the slope its derivatives share (``matern.py``)
K            covariance of the measurements, s^2 c + v I, shape (n, n)
U            upper Cholesky factor, K = U'U
alpha        K^-1 (y - b), shape (n,)
theta        what is fitted: (log ell, log s^2, log v), shape (d + 2,)
============ ======================================================================

References to equations are to C. E. Rasmussen, C. K. I. Williams: Gaussian Processes for Machine
Learning, 2006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from skhpo.surrogates.base import Array
from skhpo.surrogates.cholesky import inverse_factor
from skhpo.surrogates.evidence import Hyperparameters, NegativeLogDensity
from skhpo.surrogates.matern import correlation

__all__ = ["GaussianProcess", "GaussianProcessPosterior", "LogNormal"]

_COARSE = 100  # points that give a first, cheap idea of the hyperparameters
_SMALLEST_VARIANCE = 1e-14  # of the posterior, in units of s^2


@dataclass(frozen=True)
class LogNormal:
    """A prior on a positive number.

    Parameters
    ----------
    median : float
        Its median.
    sd : float
        Standard deviation of its logarithm.
    """

    median: float
    sd: float


@dataclass(frozen=True)
class GaussianProcess:
    """A Gaussian process whose hyperparameters are those of the greatest posterior density.

    Parameters
    ----------
    length_scale : LogNormal, default=LogNormal(exp(-1), 0.7)
        Prior of each length scale, in units of sqrt(d): distances in a cube grow like that.
    signal_variance : LogNormal, default=LogNormal(1, 1)
        Prior of the signal variance.
    noise_variance : LogNormal, default=LogNormal(1e-4, 2)
        Prior of the noise variance: small, and yet no bar to the noise of cross-validation.
    max_iter : int, default=100
        Steps of L-BFGS-B in the search for the hyperparameters.

    References
    ----------
    C. Hvarfner, E. O. Hellsten, L. Nardi: Vanilla Bayesian Optimization Performs Great in High
    Dimensions. ICML 2024. (Length scales that grow with sqrt(d).)
    """

    length_scale: LogNormal = LogNormal(math.exp(-1.0), 0.7)
    signal_variance: LogNormal = LogNormal(1.0, 1.0)
    noise_variance: LogNormal = LogNormal(1e-4, 2.0)
    max_iter: int = 100

    def fit(self, X: Array, y: Array) -> GaussianProcessPosterior:
        """Choose the hyperparameters and condition on the data; a pure function of both.

        Parameters
        ----------
        X : array of shape (n, d)
            Points in the unit cube; they may repeat.
        y : array of shape (n,)
            What was measured there, of about zero mean and unit variance.

        Returns
        -------
        GaussianProcessPosterior

        Raises
        ------
        ValueError
            If the shapes do not fit, there is no data, or it is not finite.
        """
        X, y = _checked(X, y)
        theta = None
        every = math.ceil(len(y) / _COARSE)
        if every > 1:
            coarse = self._density(X[::every], y[::every])
            theta = self._descend(coarse, coarse.start)
        density = self._density(X, y)
        theta = self._descend(density, density.start if theta is None else theta)
        return GaussianProcessPosterior.given(X, y, density.hyperparameters(theta))

    def _descend(self, density: NegativeLogDensity, start: Array) -> Array:
        """Return the theta a search from ``start`` ends at."""
        end = minimize(
            density,
            start,
            method="L-BFGS-B",
            jac=True,
            bounds=density.bounds,
            options={"maxiter": self.max_iter, "ftol": 1e-4, "gtol": 0.1},
        )
        return np.asarray(end.x)

    def _density(self, X: Array, y: Array) -> NegativeLogDensity:
        """Set up what is minimised, with a normal prior of theta."""
        d = X.shape[1]
        length_scale = LogNormal(self.length_scale.median * math.sqrt(d), self.length_scale.sd)
        priors = [length_scale] * d + [self.signal_variance, self.noise_variance]
        medians, sds = np.array([(prior.median, prior.sd) for prior in priors]).T
        return NegativeLogDensity(X, y, np.log(medians), sds)


@dataclass(frozen=True, eq=False)
class GaussianProcessPosterior:
    """A Gaussian process that has seen its data. Made by :meth:`given`.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        ell, s^2, v and b.
    X : array of shape (n, d)
        The points it was conditioned on.
    R : array of shape (n, n)
        Inverse of U, so that K^-1 = RR'. A product with it is several times faster than solving.
    alpha : array of shape (n,)
        K^-1 (y - b).
    """

    hyperparameters: Hyperparameters
    X: Array
    R: Array
    alpha: Array

    @classmethod
    def given(
        cls, X: Array, y: Array, hyperparameters: Hyperparameters
    ) -> GaussianProcessPosterior:
        """Condition on data with hyperparameters that are known; eq. (2.25) and (2.26).

        Parameters
        ----------
        X : array of shape (n, d)
            Points.
        y : array of shape (n,)
            What was measured there.
        hyperparameters : Hyperparameters
            ell, s^2, v and b.
        """
        R = inverse_factor(_covariance(X, hyperparameters))
        return cls(hyperparameters, X, R, R @ (R.T @ (y - hyperparameters.mean)))

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Predict the signal; shapes (m, d) -> (m,), (m,)."""
        k = self.hyperparameters.signal_variance * self._correlation(X)[0]
        return self.hyperparameters.mean + k @ self.alpha, self._std(k @ self.R)

    def predict_with_gradient(self, X: Array) -> tuple[Array, Array, Array, Array]:
        """Predict the signal, with derivatives; shapes (m, d) -> (m,), (m,), (m, d), (m, d).

        With w = alpha for the mean and w = -K^-1 k / sigma for the standard deviation, both
        derivatives are sum_i w_i dk_i/dx, where dk_i/dx = -s^2 g_i (x - x_i) / ell^2.
        """
        ell, s2 = self.hyperparameters.length_scales, self.hyperparameters.signal_variance
        c, g = self._correlation(X)
        k = s2 * c
        V = k @ self.R
        mean, std = self.hyperparameters.mean + k @ self.alpha, self._std(V)
        w_mean, w_std = g * self.alpha, g * (V @ self.R.T) / -std[:, None]
        mean_gradient, std_gradient = (
            (w @ self.X - w.sum(axis=1)[:, None] * X) * (s2 / ell**2) for w in (w_mean, w_std)
        )
        return mean, std, mean_gradient, std_gradient

    def condition_on(self, X: Array) -> GaussianProcessPosterior:
        """Pretend that points were measured and gave their posterior mean.

        The mean does not change, so the new points have alpha = 0; the Cholesky factor and its
        inverse gain k columns, at the cost of O(n^2 k) and without a new fit.

        Parameters
        ----------
        X : array of shape (k, d)
            Points whose measurements have not come in yet.

        References
        ----------
        D. Ginsbourger, R. Le Riche, L. Carraro: Kriging is Well-Suited to Parallelize
        Optimization. 2010 ("kriging believer").
        """
        n, k = len(self.X), len(X)
        if k == 0:
            return self
        h = self.hyperparameters
        V = h.signal_variance * self._correlation(X)[0] @ self.R  # (k, n), beside U as V'
        corner = inverse_factor(_covariance(X, h) - V @ V.T)
        R = np.zeros((n + k, n + k))
        R[:n, :n], R[:n, n:], R[n:, n:] = self.R, -self.R @ V.T @ corner, corner
        alpha = np.concatenate([self.alpha, np.zeros(k)])
        return GaussianProcessPosterior(h, np.concatenate([self.X, X]), R, alpha)

    def _correlation(self, X: Array) -> tuple[Array, Array]:
        """Return c and g between ``X`` and the data, shapes (m, n)."""
        return correlation(X, self.X, self.hyperparameters.length_scales)

    def _std(self, V: Array) -> Array:
        """Return the standard deviation, after eq. (2.26), from V = k'R of shape (m, n)."""
        s2 = self.hyperparameters.signal_variance
        variance = s2 - np.einsum("ij,ij->i", V, V)
        return np.asarray(np.sqrt(np.maximum(variance, _SMALLEST_VARIANCE * s2)))


def _covariance(X: Array, h: Hyperparameters) -> Array:
    """Return K, of shape (n, n)."""
    K = h.signal_variance * correlation(X, X, h.length_scales)[0]
    K.flat[:: len(K) + 1] += h.noise_variance
    return np.asarray(K)


def _checked(X: Array, y: Array) -> tuple[Array, Array]:
    """Return the data as arrays of floats, or say what is wrong with it."""
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    if X.ndim != 2 or y.shape != X.shape[:1] or len(y) == 0:
        raise ValueError(
            f"X must have shape (n, d) and y shape (n,) with n >= 1; got {X.shape} and {y.shape}"
        )
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError("X and y must be finite")
    return X, y
