"""CMA-ES: a normal distribution that moves, stretches and shrinks towards better scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

import numpy as np

from skhpo.history import History
from skhpo.samplers.base import Sampler
from skhpo.samplers.catcma import Strategy
from skhpo.samplers.fair import fair_trial
from skhpo.samplers.observations import Observations, observe
from skhpo.samplers.random import RandomSampler
from skhpo.samplers.seen import seen_keys
from skhpo.settings import check_count, check_number
from skhpo.space import Space
from skhpo.space.domains import Array
from skhpo.surrogates.threads import one_thread
from skhpo.trial import Params

__all__ = ["CMAESSampler"]

#: Draws of the distribution before it counts as having nothing new to offer.
_MAX_DRAWS = 100


class CMAESSampler(Sampler):
    """Covariance matrix adaptation: draws from a distribution that follows the better trials.

    Numbers and ordered values are drawn from a normal distribution over their positions in the
    unit interval; where there are steps, it keeps a margin for the values next to the one it
    shrinks to. Unordered values, and the choice between branches, are drawn from categorical
    distributions, in which every value keeps a margin, too (CatCMA with margin). Parameters that a
    trial's branch does not have learn nothing from it.

    Every ``population_size`` finished trials, in the order of their numbers, make a generation;
    failed trials are its worst. Running trials are further draws of the same distribution. A
    generation that has converged, or whose scores are all equal, is followed by a restart
    anywhere in the space with twice the population (IPOP), and so is a distribution that has
    diverged. What was known before the search says where to start: at the best of it, else in the
    middle of the space.

    Parameters
    ----------
    sigma0 : float, default=1/6
        Standard deviation at the start, as a part of a parameter's range.
    population_size : int or None, default=None
        Trials in a generation; None is ``4 + floor(3 log(n))`` for ``n`` parameters.

    Raises
    ------
    ValueError
        If a setting makes no sense.

    References
    ----------
    N. Hansen: The CMA Evolution Strategy: A Tutorial. arXiv:1604.00772, 2016.

    A. Auger, N. Hansen: A Restart CMA Evolution Strategy with Increasing Population Size.
    Congress on Evolutionary Computation, 2005.

    R. Hamano, S. Saito, M. Nomura, K. Uchida, S. Shirakawa: CatCMA: Stochastic Optimization for
    Mixed-Category Problems. Genetic and Evolutionary Computation Conference, 2024.

    M. Nomura, M. Shibata: cmaes: A Simple yet Practical Python Library for CMA-ES.
    arXiv:2402.01373, 2024.
    """

    def __init__(self, sigma0: float = 1 / 6, population_size: int | None = None) -> None:
        check_number("CMAESSampler", "sigma0", sigma0, most=1, closed="right")
        check_count("CMAESSampler", "population_size", population_size, least=4, or_none=True)
        self.sigma0 = sigma0
        self.population_size = population_size

    def check(self, space: Space) -> None:
        """Refuse a space with a parameter that has no place in the unit cube."""
        space.check_encodable()

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return a draw of the distribution that was not tried yet; see :class:`Sampler`."""
        if space.encoding.n_columns:
            seen = observe(space, history)
            params = None if seen is None else fair_trial(space, history, seen.rows, rng)
            if params is not None:
                return params
            with one_thread():
                params = self._draw(space, history, seen, rng)
            if params is not None:
                return params
        return RandomSampler().suggest(space, history, rng)

    def _draw(
        self, space: Space, history: History, seen: Observations | None, rng: np.random.Generator
    ) -> Params | None:
        """Return a draw of the distribution that was not tried yet, or None if there is none."""
        tried = seen_keys(space, history)
        strategy = self._strategy(space, history, seen)
        strategy.reseed(rng)
        for _ in range(_MAX_DRAWS):
            params = space.encoding.decode(strategy.draw())
            if space.key(params) not in tried:
                return params
        return None

    def _strategy(self, space: Space, history: History, seen: Observations | None) -> Strategy:
        """Return the strategy, told of every full generation of finished trials."""
        if seen is None:
            return Strategy(space.encoding, history.seed, self.sigma0, self.population_size)
        scores = np.where(seen.has_failed, -np.inf, seen.scores)
        former, scores = np.split(scores, [seen.n_former])
        rows = seen.rows[seen.n_former :]

        settled = _settled.get(history)
        if settled is None or not settled.goes_on(self, space, scores):
            mean = seen.rows[former.argmax()] if np.isfinite(former).any() else None
            start = Strategy(space.encoding, history.seed, self.sigma0, self.population_size, mean)
            settled = _settled[history] = _Settled(repr(self), space, start)
        settled.go_on(rows, scores)
        strategy = settled.strategy.copy()
        is_finished = ~np.isnan(scores)
        n_told = len(settled.told)
        strategy.tell(rows[is_finished][n_told:], scores[is_finished][n_told:])
        return strategy


@dataclass
class _Settled:
    """A strategy that was told of the generations in which, and before which, no trial runs."""

    settings: str
    space: Space
    strategy: Strategy
    told: Array = field(default_factory=lambda: np.empty(0))

    def goes_on(self, sampler: CMAESSampler, space: Space, scores: Array) -> bool:
        """Whether it is what the sampler would build, as far as it was told."""
        same = self.settings == repr(sampler) and self.space is space
        return same and np.array_equal(self.told, scores[: len(self.told)])

    def go_on(self, rows: Array, scores: Array) -> None:
        """Tell it of the generations that were settled since."""
        n_settled = int(np.append(np.isnan(scores), True).argmax())
        n_told = len(self.told)
        n_told += self.strategy.tell(rows[n_told:n_settled], scores[n_told:n_settled])
        self.told = scores[:n_told]


# A cache, no state: it spares telling the whole history again for each suggestion.
_settled: WeakKeyDictionary[History, _Settled] = WeakKeyDictionary()
