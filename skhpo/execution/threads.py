"""Tasks in threads of this process."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TypeAlias

import sklearn

from skhpo.exceptions import warn_user
from skhpo.execution import devices
from skhpo.execution._joblib import NestedBackend, default_nested_backend, nested_parallelism
from skhpo.execution.base import (
    Evaluate,
    checked_n_slots,
    checked_timeout,
    countdown,
    overdue,
    run_task,
)
from skhpo.trial import Report, Task

__all__ = ["ThreadExecutor"]

#: Longest wait of the main thread, in seconds: on Windows it cannot be interrupted by Ctrl-C.
_TICK = 0.2


class _Place:
    """A place for one thread, which is given one task at a time.

    Who has which task is known to the main thread alone: what a thread reports counts only if it
    is still in its place.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.inbox: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self.thread: threading.Thread | None = None
        self.task: Task | None = None
        self.task_since = math.nan
        self.due_at = math.inf


#: What a thread says when it has done a task.
_Done: TypeAlias = tuple[_Place, Task, Report]


class ThreadExecutor:
    """Runs tasks in threads, for fits that release the GIL or wait for something else.

    All threads share ``evaluate`` and its data; nothing is copied. The price: a thread can be
    neither killed nor isolated. A crash of one task is the end of the whole process, a hanging
    task goes on for ever, and :meth:`close` waits for the tasks that are running.

    Where there are several GPUs, they are dealt to the threads in turn: torch takes that of the
    thread for ``"cuda"``, and so does :mod:`skhpo.neural` for ``"auto"``.

    Parameters
    ----------
    n_slots : int
        Number of threads.
    nested_backend : (backend, n_jobs) or None
        The joblib backend of parallel code inside the tasks; by default what joblib nests below
        its own threads.
    trial_timeout : float or None
        Seconds a task may take. After that it is reported as ``"timeout"``, and another thread
        takes the place of its own. That one cannot be ended: it goes on in the background, nobody
        waits for it, and what it finds counts for nothing. None: as long as it wants to.
    """

    def __init__(
        self,
        n_slots: int,
        nested_backend: NestedBackend | None = None,
        trial_timeout: float | None = None,
    ) -> None:
        self._n_slots = checked_n_slots(n_slots)
        self._trial_timeout = checked_timeout(trial_timeout)
        self._nested_backend = nested_backend
        self._surroundings: _Surroundings | None = None
        self._places: list[_Place] = []
        self._waiting: deque[Task] = deque()
        self._done: queue.SimpleQueue[_Done] = queue.SimpleQueue()
        self._completed: deque[tuple[Task, Report]] = deque()
        self._has_warned = False

    @property
    def n_slots(self) -> int:
        """Number of threads."""
        return self._n_slots

    def start(self, evaluate: Evaluate) -> None:
        """Start the threads, under the caller's scikit-learn configuration."""
        # scikit-learn keeps its configuration per thread; a new thread starts from the defaults.
        nested = self._nested_backend or default_nested_backend()
        self._surroundings = evaluate, sklearn.get_config(), nested, len(devices.visible())
        self._done = queue.SimpleQueue()
        self._places = [self._started(number) for number in range(self._n_slots)]

    def submit(self, task: Task) -> None:
        """Hand ``task`` to a free thread, now or when there is one."""
        self._waiting.append(task)
        self._hand_out()

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
        left = countdown(timeout)
        while not self._completed:
            if not any(place.task is not None for place in self._places):
                return None
            seconds = left()
            self._listen(min(_TICK if seconds is None else seconds, _TICK, self._until_overdue()))
            self._give_up_overdue()
            self._hand_out()
            if seconds == 0.0 and not self._completed:
                return None
        return self._completed.popleft()

    def close(self) -> list[tuple[Task, Report]]:
        """Give up the tasks that wait, and wait for those that run.

        Returns
        -------
        list of (task, report)
            What was finished, meanwhile too, but not yet taken by :meth:`next_completed`.
        """
        self._waiting.clear()
        for place in self._places:
            place.inbox.put(None)
        for place in self._places:
            while place.thread is not None and place.thread.is_alive():
                place.thread.join(_TICK)
        with suppress(queue.Empty):
            while True:
                self._take(self._done.get_nowait())
        left = list(self._completed)
        self._completed.clear()
        self._places = []
        self._surroundings = None
        self._has_warned = False
        return left

    # ----------------------------------------------------------------------- threads

    def _started(self, number: int) -> _Place:
        """Return a place with a thread in it."""
        assert self._surroundings is not None, "start() comes first"
        evaluate, config, nested, n_gpus = self._surroundings
        place = _Place(number)
        gpu = number % n_gpus if n_gpus > 1 else None
        # Daemons, lest an executor that was never closed keep the interpreter from ending.
        place.thread = threading.Thread(
            target=_work,
            args=(evaluate, place, self._done, config, nested, gpu),
            name=f"skhpo-slot-{number}",
            daemon=True,
        )
        place.thread.start()
        return place

    def _hand_out(self) -> None:
        """Give waiting tasks to threads that have none."""
        for place in self._places:
            if self._waiting and place.task is None:
                place.task, place.task_since = self._waiting.popleft(), time.time()
                place.due_at = time.monotonic() + (self._trial_timeout or math.inf)
                place.inbox.put(place.task)

    def _listen(self, timeout: float) -> None:
        """Wait until a thread has done its task."""
        with suppress(queue.Empty):
            self._take(self._done.get(timeout=timeout))

    def _take(self, done: _Done) -> None:
        """Put down what a thread has found, unless it was given up meanwhile."""
        place, task, report = done
        if place in self._places:
            place.task = None
            self._completed.append((task, report))

    def _until_overdue(self) -> float:
        """Return the seconds until the first task has taken too long."""
        due = min((place.due_at for place in self._places if place.task), default=math.inf)
        return max(0.0, due - time.monotonic())

    def _give_up_overdue(self) -> None:
        """Put new threads in the places of those whose tasks have taken too long."""
        if self._trial_timeout is None or not self._done.empty():
            return
        now, late = time.monotonic(), False
        for position, place in enumerate(self._places):
            if place.task is not None and now >= place.due_at:
                late = True
                place.inbox.put(None)  # it ends, should it ever come to that
                what_now = "its thread cannot be ended, and goes on in the background"
                report = overdue(place.task, self._trial_timeout, what_now, place.task_since)
                self._completed.append((place.task, report))
                self._places[position] = self._started(place.number)
        if late and not self._has_warned:
            self._has_warned = True
            warn_user(
                "A trial has taken longer than trial_timeout. Threads cannot be ended: what it "
                "does goes on in the background, and its result will be ignored. Processes can: "
                "`with joblib.parallel_config('loky'): ...`."
            )


#: What a thread works with, and under: evaluate, scikit-learn's configuration, what is nested
#: below, number of GPUs.
_Surroundings: TypeAlias = tuple[Evaluate, dict[str, object], NestedBackend, int]


def _work(
    evaluate: Evaluate,
    place: _Place,
    done: queue.SimpleQueue[_Done],
    config: dict[str, object],
    nested: NestedBackend,
    gpu: int | None,
) -> None:
    """Run tasks until told to stop."""
    with sklearn.config_context(**config), nested_parallelism(nested), devices.assigned(gpu):
        while (task := place.inbox.get()) is not None:
            # Everything is caught: Ctrl-C goes to the main thread only, and a thread that died of
            # anything else would owe its completion for ever.
            done.put((place, task, run_task(evaluate, task, catch=(BaseException,))))
