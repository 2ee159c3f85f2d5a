"""Improvement over an incumbent that is not known, because every measurement of it is noisy.

========== =========================================================================
symbol     meaning
========== =========================================================================
S          fantasies: what the objective might be at the measured points, without noise
F          their values less b, shape (n, S)
f*         the best value of each, shape (S,)
A          K_0^-1 F, shape (n, S), where K_0 = k is the covariance without noise
========== =========================================================================

The other symbols are those of ``gaussian_process.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skhpo.settings import check_count, check_number
from skhpo.surrogates.acquisition import LogExpectedImprovement
from skhpo.surrogates.base import Array, Criterion, Posterior
from skhpo.surrogates.cholesky import cholesky, inverse_factor
from skhpo.surrogates.evidence import Hyperparameters
from skhpo.surrogates.gaussian_process import GaussianProcessPosterior
from skhpo.surrogates.improvement import log_expected_improvement

__all__ = ["LogNoisyExpectedImprovement", "NoisyImprovementCriterion"]

_NEGLIGIBLE = 1e-3  # noise that blurs no incumbent, in units of the prior variance
_NUGGET = (
    1e-6  # noise left in the fantasies, in units of the prior variance, so that K_0 can be factored
)


@dataclass(frozen=True)
class LogNoisyExpectedImprovement:
    """The logarithm of the expected improvement, averaged over what the incumbent might be.

    If measurements are noisy, which point is best, and how good it is, is not known. The
    improvement is averaged over fantasies: joint draws of the noise-free objective at all measured
    points. Where a Gaussian process finds next to no noise, and for other surrogates, this is
    :class:`~skhpo.surrogates.LogExpectedImprovement`.

    Parameters
    ----------
    n_fantasies : int, default=16
        How many.
    xi : float, default=0.003
        The smallest improvement that counts, in standard deviations of the measurements.

    References
    ----------
    B. Letham, B. Karrer, G. Ottoni, E. Bakshy: Constrained Bayesian Optimization with Noisy
    Experiments. Bayesian Analysis 14(2), 2019, eq. (2) to (6). In logarithms after Ament et al.
    2023.
    """

    n_fantasies: int = 16
    xi: float = 0.003

    def __post_init__(self) -> None:
        check_count("LogNoisyExpectedImprovement", "n_fantasies", self.n_fantasies)
        check_number("LogNoisyExpectedImprovement", "xi", self.xi)

    def criterion(self, posterior: Posterior, X: Array, rng: np.random.Generator) -> Criterion:
        """Draw the fantasies; see :class:`Acquisition`."""
        if not isinstance(posterior, GaussianProcessPosterior) or not _is_noisy(posterior):
            return LogExpectedImprovement(self.xi).criterion(posterior, X, rng)
        return NoisyImprovementCriterion.drawn(posterior, self.n_fantasies, self.xi, rng)


@dataclass(frozen=True, eq=False)
class NoisyImprovementCriterion:
    """Log expected improvement over S fantasies, as a function of the point. Made by :meth:`drawn`.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        k, v and b.
    X : array of shape (n, d)
        The measured points.
    R : array of shape (n, n)
        Inverse factor of K_0.
    A : array of shape (n, S)
        One column for each fantasy.
    goals : array of shape (S,)
        f* + xi.
    """

    hyperparameters: Hyperparameters
    X: Array
    R: Array
    A: Array
    goals: Array

    is_smooth = True

    @classmethod
    def drawn(
        cls,
        posterior: GaussianProcessPosterior,
        n_fantasies: int,
        xi: float,
        rng: np.random.Generator,
    ) -> NoisyImprovementCriterion:
        """Draw fantasies from a posterior, in pairs of opposites, so that a few are enough."""
        h, X = posterior.hyperparameters, posterior.X
        n = len(X)
        K_0, nugget = h.kernel(X, X), _NUGGET * h.kernel.variance
        V = K_0 @ posterior.R
        joint = K_0 - V @ V.T  # covariance of the objective at X, given the measurements
        joint.flat[:: n + 1] += nugget
        half = rng.standard_normal(((n_fantasies + 1) // 2, n))
        Z = np.concatenate([half, -half])[:n_fantasies]
        F = (K_0 @ posterior.alpha)[:, None] + np.triu(cholesky(np.asfortranarray(joint))).T @ Z.T
        K_0.flat[:: n + 1] += nugget
        R = inverse_factor(K_0)
        return cls(h, X, R, R @ (R.T @ F), h.mean + F.max(axis=0) + xi)

    def __call__(self, X: Array) -> Array:
        """Value points; shapes (m, d) -> (m,)."""
        h = self.hyperparameters
        k = h.kernel(X, self.X)
        std = self._std(k @ self.R)
        values = log_expected_improvement(h.mean + k @ self.A, _wide(std, self.A), self.goals)[0]
        return _log_mean_exp(values)[0]

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        """Value points, with gradients; shapes (m, d) -> (m,), (m, d).

        Each fantasy's derivatives count by its part in the sum. As in
        :meth:`GaussianProcessPosterior.predict_with_gradient`, both mean and standard deviation
        have gradients of the form sum_i w_i dk_i/dx, so the weights are added up first.
        """
        h = self.hyperparameters
        k, slopes = h.kernel.with_slopes(X, self.X)
        V = k @ self.R
        std = self._std(V)
        values, by_mean, by_std = log_expected_improvement(
            h.mean + k @ self.A, _wide(std, self.A), self.goals
        )
        value, parts = _log_mean_exp(values)
        w_mean = (parts * by_mean) @ self.A.T
        w_std = (parts * by_std).sum(axis=1)[:, None] * (V @ self.R.T) / -std[:, None]
        return value, slopes.weighted(w_mean + w_std)

    def _std(self, V: Array) -> Array:
        """Return the standard deviation all fantasies share, from V = k'R of shape (m, n)."""
        prior = self.hyperparameters.kernel.variance
        variance = prior - np.einsum("ij,ij->i", V, V)
        return np.asarray(np.sqrt(np.maximum(variance, _NUGGET * prior)))


def _is_noisy(posterior: GaussianProcessPosterior) -> bool:
    h = posterior.hyperparameters
    return h.noise_variance > _NEGLIGIBLE * h.kernel.variance


def _wide(std: Array, A: Array) -> Array:
    """Repeat for each fantasy; shapes (m,), (n, S) -> (m, S)."""
    return np.repeat(std[:, None], A.shape[1], axis=1)


def _log_mean_exp(values: Array) -> tuple[Array, Array]:
    """Return the logarithm of the mean, and each fantasy's part in it; (m, S) -> (m,), (m, S)."""
    most = values.max(axis=1, keepdims=True)
    parts = np.exp(values - most)
    total = parts.sum(axis=1, keepdims=True)
    log_mean = most + np.log(total) - math.log(values.shape[1])
    return log_mean[:, 0], parts / total
