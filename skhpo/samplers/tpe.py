"""Tree-structured Parzen estimator: where good configurations are dense, and bad ones are not."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from skhpo.history import History
from skhpo.samplers.base import Sampler
from skhpo.samplers.fair import due
from skhpo.samplers.observations import Observations, observe
from skhpo.samplers.parzen import ParzenEstimator, linear_forgetting
from skhpo.samplers.random import RandomSampler
from skhpo.samplers.seen import seen_keys
from skhpo.settings import check_count
from skhpo.space import Space
from skhpo.trial import Params

__all__ = ["TPESampler"]

_GOOD = 0.1  # part of the finished configurations that is good …
_MAX_GOOD = 25  # … but never more than this
_N_CANDIDATES = 24  # more of them would find the maximum better, and try less of the rest


class TPESampler(Sampler):
    """Compares the density of good configurations with that of bad ones.

    Both are :class:`~skhpo.samplers.parzen.ParzenEstimator`; what was drawn from the density of
    the good ones is suggested where it is the most times as large as that of the bad ones.
    Running trials count as bad, so that workers spread; failed ones as worse than all others.
    Of the bad ones the newest 25 have full weight, and the others the less the older they are.
    A branch comes next that has had fewer than ``1 + log2(n) / 2`` of ``n`` trials.

    Parameters
    ----------
    n_initial_points : int, default=10
        Trials to start before the densities are asked, former knowledge included.
    initial_sampler : Sampler or None, default=None
        Suggests those; None is :class:`~skhpo.samplers.RandomSampler`. It is asked again when
        nothing was drawn that was not tried.

    References
    ----------
    J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl: Algorithms for Hyper-Parameter Optimization.
    NeurIPS 2011, section 4.

    S. Watanabe: Tree-Structured Parzen Estimator: Understanding Its Algorithm Components and
    Their Roles for Better Empirical Performance. arXiv:2304.11127, 2023.
    """

    def __init__(self, n_initial_points: int = 10, initial_sampler: Sampler | None = None) -> None:
        check_count("TPESampler", "n_initial_points", n_initial_points)
        self.n_initial_points = n_initial_points
        self.initial_sampler = initial_sampler

    def check(self, space: Space) -> None:
        """Refuse a space with a parameter that no density can be estimated over."""
        space.check_encodable()

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return the most promising configuration that was not tried; see :class:`Sampler`."""
        params = self._model_suggestion(space, history, rng)
        if params is None:
            initial_sampler = self.initial_sampler or RandomSampler()
            return initial_sampler.suggest(space, history, rng)
        return params

    def _model_suggestion(
        self, space: Space, history: History, rng: np.random.Generator
    ) -> Params | None:
        """Return the densities' suggestion, or None if they have none."""
        seen = observe(space, history)
        if seen is None or len(seen.rows) < self.n_initial_points:
            return None
        is_good = _good(seen)
        good = ParzenEstimator(space.encoding, seen.rows[is_good], np.ones(is_good.sum()))
        bad = ParzenEstimator(
            space.encoding, seen.rows[~is_good], linear_forgetting((~is_good).sum())
        )

        tried = seen_keys(space, history)
        # Where a branch is due but exhausted, the others go on.
        for branches in (due(space.encoding, seen.rows), None):
            candidates = good.sample(_N_CANDIDATES, rng, branches)
            promise = good.log_density(candidates) - bad.log_density(candidates)
            for row in candidates[np.argsort(-promise, kind="stable")]:
                params = space.encoding.decode(row)
                if space.key(params) not in tried:
                    return params
        return None


def _good(seen: Observations) -> NDArray[np.bool_]:
    """Which configurations are good: some of the best, but no failures; older ones in a tie."""
    has_score = ~(seen.is_running | seen.has_failed)
    n_finished = np.count_nonzero(~seen.is_running)
    n_good = min(math.ceil(_GOOD * n_finished), _MAX_GOOD, np.count_nonzero(has_score))
    is_good = np.zeros(len(has_score), dtype=bool)
    is_good[np.argsort(np.where(has_score, -seen.scores, np.inf), kind="stable")[:n_good]] = True
    return is_good
