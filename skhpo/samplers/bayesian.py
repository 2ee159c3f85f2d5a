"""Bayesian optimisation: a model of the score, and the most promising configuration under it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from threadpoolctl import ThreadpoolController

from skhpo.history import History
from skhpo.samplers.base import Sampler
from skhpo.samplers.observations import observe
from skhpo.samplers.proposals import proposals
from skhpo.samplers.random import RandomSampler
from skhpo.samplers.seen import seen_keys
from skhpo.space import Space
from skhpo.surrogates.acquisition import LogExpectedImprovement
from skhpo.surrogates.base import Acquisition, Surrogate
from skhpo.surrogates.gaussian_process import GaussianProcess
from skhpo.surrogates.transforms import normalise
from skhpo.trial import Params

__all__ = ["BayesianSampler"]

_N_INCUMBENTS = 3  # best trials the search for the next one looks around


class BayesianSampler(Sampler):
    """Models the score and suggests what promises most to improve on the best.

    Results count by trial, not by when they came in. Running trials are taken into account as if
    they gave what the model expects; failed ones as if they gave the worst score seen.

    Parameters
    ----------
    surrogate : Surrogate or None, default=None
        The model; None is a :class:`~skhpo.surrogates.GaussianProcess`.
    acquisition : Acquisition or None, default=None
        What promises most; None is :class:`~skhpo.surrogates.LogExpectedImprovement`.
    n_initial_points : int or None, default=None
        Trials to start before the model is asked; None is one more than the space has columns,
        but at least 4 and at most 10.
    initial_sampler : Sampler or None, default=None
        Suggests those; None is :class:`~skhpo.samplers.RandomSampler`. It is asked again when
        the model has nothing to suggest that was not tried.

    References
    ----------
    D. R. Jones, M. Schonlau, W. J. Welch: Efficient Global Optimization of Expensive Black-Box
    Functions. Journal of Global Optimization 13, 1998.
    """

    def __init__(
        self,
        surrogate: Surrogate | None = None,
        acquisition: Acquisition | None = None,
        n_initial_points: int | None = None,
        initial_sampler: Sampler | None = None,
    ) -> None:
        self.surrogate = surrogate
        self.acquisition = acquisition
        self.n_initial_points = n_initial_points
        self.initial_sampler = initial_sampler

    def check(self, space: Space) -> None:
        """Refuse a space with a parameter that no model can be built over."""
        for branch in space.branches:
            for name, domain in branch.items():
                domain.check_encodable(name)

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return the most promising configuration that was not tried; see :class:`Sampler`."""
        # One thread: these matrices are small, for which more of them take longer; and rounding
        # errors, and so suggestions, would depend on how many cores a machine has.
        with _thread_pools().limit(limits=1, user_api="blas"):
            params = self._model_suggestion(space, history, rng)
        if params is None:
            initial_sampler = self.initial_sampler or RandomSampler()
            return initial_sampler.suggest(space, history, rng)
        return params

    def _model_suggestion(
        self, space: Space, history: History, rng: np.random.Generator
    ) -> Params | None:
        """Return the model's suggestion, or None if it has none."""
        if len(history.trials) < self._n_initial(space):
            return None
        seen = observe(space, history)
        if seen is None:
            return None
        running = seen.is_running
        X, y = seen.rows[~running], normalise(seen.scores[~running])

        surrogate = self.surrogate or GaussianProcess()
        acquisition = self.acquisition or LogExpectedImprovement()
        posterior = surrogate.fit(X, y).condition_on(seen.rows[running])
        criterion = acquisition.criterion(posterior, seen.rows, rng)
        expected = posterior.predict(X)[0]
        incumbents = X[np.argsort(-expected, kind="stable")[:_N_INCUMBENTS]]

        tried = seen_keys(space, history)
        for row in proposals(space.encoding, criterion, incumbents, rng):
            params = space.encoding.decode(row)
            if space.key(params) not in tried:
                return params
        return None

    def _n_initial(self, space: Space) -> int:
        if self.n_initial_points is not None:
            return self.n_initial_points
        return min(10, max(4, space.encoding.n_columns + 1))


@lru_cache(maxsize=1)
def _thread_pools() -> ThreadpoolController:
    """The numeric libraries of this process, looked up once: that takes milliseconds."""
    return ThreadpoolController()
