"""What times are counted in."""

from __future__ import annotations

import math

__all__ = ["unit_of"]

#: Up to so many seconds, what they are counted in, and how many it has.
_UNITS = (
    (300.0, "seconds", 1.0),
    (3 * 3600.0, "minutes", 60.0),
    (3 * 86400.0, "hours", 3600.0),
    (math.inf, "days", 86400.0),
)


def unit_of(seconds: float) -> tuple[str, float]:
    """Return in what a time is best counted, and how many seconds that has.

    Parameters
    ----------
    seconds : float
        How long it is.
    """
    return next((name, unit) for until, name, unit in _UNITS if seconds <= until)
