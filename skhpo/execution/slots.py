"""Tasks in worker processes, one process per slot."""

from __future__ import annotations

import atexit
import math
import os
import time
import traceback
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing.connection import wait

import cloudpickle

from skhpo.exceptions import ExecutionError
from skhpo.execution import _joblib, devices, idle, memory
from skhpo.execution.base import (
    Evaluate,
    checked_n_slots,
    checked_timeout,
    countdown,
    overdue,
)
from skhpo.execution.shared import SharedFolder
from skhpo.execution.slot import Slot
from skhpo.execution.wire import pack_task, unpack_report
from skhpo.execution.worker import READY, Setup
from skhpo.trial import Report, Task

__all__ = ["PATIENCE", "SlotExecutor"]

#: Longest wait in seconds: on Windows it cannot be interrupted by Ctrl-C.
_TICK = 0.2

#: Seconds between two looks for processes that died without their pipe being closed.
_ROUND = 1.0

#: So many processes in a row may die in one slot before they have done anything.
_MAX_WASTED_LIVES = 3

#: Seconds a process waits for another search, if nothing else is said.
PATIENCE = 60.0


class SlotExecutor:
    """Runs tasks in worker processes, each in a slot of its own.

    A process that dies takes its own task with it and no other; the slot gets a fresh process
    while the other slots go on. ``evaluate`` and its data are written to disk once and mapped
    by the workers. Inside them, joblib and the numeric libraries behave as inside joblib's own
    workers: nested parallel code runs in threads, and the processes share out the cores.

    Where there are several GPUs, they are dealt to the slots in turn, and a process sees but one:
    that in its ``CUDA_VISIBLE_DEVICES``. A process that replaces another one has the same.

    There is no helper thread: everything happens inside the calls of the methods.

    Parameters
    ----------
    n_slots : int
        Number of worker processes.
    env : mapping of str to str or None
        Environment variables of the workers; by default those that limit the threads of numeric
        libraries as joblib would. With ``CUDA_VISIBLE_DEVICES`` among them, no GPUs are dealt.
    nested_backend : (backend, n_jobs) or None
        The joblib backend of parallel code inside the tasks; by default what joblib nests below
        its own worker processes.
    temp_folder : str or None
        Where to keep the shared data; by default where joblib was told to keep such files.
    patience : float
        How long the processes wait for another search after this one, in seconds. With 0 they
        end with it. See :func:`~skhpo.execution.end_idle_workers`.
    trial_timeout : float or None
        Seconds a task may take, counted from when its process gets it. After that the process is
        killed, and the task is reported as ``"timeout"``. None: as long as it wants to.
    memory_limit : int or None
        Bytes the tasks of a process may allocate, beside what it takes by itself and the data.
        Beyond that a task fails with a ``MemoryError``, and its process is replaced: nobody knows
        what else has failed in it. Only on Linux. None: as much as there is.

    Raises
    ------
    ExecutionError
        If this system cannot limit memory.

    Notes
    -----
    The processes are killed in the end, so functions registered with :mod:`atexit` by a task do
    not run. They die by themselves when the driver dies, as soon as no C code holds the GIL. Being
    process groups of their own, they get neither Ctrl-C nor Ctrl-Z from the terminal.
    """

    def __init__(
        self,
        n_slots: int,
        env: Mapping[str, str] | None = None,
        nested_backend: _joblib.NestedBackend | None = None,
        temp_folder: str | None = None,
        patience: float = PATIENCE,
        trial_timeout: float | None = None,
        memory_limit: int | None = None,
    ) -> None:
        self._n_slots = checked_n_slots(n_slots)
        self._trial_timeout = checked_timeout(trial_timeout)
        self._memory_limit = memory.check_limit(memory_limit)
        self._env = _joblib.worker_environment(n_slots) if env is None else dict(env)
        self._nested_backend = nested_backend or _joblib.default_nested_backend()
        self._temp_folder = temp_folder
        self._patience = patience
        self._driver = os.getpid()
        self._folder: SharedFolder | None = None
        self._slots: list[Slot] = []
        self._setup = b""
        self._waiting: deque[tuple[Task, bytes]] = deque()
        self._completed: deque[tuple[Task, Report]] = deque()
        self._broken: ExecutionError | None = None
        self._next_round = 0.0

    @property
    def n_slots(self) -> int:
        """Number of worker processes."""
        return self._n_slots

    def start(self, evaluate: Evaluate) -> None:
        """Take processes that are idle or start them, and write ``evaluate`` to disk meanwhile.

        Raises
        ------
        ExecutionError
            If ``evaluate`` cannot be pickled or written, or no process can be started.
        """
        self._driver = os.getpid()
        atexit.register(self._close_for_good)  # before multiprocessing's, which waits for processes
        try:
            self._start(evaluate)
        except BaseException:
            self.close()
            raise

    def submit(self, task: Task) -> None:
        """Hand out ``task`` to a process that is ready, now or when there is one."""
        try:
            message = pack_task(task)
        except Exception:
            error = f"The task cannot be pickled for a worker process.\n{traceback.format_exc()}"
            self._completed.append((task, Report(status="failed", error=error)))
            return
        self._waiting.append((task, message))
        if not any(slot.is_idle for slot in self._slots):
            self._listen(timeout=0)  # one may have become ready since
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

        Raises
        ------
        ExecutionError
            If the processes cannot load what :meth:`start` was given, or die again and again
            before they have done anything.
        """
        left = countdown(timeout)
        while not self._completed:
            if self._broken is not None:
                raise self._broken
            if not self._waiting and not any(slot.is_busy for slot in self._slots):
                return None
            seconds = left()
            self._listen(min(_TICK if seconds is None else seconds, _TICK, self._until_overdue()))
            self._end_overdue()
            self._hand_out()
            if seconds == 0.0 and not self._completed:
                return None
        return self._completed.popleft()

    def close(self) -> list[tuple[Task, Report]]:
        """Release the processes and delete the shared data. Tasks in flight are given up.

        Processes with nothing to do wait for the next search; all others are killed.

        Returns
        -------
        list of (task, report)
            What was finished, but not yet taken by :meth:`next_completed`.
        """
        if os.getpid() != self._driver:  # a forked child: processes and folder are not its own
            return []
        for slot in self._slots:
            self._hear_last_words(slot)
        released = [
            slot for slot in self._slots if self._patience and slot.is_idle and slot.release()
        ]
        dropped = [slot for slot in self._slots if slot not in released]
        for slot in dropped:
            slot.kill()
        for slot in dropped:
            slot.reap(farewell=0)
        idle.park(released)
        self._slots = []
        if self._folder is not None:
            self._folder.remove()
        self._waiting.clear()
        left = list(self._completed)
        self._completed.clear()
        self._broken = None
        atexit.unregister(self._close_for_good)
        return left

    def _close_for_good(self) -> None:
        """Close when this process ends: no search will come."""
        self._patience = 0.0
        self.close()

    # ----------------------------------------------------------------------- processes

    def _start(self, evaluate: Evaluate) -> None:
        _joblib.start_trackers()
        self._folder = SharedFolder(self._temp_folder or _joblib.temp_folder())
        environments = devices.deal(self._n_slots, self._env)
        idle_ones = idle.take(environments)
        self._slots = [
            Slot("skhpo-slot", env) if slot is None else slot
            for slot, env in zip(idle_ones, environments, strict=True)
        ]
        try:
            for slot in self._slots:
                if slot not in idle_ones:
                    slot.launch()
        except OSError as error:
            raise _no_process(error) from error
        self._folder.dump(evaluate)
        setup = Setup.like_here(
            self._folder.path, self._nested_backend, self._patience, self._memory_limit
        )
        self._setup = cloudpickle.dumps(setup)
        for slot in self._slots:
            slot.prepare(self._folder.path, self._setup)  # if it is dead, the pipe will say so

    def _replace(self, slot: Slot) -> None:
        """Put a fresh process into ``slot``, whose process was reaped; do not wait for it."""
        assert self._folder is not None, "start() comes first"
        try:
            slot.launch()
        except OSError as error:
            self._broken = _no_process(error)
        else:
            slot.prepare(self._folder.path, self._setup)

    # ----------------------------------------------------------------------- conversation

    def _hand_out(self) -> None:
        """Send waiting tasks to idle slots."""
        for slot in self._slots:
            if self._waiting and slot.is_idle:
                task, message = self._waiting[0]
                if slot.send(message):
                    self._waiting.popleft()
                    slot.task, slot.task_since = task, time.time()
                    slot.due_at = time.monotonic() + (self._trial_timeout or math.inf)
                else:  # it died while it was idle; the task was none of the reasons
                    self._bury(slot)

    def _listen(self, timeout: float) -> None:
        """Wait until processes say something or die, and act on it."""
        speaking = set(wait([slot.connection for slot in self._slots if slot.is_open], timeout))
        for slot in self._slots:
            if slot.is_open and slot.connection in speaking:
                self._hear(slot)
        if time.monotonic() >= self._next_round:
            # A process that the dead one has started may keep its pipe open.
            self._next_round = time.monotonic() + _ROUND
            for slot in self._slots:
                if slot.has_died:
                    self._bury(slot)

    def _hear(self, slot: Slot) -> None:
        """Act on what the process in ``slot`` says, or on its having hung up."""
        try:
            message = slot.connection.recv_bytes()
        except (EOFError, OSError):
            self._bury(slot)
            return
        if slot.task is not None:
            task, report = slot.task, unpack_report(message)
            slot.task = None
            slot.wasted_lives = 0
            if self._memory_limit is not None and memory.ran_out(report):
                report = memory.explained(report, self._memory_limit)
                self._end(slot)
            self._completed.append((task, report))
        elif message == READY:
            slot.is_ready = True
        else:
            self._broken = ExecutionError(
                "A worker process cannot load what it is to evaluate:\n"
                f"{message.decode(errors='replace')}\n"
                "Usually a module that only this process can import is the reason. Threads need "
                "nothing loaded: `with joblib.parallel_config('threading'): ...`."
            )

    def _until_overdue(self) -> float:
        """Return the seconds until the first task has taken too long."""
        due = min((slot.due_at for slot in self._slots if slot.is_busy), default=math.inf)
        return max(0.0, due - time.monotonic())

    def _end_overdue(self) -> None:
        """End the processes whose tasks have taken too long, unless a report waits to be heard."""
        if self._trial_timeout is None:
            return
        now = time.monotonic()
        for slot in self._slots:
            if slot.task is not None and now >= slot.due_at and not slot.connection.poll():
                what_now = "its worker process was ended"
                report = overdue(slot.task, self._trial_timeout, what_now, slot.task_since)
                self._completed.append((slot.task, report))
                self._end(slot)

    def _end(self, slot: Slot) -> None:
        """End the process in ``slot``, which is to blame for nothing, and replace it."""
        slot.kill()
        slot.reap(farewell=0)
        self._replace(slot)

    def _hear_last_words(self, slot: Slot) -> None:
        """Take the report that waits in the pipe of a slot that is about to be closed, if any."""
        with suppress(EOFError, OSError):
            if slot.task is not None and slot.is_open and slot.connection.poll():
                report = unpack_report(slot.connection.recv_bytes())
                self._completed.append((slot.task, report))
                slot.task = None

    def _bury(self, slot: Slot) -> None:
        """Account for the death of the process in ``slot``, and replace it."""
        task, since = slot.task, slot.task_since
        account, details = slot.reap()
        if task is not None:
            slot.wasted_lives = 0
            error = f"{account} while measuring trial {task.trial} on fold {task.fold}\n{details}"
            report = Report(
                status="worker-died",
                error=error.strip(),
                started_at=since,
                finished_at=time.time(),
            )
            self._completed.append((task, report))
        else:
            slot.wasted_lives += 1
        if slot.wasted_lives >= _MAX_WASTED_LIVES and self._broken is None:
            self._broken = ExecutionError(
                "Worker processes die again and again before they have done anything. "
                f"The last {account}.\n{details}".strip()
            )
        if self._broken is None:
            self._replace(slot)


def _no_process(error: OSError) -> ExecutionError:
    return ExecutionError(
        f"The system does not let skhpo start a worker process: {error}\n"
        "Choose a smaller `n_jobs`, or let the workers be threads: "
        "`with joblib.parallel_config('threading'): ...`."
    )
