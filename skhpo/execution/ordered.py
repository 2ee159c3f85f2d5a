"""Completions in the order of submission, in front of any executor.

What a search decides depends on what it knows by then, and so on who was finished first. This
executor takes that away: it always has the same number of slots, and hands the oldest task back
first, however many workers there are and however long each takes. What is decided is then a
function of the seed and of the number of slots.
"""

from __future__ import annotations

from collections import deque
from itertools import takewhile

from skhpo.execution.base import Evaluate, Executor, checked_n_slots, countdown
from skhpo.trial import Report, Task

__all__ = ["OrderedExecutor"]


class OrderedExecutor:
    """Hands tasks to another executor, and their completions out in the order of submission.

    Parameters
    ----------
    inner : Executor
        Where the tasks run.
    lag : int
        How many tasks are under way at a time: running, waiting for a worker, or done and waiting
        for an older one. The more of them, the busier the workers are, and the less is known when
        the next task is chosen.

    References
    ----------
    Smith, J. E. and Pleszkun, A. R. (1988). Implementing precise interrupts in pipelined
    processors. IEEE Transactions on Computers 37(5). The reorder buffer, of which this is one.
    """

    def __init__(self, inner: Executor, lag: int) -> None:
        self._inner = inner
        self._lag = checked_n_slots(lag)
        self._order: deque[_Key] = deque()
        self._waiting: deque[Task] = deque()
        self._done: dict[_Key, tuple[Task, Report]] = {}
        self._n_inside = 0

    @property
    def n_slots(self) -> int:
        """The lag, whatever the inner executor has."""
        return self._lag

    def start(self, evaluate: Evaluate) -> None:
        """Ship ``evaluate``."""
        self._inner.start(evaluate)

    def submit(self, task: Task) -> None:
        """Hand ``task`` on, as soon as there is room for it."""
        self._order.append(_key(task))
        self._waiting.append(task)
        self._hand_out()

    def next_completed(self, timeout: float | None = None) -> tuple[Task, Report] | None:
        """Wait for the oldest task.

        Parameters
        ----------
        timeout : float or None
            Seconds to wait at most.

        Returns
        -------
        (task, report) or None
            None when it was not completed in time, and at once when nothing is in flight.
        """
        left = countdown(timeout)
        while self._order and self._order[0] not in self._done:
            self._hand_out()
            completion = self._inner.next_completed(left())
            if completion is not None:
                self._n_inside -= 1
                self._done[_key(completion[0])] = completion
            elif not left():
                return None
        self._hand_out()
        return self._done.pop(self._order.popleft()) if self._order else None

    def close(self) -> list[tuple[Task, Report]]:
        """Close the inner executor. What is not finished is given up, and all that came after it.

        Were that recorded, more would be known when the search goes on than was by then.

        Returns
        -------
        list of (task, report)
            What was finished in its turn, but not yet taken by :meth:`next_completed`.
        """
        for completion in self._inner.close():
            self._done[_key(completion[0])] = completion
        left = [self._done[key] for key in takewhile(self._done.__contains__, self._order)]
        self._order.clear()
        self._waiting.clear()
        self._done.clear()
        self._n_inside = 0
        return left

    def _hand_out(self) -> None:
        """Give the inner executor as much as it has room for."""
        while self._waiting and self._n_inside < max(1, self._inner.n_slots):
            self._inner.submit(self._waiting.popleft())
            self._n_inside += 1


#: Trial, fold and attempt: what there is but one of at a time.
_Key = tuple[int, int, int]


def _key(task: Task) -> _Key:
    return task.trial, task.fold, task.attempt
