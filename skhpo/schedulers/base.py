"""Who gets how much resource next: the scheduler's contract, and what it is going to spend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil
from typing import Literal, TypeAlias

from skhpo.history import History
from skhpo.printed import as_printed
from skhpo.schedulers.rungs import check_factor, check_resources, exact, halved
from skhpo.settings import check_count
from skhpo.trial import Action, Resource

__all__ = ["Bracket", "Plan", "Scheduler", "State"]

#: A trial as it was after a total resource.
State: TypeAlias = tuple[int, Resource]


@dataclass(frozen=True)
class Bracket:
    """A ladder of rungs that trials climb.

    Parameters
    ----------
    n_trials : tuple of int
        How many trials reach each rung, first rung first.
    resources : tuple of float or None
        Total resource at each rung, ascending; ``(None,)`` if training is not divided.

    Raises
    ------
    ValueError
        If this is no ladder: more trials at a rung than at the one before, resources that do not
        grow, another number of them.
    """

    n_trials: tuple[int, ...]
    resources: tuple[Resource, ...]

    def __post_init__(self) -> None:
        if not self.n_trials or len(self.n_trials) != len(self.resources):
            raise ValueError(
                f"Bracket: n_trials and resources must have one entry for each rung, got "
                f"{self.n_trials!r} and {self.resources!r}"
            )
        falls = all(more >= less for more, less in pairwise(self.n_trials))
        if not falls or self.n_trials[-1] < 0:
            raise ValueError(
                f"Bracket: n_trials must not grow from rung to rung, and no number may be "
                f"negative, got {self.n_trials!r}"
            )
        if len(self.resources) > 1 or self.resources[0] is not None:
            check_resources("Bracket", self.resources)

    @classmethod
    def halving(cls, n_trials: int, resources: Sequence[float], factor: float = 3) -> Bracket:
        """Return the bracket of successive halving: one in ``factor``, rounded down, goes on.

        Parameters
        ----------
        n_trials : int
            Trials at the first rung.
        resources : sequence of float
            Total resource at each rung, ascending; see :func:`~skhpo.schedulers.rungs`.
        factor : float, default=3
            2 or more.

        Raises
        ------
        ValueError
            If one of them is no such number, or nobody would reach the top.
        """
        check_count("Bracket.halving", "n_trials", n_trials)
        check_factor("Bracket.halving", factor)
        ladder = check_resources("Bracket.halving", resources)
        numbers = halved(n_trials, len(ladder), factor)
        if numbers[-1] == 0:
            needed = ceil(exact(factor) ** (len(ladder) - 1))
            raise ValueError(
                f"Bracket.halving: {n_trials} trials are too few for {len(ladder)} rungs at factor "
                f"{factor:g}, nobody would reach the top: start {needed}, or take fewer rungs"
            )
        return cls(numbers, ladder)

    @property
    def cost(self) -> float | None:
        """Total resource spent, each promotion paying the increment; None where it is undivided."""
        return self._cost(is_continued=True)

    @property
    def cost_anew(self) -> float | None:
        """The same where each promotion trains anew, and pays all of it."""
        return self._cost(is_continued=False)

    def _cost(self, is_continued: bool) -> float | None:
        total = before = 0.0
        for n_trials, resource in zip(self.n_trials, self.resources, strict=True):
            if resource is None:
                return None
            total += n_trials * (resource - before)
            before = resource if is_continued else 0.0
        return total


@dataclass(frozen=True)
class Plan:
    """What a scheduler is going to spend, known before the first fit. Prints as a table.

    Parameters
    ----------
    brackets : tuple of Bracket
        In the order in which they are opened.
    spends : {"exactly", "at most", "about"}, default="exactly"
        How binding it is, provided that no trial fails. A scheduler that may stop any trial
        early can only tell what it spends at most. An asynchronous one promotes the best it has
        seen *so far*, and cannot tell how often that is a mistake.
    is_continued : bool, default=True
        Whether a promotion pays the increment only; otherwise it trains anew.
    complete : float or None, default=None
        Resource of complete training; None: what the highest rung has.

    Examples
    --------
    >>> print(Plan((Bracket((9, 3, 1), (1, 3, 9)), Bracket((5, 1), (3, 9)))))
    bracket  candidates  resources  cost
    0        9, 3, 1     1, 3, 9      21
    1        5, 1        3, 9         21
    14 candidates, spends exactly 42 in all (9 is one full training)
    """

    brackets: tuple[Bracket, ...]
    spends: Literal["exactly", "at most", "about"] = "exactly"
    is_continued: bool = True
    complete: Resource = None

    @property
    def n_trials(self) -> int:
        """How many trials are started."""
        return sum(bracket.n_trials[0] for bracket in self.brackets)

    @property
    def cost(self) -> float | None:
        """Total resource spent; None where training is undivided."""
        costs = [self._cost(bracket) for bracket in self.brackets]
        divided = [cost for cost in costs if cost is not None]
        return sum(divided) if len(divided) == len(costs) else None

    @property
    def full(self) -> Resource:
        """Resource of complete training; None where training is undivided."""
        if self.complete is not None:
            return self.complete
        tops = [bracket.resources[-1] for bracket in self.brackets]
        return max((top for top in tops if top is not None), default=None)

    def limited(self, n_trials: float) -> Plan:
        """Return the plan where no more trials than that can be started, for lack of others.

        Brackets are filled in their order, and promote as many as planned, if there are so many.

        Parameters
        ----------
        n_trials : float
            1 or more; may be infinite.
        """
        left, brackets = n_trials, []
        for bracket in self.brackets:
            started = int(min(left, bracket.n_trials[0]))
            left -= started
            if started:
                numbers = tuple(min(started, n) for n in bracket.n_trials)
                brackets.append(replace(bracket, n_trials=numbers))
        return replace(self, brackets=tuple(brackets))

    def _cost(self, bracket: Bracket) -> float | None:
        return bracket.cost if self.is_continued else bracket.cost_anew

    _repr_pretty_ = as_printed

    def __str__(self) -> str:
        rows = [
            ("bracket", "candidates", "resources", "cost"),
            *(
                (str(at), _listed(b.n_trials), _listed(b.resources), _listed([self._cost(b)]))
                for at, b in enumerate(self.brackets)
            ),
        ]
        first, second, third, last = (max(map(len, column)) for column in zip(*rows, strict=True))
        lines = [f"{a:<{first}}  {b:<{second}}  {c:<{third}}  {d:>{last}}" for a, b, c, d in rows]
        total = f"{self.n_trials} candidates"
        if self.cost is not None:
            total += (
                f", spends {self.spends} {self.cost:.10g} in all "
                f"({self.full:.10g} is one full training)"
            )
        return "\n".join([*lines, total])


class Scheduler(ABC):
    """Decides who gets how much resource next.

    A scheduler is a function of the history. It holds settings, not state, and knows nothing of
    the meaning of parameters or of workers.

    Attributes
    ----------
    is_adaptive : bool
        Whether decisions depend on measurements.
    early_may_win : bool
        Whether a trial may be the best that had less than others had: because it was trained for
        as long as that made it better.
    """

    is_adaptive: bool = True
    early_may_win: bool = False

    def __repr__(self) -> str:
        settings = ", ".join(
            f"{name}={value!r}" for name, value in vars(self).items() if not name.startswith("_")
        )
        return f"{type(self).__name__}({settings})"

    @abstractmethod
    def next(self, history: History, may_start: bool = True) -> Action:
        """Decide what is to be done next.

        Parameters
        ----------
        history : History
            Everything that happened, running trials included.
        may_start : bool, default=True
            Whether new trials can be opened. If not (the space is exhausted, or there are as many
            as were asked for), go on with those there are: answer neither Start nor Fork.

        Returns
        -------
        Start, Promote, Fork, Wait or Stop
            Wait only while something is running; after Stop it is not asked again.
        """

    @abstractmethod
    def plan(self) -> Plan | None:
        """Return what will be spent, or None if there is no end to it."""

    def plan_of(self, n_trials: int) -> Plan | None:
        """Return what will be spent if it may start no more than so many trials.

        Parameters
        ----------
        n_trials : int
            That many in all.

        Returns
        -------
        Plan or None
            None if there is no end all the same.
        """
        plan = self.plan()
        if plan is None and hasattr(self, "n_trials"):
            limited = copy(self)
            limited.n_trials = n_trials
            plan = limited.plan()
        return None if plan is None else plan.limited(n_trials)

    def obsolete_states(self, history: History) -> Sequence[State]:
        """Return the fitted states that nobody will go on from any more.

        A scheduler that does not say so costs disk space, and nothing else.

        Parameters
        ----------
        history : History
            Everything that happened, running trials included.

        Returns
        -------
        sequence of (int, float)
            Number of a trial, and the total resource after which it was in this state: it will
            neither be promoted nor copied from there, and nobody who was is still running. In the
            order in which that became known, so that while the history grows, so does this.
        """
        return ()


def _listed(numbers: Sequence[float | None]) -> str:
    return ", ".join("-" if number is None else f"{number:.10g}" for number in numbers)
