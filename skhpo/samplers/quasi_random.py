"""Quasi-random search: points that fill the space more evenly than random ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Set
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from scipy.stats import qmc

from skhpo.exceptions import SpaceError
from skhpo.history import Event, History
from skhpo.index import HistoryIndex
from skhpo.samplers.base import Sampler
from skhpo.samplers.random import RandomSampler
from skhpo.samplers.seen import seen_keys
from skhpo.space import Space
from skhpo.space.domains import UnitIntervalDomain
from skhpo.space.space import Branch
from skhpo.trial import Params, Trial

__all__ = ["QuasiRandomSampler"]

#: Points looked at before a branch counts as exhausted: so many, and so many for each trial.
_MIN_POINTS = 100
_POINTS_PER_TRIAL = 10


class QuasiRandomSampler(Sampler):
    """Walks along a scrambled Sobol sequence, which the seed of the search determines.

    Every parameter that can vary is one dimension of the sequence; a list of ``k`` values divides
    it into ``k`` equal parts, so that categories come up equally often, too. What can only be
    drawn from (``rvs`` alone) is drawn at random.

    In a space of several branches each has a sequence of its own, and the next trial goes to the
    branch with the fewest so far, whoever suggested those: after ``n`` trials none has fewer than
    ``floor(n / n_branches)``, unless it is exhausted. Points that were tried are passed over.

    References
    ----------
    I. M. Sobol: The distribution of points in a cube and the accurate evaluation of integrals.
    USSR Computational Mathematics and Mathematical Physics 7, 1967.

    A. B. Owen: Scrambling Sobol' and Niederreiter-Xing points. Journal of Complexity 14, 1998.
    """

    is_adaptive = False

    def check(self, space: Space) -> None:
        """Refuse a space with more parameters than a Sobol sequence has dimensions."""
        for branch in space.branches:
            if len(branch) > qmc.Sobol.MAXDIM:
                raise SpaceError(
                    f"The search space has {len(branch)} parameters, but a Sobol sequence has at "
                    f"most {qmc.Sobol.MAXDIM} dimensions; use RandomSampler."
                )

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return the first point of the sequence that was not tried yet; see :class:`Sampler`."""
        seen = seen_keys(space, history)
        n_trials = _shares(history, space).n_trials
        n_points = _MIN_POINTS + _POINTS_PER_TRIAL * len(seen)
        walks = _walks_through(space, history)
        for branch in sorted(range(len(walks)), key=n_trials.__getitem__):
            params = walks[branch].first_untried(space, seen, n_points)
            if params is not None:
                return params
        return RandomSampler().suggest(space, history, rng)


class _Shares:
    """How many trials each branch of a space has had."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self.n_trials: Counter[int | None] = Counter()

    def read(self, event: Event) -> None:
        if isinstance(event, Trial) and self._space.contains(event.params):
            self.n_trials[self._space.find_branch(event.params)] += 1


_shares = HistoryIndex(_Shares)


class _Walk:
    """The sequence of a branch, and its first point that may still be untried."""

    def __init__(self, branch: Branch, rng: np.random.Generator) -> None:
        self._points = _sobol(branch, rng)
        self._n_passed = 0
        self._current = next(self._points)

    def first_untried(
        self, space: Space, seen: Set[Hashable], n_points: int
    ) -> dict[str, Any] | None:
        """Return the first of the first ``n_points`` points that was not tried, if any."""
        while self._n_passed < n_points:
            if space.key(self._current) not in seen:
                return dict(self._current)
            self._current = next(self._points)
            self._n_passed += 1
        return None


def _sobol(branch: Branch, rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Yield the points of a scrambled Sobol sequence as configurations of a branch."""
    varied = [name for name, domain in branch.items() if domain.size > 1]
    engine = qmc.Sobol(max(1, len(varied)), seed=rng)
    while True:
        # one at a time: to ask for any number but a power of two is warned of
        positions = dict(zip(varied, engine.random(1)[0], strict=False))
        yield {
            name: domain.from_unit(float(positions.get(name, 0.5)))
            if isinstance(domain, UnitIntervalDomain)
            else domain.sample(rng)
            for name, domain in branch.items()
        }


# A cache, no state: the first untried point is found from the history alone; this only spares
# walking past the tried ones again.
_walks: WeakKeyDictionary[History, tuple[Space, list[_Walk]]] = WeakKeyDictionary()


def _walks_through(space: Space, history: History) -> list[_Walk]:
    """Return a walk for each branch, seeded by the search; kept while the history lives."""
    kept = _walks.get(history)
    if kept is not None and kept[0] is space:
        return kept[1]
    walks = []
    for number, branch in enumerate(space.branches):
        seed = np.random.SeedSequence(history.seed, spawn_key=(number,))
        walks.append(_Walk(branch, np.random.default_rng(seed)))
    _walks[history] = (space, walks)
    return walks
