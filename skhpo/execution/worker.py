"""The main function of a worker process."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import traceback
import warnings
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle
import sklearn

from skhpo.execution._joblib import NestedBackend, nested_parallelism
from skhpo.execution.base import Evaluate, run_task
from skhpo.execution.shared import load_shared
from skhpo.execution.wire import pack_report, unpack_task
from skhpo.trial import Report

__all__ = ["READY", "Setup", "fault_file", "work"]

#: The first message of a worker that is ready. Any other is the traceback of why it is not.
READY = b""

#: How often, in seconds, a worker looks whether its driver is still its parent.
_TICK = 2.0


@dataclass(frozen=True)
class Setup:
    """What a worker is told before its first task.

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
    """

    folder: str
    sklearn_config: dict[str, Any]
    warning_filters: list[Any]
    nested_backend: NestedBackend

    @classmethod
    def like_here(cls, folder: str, nested_backend: NestedBackend) -> Setup:
        """Describe a worker that behaves like this thread of this process."""
        # Python 3.14 can keep filters per context, and has a function that knows.
        get_filters = getattr(warnings, "_get_filters", lambda: warnings.filters)
        return cls(folder, sklearn.get_config(), list(get_filters()), nested_backend)


def work(connection: Connection, lifeline: Connection, driver: int) -> None:
    """Run tasks until the driver hangs up.

    Parameters
    ----------
    connection : Connection
        To the driver. It sends a :class:`Setup`, then tasks; it gets :data:`READY` or a
        traceback, then reports.
    lifeline : Connection
        Closed when the driver is gone.
    driver : int
        The driver's process id.
    """
    _become_independent()
    threading.Thread(target=_die_with_driver, args=(lifeline, driver), daemon=True).start()
    with suppress(EOFError, OSError):  # the driver has hung up
        message = connection.recv_bytes()
        try:
            setup: Setup = cloudpickle.loads(message)
            evaluate = _prepare(setup)
        except BaseException:
            connection.send_bytes(traceback.format_exc().encode(errors="replace"))
            return
        connection.send_bytes(READY)
        with nested_parallelism(setup.nested_backend):
            while True:
                connection.send_bytes(_measure(evaluate, connection.recv_bytes()))


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
    # Everything is caught. Ctrl-C does not arrive here, so nothing of the user's is swallowed.
    report = run_task(evaluate, task, catch=(BaseException,))
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # replaced or closed by the task
            stream.flush()  # a worker is killed in the end, and would take along what it printed
    return pack_report(report)


def _prepare(setup: Setup) -> Evaluate:
    """Load what is evaluated, and take over the driver's settings."""
    # Kept open by faulthandler: a crash in C code writes the Python stack there, for the report.
    log = open(fault_file(setup.folder, os.getpid()), "w")  # noqa: SIM115
    faulthandler.enable(file=log, all_threads=False)
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
    if os.name == "posix":
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
