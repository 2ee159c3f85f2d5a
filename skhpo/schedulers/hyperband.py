"""Hyperband: halving from several starting points, for nobody knows how early scores can tell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import cycle, islice

from skhpo.history import History
from skhpo.index import HistoryIndex
from skhpo.schedulers.asha import promotable
from skhpo.schedulers.asynchronous import Asynchronous
from skhpo.schedulers.barriers import Barriers, planned
from skhpo.schedulers.base import Bracket, Plan, Scheduler, State
from skhpo.schedulers.rungs import check_factor, check_resources, exact, halved
from skhpo.schedulers.selection import BestScores, Selection
from skhpo.schedulers.standings import Standings
from skhpo.settings import check_count, check_instance
from skhpo.trial import Action, Promote, Resource, Stop, Wait

__all__ = ["AsynchronousHyperband", "Hyperband", "hyperband_brackets"]


class Hyperband(Scheduler):
    """Runs brackets of successive halving that start at every rung in turn.

    If the lowest rung tells good from bad, the first bracket finds the best of many; if it tells
    nothing, the last one, which trains a few completely, still does as random search would.

    A trial's number says which bracket it belongs to. Brackets are filled one after another; a
    worker that would have to wait for a rung to be complete starts trials of the next one.

    Parameters
    ----------
    resources : sequence of float
        Total resource at each rung, ascending; see :func:`~skhpo.schedulers.rungs`.
    factor : float, default=3
        One in ``factor`` of the trials at a rung goes on.
    n_loops : int, default=1
        How often all brackets are run.
    selection : Selection or None, default=None
        Who goes on; None for :class:`BestScores`.

    References
    ----------
    Li, L., Jamieson, K., DeSalvo, G., Rostamizadeh, A., and Talwalkar, A. (2018). Hyperband: a
    novel bandit-based approach to hyperparameter optimization. Journal of Machine Learning
    Research, 18(185), Algorithm 1.

    Examples
    --------
    >>> from skhpo.schedulers import Hyperband, rungs
    >>> print(Hyperband(rungs(1, 81, factor=3), factor=3).plan())
    bracket  candidates       resources        cost
    0        81, 27, 9, 3, 1  1, 3, 9, 27, 81   297
    1        34, 11, 3, 1     3, 9, 27, 81      276
    2        15, 5, 1         9, 27, 81         279
    3        8, 2             27, 81            324
    4        5                81                405
    143 candidates, spends exactly 1581 in all (81 is one full training)
    """

    def __init__(
        self,
        resources: Sequence[float],
        factor: float = 3,
        n_loops: int = 1,
        selection: Selection | None = None,
    ) -> None:
        check_factor("Hyperband", factor)
        check_count("Hyperband", "n_loops", n_loops)
        check_instance("Hyperband", "selection", selection, Selection, "BestScores()", or_none=True)
        self.resources = check_resources("Hyperband", resources)
        self.factor = factor
        self.n_loops = n_loops
        self.selection = BestScores() if selection is None else selection
        self._brackets = hyperband_brackets(self.resources, factor) * n_loops
        self._barriers = HistoryIndex(Barriers, self._brackets, self.selection)

    def next(self, history: History, may_start: bool = True) -> Action:
        """Do what is due in the oldest bracket in which something is."""
        due = self._barriers(history).due(may_start)
        if due is not None:
            return due
        return Wait() if history.n_pending else Stop()

    def obsolete_states(self, history: History) -> Sequence[State]:
        """Those of who was left behind at a rung, too."""
        return self._barriers(history).obsolete

    def plan(self) -> Plan:
        """What is spent; at most that, if the selection may keep more than planned."""
        return planned(self._brackets, self.selection)


class AsynchronousHyperband(Asynchronous):
    """Hyperband's brackets without barriers: each is an :class:`AsynchronousHalving`.

    A trial's number says which bracket it belongs to: brackets take turns, each as often as
    Hyperband starts trials in it.

    Parameters
    ----------
    n_trials : int or None
        How many trials are started; None for no end, where somebody else decides when to stop.
    resources : sequence of float
        Total resource at each rung, ascending; see :func:`~skhpo.schedulers.rungs`.
    factor : float, default=3
        One in ``factor`` of the trials at a rung is promoted.

    References
    ----------
    Li et al. (2018), Algorithm 1, as for :class:`Hyperband`, and Li et al. (2020), Algorithm 2, as
    for :class:`AsynchronousHalving`.
    """

    def __init__(self, n_trials: int | None, resources: Sequence[float], factor: float = 3) -> None:
        check_count("AsynchronousHyperband", "n_trials", n_trials, or_none=True)
        check_factor("AsynchronousHyperband", factor)
        self.n_trials = n_trials
        self.resources = check_resources("AsynchronousHyperband", resources)
        self.factor = factor
        brackets = hyperband_brackets(self.resources, factor)
        self._ladders = tuple(bracket.resources for bracket in brackets)
        self._order = _interleaved([bracket.n_trials[0] for bracket in brackets])
        self._standings = HistoryIndex(_TakingTurns, self._ladders, self._order)

    def _going_on(self, history: History) -> Promote | None:
        brackets = self._standings(history).brackets
        for ladder, resources in zip(brackets, self._ladders, strict=True):
            promotion = promotable(ladder, resources, self.factor)
            if promotion is not None:
                return promotion
        return None

    def _first_resource(self, number: int) -> Resource:
        return self._ladders[self._order[number % len(self._order)]][0]

    def obsolete_states(self, history: History) -> Sequence[State]:
        """Those behind who went on: who rests at a rung may still be promoted."""
        return self._standings(history).obsolete

    def plan(self) -> Plan | None:
        """About what is spent: one in ``factor`` is promoted, and a few by mistake."""
        if self.n_trials is None:
            return None
        sizes = Counter(islice(cycle(self._order), self.n_trials))
        brackets = (
            Bracket(halved(sizes[b], len(resources), self.factor), resources)
            for b, resources in enumerate(self._ladders)
        )
        return Plan(tuple(brackets), spends="about")


class _TakingTurns(Standings):
    """Standings of brackets that take turns in starting trials."""

    def __init__(self, ladders: Sequence[tuple[float, ...]], order: Sequence[int]) -> None:
        super().__init__(ladders)
        self._order = order

    def _bracket(self, number: int) -> int:
        return self._order[number % len(self._order)]


def hyperband_brackets(resources: Sequence[float], factor: float = 3) -> tuple[Bracket, ...]:
    r"""Return the brackets of Hyperband, the one that starts lowest first.

    Bracket :math:`s` starts :math:`n = \lceil (s_{max} + 1) η^s / (s + 1) \rceil` trials, of
    which :math:`\lfloor n η^{-i} \rfloor` reach its rung :math:`i`; it has the upper
    :math:`s + 1` rungs. The paper's rungs are :math:`R η^{-i}`.

    Parameters
    ----------
    resources : sequence of float
        Total resource at each rung, ascending; see :func:`~skhpo.schedulers.rungs`.
    factor : float, default=3
        :math:`η`, 2 or more.

    References
    ----------
    Li et al. (2018), Algorithm 1, lines 1 to 6.
    """
    ladder, step = tuple(resources), exact(factor)
    s_max = len(ladder) - 1
    brackets = []
    for s in range(s_max, -1, -1):
        n = int(-(-(s_max + 1) * step**s // (s + 1)))  # rounded up
        n_trials = tuple(int(n // step**i) for i in range(s + 1))
        brackets.append(Bracket(n_trials, ladder[s_max - s :]))
    return tuple(brackets)


def _interleaved(sizes: Sequence[int]) -> tuple[int, ...]:
    """Return an order in which positions come so many times each, as evenly as can be."""
    turns = [((2 * i + 1) / (2 * size), b) for b, size in enumerate(sizes) for i in range(size)]
    return tuple(b for _, b in sorted(turns))
