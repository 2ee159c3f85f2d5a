"""Who stands where: the trials at each rung of each bracket, ranked."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Sequence
from typing import TypeAlias

from skhpo.history import Event
from skhpo.schedulers.base import State
from skhpo.trial import Assignment, Evaluation, Resource, Trial

__all__ = ["Rung", "Standings"]

#: (score here, standing at the rung below, trial number or its negative). Greater is better:
#: where scores tie, what the trials were worth below decides, and then the number. Who did not
#: come from there, as in a history of another ladder, was worth less than anybody who did.
Standing: TypeAlias = tuple[float, "Standing | tuple[()]", int]


class Rung:
    """The trials that were measured at one rung.

    Parameters
    ----------
    later_is_ahead : bool
        Who is ahead where nothing but the number tells trials apart.

    Attributes
    ----------
    n_entered : int
        Trials that were sent here.
    n_finished : int
        Those measured, failures included.
    evaluations : dict of int to Evaluation
        The usable ones, by trial number, in the order in which they were finished.
    moved : set of int
        Trials that were sent on.
    """

    def __init__(self, later_is_ahead: bool) -> None:
        self._sign = 1 if later_is_ahead else -1
        self.n_entered = 0
        self.n_finished = 0
        self.evaluations: dict[int, Evaluation] = {}
        self.moved: set[int] = set()
        self._standings: dict[int, Standing] = {}
        self._ranked: list[Standing] = []  # ascending, so that the best is taken off the end
        self._resting: list[Standing] = []

    def add(self, evaluation: Evaluation, below: Rung | None) -> None:
        """Take in what was measured here."""
        self.n_finished += 1
        if not evaluation.is_usable:
            return
        number = evaluation.trial
        came_from = () if below is None else below._standings.get(number, ())
        standing = (evaluation.score, came_from, self._sign * number)
        self.evaluations[number] = evaluation
        self._standings[number] = standing
        insort(self._ranked, standing)
        if number not in self.moved:
            insort(self._resting, standing)

    def leave(self, number: int) -> None:
        """Take note that a trial was sent on."""
        self.moved.add(number)
        standing = self._standings.get(number)
        if standing is not None:
            del self._resting[bisect_left(self._resting, standing)]

    def rank(self, number: int) -> int:
        """Return how many of the trials measured here are better than one of them."""
        return len(self._ranked) - 1 - bisect_left(self._ranked, self._standings[number])

    def ranked(self) -> list[Evaluation]:
        """Return the usable evaluations, best first."""
        return [self.evaluations[abs(key)] for _, _, key in reversed(self._ranked)]

    @property
    def best(self) -> Evaluation | None:
        """The best usable evaluation here."""
        return self.evaluations[abs(self._ranked[-1][-1])] if self._ranked else None

    @property
    def best_resting(self) -> int | None:
        """The best of the trials that were measured and not sent on; None if there is none."""
        return abs(self._resting[-1][-1]) if self._resting else None


class Standings:
    """The rungs of all brackets, grown event by event.

    Looking a trial up or taking one in costs O(log n) comparisons (and a shift of pointers).

    Parameters
    ----------
    ladders : sequence of tuple of float
        Total resource at each rung of each bracket.

    Attributes
    ----------
    brackets : list of list of Rung
        The rungs of each, first rung first.
    n_started : list of int
        Trials opened in each bracket.
    obsolete : list of (int, float)
        States that nobody goes on from any more; see :meth:`Scheduler.obsolete_states`.
    """

    #: Where scores tie without end, as with a score that is constant, the earlier trials keep
    #: their places: otherwise each new one would be among the best, and be promoted.
    _later_is_ahead = False

    def __init__(self, ladders: Sequence[tuple[Resource, ...]]) -> None:
        self._positions = [{at: k for k, at in enumerate(ladder)} for ladder in ladders]
        self.brackets = [[Rung(self._later_is_ahead) for _ in ladder] for ladder in ladders]
        self.n_started = [0] * len(ladders)
        self.obsolete: list[State] = []
        self._reached: dict[int, Resource] = {}

    def read(self, event: Event) -> None:
        """Take in what happened next."""
        if isinstance(event, Trial):
            self.n_started[self._bracket(event.number)] += 1
        elif isinstance(event, Assignment):
            self._enter(event)
        else:
            self._finish(event)

    def _bracket(self, number: int) -> int:
        """Return the bracket of a trial: the only one, unless a subclass knows better."""
        return 0

    def _place(self, what: Assignment | Evaluation) -> tuple[list[Rung], int | None]:
        """Return the ladder of a trial, and the rung; None for a resource that is no rung."""
        bracket = self._bracket(what.trial)
        return self.brackets[bracket], self._positions[bracket].get(what.resource)

    def _finish(self, evaluation: Evaluation) -> None:
        ladder, k = self._place(evaluation)
        if k is None:
            return
        ladder[k].add(evaluation, ladder[k - 1] if k else None)
        number, resource = evaluation.trial, evaluation.resource
        if number in self._reached:
            self.obsolete.append((number, self._reached[number]))
        self._reached[number] = resource
        if k == len(ladder) - 1 or not evaluation.is_usable:
            self.obsolete.append((number, resource))

    def _enter(self, assignment: Assignment) -> None:
        ladder, k = self._place(assignment)
        if k is not None:
            ladder[k].n_entered += 1
            if k:
                ladder[k - 1].leave(assignment.trial)
