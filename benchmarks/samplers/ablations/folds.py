"""The spread of the folds as noise that is known, of each configuration by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.samplers.problem import Params
from skhpo import Space
from skhpo.history import History
from skhpo.samplers import BayesianSampler, Sampler
from skhpo.surrogates import GaussianProcess
from skhpo.surrogates.base import Array
from skhpo.surrogates.cholesky import cholesky, inverse_factor
from skhpo.surrogates.columns import Columns
from skhpo.surrogates.evidence import Hyperparameters, NegativeLogDensity
from skhpo.surrogates.gaussian_process import GaussianProcessPosterior

__all__ = ["FoldSpread", "own_spread", "whole_spread"]


def whole_spread(scores: Array) -> Array:
    """Return the variance of each mean over folds; shapes (n, n_folds) -> (n,)."""
    return scores.var(axis=1, ddof=1) / scores.shape[1]


def own_spread(scores: Array) -> Array:
    """The same without what makes some folds harder than others for all configurations."""
    deviations = scores - scores.mean(axis=1, keepdims=True)
    return whole_spread(deviations - np.median(deviations, axis=0))


class FoldSpread(Sampler):
    """A Gaussian process that is told how noisy each score is.

    Parameters
    ----------
    fold_scores : callable
        ``fold_scores(params)``: the score of each fold.
    spread : callable
        Makes the variances of means of them.
    """

    def __init__(
        self, fold_scores: Callable[[Params], Array], spread: Callable[[Array], Array]
    ) -> None:
        self._fold_scores = fold_scores
        self._surrogate = _KnownNoise(spread=spread)

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return what the model suggests; see :class:`Sampler`."""
        for evaluation in history.evaluations[len(self._surrogate.known) :]:
            params = history.trials[evaluation.trial].params
            row = space.encoding.encode([params])[0]
            self._surrogate.known[row.tobytes()] = self._fold_scores(params)
        return BayesianSampler(self._surrogate).suggest(space, history, rng)


@dataclass(frozen=True)
class _KnownNoise(GaussianProcess):
    """A Gaussian process with some noise that is known, beside that which is estimated.

    Parameters
    ----------
    spread : callable
        As in :class:`FoldSpread`.
    known : dict of bytes to ndarray
        Row -> scores of the folds.
    """

    spread: Callable[[Array], Array] = whole_spread
    known: dict[bytes, Array] = field(default_factory=dict, compare=False)

    def fit(self, X: Array, y: Array, columns: Columns | None = None) -> _KnownNoisePosterior:
        """Fit as ever, but to measurements with known noise."""
        return _KnownNoisePosterior.of(super().fit(X, y, columns).hyperparameters, X, y, self)

    def variances(self, X: Array, y: Array) -> Array:
        """Return the known noise in units of ``y``, which are bent; (n, d), (n,) -> (n,)."""
        scores = np.array([self.known[row.tobytes()] for row in X])
        means = scores.mean(axis=1)
        spread = np.ptp(means)
        if spread == 0.0:
            return np.zeros(len(y))
        levels, first = np.unique(np.round(means / spread, 9), return_index=True)
        slopes = np.gradient(y[first], levels * spread)
        return self.spread(scores) * np.interp(means, levels * spread, slopes) ** 2

    def _density(self, X: Array, y: Array, columns: Columns) -> NegativeLogDensity:
        plain = super()._density(X, y, columns)
        known = self.variances(X, y)
        return _KnownNoiseDensity(X, y, columns, plain.prior_mean, plain.prior_sd, known)


class _KnownNoiseDensity(NegativeLogDensity):
    """With known noise on the diagonal; no derivative changes by it."""

    def __init__(
        self,
        X: Array,
        y: Array,
        columns: Columns,
        prior_mean: Array,
        prior_sd: Array,
        known: Array,
    ) -> None:
        super().__init__(X, y, columns, prior_mean, prior_sd)
        self._known = known

    def _factor(self, covariances: Array, variance: float) -> Array:
        return cholesky(self._pairs.matrix(covariances, variance + self._known))


@dataclass(frozen=True, eq=False)
class _KnownNoisePosterior(GaussianProcessPosterior):
    """A belief after measurements with known noise."""

    estimated: Hyperparameters | None = None
    surrogate: _KnownNoise | None = None

    @classmethod
    def of(
        cls, h: Hyperparameters, X: Array, y: Array, surrogate: _KnownNoise
    ) -> _KnownNoisePosterior:
        """Condition on data; acquisitions ask how much noise there is, and see the mean of it."""
        noise = h.noise_variance + surrogate.variances(X, y)
        K = h.kernel(X, X)
        K.flat[:: len(K) + 1] += noise
        R = inverse_factor(K)
        mean = Hyperparameters(h.kernel, float(noise.mean()), h.mean)
        return cls(mean, X, R, R @ (R.T @ (y - h.mean)), estimated=h, surrogate=surrogate)

    def given_data(self, X: Array, y: Array) -> _KnownNoisePosterior:
        """Condition on other data with the same hyperparameters."""
        return _KnownNoisePosterior.of(self.estimated, X, y, self.surrogate)
