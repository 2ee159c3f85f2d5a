"""The vocabulary of a search: what is tried, what is decided, what is done and what is measured.

Everything here is plain, immutable data. Scores follow scikit-learn: greater is better,
everywhere. A *resource* is whatever a scheduler spends (epochs, samples, trees …), counted in its
own unit; ``None`` means that training is not divided.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

__all__ = [
    "Action",
    "Assignment",
    "Evaluation",
    "Fork",
    "FormerTrial",
    "Measurement",
    "Params",
    "Promote",
    "Report",
    "Resource",
    "Start",
    "Status",
    "Stop",
    "Task",
    "Trial",
    "Wait",
]

Params: TypeAlias = Mapping[str, Any]
Resource: TypeAlias = float | None

#: How a piece of work ended. Everything but ``"completed"`` is a failure, and is never promoted.
Status: TypeAlias = Literal["completed", "failed", "diverged", "worker-died", "timeout", "pruned"]


@dataclass(frozen=True)
class Trial:
    """One configuration under test.

    Parameters
    ----------
    number : int
        Position in the order in which trials were started, from 0. Together with the seed of the
        search it keys the random numbers of everything decided for this trial.
    params : mapping of str to object
        The configuration.
    parent : int or None
        Number of the trial this one was forked from (population based search), if any.
    parent_resource : float or None
        Total resource the parent had had when it was copied: which of its states is continued.
    replaces : int or None
        Number of the trial whose place in the population it takes, if it was forked.
    """

    number: int
    params: Params
    parent: int | None = None
    parent_resource: Resource = None
    replaces: int | None = None


@dataclass(frozen=True)
class FormerTrial:
    """What an earlier search found out: knowledge for the sampler, and no trial of this search.

    Parameters
    ----------
    params : mapping of str to object
        The configuration.
    score : float
        What came of it; NaN if it failed. In a history greater is better, as everywhere in it; a
        :class:`~skhpo.Tuner` takes it in its own direction, as its objective returns it.
    """

    params: Params
    score: float


# --------------------------------------------------------------------------- what is decided


@dataclass(frozen=True)
class Start:
    """Start a new trial and bring it up to ``resource``."""

    resource: Resource = None


@dataclass(frozen=True)
class Promote:
    """Let trial number ``trial`` go on up to ``resource``."""

    trial: int
    resource: Resource


@dataclass(frozen=True)
class Fork:
    """Start a new trial from a copy of another one, and bring it to ``resource``.

    Parameters
    ----------
    parent : int
        Number of the trial to copy.
    parent_resource : float or None
        Which of its states: total resource it had had.
    resource : float or None
        Total resource the copy is to come to.
    replaces : int or None
        Number of the trial whose place in the population it takes; None for a new place.
    """

    parent: int
    parent_resource: Resource
    resource: Resource
    replaces: int | None = None


@dataclass(frozen=True)
class Wait:
    """Nothing now; ask again after the next measurement."""


@dataclass(frozen=True)
class Stop:
    """Nothing any more. What is running is brought to its end."""


Action: TypeAlias = Start | Promote | Fork | Wait | Stop


@dataclass(frozen=True)
class Assignment:
    """The decision that a trial is to be measured at a resource, on some folds.

    Parameters
    ----------
    trial : int
        Number of the trial.
    resource : float or None
        Total resource (not the increment) the trial is to have had when it is measured.
    folds : tuple of int
        The folds it is to be measured on.
    """

    trial: int
    resource: Resource
    folds: tuple[int, ...]


# --------------------------------------------------------------------------- what is done


@dataclass(frozen=True)
class Task:
    """The unit of work: one trial on one fold, up to a resource.

    Parameters
    ----------
    trial, fold : int
        Which trial, on which fold.
    resource : float or None
        Total resource the trial is to have had on this fold at the end of the task.
    params : mapping of str to object
        The trial's configuration.
    reached : float or None
        Total resource of the state to continue from; None to start anew.
    parent : int or None
        Number of the trial it was forked from, if any.
    parent_resource : float or None
        Total resource of the parent's state that was copied. A task goes on from that state while
        ``reached`` is the same; later its trial has states of its own.
    attempt : int
        1 for the first try; more when a worker died under the task before.
    companion : object
        Whatever the objective wants to travel with this one task. Opaque to everybody else.
    state : str or None
        Checksum of the state to continue from, as it was reported; None if there is none.
    """

    trial: int
    fold: int
    resource: Resource
    params: Params
    reached: Resource = None
    parent: int | None = None
    parent_resource: Resource = None
    attempt: int = 1
    companion: Any = None
    state: str | None = None


@dataclass(frozen=True)
class Report:
    """What came of a task.

    Parameters
    ----------
    scores : mapping of str to float
        Score by metric on the fold's test part; empty if it was never scored, NaN where the
        scoring failed.
    train_scores : mapping of str to float or None
        The same on the training part, where that was asked for.
    fit_time, score_time : float
        Seconds. Where neither is told, all that the task took is its ``fit_time``.
    status : {"completed", "failed", "diverged", "worker-died", "timeout", "pruned"}
        How it ended.
    error : str or None
        Traceback, or another account of what went wrong, for people.
    exception : BaseException or None
        The exception itself, where there is one that can travel. Never recorded.
    started_at, finished_at : float
        Seconds since the epoch, on the clock of the worker.
    stop : bool
        The user's callback asked for the whole search to stop.
    spent : float or None
        How much of the resource was really trained for this task: the increment, or more where a
        state was lost. None if undivided.
    state : str or None
        Checksum of the fitted state that was left for a promotion; None if none was.
    rounds : int or None
        Rounds that a booster was found to need, where that was looked for.
    """

    scores: Mapping[str, float] = field(default_factory=dict)
    train_scores: Mapping[str, float] | None = None
    fit_time: float = 0.0
    score_time: float = 0.0
    status: Status = "completed"
    error: str | None = None
    exception: BaseException | None = None
    started_at: float = math.nan
    finished_at: float = math.nan
    stop: bool = False
    spent: Resource = None
    state: str | None = None
    rounds: int | None = None


# --------------------------------------------------------------------------- what is measured


@dataclass(frozen=True)
class Measurement:
    """A task's report as the history keeps it.

    Parameters
    ----------
    trial, fold : int
        Which trial, on which fold.
    resource : float or None
        Total resource it had had.
    status : {"completed", "failed", "diverged", "worker-died", "timeout", "pruned"}
        How it ended.
    scores : mapping of str to float
        Score by metric, greater is better; empty if it was never scored, NaN where the scoring
        failed.
    train_scores : mapping of str to float or None
        The same on the training part, where that was asked for.
    fit_time, score_time : float
        Seconds.
    started_at, finished_at : float
        Seconds since the epoch.
    attempts : int
        How often the task was tried.
    error : str or None
        What went wrong, for people.
    deaths : str or None
        How the workers ended that died under earlier attempts, where the last one ended otherwise;
        else ``error`` tells of all of them.
    spent : float or None
        How much of the resource was really trained for it; None if undivided, or unknown.
    state : str or None
        Checksum of the fitted state that it has left; None if there is none.
    rounds : int or None
        Rounds that a booster was found to need, where that was looked for.
    """

    trial: int
    fold: int
    resource: Resource
    status: Status
    scores: Mapping[str, float]
    train_scores: Mapping[str, float] | None = None
    fit_time: float = 0.0
    score_time: float = 0.0
    started_at: float = math.nan
    finished_at: float = math.nan
    attempts: int = 1
    error: str | None = None
    spent: Resource = None
    state: str | None = None
    rounds: int | None = None
    deaths: str | None = None

    @property
    def reason(self) -> str | None:
        """The line of the error that says most: the first, or of a traceback that after the stack.

        None if there is no error.
        """
        lines = (self.error or "").strip().splitlines()
        if not lines:
            return None
        frames = [number for number, line in enumerate(lines) if line.startswith('  File "')]
        after = lines[frames[-1] + 1 :] if frames and "Traceback" in lines[0] else lines
        return next((line for line in after if not line.startswith(" ")), lines[0])


@dataclass(frozen=True)
class Evaluation:
    """A finished assignment, summed up over its folds: what samplers and schedulers learn from.

    Parameters
    ----------
    trial : int
        Number of the trial.
    resource : float or None
        Total resource it had had.
    score : float
        Mean over the folds of the metric that is optimised; NaN after a failure.
    fold_scores : tuple of float
        The score of each fold, in the order of the folds.
    status : {"completed", "failed", "diverged", "worker-died", "timeout", "pruned"}
        ``"completed"`` only if every fold was.
    measurements : tuple of Measurement
        What it sums up: the newest measurement of each fold at that time.
    """

    trial: int
    resource: Resource
    score: float
    fold_scores: tuple[float, ...]
    status: Status
    measurements: tuple[Measurement, ...] = field(default=(), repr=False, compare=False)

    @property
    def is_usable(self) -> bool:
        """Whether the score can be compared: completed, and a number.

        Infinite scores can: the best trial has the highest score, as in scikit-learn's searches,
        even if that is infinity.
        """
        return self.status == "completed" and not math.isnan(self.score)
