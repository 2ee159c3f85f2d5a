"""A trust region: every second configuration is looked for in a box around the best one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.samplers.problem import Params
from skhpo import Space
from skhpo.history import History
from skhpo.samplers import BayesianSampler, Sampler
from skhpo.surrogates import LogNoisyExpectedImprovement
from skhpo.surrogates.base import Array, Criterion, SmoothCriterion
from skhpo.surrogates.gaussian_process import GaussianProcessPosterior

__all__ = ["TrustRegion"]

_START, _LARGEST, _SMALLEST = 0.8, 1.6, 0.5**7  # sides of the box, in parts of the range
_SUCCESSES = 3  # in a row: the box is doubled
_GAIN = 1e-3  # what counts as one, as a part of the best score
_BACK = 1e4  # what a squared distance from the box costs


class TrustRegion(Sampler):
    """The Gaussian process, in turns anywhere and in a box that grows with success.

    References
    ----------
    D. Eriksson, M. Pearce, J. R. Gardner, R. Turner, M. Poloczek: Scalable Global Optimization via
    Local Bayesian Optimization. NeurIPS 2019, section 2 (TuRBO, with one region).
    """

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return what the model suggests; see :class:`Sampler`."""
        if len(history.trials) % 2 == 0:
            return BayesianSampler().suggest(space, history, rng)
        side = _side([e.score for e in history.evaluations], space.encoding.n_columns)
        return BayesianSampler(acquisition=_InBox(side)).suggest(space, history, rng)


def _side(scores: list[float], d: int) -> float:
    """Return the side of the box after some scores, of which every second was in it."""
    side, n_up, n_down = _START, 0, 0
    best = -np.inf
    for number, score in enumerate(scores):
        is_up = score > best + _GAIN * abs(best) if np.isfinite(best) else True
        best = max(best, score)
        if number % 2 == 0 or number <= d:  # anywhere, or at the start
            continue
        n_up, n_down = (n_up + 1, 0) if is_up else (0, n_down + 1)
        if n_up == _SUCCESSES:
            side, n_up = min(2.0 * side, _LARGEST), 0
        elif n_down == max(4, d):
            side, n_down = 0.5 * side, 0
        if side < _SMALLEST:
            side = _START
    return side


@dataclass(frozen=True)
class _InBox:
    """The default acquisition, in a box around the best point.

    Parameters
    ----------
    side : float
        The geometric mean of its sides, which are as the length scales.
    """

    side: float

    def criterion(self, posterior: GaussianProcessPosterior, X: Array, rng: np.random.Generator):
        kernel = posterior.hyperparameters.kernel
        ordered = np.asarray(kernel.columns.widths)[kernel.columns.parameter] == 1
        half = np.full(X.shape[1], np.inf)  # what has no order is free
        ell = kernel.length_scales[ordered]
        half[ordered] = 0.5 * self.side * ell / np.exp(np.log(ell).mean())
        centre = X[np.argmax(posterior.predict(X)[0])]
        criterion = LogNoisyExpectedImprovement().criterion(posterior, X, rng)
        return _Boxed(criterion, centre - half, centre + half)


@dataclass(frozen=True, eq=False)
class _Boxed:
    """A criterion whose values outside of a box are those at its border, less a penalty."""

    criterion: SmoothCriterion | Criterion
    low: Array
    high: Array

    is_smooth = True

    def __call__(self, X: Array) -> Array:
        inside = np.clip(X, self.low, self.high)
        return self.criterion(inside) - _BACK * ((X - inside) ** 2).sum(axis=1)

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        inside = np.clip(X, self.low, self.high)
        values, gradients = self.criterion.with_gradient(inside)
        out = X - inside
        gradients = np.where(out == 0.0, gradients, -2.0 * _BACK * out)
        return values - _BACK * (out**2).sum(axis=1), gradients
