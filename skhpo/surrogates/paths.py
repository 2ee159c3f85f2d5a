"""Functions drawn from a Gaussian process that has seen data, whole and with their gradients.

========== =========================================================================
symbol     meaning
========== =========================================================================
M          random Fourier features for each part of the kernel
W, tau     their frequencies, shape (3 M, d), and phases, shape (3 M,)
w          their weights, shape (3 M,)
f          a function drawn from the prior: f(x) = sum_j w_j cos(W_j x + tau_j)
u          K^-1 (y - b - f(X) - e), shape (n,), where e is drawn from the noise
========== =========================================================================

The other symbols are those of ``gaussian_process.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from skhpo.surrogates.base import Array
from skhpo.surrogates.evidence import Hyperparameters
from skhpo.surrogates.kernel import Kernel

__all__ = ["GaussianProcessPath"]

_N_FEATURES = 500


@dataclass(frozen=True, eq=False)
class GaussianProcessPath:
    """One function drawn from the posterior: prior draw plus what the data correct in it.

    Parameters
    ----------
    hyperparameters : Hyperparameters
        k, v and b.
    X : array of shape (n, d)
        The points the posterior was conditioned on.
    W : array of shape (3 M, d)
        Frequencies.
    tau, w : array of shape (3 M,)
        Phases and weights.
    u : array of shape (n,)
        Weights of the correction.

    References
    ----------
    J. T. Wilson, V. Borovitskiy, A. Terenin, P. Mostowsky, M. P. Deisenroth: Efficiently Sampling
    Functions from Gaussian Process Posteriors. ICML 2020, eq. (13).
    """

    hyperparameters: Hyperparameters
    X: Array
    W: Array
    tau: Array
    w: Array
    u: Array

    is_smooth = True

    @classmethod
    def drawn(
        cls,
        hyperparameters: Hyperparameters,
        X: Array,
        R: Array,
        alpha: Array,
        rng: np.random.Generator,
    ) -> GaussianProcessPath:
        """Draw a function.

        Parameters
        ----------
        hyperparameters : Hyperparameters
            k, v and b.
        X : array of shape (n, d)
            The points the posterior was conditioned on.
        R : array of shape (n, n)
            Inverse factor of the covariance, K^-1 = RR'.
        alpha : array of shape (n,)
            K^-1 (y - b).
        rng : numpy.random.Generator
            Random numbers.
        """
        W, w = _features(hyperparameters.kernel, rng)
        tau = rng.uniform(0.0, 2.0 * math.pi, len(w))
        f = np.cos(X @ W.T + tau) @ w
        e = math.sqrt(hyperparameters.noise_variance) * rng.normal(size=len(X))
        return cls(hyperparameters, X, W, tau, w, alpha - R @ (R.T @ (f + e)))

    def __call__(self, X: Array) -> Array:
        """Evaluate; shapes (m, d) -> (m,)."""
        prior = np.cos(X @ self.W.T + self.tau) @ self.w
        correction = self.hyperparameters.kernel(X, self.X) @ self.u
        return np.asarray(self.hyperparameters.mean + prior + correction)

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        """Evaluate, with gradients; shapes (m, d) -> (m,), (m, d)."""
        k, slopes = self.hyperparameters.kernel.with_slopes(X, self.X)
        angles = X @ self.W.T + self.tau
        value = self.hyperparameters.mean + np.cos(angles) @ self.w + k @ self.u
        return value, slopes.weighted(self.u) - (np.sin(angles) * self.w) @ self.W


def _features(kernel: Kernel, rng: np.random.Generator) -> tuple[Array, Array]:
    """Draw frequencies and weights, of shape (3 M, d) and (3 M,): M for each part of the kernel.

    Those of a Matern 5/2 kernel follow a multivariate t distribution with 5 degrees of freedom. A
    rational quadratic kernel with alpha = 2 is a mixture of Gaussian ones, whose inverse squared
    length scales follow a gamma distribution of shape 2 and mean 1. A feature of the second part
    varies with one parameter only, one of the third with two.
    """
    columns, M = kernel.columns, _N_FEATURES
    W = rng.normal(size=(3 * M, len(kernel.length_scales))) / kernel.length_scales
    W[:M] /= np.sqrt(rng.chisquare(5.0, size=(M, 1)) / 5.0)
    gamma = rng.gamma(2.0, 0.5, size=(2 * M, columns.n_parameters))
    W[M:] *= np.sqrt(columns.effective_dimension * gamma)[:, columns.parameter]
    shuffled = rng.random(gamma.shape).argsort(axis=1)
    drawn = shuffled < np.repeat([1, 2], M)[:, None]
    W[M:] *= drawn[:, columns.parameter]
    variances = [kernel.joint_variance, kernel.additive_variance, kernel.pair_variance]
    return W, np.sqrt(2.0 * np.repeat(variances, M) / M) * rng.normal(size=3 * M)
