"""The unit interval in equal parts, one for each of a number of levels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["level_at", "middle_of", "shift_levels"]


def level_at(position: Any, size: float) -> Any:
    """Return which of ``size`` equal parts of the unit interval holds a position."""
    return np.minimum(np.floor(np.asarray(position) * size), size - 1).astype(int)


def middle_of(level: Any, size: float) -> Any:
    """Return the middle of the given one of ``size`` equal parts of the unit interval."""
    return (np.asarray(level) + 0.5) / size


def shift_levels(levels: NDArray[np.int_], steps: NDArray[np.int_], size: float) -> Any:
    """Add ``steps`` to ``levels``; a step that would leave 0 … size - 1 is taken inwards."""
    moved = levels + steps
    moved = np.where((moved < 0) | (moved > size - 1), levels - steps, moved)
    return np.clip(moved, 0, size - 1)
