"""Times, as they are told to people."""

from __future__ import annotations

import math
import time
from typing import Any

__all__ = ["clock_text", "epoch_seconds", "moment", "rough_text", "unit_of"]

#: Up to so many seconds, what they are counted in on an axis, and how many it has.
_UNITS = (
    (300.0, "seconds", 1.0),
    (3 * 3600.0, "minutes", 60.0),
    (3 * 86400.0, "hours", 3600.0),
    (math.inf, "days", 86400.0),
)


def clock_text(seconds: float) -> str:
    """Return a span of time as a clock counts it: ``0:07``, ``12:05``, ``3:25:45``, or in days.

    Parameters
    ----------
    seconds : float
        How long.
    """
    minutes, seconds_ = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= 48:
        return f"{hours // 24} days"
    return f"{hours}:{minutes:02}:{seconds_:02}" if hours else f"{minutes}:{seconds_:02}"


def rough_text(seconds: float) -> str:
    """Return a span of time in two digits: ``0.42 s``, ``5 min``, ``3.4 h``, ``4.2 d``.

    Parameters
    ----------
    seconds : float
        How long.
    """
    for unit, size in (("d", 86_400.0), ("h", 3_600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return f"{_two_digits(seconds / size)} {unit}"
    return f"{_two_digits(seconds)} s" if seconds >= 0.001 else "0 s"


def _two_digits(amount: float) -> str:
    return f"{amount:.0f}" if amount >= 10 else f"{amount:.2g}"


def unit_of(seconds: float) -> tuple[str, float]:
    """Return in what times up to this one are best counted, and how many seconds that has.

    Parameters
    ----------
    seconds : float
        How long it is.
    """
    return next((name, unit) for until, name, unit in _UNITS if seconds <= until)


def moment(seconds: Any) -> str:
    """Return a moment, in the time of this place.

    Parameters
    ----------
    seconds : float
        Since the epoch; anything else is a moment that nobody knows.
    """
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(epoch_seconds(seconds)))
    except (ValueError, OverflowError, OSError):
        return "unknown"


def epoch_seconds(value: Any) -> float:
    """Return a moment as a number; NaN for whatever else a journal may hold in its place.

    Parameters
    ----------
    value : float
        Seconds since the epoch.
    """
    try:
        found = float(value) if isinstance(value, (int, float)) else math.nan
    except OverflowError:
        return math.nan
    return found if math.isfinite(found) else math.nan
