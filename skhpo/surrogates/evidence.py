"""What speaks for the hyperparameters of a Gaussian process: the data, and a prior.

The notation is that of ``gaussian_process.py``, with references to the same book.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import lapack

from skhpo.surrogates.base import Array
from skhpo.surrogates.cholesky import cholesky
from skhpo.surrogates.columns import Columns
from skhpo.surrogates.kernel import Kernel
from skhpo.surrogates.pairwise import PairwiseKernel

__all__ = ["Hyperparameters", "NegativeLogDensity"]

_MEAN_VARIANCE = 1.0  # prior of b; measurements come standardised
_SMALLEST_NOISE = 1e-8  # of v; with less, K is often singular


@dataclass(frozen=True, eq=False)
class Hyperparameters:
    """What a Gaussian process is fitted by.

    Parameters
    ----------
    kernel : Kernel
        k.
    noise_variance, mean : float
        v and b.
    """

    kernel: Kernel
    noise_variance: float
    mean: float = 0.0


class NegativeLogDensity:
    """The negative log posterior density of theta, up to a constant, with its gradient.

    The constant mean is not searched for: given theta, its best value is known. Only the pairs
    i < j of points are looked at, each once.

    Parameters
    ----------
    X : array of shape (n, d)
        Points.
    y : array of shape (n,)
        What was measured there.
    columns : Columns
        The parameters their columns belong to.
    prior_mean, prior_sd : array of shape (d + 4,)
        Normal prior of theta.
    """

    def __init__(
        self, X: Array, y: Array, columns: Columns, prior_mean: Array, prior_sd: Array
    ) -> None:
        self._pairs = PairwiseKernel(X, columns)
        self._d = X.shape[1]
        self._sides = np.column_stack([y, np.ones_like(y)])
        self.prior_mean, self.prior_sd = prior_mean, prior_sd

    @property
    def bounds(self) -> Array:
        """Where theta is looked for, shape (d + 4, 2): within six prior standard deviations."""
        bounds = self.prior_mean[:, None] + np.outer(self.prior_sd, (-6.0, 6.0))
        bounds[-1, 0] = max(bounds[-1, 0], math.log(_SMALLEST_NOISE))
        return bounds

    @property
    def start(self) -> Array:
        """Where to start looking for theta: at the prior medians, but rougher and noisier.

        From little noise, the search often ends where everything is noise. From some noise it
        finds out what is, and in fewer steps.
        """
        theta = self.prior_mean.copy()
        theta[: self._d] -= math.log(2.0)
        theta[-1] += math.log(100.0)
        return theta

    def hyperparameters(self, theta: Array) -> Hyperparameters:
        """Translate theta, and add the mean that goes with it."""
        ell, variances, v = self._split(theta)
        U = self._factor(variances @ self._pairs.correlations(ell).parts, variances.sum() + v)
        mean = self._solve(U)[1]
        return Hyperparameters(Kernel(ell, self._pairs.columns, *map(float, variances)), v, mean)

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Evaluate; shape (d + 4,) -> value, gradient of shape (d + 4,).

        Eq. (5.8) and (5.9): the derivative of -log p(y) by a hyperparameter is the half trace of
        W dK with W = K^-1 - alpha alpha'.
        """
        ell, variances, v = self._split(theta)
        correlations = self._pairs.correlations(ell)
        U = self._factor(variances @ correlations.parts, variances.sum() + v)
        alpha, mean = self._solve(U)
        z = (theta - self.prior_mean) / self.prior_sd
        value = (
            0.5 * (self._sides[:, 0] - mean) @ alpha
            + 0.5 * mean**2 / _MEAN_VARIANCE
            + np.log(np.diagonal(U)).sum()
            + 0.5 * z @ z
        )

        inverse = lapack.dpotri(U, lower=0, overwrite_c=1)[0]
        half_trace = 0.5 * (np.trace(inverse) - alpha @ alpha)
        W = self._pairs.of_pairs(inverse) - alpha[self._pairs.i] * alpha[self._pairs.j]
        gradient = z / self.prior_sd
        gradient[: self._d] += correlations.by_log_length_scales(W, variances)
        gradient[self._d : -1] += variances * (correlations.parts @ W + half_trace)
        gradient[-1] += v * half_trace
        return float(value), gradient

    def _split(self, theta: Array) -> tuple[Array, Array, float]:
        """Return ell, the variances s^2, a^2 and p^2, and v."""
        positive = np.exp(theta)
        variances = positive[self._d : -1]
        variances[1 + self._pairs.columns.n_parameters :] = 0.0  # no parameter, no pair of them
        return positive[: self._d], variances, float(positive[-1])

    def _factor(self, covariances: Array, variance: float) -> Array:
        """Return U from the covariances of the pairs, and the variance of a measurement."""
        return cholesky(self._pairs.matrix(covariances, variance))

    def _solve(self, U: Array) -> tuple[Array, float]:
        """Return alpha and the best b: with 1 the vector of ones, 1'K^-1 y / (1'K^-1 1 + 1/var)."""
        by_y, by_one = lapack.dpotrs(U, self._sides, lower=0)[0].T
        mean = float(by_y.sum() / (by_one.sum() + 1.0 / _MEAN_VARIANCE))
        return by_y - mean * by_one, mean
