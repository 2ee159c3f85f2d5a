"""What stands for the objective when it is asked what matters: functions it might be.

A hundred trials are too few for an analysis of variance, or for trees: of a score that goes up and
down along a parameter, they see neither. A Gaussian process learns it from them, and knows what it
does not know; what is analysed is what it says, of which there can be as much as it takes.

References
----------
J. E. Oakley, A. O'Hagan: Probabilistic Sensitivity Analysis of Complex Models: A Bayesian
Approach. Journal of the Royal Statistical Society B 66, 2004.
L. Le Gratiet, C. Cannamela, B. Iooss: A Bayesian Approach for Global Sensitivity Analysis of
(Multifidelity) Computer Codes. SIAM/ASA Journal on Uncertainty Quantification 2, 2014. (One
analysis for each function drawn: its spread tells how sure the analysis is.)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import check_random_state

from skhpo.inspection.effects import main_effects, pair_effects
from skhpo.inspection.features import Features
from skhpo.inspection.forest import forest_effects
from skhpo.inspection.observed import Observed
from skhpo.surrogates import GaussianProcess
from skhpo.surrogates.cholesky import cholesky
from skhpo.surrogates.gaussian_process import GaussianProcessPosterior, LogNormal

__all__ = ["MOST_TRIALS", "Emulator", "limits"]

#: Trials that it learns from at most, and functions drawn: one in twenty more would be beyond the
#: least of them, and one in twenty beyond the greatest.
MOST_TRIALS, N_DRAWS = 400, 19

#: Points at which a function that is drawn is seen, and the mean function, which is cheap.
_N_POINTS, _N_POINTS_OF_MEAN = 1000, 4000

#: A search has to find what is good between its trials, and takes little for noise. Who asks what
#: mattered must not take the noise of cross-validation for a ruggedness that everything is part of.
_MODEL = GaussianProcess(joint_variance=LogNormal(0.1, 1.5), noise_variance=LogNormal(0.1, 3.0))

_N_EXCHANGES = 500  # configurations that a function is asked for
_JITTER = 1e-8  # of the variance: what makes covariances of points close together invertible


class Emulator:
    """Functions that the objective of a search might be.

    Parameters
    ----------
    found : Observed
        Trials with a score, of which not all are the same.
    rng : numpy.random.Generator
        Chooses trials where there are too many, and draws functions.

    Attributes
    ----------
    found : Observed
        The trials that it has learnt from, :data:`MOST_TRIALS` at most.
    features : Features
        Their parameters that are not the same everywhere.
    """

    def __init__(self, found: Observed, rng: np.random.Generator) -> None:
        self.found = found.part(MOST_TRIALS, rng)
        self.features = Features(self.found.names, self.found.configurations, self.found.kinds)
        self._rng = rng

    @classmethod
    def of(
        cls, found: Observed, random_state: int | np.random.RandomState | None
    ) -> Emulator | None:
        """Return what stands for the objective; None where nothing can be learnt of it.

        Parameters
        ----------
        found : Observed
            Trials.
        random_state : int, RandomState instance or None
            Seed of all that is drawn.
        """
        seed = int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
        if not found.is_telling:
            return None
        emulator = cls(found, np.random.default_rng(seed))
        return emulator if emulator.features.features else None

    @cached_property
    def posterior(self) -> GaussianProcessPosterior:
        """What a Gaussian process knows of the standardised score."""
        X = self.features.encode(self.features.U)
        return _MODEL.fit(X, self.found.standardised, self.features.columns)

    def forest_effects(
        self,
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return what is expected of each feature alone, and limits, by a forest of the trials.

        Returns
        -------
        expected, low, high : ndarray of shape (n_features,)
            See :func:`~skhpo.inspection.forest.forest_effects`.
        """
        return forest_effects(self.features, self.found.standardised, self._rng)

    def main_effects(self) -> NDArray[np.float64]:
        """Return which part of the variance each feature is responsible for alone.

        Returns
        -------
        ndarray of shape (1 + N_DRAWS, n_features)
            Of the mean function, then of each that is drawn.
        """
        U = self.features.spread(_N_POINTS_OF_MEAN, self._rng)
        of_mean = main_effects(self.features, U, self._expected(self._seen(U))[None])
        U = self.features.spread(_N_POINTS, self._rng)
        return np.vstack([of_mean, main_effects(self.features, U, self._draws(self._seen(U)))])

    def pair_effects(self, pairs: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
        """Return for which part two features are responsible together, beyond each of them.

        Parameters
        ----------
        pairs : sequence of (int, int)
            Which features.

        Returns
        -------
        ndarray of shape (1 + N_DRAWS, n_pairs)
            Of the mean function, then of each that is drawn.
        """
        U = self.features.spread(_N_POINTS_OF_MEAN, self._rng)
        of_mean = pair_effects(self.features, U, self._expected(self._seen(U))[None], pairs)
        U = self.features.spread(_N_POINTS, self._rng)
        of_draws = pair_effects(self.features, U, self._draws(self._seen(U)), pairs)
        return np.vstack([of_mean, of_draws])

    def _seen(self, U: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the model sees of points; shapes (m, p) -> (m, d)."""
        return self.features.encode(self.features.with_gaps(U))

    def _expected(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the mean function; shapes (m, d) -> (m,)."""
        hyperparameters, posterior = self.posterior.hyperparameters, self.posterior
        expected: NDArray[np.float64] = (
            hyperparameters.mean + hyperparameters.kernel(X, posterior.X) @ posterior.alpha
        )
        return expected

    def _draws(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the values of functions that are drawn; shapes (m, d) -> (N_DRAWS, m).

        All at once, from their joint distribution, eq. (2.24) of Rasmussen and Williams 2006.
        """
        kernel, posterior = self.posterior.hyperparameters.kernel, self.posterior
        V = kernel(X, posterior.X) @ posterior.R
        covariance = kernel(X, X) - V @ V.T
        covariance.flat[:: len(X) + 1] += _JITTER * kernel.variance
        z = self._rng.normal(size=(N_DRAWS, len(X)))
        draws: NDArray[np.float64] = self._expected(X) + z @ cholesky(np.asfortranarray(covariance))
        return draws

    def exchanges(self) -> NDArray[np.float64]:
        """Return how much functions depend on values that are exchanged.

        Returns
        -------
        ndarray of shape (1 + N_DRAWS, n_features)
            Of the mean function, then of each that is drawn, half the mean squared difference it
            makes when a feature's values are exchanged among the trials that have it, in units of
            the function's variance over the trials.
        """
        features, n, p = self.features, len(self.features.U), len(self.features.features)
        n = min(n, max(2, _N_EXCHANGES // (1 + p)))
        of_mean, of_draws = [], []
        for _ in range(N_DRAWS):
            U = np.tile(features.U[self._rng.permutation(len(features.U))[:n]], (1 + p, 1, 1))
            for j in range(p):
                has = np.flatnonzero(~np.isnan(U[0, :, j]))
                U[1 + j, has, j] = self._rng.permutation(U[0, has, j])
            X = features.encode(U.reshape(-1, p))
            of_mean.append(_changes(self._expected(X).reshape(1 + p, n)))
            of_draws.append(_changes(self.posterior.draw(self._rng)(X).reshape(1 + p, n)))
        return np.stack([np.mean(of_mean, axis=0), *of_draws])


def limits(
    parts: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return what is expected of parts, and between what nine in ten others would be.

    Parameters
    ----------
    parts : ndarray of shape (1 + N_DRAWS, k)
        Of the mean function, then of each that is drawn.

    Returns
    -------
    expected, low, high : ndarray of shape (k,)
        The least and the greatest of all: of nineteen draws, each is passed by one in twenty more.
    """
    return parts[0], parts.min(axis=0), parts.max(axis=0)


def _changes(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far other rows are from the first one; shapes (1 + p, n) -> (p,)."""
    variance = values[0].var()
    changes: NDArray[np.float64] = np.mean((values[1:] - values[0]) ** 2, axis=1) / 2
    return changes / variance if variance > 0 else np.full(len(changes), np.nan)
