"""Bayesian optimisation: a model of the score, and the most promising configuration under it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from skhpo.history import History
from skhpo.samplers.base import Sampler
from skhpo.samplers.belief import belief
from skhpo.samplers.choices import chosen_acquisition, chosen_surrogate
from skhpo.samplers.fair import due
from skhpo.samplers.fidelities import measured
from skhpo.samplers.proposals import proposals
from skhpo.samplers.quasi_random import QuasiRandomSampler
from skhpo.samplers.seen import seen_keys
from skhpo.settings import check_count, check_instance
from skhpo.space import Space
from skhpo.surrogates import GaussianProcess
from skhpo.surrogates.base import Acquisition, Surrogate
from skhpo.surrogates.threads import one_thread
from skhpo.trial import Params

__all__ = ["BayesianSampler"]

#: A forest is sure of what it has seen once, such as a bad result in a good category: of so many
#: suggestions with it one is not guided. SMAC does so, too, at random.
_UNGUIDED = 10

_N_POINTS = 200  # a Gaussian process keeps where trials are trained differently
_N_INCUMBENTS = 3  # best trials the search for the next one looks around


class BayesianSampler(Sampler):
    """Models the score and suggests what promises most to improve on the best.

    Results count by trial, not by when they came in. Running trials are taken into account as if
    they gave what the model expects; failed ones as if they gave the worst score seen.

    Parameters
    ----------
    surrogate : {"gp", "forest"} or Surrogate, default="gp"
        The model; ``"gp"`` is a :class:`~skhpo.surrogates.GaussianProcess`, ``"forest"`` a
        :class:`~skhpo.surrogates.RandomForest`.
    acquisition : {"log-nei", "log-ei", "ei", "pi", "ucb", "thompson"} or Acquisition, \
            default="log-nei"
        What promises most; the default is
        :class:`~skhpo.surrogates.LogNoisyExpectedImprovement`.
    n_initial_points : int or None, default=None
        Trials to start before the model is asked, former knowledge included; None is one more than
        the space has columns, but at least 4 and at most 10, and at least 2 for each branch.
    initial_sampler : Sampler or None, default=None
        Suggests those; None is :class:`~skhpo.samplers.QuasiRandomSampler`. It is asked again
        when the model has nothing to suggest that was not tried.

    Notes
    -----
    Several branches (a list of dicts) are searched with one model, which finds the better ones by
    itself. So that none is given up after a few unlucky draws, a branch comes next that has had
    fewer than ``1 + log2(n) / 2`` of ``n`` trials: 4 of 64.

    Where trials are trained differently (halving, Hyperband), the model is one over configuration
    and fidelity, the logarithm of the resource, and learns from every measurement at every rung.
    What promises most is looked for at the highest fidelity with a score; what would come there of
    the 50 best trials below counts as known, and has to be improved on. ``"log-nei"`` is
    ``"log-ei"`` then. Such trials are many and cheap, and suggestions must be: a Gaussian process
    keeps at most 200 measurements, and is fitted anew when a fifth more of them have come in. Only
    here, and only for that, the order in which results come in matters.

    With a surrogate that is not smooth (a forest) every tenth suggestion is the initial sampler's.

    References
    ----------
    D. R. Jones, M. Schonlau, W. J. Welch: Efficient Global Optimization of Expensive Black-Box
    Functions. Journal of Global Optimization 13, 1998.
    """

    def __init__(
        self,
        surrogate: Surrogate | str = "gp",
        acquisition: Acquisition | str = "log-nei",
        n_initial_points: int | None = None,
        initial_sampler: Sampler | None = None,
    ) -> None:
        owner = "BayesianSampler"
        check_count(owner, "n_initial_points", n_initial_points, or_none=True)
        example = "RandomSampler()"
        check_instance(owner, "initial_sampler", initial_sampler, Sampler, example, or_none=True)
        self.surrogate = chosen_surrogate(surrogate)
        self.acquisition = chosen_acquisition(acquisition)
        self.n_initial_points = n_initial_points
        self.initial_sampler = initial_sampler

    def check(self, space: Space) -> None:
        """Refuse a space with a parameter that no model can be built over."""
        space.check_encodable()

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return the most promising configuration that was not tried; see :class:`Sampler`."""
        with one_thread():
            params = self._model_suggestion(space, history, rng)
        if params is None:
            initial_sampler = self.initial_sampler or QuasiRandomSampler()
            return initial_sampler.suggest(space, history, rng)
        return params

    def _model_suggestion(
        self, space: Space, history: History, rng: np.random.Generator
    ) -> Params | None:
        """Return the model's suggestion, or None if it has none."""
        seen = measured(space, history)
        if seen is None or len(seen.configurations) < self._n_initial(space):
            return None
        running = seen.is_running
        X, scores = seen.points[~running], seen.scores[~running]
        surrogate = _quick(self.surrogate) if seen.has_fidelities else self.surrogate
        posterior = belief(surrogate, seen.columns, X, scores, seen.outputs, history, seen.n_fitted)
        posterior = seen.at_the_top(posterior.condition_on(seen.expected))
        if not posterior.is_smooth and len(seen.configurations) % _UNGUIDED == 0:
            return None
        criterion = self.acquisition.criterion(posterior, seen.rivals, rng)
        expected = posterior.predict(seen.finished)[0]
        incumbents = seen.finished[np.argsort(-expected, kind="stable")[:_N_INCUMBENTS]]

        tried = seen_keys(space, history)
        # Where a branch is due but exhausted, the others go on.
        for branches in (due(space.encoding, seen.configurations), None):
            for row in proposals(space.encoding, criterion, incumbents, rng, branches):
                params = space.encoding.decode(row)
                if space.key(params) not in tried:
                    return params
        return None

    def _n_initial(self, space: Space) -> int:
        if self.n_initial_points is not None:
            return self.n_initial_points
        encoding = space.encoding
        return max(min(10, max(4, encoding.n_columns + 1)), 2 * encoding.n_branches)


def _quick(surrogate: Surrogate) -> Surrogate:
    """Return a model that keeps fewer points: many trials with little training are soon there."""
    if isinstance(surrogate, GaussianProcess):
        return replace(surrogate, max_points=min(surrogate.max_points, _N_POINTS))
    return surrogate
