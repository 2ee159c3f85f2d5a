"""How tasks and reports travel between processes: as bytes that can always be read."""

from __future__ import annotations

import pickle
import traceback
from dataclasses import replace

import cloudpickle

from skhpo.trial import Report, Task

__all__ = ["pack_report", "pack_task", "unpack_report", "unpack_task"]

#: An exception that weighs more (in bytes) stays where it is; its traceback travels as text.
_HEAVIEST_EXCEPTION = 1_000_000


def pack_task(task: Task) -> bytes:
    """Pickle ``task``, classes of the user's main script included."""
    return bytes(cloudpickle.dumps(task))


def unpack_task(message: bytes) -> Task:
    """Undo :func:`pack_task`."""
    task: Task = pickle.loads(message)
    return task


def pack_report(report: Report) -> bytes:
    """Pickle ``report``; in the place of one that cannot be pickled, a report that says so.

    The exception is a parcel inside the parcel: one that cannot be opened harms nothing else.
    """
    exception = _pack_exception(report.exception)
    try:
        return bytes(cloudpickle.dumps((replace(report, exception=None), exception)))
    except Exception:
        lost = Report(
            status="failed",
            error="The task was completed, but its result cannot be pickled, and so not be sent "
            f"back by the worker process.\n{traceback.format_exc()}",
            started_at=report.started_at,
            finished_at=report.finished_at,
        )
        return pickle.dumps((lost, None))


def unpack_report(message: bytes) -> Report:
    """Undo :func:`pack_report`; what cannot be read becomes a report that says so."""
    try:
        report: Report
        report, exception = pickle.loads(message)
    except Exception:
        return Report(
            status="failed",
            error="The task was completed, but the result its worker process sent back cannot be "
            f"unpickled.\n{traceback.format_exc()}",
        )
    return replace(report, exception=_unpack_exception(exception))


def _pack_exception(exception: BaseException | None) -> bytes | None:
    """Pickle ``exception``, or return None for one that would not survive the round trip."""
    try:
        message = bytes(cloudpickle.dumps(exception))
    except Exception:
        return None
    if len(message) > _HEAVIEST_EXCEPTION or _unpack_exception(message) is None:
        return None
    return message


def _unpack_exception(message: bytes | None) -> BaseException | None:
    """Undo :func:`_pack_exception`; None for one that cannot be brought back."""
    if message is None:
        return None
    try:
        exception = pickle.loads(message)
    except Exception:
        return None
    return exception if isinstance(exception, BaseException) else None
