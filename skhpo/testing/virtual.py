"""An executor on a clock of its own: no threads, no sleeping, any order of completion."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from skhpo.execution.base import Evaluate, outcome, timed
from skhpo.trial import Report, Status, Task

__all__ = ["Span", "VirtualExecutor"]


@dataclass(frozen=True)
class Span:
    """When a task kept a slot busy, in virtual seconds."""

    task: Task
    started_at: float
    finished_at: float


class VirtualExecutor:
    """Runs tasks inline, and completes them in the order in which a virtual clock says so.

    Parameters
    ----------
    n_slots : int, default=1
        How many tasks can run at once. May be changed at any time.
    duration : callable or None, default=None
        Task -> virtual seconds. None: drawn from an exponential distribution with mean 1, by
        (seed, trial, fold, attempt), so that a task takes as long whenever it is started.
    seed : int, default=0
        Seed of the durations.
    fate : callable or None, default=None
        Task -> how it ends (``"worker-died"``, ``"failed"``, …) or None. A task with a fate is
        not run at all.

    Attributes
    ----------
    now : float
        Virtual seconds since the executor was made.
    spans : list of Span
        All that was submitted, with its time.
    n_in_flight : int
        Tasks submitted and not completed.
    """

    def __init__(
        self,
        n_slots: int = 1,
        *,
        duration: Callable[[Task], float] | None = None,
        seed: int = 0,
        fate: Callable[[Task], Status | None] | None = None,
    ) -> None:
        self.n_slots = n_slots
        self.duration = duration
        self.seed = seed
        self.fate = fate
        self.now = 0.0
        self.spans: list[Span] = []
        self._evaluate: Evaluate | None = None
        self._running: list[tuple[float, int, Span]] = []
        self._tie_break = itertools.count()

    @property
    def n_in_flight(self) -> int:
        """Tasks submitted and not completed."""
        return len(self._running)

    def start(self, evaluate: Evaluate) -> None:
        """Keep ``evaluate`` for the tasks to come."""
        self._evaluate = evaluate

    def submit(self, task: Task) -> None:
        """Start ``task`` now.

        Raises
        ------
        RuntimeError
            If all slots are busy, or :meth:`start` was not called: the caller's mistakes.
        """
        if self._evaluate is None:
            raise RuntimeError("a task was submitted before start()")
        if self.n_in_flight >= self.n_slots:
            raise RuntimeError(f"a task was submitted while all {self.n_slots} slots were busy")
        span = Span(task, self.now, self.now + self._duration(task))
        self.spans.append(span)
        heapq.heappush(self._running, (span.finished_at, next(self._tie_break), span))

    def _duration(self, task: Task) -> float:
        if self.duration is not None:
            return self.duration(task)
        rng = np.random.default_rng([self.seed, task.trial, task.fold, task.attempt])
        return float(rng.exponential())

    def next_completed(self, timeout: float | None = None) -> tuple[Task, Report] | None:
        """Put the clock on to the next completion.

        Parameters
        ----------
        timeout : float or None
            Virtual seconds to wait at most.

        Returns
        -------
        (task, report) or None
            None when nothing was completed in time, and at once when nothing is in flight.
        """
        if not self._running:
            return None
        finished_at, _, span = self._running[0]
        if timeout is not None and finished_at > self.now + timeout:
            self.now += timeout
            return None
        heapq.heappop(self._running)
        self.now = max(self.now, finished_at)
        return span.task, timed(self._report(span.task), span.started_at, span.finished_at)

    def _report(self, task: Task) -> Report:
        status = None if self.fate is None else self.fate(task)
        if status is not None:
            return Report(status=status, error=f"the fate of this task was: {status}")
        assert self._evaluate is not None
        return outcome(self._evaluate, task)

    def close(self) -> list[tuple[Task, Report]]:
        """Give up what is running; what was finished has been handed over already."""
        self._running.clear()
        self._evaluate = None
        return []

    def utilisation(self, until: float | None = None) -> float:
        """Return the share of the slots' time in which they were busy.

        Parameters
        ----------
        until : float or None
            End of the time looked at; None for the moment the last task was submitted, after
            which there was no more work to be had.
        """
        end = max((span.started_at for span in self.spans), default=0.0) if until is None else until
        busy = sum(max(0.0, min(span.finished_at, end) - span.started_at) for span in self.spans)
        return busy / (self.n_slots * end) if end > 0 else 1.0
