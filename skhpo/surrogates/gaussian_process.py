"""Gaussian-process regression: one length scale per dimension, closed-form gradients.

============ ======================================================================
symbol       meaning
============ ======================================================================
n, d, m      measured points; dimensions; points to predict at
X, y         points in the unit cube, shape (n, d); what was measured, shape (n,)
k            covariance of the objective at two points (``kernel.py``)
ell          length scales, shape (d,)
s^2, a^2     variances: of what all parameters do together, of what each does alone,
p^2, v       of what each two do together, of the noise
b            constant mean
K            covariance of the measurements, k + v I, shape (n, n)
U            upper Cholesky factor, K = U'U
alpha        K^-1 (y - b), shape (n,)
theta        what is fitted: (log ell, log s^2, log a^2, log p^2, log v), shape (d + 4,)
============ ======================================================================

References to equations are to C. E. Rasmussen, C. K. I. Williams: Gaussian Processes for Machine
Learning, 2006.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from skhpo.settings import check_count, check_number
from skhpo.surrogates.base import Array
from skhpo.surrogates.cholesky import inverse_factor
from skhpo.surrogates.columns import Columns
from skhpo.surrogates.data import checked
from skhpo.surrogates.evidence import Hyperparameters, NegativeLogDensity
from skhpo.surrogates.paths import GaussianProcessPath

__all__ = ["GaussianProcess", "GaussianProcessPosterior", "LogNormal"]

Numbers: TypeAlias = NDArray[np.intp]

_STAGES = (50, 300)  # points the hyperparameters are fitted to: a cheap idea first, then in earnest
_SMALLEST_VARIANCE = 1e-14  # of the posterior, in units of the prior's


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

    def __post_init__(self) -> None:
        check_number("LogNormal", "median", self.median, closed="right")
        check_number("LogNormal", "sd", self.sd, closed="right")


@dataclass(frozen=True)
class GaussianProcess:
    """A Gaussian process whose hyperparameters are those of the greatest posterior density.

    Parameters
    ----------
    length_scale : LogNormal, default=LogNormal(0.25, 0.7)
        Prior of each length scale, in units of the root of how many parameters a point has:
        distances in a cube grow like that.
    joint_variance : LogNormal, default=LogNormal(0.7, 1)
        Prior of the variance of what all parameters do together.
    additive_variance : LogNormal, default=LogNormal(0.3, 1.5)
        Prior of the variance of what each parameter does alone.
    pair_variance : LogNormal, default=LogNormal(0.3, 1.5)
        Prior of the variance of what each two parameters do together.
    noise_variance : LogNormal, default=LogNormal(1e-4, 2)
        Prior of the noise variance: small, and yet no bar to the noise of cross-validation.
    max_iter : int, default=100
        Steps of L-BFGS-B in the search for the hyperparameters.
    max_points : int, default=1000
        Of more points, the better half of these and an even choice of the others are kept: the
        cost grows with the cube of their number, and what is good has to be known best.

    References
    ----------
    C. Hvarfner, E. O. Hellsten, L. Nardi: Vanilla Bayesian Optimization Performs Great in High
    Dimensions. ICML 2024. (Length scales that grow with sqrt(d).)
    """

    length_scale: LogNormal = LogNormal(0.25, 0.7)
    joint_variance: LogNormal = LogNormal(0.7, 1.0)
    additive_variance: LogNormal = LogNormal(0.3, 1.5)
    pair_variance: LogNormal = LogNormal(0.3, 1.5)
    noise_variance: LogNormal = LogNormal(1e-4, 2.0)
    max_iter: int = 100
    max_points: int = 1000

    def __post_init__(self) -> None:
        for field in fields(self):
            prior = getattr(self, field.name)
            if isinstance(field.default, LogNormal) and not isinstance(prior, LogNormal):
                raise TypeError(
                    f"GaussianProcess: {field.name} must be a prior such as {field.default}, "
                    f"got {prior!r}"
                )
        check_count("GaussianProcess", "max_iter", self.max_iter)
        check_count("GaussianProcess", "max_points", self.max_points, least=2)

    def fit(self, X: Array, y: Array, columns: Columns | None = None) -> GaussianProcessPosterior:
        """Choose the hyperparameters and condition on the data; a pure function of both.

        Parameters
        ----------
        X : array of shape (n, d)
            Points in the unit cube; they may repeat.
        y : array of shape (n,)
            What was measured there, of about zero mean and unit variance.
        columns : Columns or None, default=None
            The parameters the columns of ``X`` belong to; None if each is one.

        Returns
        -------
        GaussianProcessPosterior

        Raises
        ------
        ValueError
            If the shapes do not fit, there is no data, or it is not finite.
        """
        X, y = checked(X, y)
        columns = Columns.apart(X.shape[1]) if columns is None else columns
        if sum(columns.widths) != X.shape[1]:
            raise ValueError(
                f"widths of columns {columns.widths} do not fit X with {X.shape[1]} columns: "
                f"their sum is {sum(columns.widths)}"
            )
        return GaussianProcessPosterior.given(X, y, self._fitted(X, y, columns), self.max_points)

    def _fitted(self, X: Array, y: Array, columns: Columns) -> Hyperparameters:
        """Return the hyperparameters: first from a few of the points, then from more of them."""
        coarse, fine = (_evenly(np.arange(len(y)), n) for n in _STAGES)
        density = self._density(X[coarse], y[coarse], columns)
        theta = self._descend(density, density.start, tol=1e-2 if len(fine) > len(coarse) else 1e-3)
        if len(fine) > len(coarse):
            density = self._density(X[fine], y[fine], columns)
            theta = self._descend(density, theta, tol=1e-3)
        return density.hyperparameters(theta)

    def _descend(self, density: NegativeLogDensity, start: Array, tol: float) -> Array:
        """Return the theta a search from ``start`` ends at."""
        mean, sd = density.prior_mean, density.prior_sd

        def standardised(z: Array) -> tuple[float, Array]:  # takes a quarter fewer steps
            value, gradient = density(mean + sd * z)
            return value, sd * gradient

        end = minimize(
            standardised,
            (start - mean) / sd,
            method="L-BFGS-B",
            jac=True,
            bounds=(density.bounds - mean[:, None]) / sd[:, None],
            options={"maxiter": self.max_iter, "ftol": tol, "gtol": 0.1},
        )
        return np.asarray(mean + sd * end.x)

    def _density(self, X: Array, y: Array, columns: Columns) -> NegativeLogDensity:
        """Set up what is minimised, with a normal prior of theta."""
        unit = math.sqrt(columns.effective_dimension)
        length_scale = LogNormal(self.length_scale.median * unit, self.length_scale.sd)
        variances = [self.joint_variance, self.additive_variance, self.pair_variance]
        priors = [length_scale] * X.shape[1] + variances + [self.noise_variance]
        medians, sds = np.array([(prior.median, prior.sd) for prior in priors]).T
        return NegativeLogDensity(X, y, columns, np.log(medians), sds)


@dataclass(frozen=True, eq=False)
class GaussianProcessPosterior:
    """A Gaussian process that has seen its data. Made by :meth:`given`.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        k, v and b.
    X : array of shape (n, d)
        The points it was conditioned on.
    R : array of shape (n, n)
        Inverse of U, so that K^-1 = RR'. A product with it is several times faster than solving.
    alpha : array of shape (n,)
        K^-1 (y - b).
    max_points : int
        As in :class:`GaussianProcess`.
    """

    hyperparameters: Hyperparameters
    X: Array
    R: Array
    alpha: Array
    max_points: int = 1000

    is_smooth = True

    @classmethod
    def given(
        cls, X: Array, y: Array, hyperparameters: Hyperparameters, max_points: int = 1000
    ) -> GaussianProcessPosterior:
        """Condition on data with hyperparameters that are known; eq. (2.25) and (2.26).

        Parameters
        ----------
        X : array of shape (n, d)
            Points.
        y : array of shape (n,)
            What was measured there.
        hyperparameters : Hyperparameters
            k, v and b.
        max_points : int, default=1000
            As in :class:`GaussianProcess`.
        """
        kept = _worth_keeping(y, max_points)
        X, y = X[kept], y[kept]
        R = inverse_factor(_covariance(X, hyperparameters))
        return cls(hyperparameters, X, R, R @ (R.T @ (y - hyperparameters.mean)), max_points)

    def given_data(self, X: Array, y: Array) -> GaussianProcessPosterior:
        """Condition on other data with the same hyperparameters.

        Parameters
        ----------
        X : array of shape (n, d)
            Points.
        y : array of shape (n,)
            What was measured there.
        """
        return GaussianProcessPosterior.given(X, y, self.hyperparameters, self.max_points)

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Predict the signal; shapes (m, d) -> (m,), (m,)."""
        k = self.hyperparameters.kernel(X, self.X)
        return self.hyperparameters.mean + k @ self.alpha, self._std(k @ self.R)

    def predict_with_gradient(self, X: Array) -> tuple[Array, Array, Array, Array]:
        """Predict the signal, with derivatives; shapes (m, d) -> (m,), (m,), (m, d), (m, d).

        With w = alpha for the mean and w = -K^-1 k / sigma for the standard deviation, both
        derivatives are sum_i w_i dk_i/dx.
        """
        k, slopes = self.hyperparameters.kernel.with_slopes(X, self.X)
        V = k @ self.R
        mean, std = self.hyperparameters.mean + k @ self.alpha, self._std(V)
        by_std = V @ self.R.T / -std[:, None]
        return mean, std, slopes.weighted(self.alpha), slopes.weighted(by_std)

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
        V = h.kernel(X, self.X) @ self.R  # (k, n), beside U as V'
        corner = inverse_factor(_covariance(X, h) - V @ V.T)
        R = np.zeros((n + k, n + k))
        R[:n, :n], R[:n, n:], R[n:, n:] = self.R, -self.R @ V.T @ corner, corner
        alpha = np.concatenate([self.alpha, np.zeros(k)])
        points = np.concatenate([self.X, X])
        return GaussianProcessPosterior(h, points, R, alpha, self.max_points)

    def draw(self, rng: np.random.Generator) -> GaussianProcessPath:
        """Draw what the objective might be: a whole function, with gradients.

        Parameters
        ----------
        rng : numpy.random.Generator
            Random numbers.
        """
        return GaussianProcessPath.drawn(self.hyperparameters, self.X, self.R, self.alpha, rng)

    def _std(self, V: Array) -> Array:
        """Return the standard deviation, after eq. (2.26), from V = k'R of shape (m, n)."""
        prior = self.hyperparameters.kernel.variance
        variance = prior - np.einsum("ij,ij->i", V, V)
        return np.asarray(np.sqrt(np.maximum(variance, _SMALLEST_VARIANCE * prior)))


def _evenly(numbers: Numbers, n: int) -> Numbers:
    """Return ``n`` of some numbers, evenly spaced; all if they are no more."""
    if len(numbers) <= n:
        return numbers
    return numbers[np.linspace(0, len(numbers) - 1, n).round().astype(np.intp)]


def _worth_keeping(y: Array, n: int) -> Numbers:
    """Return which ``n`` measurements to keep, in their order; all if they are no more."""
    if len(y) <= n:
        return np.arange(len(y))
    best_first = np.argsort(-y, kind="stable")
    n_best = n // 2
    others = _evenly(np.sort(best_first[n_best:]), n - n_best)
    return np.sort(np.concatenate([best_first[:n_best], others]))


def _covariance(X: Array, h: Hyperparameters) -> Array:
    """Return K, of shape (n, n)."""
    K = h.kernel(X, X)
    K.flat[:: len(K) + 1] += h.noise_variance
    return K
