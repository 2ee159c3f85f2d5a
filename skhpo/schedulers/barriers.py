"""Brackets with barriers: a rung is decided on when everybody there has been measured."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from skhpo.schedulers.base import Bracket, Plan
from skhpo.schedulers.selection import Selection
from skhpo.schedulers.standings import Rung, Standings
from skhpo.trial import Evaluation, Promote, Start

__all__ = ["Barriers", "planned"]


class Barriers(Standings):
    """Standings of brackets that are filled one after another, and what is due in them.

    Trial numbers tell the bracket: the first so many belong to the first. Where workers would wait
    for one bracket, the next is started.

    Parameters
    ----------
    brackets : sequence of Bracket
        How many reach each rung.
    selection : Selection
        Who they are.
    """

    _later_is_ahead = True  # as in scikit-learn's halving searches; nobody comes in later here

    def __init__(self, brackets: Sequence[Bracket], selection: Selection) -> None:
        super().__init__([bracket.resources for bracket in brackets])
        self._plans = brackets
        self._selection = selection
        self._ends = list(accumulate(bracket.n_trials[0] for bracket in brackets))
        self._n_over = 0
        self._n_decided = [0] * len(brackets)
        self._chosen: dict[tuple[int, int], tuple[int, int, list[int]]] = {}

    def _bracket(self, number: int) -> int:
        return min(bisect_right(self._ends, number), len(self._ends) - 1)

    def due(self, may_start: bool) -> Start | Promote | None:
        """Return what is to be done now, in the oldest bracket in which there is something.

        Parameters
        ----------
        may_start : bool
            Whether new trials can be opened. If not, brackets go on with those they have.
        """
        for b in range(self._n_over, len(self._plans)):
            bracket = self._plans[b]
            is_full = self.n_started[b] >= bracket.n_trials[0]
            if may_start and not is_full:
                return Start(bracket.resources[0])
            promotion = self._promotion(b)
            if promotion is not None:
                return promotion
            if b == self._n_over and is_full and not self._is_running(b):
                self._n_over += 1  # nothing can happen in it any more
        return None

    def _finish(self, evaluation: Evaluation) -> None:
        super()._finish(evaluation)
        self._leave_behind(self._bracket(evaluation.trial))

    def _leave_behind(self, b: int) -> None:
        """Take note of who does not go on, as soon as nobody can come in who would change that."""
        bracket, ladder = self._plans[b], self.brackets[b]
        if ladder[0].n_entered < bracket.n_trials[0]:
            return
        for k, rung in enumerate(ladder[:-1]):
            if rung.n_finished < rung.n_entered:
                return
            n = bracket.n_trials[k + 1]
            if k == self._n_decided[b]:
                self._n_decided[b] += 1
                kept = set(self._selection.choose(rung.ranked(), n))
                left = [number for number in rung.evaluations if number not in kept]
                self.obsolete += [(number, bracket.resources[k]) for number in left]
            if self._next_chosen((b, k), rung, n) is not None:
                return

    def _is_running(self, b: int) -> bool:
        return any(rung.n_finished < rung.n_entered for rung in self.brackets[b])

    def _promotion(self, b: int) -> Promote | None:
        """Return the next promotion in a bracket; None behind a barrier, or if all is done."""
        bracket, ladder = self._plans[b], self.brackets[b]
        for k, rung in enumerate(ladder[:-1]):
            if rung.n_finished < rung.n_entered:
                return None
            number = self._next_chosen((b, k), rung, bracket.n_trials[k + 1])
            if number is not None:
                return Promote(number, bracket.resources[k + 1])
        return None

    def _next_chosen(self, place: tuple[int, int], rung: Rung, n: int) -> int | None:
        """Return the next of those chosen at a complete rung; chosen anew if it has grown since."""
        n_finished, n_moved, chosen = self._chosen.get(place, (-1, 0, []))
        if n_finished != rung.n_finished:
            n_finished, n_moved = rung.n_finished, len(rung.moved)
            wanted = self._selection.choose(rung.ranked(), n)
            chosen = [number for number in wanted if number not in rung.moved]
            # More trials may have been asked for when some had been promoted already.
            chosen = chosen[: max(0, len(wanted) - n_moved)]
            self._chosen[place] = (n_finished, n_moved, chosen)
        at = len(rung.moved) - n_moved
        return chosen[at] if at < len(chosen) else None


def planned(brackets: Sequence[Bracket], selection: Selection) -> Plan:
    """Return what is spent on brackets, at most if the selection may keep more than planned.

    Parameters
    ----------
    brackets : sequence of Bracket
        How many reach each rung.
    selection : Selection
        Who they are.
    """
    most = tuple(Bracket(_at_most(bracket, selection), bracket.resources) for bracket in brackets)
    return Plan(most, spends="exactly" if most == tuple(brackets) else "at most")


def _at_most(bracket: Bracket, selection: Selection) -> tuple[int, ...]:
    numbers = [bracket.n_trials[0]]
    for n in bracket.n_trials[1:]:
        numbers.append(min(numbers[-1], selection.at_most(n)))
    return tuple(numbers)
