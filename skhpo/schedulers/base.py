"""Who gets how much resource next: the scheduler's contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from numbers import Integral

from skhpo.history import History
from skhpo.trial import Action, Resource

__all__ = ["Bracket", "Plan", "Scheduler", "check_n_trials"]


@dataclass(frozen=True)
class Bracket:
    """A ladder of rungs that trials climb.

    Parameters
    ----------
    n_trials : tuple of int
        How many trials reach each rung, first rung first.
    resources : tuple of float or None
        Total resource at each rung.
    """

    n_trials: tuple[int, ...]
    resources: tuple[Resource, ...]


@dataclass(frozen=True)
class Plan:
    """What a scheduler is going to spend, known before the first fit.

    Parameters
    ----------
    brackets : tuple of Bracket
        In the order in which they are opened.
    """

    brackets: tuple[Bracket, ...]

    @property
    def n_trials(self) -> int:
        """How many trials are started."""
        return sum(bracket.n_trials[0] for bracket in self.brackets)

    @property
    def cost(self) -> float | None:
        """Total resource spent, each promotion paying the increment; None where it is undivided."""
        total = 0.0
        for bracket in self.brackets:
            before = 0.0
            for n_trials, resource in zip(bracket.n_trials, bracket.resources, strict=True):
                if resource is None:
                    return None
                total += n_trials * (resource - before)
                before = resource
        return total


class Scheduler(ABC):
    """Decides who gets how much resource next.

    A scheduler is a function of the history. It holds settings, not state, and knows nothing of
    the meaning of parameters or of workers.

    Attributes
    ----------
    is_adaptive : bool
        Whether decisions depend on measurements.
    """

    is_adaptive: bool = True

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
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


def check_n_trials(n_trials: object) -> None:
    """Raise an error unless ``n_trials`` is None or a whole number of at least one.

    Raises
    ------
    ValueError
        Saying what was given.
    """
    if n_trials is None or (isinstance(n_trials, Integral) and int(n_trials) >= 1):
        return
    raise ValueError(
        f"n_trials must be at least 1 and a whole number, or None for no end; got {n_trials!r}"
    )
