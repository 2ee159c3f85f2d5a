"""Tasks that are done as one piece of work, in front of any executor.

Some tasks cost little more together than one of them alone. To the loop this executor has many
slots; what it submits to them is collected until it asks for a completion, and then goes to the
workers in groups. So whoever decides what is done sees nothing but more workers.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Protocol, runtime_checkable

from skhpo.execution.base import Evaluate, Executor, countdown, shortened
from skhpo.trial import Report, Task

__all__ = ["EvaluateTogether", "GroupingExecutor"]


@runtime_checkable
class EvaluateTogether(Protocol):
    """An ``evaluate`` that can measure several tasks as one piece of work."""

    def __call__(self, task: Task) -> Report:
        """Measure one task."""
        ...

    def group_key(self, task: Task) -> Hashable | None:
        """Return what tasks have in common that may be measured together; None if none may.

        It is asked in the main process.
        """
        ...

    def together(self, tasks: Sequence[Task]) -> Sequence[Report | None]:
        """Measure tasks with the same key; None for each that has to be measured alone."""
        ...


@dataclass(frozen=True)
class _Group:
    """Tasks that travel as one, as the companion of a task."""

    tasks: tuple[Task, ...]


@dataclass(frozen=True)
class _Reports(Report):
    """The report of a group: one for each task, or None where it has to be run alone."""

    each: tuple[Report | None, ...] = ()


@dataclass(frozen=True)
class _InGroups:
    """What the workers run: a task, or the group that one stands for."""

    evaluate: Evaluate

    def __call__(self, task: Task) -> Report:
        if not isinstance(task.companion, _Group):
            return self.evaluate(task)
        assert isinstance(self.evaluate, EvaluateTogether), "others have no keys"
        reports = tuple(self.evaluate.together(task.companion.tasks))
        if len(reports) != len(task.companion.tasks):
            raise ValueError("together() must return one report for each task")
        return _Reports(each=reports)


class GroupingExecutor:
    """Collects tasks, and hands them to the slots of another executor in groups.

    Whatever goes wrong with a group, the death of its worker included, is nobody's fault: each of
    its tasks is then run alone. Tasks without a key are run alone from the beginning, and so are
    those whose worker died before.

    Parameters
    ----------
    inner : Executor
        Where the groups run.
    largest : int
        Tasks in one group, at most.
    per_slot : int
        How many tasks are collected for each slot of the inner executor.
    """

    def __init__(self, inner: Executor, largest: int, per_slot: int) -> None:
        self._inner = inner
        self._largest = largest
        self._per_slot = per_slot
        self._evaluate: Evaluate | None = None
        self._collected: dict[Hashable, deque[Task]] = {}
        self._alone: deque[Task] = deque()
        self._completed: deque[tuple[Task, Report]] = deque()
        self._n_in_flight = 0

    @property
    def n_slots(self) -> int:
        """How many tasks can be collected, and run, at a time."""
        return self._inner.n_slots * self._per_slot

    def start(self, evaluate: Evaluate) -> None:
        """Ship ``evaluate``; one that is no :class:`EvaluateTogether` is given tasks one by one."""
        self._evaluate = evaluate
        self._inner.start(_InGroups(evaluate))

    def submit(self, task: Task) -> None:
        """Put ``task`` to those it can be done with."""
        key = None
        if task.attempt == 1 and isinstance(self._evaluate, EvaluateTogether):
            key = self._evaluate.group_key(task)
        # a key of its own, which no other task has
        self._collected.setdefault(object() if key is None else key, deque()).append(task)

    def next_completed(self, timeout: float | None = None) -> tuple[Task, Report] | None:
        """Hand out what was collected, and wait for the next completion.

        Parameters
        ----------
        timeout : float or None
            Seconds to wait at most.

        Returns
        -------
        (task, report) or None
            None when nothing was completed in time, and at once when nothing is in flight.
        """
        left = countdown(timeout)
        while not self._completed:
            self._hand_out()
            completion = self._inner.next_completed(left())
            if completion is None:
                return None
            self._n_in_flight -= 1
            self._take(*completion)
        return self._completed.popleft()

    def close(self) -> list[tuple[Task, Report]]:
        """Close the inner executor. What was collected is given up.

        Returns
        -------
        list of (task, report)
            What was finished, but not yet taken by :meth:`next_completed`.
        """
        for completion in self._inner.close():
            self._take(*completion)
        left = list(self._completed)
        self._collected.clear()
        self._alone.clear()
        self._completed.clear()
        self._n_in_flight = 0
        return left

    def _hand_out(self) -> None:
        """Give each free slot something to do."""
        while self._alone or self._collected:
            n_free = max(1, self._inner.n_slots) - self._n_in_flight
            if n_free < 1:
                return
            self._inner.submit(self._alone.popleft() if self._alone else self._next_piece(n_free))
            self._n_in_flight += 1

    def _next_piece(self, n_free: int) -> Task:
        """Return a group of those that wait longest, no larger than leaves work for each slot."""
        key, tasks = next(iter(self._collected.items()))
        n_collected = sum(map(len, self._collected.values()))
        most = min(self._largest, ceil(n_collected / n_free))
        n_groups = ceil(len(tasks) / most)
        group = tuple(tasks.popleft() for _ in range(ceil(len(tasks) / n_groups)))
        if not tasks:
            del self._collected[key]
        first = group[0]
        return first if len(group) == 1 else replace(first, params={}, companion=_Group(group))

    def _take(self, task: Task, report: Report) -> None:
        """Put down what came of a task, or of a group."""
        if not isinstance(task.companion, _Group):
            self._completed.append((task, report))
            return
        group = task.companion.tasks
        each = report.each if isinstance(report, _Reports) else (None,) * len(group)
        for member, own in zip(group, each, strict=True):
            if own is None:
                self._alone.append(member)
                continue
            error = None if own.error is None else shortened(own.error)
            timed = replace(own, started_at=report.started_at, finished_at=report.finished_at)
            self._completed.append((member, replace(timed, error=error)))
