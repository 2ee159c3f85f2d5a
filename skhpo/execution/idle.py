"""Worker processes that wait for the next search: starting one costs as much as ``import sklearn``.

An idle process holds nothing of the search it was in, ends by itself when it has waited long
enough, and is taken only by a search that would have started one just like it.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterable, Mapping, Sequence

from skhpo.execution.slot import Slot, surroundings

__all__ = ["end_idle_workers", "park", "take"]

_lock = threading.Lock()
_idle: list[Slot] = []


def park(slots: Iterable[Slot]) -> None:
    """Keep ``slots``, whose processes were released, for a search to come."""
    with _lock:
        _idle.extend(slots)
    atexit.unregister(end_idle_workers)
    atexit.register(end_idle_workers)  # before multiprocessing's own, which waits for processes


def take(environments: Sequence[Mapping[str, str]]) -> list[Slot | None]:
    """Return a slot with a living process for each of ``environments``, None where there is none.

    Those that a process started now would differ from, be it by an environment variable (over
    which one of ``environments`` goes), the working directory or ``sys.path``, are ended.
    """
    wanted = [surroundings(env) for env in environments]
    taken: list[Slot | None] = []
    with _lock:
        fitting = [slot for slot in _idle if slot.surroundings in wanted and not slot.has_died]
        useless = [slot for slot in _idle if slot not in fitting]
        for here in wanted:
            slot = next((slot for slot in fitting if slot.surroundings == here), None)
            if slot is not None:
                fitting.remove(slot)
            taken.append(slot)
        _idle[:] = fitting
    _end(useless)
    return taken


def end_idle_workers() -> None:
    """End the worker processes that wait for the next search, at once.

    They would end by themselves: after having waited for a minute, or for as many seconds as
    ``joblib.parallel_config("loky", idle_worker_timeout=...)`` says, and with this process. Call
    this when their memory is needed sooner, or when a module that was edited is to be imported
    anew.

    Examples
    --------
    >>> from skhpo.execution import end_idle_workers
    >>> end_idle_workers()
    """
    with _lock:
        slots = list(_idle)
        _idle.clear()
    _end(slots)


def _end(slots: list[Slot]) -> None:
    for slot in slots:
        slot.kill()
    for slot in slots:
        slot.reap(farewell=0)


def _forget() -> None:
    """Start without idle workers in a forked child: they are its parent's."""
    global _lock
    _lock = threading.Lock()  # the parent may have held the old one
    _idle.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)
