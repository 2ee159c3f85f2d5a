"""Which of many points are drawn: nobody could tell 100,000 of them apart."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["thinned", "thinning_note"]


def thinned(
    n_points: int, most: int, always: Iterable[int] | NDArray[np.int_] = ()
) -> NDArray[np.int_]:
    """Return which points are drawn: all, or evenly chosen ones and those that matter.

    Parameters
    ----------
    n_points : int
        How many there are.
    most : int
        How many may be drawn, besides those that always are.
    always : iterable of int, default=()
        Those that are drawn in any case.

    Returns
    -------
    ndarray of shape (n_drawn,)
        Their places, in order.

    Examples
    --------
    >>> from skhpo.dashboard.thinning import thinned
    >>> thinned(9, 3, always=[5])
    array([0, 4, 5, 8])
    """
    if n_points <= most:
        return np.arange(n_points)
    evenly = np.linspace(0, n_points - 1, most).round().astype(int)
    return np.union1d(evenly, np.asarray(list(always), dtype=int))


def thinning_note(n_drawn: int, n_points: int, noun: str) -> str:
    """Return what to say of points that are not drawn, or nothing if all are.

    Parameters
    ----------
    n_drawn, n_points : int
        How many are, and how many there are.
    noun : str
        What they are.
    """
    return "" if n_drawn >= n_points else f"{n_drawn:,} of {n_points:,} {noun} are drawn."
