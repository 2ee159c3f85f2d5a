"""One task after the other, in the thread that asks for the result."""

from __future__ import annotations

from collections import deque

from skhpo.execution.base import Evaluate, run_task
from skhpo.trial import Report, Task

__all__ = ["InlineExecutor"]


class InlineExecutor:
    """Runs tasks in the calling thread, when their result is asked for.

    Nothing is copied and nothing is caught but :class:`Exception`: Ctrl-C and ``sys.exit`` end
    the search as they would end any other loop. A crash or a hang of a task is the caller's.
    """

    def __init__(self) -> None:
        self._evaluate: Evaluate | None = None
        self._tasks: deque[Task] = deque()

    @property
    def n_slots(self) -> int:
        """Always 1."""
        return 1

    def start(self, evaluate: Evaluate) -> None:
        """Keep ``evaluate`` for the tasks to come."""
        self._evaluate = evaluate

    def submit(self, task: Task) -> None:
        """Put ``task`` down to be run by :meth:`next_completed`."""
        self._tasks.append(task)

    def next_completed(self, timeout: float | None = None) -> tuple[Task, Report] | None:
        """Run the oldest task to its end, however long it takes.

        Parameters
        ----------
        timeout : float or None
            Not used: a task cannot be left in the middle.

        Returns
        -------
        (task, report) or None
            None when no task is left.
        """
        assert self._evaluate is not None, "start() comes first"
        if not self._tasks:
            return None
        task = self._tasks.popleft()
        return task, run_task(self._evaluate, task)

    def close(self) -> list[tuple[Task, Report]]:
        """Forget the tasks that were not run; what was run has been handed over already."""
        self._tasks.clear()
        self._evaluate = None
        return []
