"""Stopping: when a trial arrives at a rung it goes on at once, or never."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from skhpo.history import History
from skhpo.index import HistoryIndex
from skhpo.schedulers.asynchronous import Asynchronous
from skhpo.schedulers.base import Bracket, Plan, State
from skhpo.schedulers.rungs import check_resources
from skhpo.schedulers.standings import Rung, Standings
from skhpo.settings import check_count
from skhpo.trial import Assignment, Evaluation, Promote, Resource

__all__ = ["Arrivals", "EarlyStopping"]


class Arrivals(Standings, ABC):
    """Standings of one bracket, and who was good enough on arrival to go on.

    Who goes on depends on what was measured up to then, and on nothing that comes later.

    Parameters
    ----------
    resources : tuple of float
        Total resource at each rung.

    Attributes
    ----------
    going : dict of int to int
        Number of a trial that is to go on -> the rung it is at, in the order of arrival.
    """

    def __init__(self, resources: tuple[float, ...]) -> None:
        super().__init__((resources,))
        self.going: dict[int, int] = {}

    @abstractmethod
    def _goes_on(self, evaluation: Evaluation, ladder: list[Rung], k: int) -> bool:
        """Whether a trial goes on from rung ``k``, in whose standings it is already."""

    def _finish(self, evaluation: Evaluation) -> None:
        super()._finish(evaluation)
        ladder, k = self._place(evaluation)
        if k is None or not evaluation.is_usable:
            return
        goes_on = self._goes_on(evaluation, ladder, k)
        if k < len(ladder) - 1:
            if goes_on:
                self.going[evaluation.trial] = k
            else:
                self.obsolete.append((evaluation.trial, evaluation.resource))

    def _enter(self, assignment: Assignment) -> None:
        super()._enter(assignment)
        _, k = self._place(assignment)
        if k and self.going.get(assignment.trial) == k - 1:
            del self.going[assignment.trial]


class EarlyStopping(Asynchronous):
    """Trains every trial rung by rung, as long as a rule lets it go on.

    Parameters
    ----------
    n_trials : int or None
        How many trials are started; None for no end, where somebody else decides when to stop.
    resources : sequence of float
        Total resource at each rung, ascending.
    """

    def __init__(self, n_trials: int | None, resources: Sequence[float]) -> None:
        owner = type(self).__name__
        check_count(owner, "n_trials", n_trials, or_none=True)
        self.n_trials = n_trials
        self.resources = check_resources(owner, resources)
        self._arrivals: HistoryIndex[Arrivals]

    def _going_on(self, history: History) -> Promote | None:
        going = self._arrivals(history).going
        first = next(iter(going.items()), None)
        return None if first is None else Promote(first[0], self.resources[first[1] + 1])

    def _first_resource(self, number: int) -> Resource:
        return self.resources[0]

    def obsolete_states(self, history: History) -> Sequence[State]:
        """Those of who does not go on, too."""
        return self._arrivals(history).obsolete

    def plan(self) -> Plan | None:
        """What is spent at most: full training of all trials, if none is stopped."""
        if self.n_trials is None:
            return None
        n_trials = (self.n_trials,) * len(self.resources)
        return Plan((Bracket(n_trials, self.resources),), spends="at most")
