"""How much memory the tasks of a worker process may take: asked of the system, on Linux."""

from __future__ import annotations

import sys
from dataclasses import replace

from skhpo.exceptions import ExecutionError
from skhpo.trial import Report

__all__ = ["check_limit", "explained", "lift_limit", "ran_out", "set_limit"]

#: What Python, numpy, scikit-learn and others call it in a traceback.
_NAMES = ("MemoryError", "bad_alloc", "bad allocation", "can't allocate memory")


def check_limit(n_bytes: int | None) -> int | None:
    """Return a limit that can be set on this system.

    Raises
    ------
    ExecutionError
        If there is no such thing.
    """
    if n_bytes is not None and not sys.platform.startswith("linux"):
        raise ExecutionError(
            f"memory_limit cannot be kept on this system ({sys.platform}): only Linux counts what "
            "a process allocates. Leave it out, or run the search in a container that limits "
            "memory: a worker that is killed there costs its own task only."
        )
    return n_bytes


def set_limit(n_bytes: int | None) -> None:
    """Let this process allocate ``n_bytes`` more than it has; None: what it could at first.

    What it has counts for nothing, since the libraries that are loaded, and their threads, take
    very different amounts. Files that are mapped read-only are nobody's memory.
    """
    if not sys.platform.startswith("linux"):
        return
    import resource

    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    at_first = _at_first()
    wanted = at_first if n_bytes is None else _n_allocated() + n_bytes
    if at_first != resource.RLIM_INFINITY:
        wanted = min(wanted, at_first)
    resource.setrlimit(resource.RLIMIT_DATA, (wanted, most))


def lift_limit() -> None:
    """Let this process allocate what it could at first: its task is over, and is to be told of."""
    set_limit(None)


def ran_out(report: Report) -> bool:
    """Whether a task has failed because there was no memory left for it."""
    error = report.error or ""
    return report.status != "completed" and any(name in error for name in _NAMES)


def explained(report: Report, n_bytes: int) -> Report:
    """Return the report of a task that :func:`ran_out`, with the reason in plain words."""
    reason = (
        f"The task wanted more memory than memory_limit leaves to it: {n_bytes / 1e9:.3g} GB, "
        "beside what its worker process takes by itself, and the data."
    )
    return replace(report, error=f"{(report.error or '').rstrip()}\n{reason}")


_limits_at_first: list[int] = []


def _at_first() -> int:
    """The soft limit before any was set here."""
    import resource

    if not _limits_at_first:
        _limits_at_first.append(resource.getrlimit(resource.RLIMIT_DATA)[0])
    return _limits_at_first[0]


def _n_allocated() -> int:
    """What counts against the limit now, in bytes."""
    with open("/proc/self/status") as file:
        line = next(line for line in file if line.startswith("VmData:"))
    return int(line.split()[1]) * 1024
