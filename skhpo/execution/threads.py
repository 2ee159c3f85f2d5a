"""Tasks in threads of this process."""

from __future__ import annotations

import queue
import threading
import time
from contextlib import suppress

import sklearn

from skhpo.execution._joblib import NestedBackend, default_nested_backend, nested_parallelism
from skhpo.execution.base import Evaluate, checked_n_slots, run_task
from skhpo.trial import Report, Task

__all__ = ["ThreadExecutor"]

#: Longest wait of the main thread, in seconds: on Windows it cannot be interrupted by Ctrl-C.
_TICK = 0.2


class ThreadExecutor:
    """Runs tasks in threads, for fits that release the GIL or wait for something else.

    All threads share ``evaluate`` and its data; nothing is copied. The price: a thread can be
    neither killed nor isolated. A crash of one task is the end of the whole process, a hanging
    task keeps its slot for ever, and :meth:`close` waits for the tasks that are running.

    Parameters
    ----------
    n_slots : int
        Number of threads.
    nested_backend : (backend, n_jobs) or None
        The joblib backend of parallel code inside the tasks; by default what joblib nests below
        its own threads.
    """

    def __init__(self, n_slots: int, nested_backend: NestedBackend | None = None) -> None:
        self._n_slots = checked_n_slots(n_slots)
        self._nested_backend = nested_backend
        self._tasks: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._completions: queue.SimpleQueue[tuple[Task, Report]] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._n_in_flight = 0

    @property
    def n_slots(self) -> int:
        """Number of threads."""
        return self._n_slots

    def start(self, evaluate: Evaluate) -> None:
        """Start the threads, under the caller's scikit-learn configuration."""
        nested = self._nested_backend or default_nested_backend()
        # scikit-learn keeps its configuration per thread; a new thread starts from the defaults.
        config = sklearn.get_config()
        arguments = (evaluate, self._tasks, self._completions, config, nested)
        for number in range(self._n_slots):
            # Daemons, lest an executor that was never closed keep the interpreter from ending.
            thread = threading.Thread(
                target=_work, args=arguments, name=f"skhpo-slot-{number}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def submit(self, task: Task) -> None:
        """Hand ``task`` to the next free thread."""
        self._n_in_flight += 1
        self._tasks.put(task)

    def next_completed(self, timeout: float | None = None) -> tuple[Task, Report] | None:
        """Wait for the next completion.

        Parameters
        ----------
        timeout : float or None
            Seconds to wait at most.

        Returns
        -------
        (task, report) or None
            None when nothing was completed in time, and at once when nothing is in flight.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while self._n_in_flight:
            left = _TICK if deadline is None else max(0.0, deadline - time.monotonic())
            try:
                completion = self._completions.get(timeout=min(left, _TICK))
            except queue.Empty:
                if left == 0.0:
                    return None
            else:
                self._n_in_flight -= 1
                return completion
        return None

    def close(self) -> list[tuple[Task, Report]]:
        """Give up the tasks that wait, and wait for those that run.

        Returns
        -------
        list of (task, report)
            What was finished, meanwhile too, but not yet taken by :meth:`next_completed`.
        """
        with suppress(queue.Empty):
            while True:
                self._tasks.get_nowait()
        for _ in self._threads:
            self._tasks.put(None)
        while self._threads:
            self._threads[-1].join(_TICK)
            if not self._threads[-1].is_alive():
                self._threads.pop()
        left = []
        with suppress(queue.Empty):
            while True:
                left.append(self._completions.get_nowait())
        self._n_in_flight = 0
        return left


def _work(
    evaluate: Evaluate,
    tasks: queue.SimpleQueue[Task | None],
    completions: queue.SimpleQueue[tuple[Task, Report]],
    config: dict[str, object],
    nested: NestedBackend,
) -> None:
    """Run tasks until told to stop."""
    with sklearn.config_context(**config), nested_parallelism(nested):
        while (task := tasks.get()) is not None:
            # Everything is caught: Ctrl-C goes to the main thread only, and a thread that died of
            # anything else would owe its completion for ever.
            completions.put((task, run_task(evaluate, task, catch=(BaseException,))))
