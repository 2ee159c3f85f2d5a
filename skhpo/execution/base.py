"""The one seam through which work leaves the search: submit, next completion, close."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from math import isfinite
from typing import Protocol, TypeAlias, runtime_checkable

from skhpo.exceptions import DivergedError
from skhpo.trial import Report, Status, Task

__all__ = [
    "Evaluate",
    "Executor",
    "checked_n_slots",
    "checked_timeout",
    "countdown",
    "outcome",
    "overdue",
    "run_task",
    "shortened",
    "timed",
]

#: What a worker runs: measures one task. Shipped to every worker once.
Evaluate: TypeAlias = Callable[[Task], Report]


@runtime_checkable
class Executor(Protocol):
    """Runs tasks somewhere. Every method is called from the main thread only.

    The contract, tested over every implementation by :class:`skhpo.testing.ExecutorLaws`:

    * one completion per submission, in any order;
    * what goes wrong with a task is a report with a status, never an exception;
    * :meth:`close` leaves no thread or file behind, whatever happened before, no process but those
      that :func:`~skhpo.execution.end_idle_workers` ends, and loses nothing that was finished.
    """

    @property
    def n_slots(self) -> int:
        """How many tasks can run at once. Read again before each submission."""
        ...

    def start(self, evaluate: Evaluate) -> None:
        """Ship ``evaluate`` (and the data it holds) to the workers, once per search.

        Raises
        ------
        ExecutionError
            If it cannot be shipped.
        """
        ...

    def submit(self, task: Task) -> None:
        """Hand out a task. Call only while fewer than ``n_slots`` tasks are in flight."""
        ...

    def next_completed(self, timeout: float | None = None) -> tuple[Task, Report] | None:
        """Wait for the next completion.

        Parameters
        ----------
        timeout : float or None
            Seconds to wait at most.

        Returns
        -------
        (task, report) or None
            None when nothing was completed in time.

        Raises
        ------
        ExecutionError
            If the workers cannot do their work at all (for example when they cannot load what
            :meth:`start` shipped).
        """
        ...

    def close(self) -> list[tuple[Task, Report]]:
        """Stop everything and clean up. Tasks in flight are given up. Safe to call twice.

        Returns
        -------
        list of (task, report)
            What was finished, but not yet taken by :meth:`next_completed`.
        """
        ...


def run_task(
    evaluate: Evaluate, task: Task, catch: tuple[type[BaseException], ...] = (Exception,)
) -> Report:
    """Measure ``task``; turn an exception into a report.

    Parameters
    ----------
    evaluate : callable
        Task -> report.
    task : Task
        What to measure.
    catch : tuple of exception types
        What counts as the task's own failure. Workers add ``SystemExit``; in the main thread
        it belongs to whoever called ``sys.exit``.

    Returns
    -------
    Report
        With ``started_at`` and ``finished_at`` set.
    """
    started_at = time.time()
    report = outcome(evaluate, task, catch)
    return timed(report, started_at, time.time())


def outcome(
    evaluate: Evaluate, task: Task, catch: tuple[type[BaseException], ...] = (Exception,)
) -> Report:
    """Do what :func:`run_task` does, without a clock.

    Parameters
    ----------
    evaluate, task, catch : object
        As there.
    """
    try:
        report = evaluate(task)
        if not isinstance(report, Report):
            raise TypeError(f"evaluate must return a Report, not {type(report).__name__}")
    except catch as exception:
        status: Status = "diverged" if isinstance(exception, DivergedError) else "failed"
        report = Report(status=status, error=traceback.format_exc(), exception=exception)
    return replace(report, error=None if report.error is None else shortened(report.error))


def timed(report: Report, started_at: float, finished_at: float) -> Report:
    """Return a report with its times: all it took is the fit's, if it tells of no time itself.

    Parameters
    ----------
    report : Report
        What came of a task.
    started_at, finished_at : float
        Seconds since the epoch.
    """
    if not (report.fit_time or report.score_time):  # a plain function has no clock
        report = replace(report, fit_time=max(0.0, finished_at - started_at))
    return replace(report, started_at=started_at, finished_at=finished_at)


def shortened(text: str, longest: int = 20_000) -> str:
    """Cut the middle out of a ``text`` of more than ``longest`` characters (endless recursion)."""
    if len(text) <= longest:
        return text
    half = longest // 2
    return f"{text[:half]}\n... {len(text) - 2 * half} characters left out ...\n{text[-half:]}"


def countdown(timeout: float | None) -> Callable[[], float | None]:
    """Return what tells how much of a time is left, from now on.

    Parameters
    ----------
    timeout : float or None
        Seconds; None without an end.

    Returns
    -------
    callable
        ``left()``: the seconds that are left, at least 0; None without an end.
    """
    if timeout is None:
        return lambda: None
    deadline = time.monotonic() + timeout
    return lambda: max(0.0, deadline - time.monotonic())


def checked_n_slots(n_slots: int) -> int:
    """Return a number of slots that makes sense.

    Raises
    ------
    ValueError
        If there is not at least one.
    """
    if n_slots < 1:
        raise ValueError(f"n_slots must be at least 1, got {n_slots!r}")
    return n_slots


def checked_timeout(seconds: float | None) -> float | None:
    """Return a time for a task that makes sense.

    Raises
    ------
    ValueError
        If it is none.
    """
    if seconds is not None and not (seconds > 0 and isfinite(seconds)):
        raise ValueError(f"trial_timeout must be a number of seconds or None, got {seconds!r}")
    return seconds


def overdue(task: Task, seconds: float, what_now: str, started_at: float) -> Report:
    """Return the report of a task that has taken too long.

    Parameters
    ----------
    task : Task
        Which one.
    seconds : float
        What it was given.
    what_now : str
        What becomes of it, for people.
    started_at : float
        Seconds since the epoch.
    """
    error = (
        f"trial {task.trial} on fold {task.fold} has taken longer than trial_timeout={seconds:g} "
        f"seconds: {what_now}"
    )
    return Report(status="timeout", error=error, started_at=started_at, finished_at=time.time())
