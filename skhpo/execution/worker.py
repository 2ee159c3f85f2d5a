"""The main function of a worker process."""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import threading
import traceback
import warnings
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle
import sklearn

from skhpo.execution import memory
from skhpo.execution._joblib import NestedBackend, nested_parallelism
from skhpo.execution.base import Evaluate, run_task
from skhpo.execution.devices import release_memory
from skhpo.execution.shared import load_shared
from skhpo.execution.wire import pack_report, unpack_task
from skhpo.trial import Report

__all__ = ["READY", "RELEASE", "Setup", "fault_file", "work"]

#: The first message of a worker that is ready. Any other is the traceback of why it is not.
READY = b""

#: What the driver sends in the place of a task when its search is over.
RELEASE = b""

#: How often, in seconds, a worker looks whether its driver is still its parent.
_TICK = 2.0


@dataclass(frozen=True)
class Setup:
    """What a worker is told before the first task of a search.

    Parameters
    ----------
    folder : str
        The :class:`~skhpo.execution.shared.SharedFolder` with ``evaluate`` in it.
    sklearn_config : dict
        The driver's scikit-learn configuration.
    warning_filters : list
        The driver's warning filters.
    nested_backend : (backend, n_jobs)
        The joblib backend of parallel code inside the tasks.
    patience : float
        How long to wait for another search after this one, in seconds.
    memory_limit : int or None
        What the tasks may allocate, in bytes; None for as much as there is.
    """

    folder: str
    sklearn_config: dict[str, Any]
    warning_filters: list[Any]
    nested_backend: NestedBackend
    patience: float
    memory_limit: int | None = None

    @classmethod
    def like_here(
        cls,
        folder: str,
        nested_backend: NestedBackend,
        patience: float,
        memory_limit: int | None = None,
    ) -> Setup:
        """Describe a worker that behaves like this thread of this process."""
        # Python 3.14 can keep filters per context, and has a function that knows.
        get_filters = getattr(warnings, "_get_filters", lambda: warnings.filters)
        filters = list(get_filters())
        config = sklearn.get_config()
        return cls(folder, config, filters, nested_backend, patience, memory_limit)


def work(connection: Connection, lifeline: Connection, driver: int) -> None:
    """Run tasks of one search after the other, until the driver hangs up or has none for long.

    Parameters
    ----------
    connection : Connection
        To the driver. For each search it sends a :class:`Setup`, then tasks, then
        :data:`RELEASE`; it gets :data:`READY` or a traceback, then a report for each task.
    lifeline : Connection
        Closed when the driver is gone.
    driver : int
        The driver's process id.
    """
    _become_independent()
    threading.Thread(target=_die_with_driver, args=(lifeline, driver), daemon=True).start()
    patience: float | None = None  # the first search is on its way
    with suppress(EOFError, OSError):  # the driver has hung up
        while connection.poll(patience):
            patience = _serve(connection)
            gc.collect()  # evaluate may be part of a cycle, and hold files of a deleted folder
            release_memory()
    _end()


def _serve(connection: Connection) -> float:
    """Run the tasks of one search; return how long to wait for the next one, in seconds."""
    message = connection.recv_bytes()
    with ExitStack() as stack:
        try:
            setup: Setup = cloudpickle.loads(message)
            # A crash in C code writes the Python stack there, for the report.
            log = stack.enter_context(open(fault_file(setup.folder, os.getpid()), "w"))
            faulthandler.enable(file=log, all_threads=False)
            stack.callback(faulthandler.disable)
            evaluate = _prepare(setup)
            memory.set_limit(setup.memory_limit)
            stack.callback(memory.lift_limit)
        except BaseException:
            connection.send_bytes(traceback.format_exc().encode(errors="replace"))
            return 0.0
        connection.send_bytes(READY)
        with nested_parallelism(setup.nested_backend):
            while (message := connection.recv_bytes()) != RELEASE:
                connection.send_bytes(_measure(evaluate, message))
    return setup.patience


def fault_file(folder: str, pid: int) -> str:
    """Return the file in which process ``pid`` notes where it crashed."""
    return os.path.join(folder, f"fault-{pid}.txt")


def _measure(evaluate: Evaluate, message: bytes) -> bytes:
    """Unpack the task, run it, pack the report."""
    try:
        task = unpack_task(message)
    except BaseException:
        error = f"The worker process cannot unpickle the task.\n{traceback.format_exc()}"
        return pack_report(Report(status="failed", error=error))
    try:
        # Everything is caught. Ctrl-C does not arrive here, so nothing of the user's is swallowed.
        report = run_task(evaluate, task, catch=(BaseException,))
    except MemoryError:  # there was not even enough left for the traceback
        memory.lift_limit()
        report = Report(status="failed", error=traceback.format_exc())
    if memory.ran_out(report):
        memory.lift_limit()  # to tell of it; this process is not given another task
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # replaced or closed by the task
            stream.flush()  # a worker is killed in the end, and would take along what it printed
    return pack_report(report)


def _prepare(setup: Setup) -> Evaluate:
    """Load what is evaluated, and take over the driver's settings."""
    evaluate: Evaluate = load_shared(setup.folder)
    sklearn.set_config(**setup.sklearn_config)
    # After loading: what modules warn of when they are imported was not subject to these filters
    # in the driver either.
    warnings.resetwarnings()
    warnings.filters.extend(setup.warning_filters)  # type: ignore[attr-defined]
    return evaluate


def _become_independent() -> None:
    """Leave Ctrl-C to the driver, and be the head of a group of processes of one's own.

    The group makes it possible to kill a worker together with all that its tasks have started.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if os.name == "posix":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # blocked by Slot.launch
        os.setpgid(0, 0)


def _die_with_driver(lifeline: Connection, driver: int) -> None:
    """Wait until the driver is gone, then end this process at once, in the middle of a fit too."""
    # The parent is looked at as well: a child the driver forked may hold the line open.
    while not lifeline.poll(_TICK) and (os.name != "posix" or os.getppid() == driver):
        pass
    _end()


def _end() -> None:
    """End this process and all that its tasks have started, at once."""
    if os.name == "posix":
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
