"""Which of many points are drawn: nobody could tell 100,000 of them apart."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["covered", "thinned", "thinning_note"]


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


def covered(
    start: NDArray[np.float64], end: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return which part of each bin lies in some interval.

    Parameters
    ----------
    start, end : ndarray of shape (n_intervals,)
        Intervals that do not overlap.
    edges : ndarray of shape (n_bins + 1,)
        Where bins end, in ascending order.

    Returns
    -------
    ndarray of shape (n_bins,)
        From 0 to 1.

    Examples
    --------
    >>> import numpy as np
    >>> from skhpo.dashboard.thinning import covered
    >>> covered(np.array([3.0, 0.0]), np.array([4.0, 1.5]), np.array([0.0, 1.0, 2.0, 4.0]))
    array([1. , 0.5, 0.5])
    """
    order = np.argsort(start, kind="stable")
    corners = np.column_stack([start[order], end[order]]).ravel()
    lengths = (end - start)[order]
    until = np.cumsum(np.column_stack([np.zeros(len(order)), lengths]).ravel())
    before = np.interp(edges, corners, until) if len(order) else np.zeros(len(edges))
    return np.clip(np.diff(before) / np.diff(edges), 0.0, 1.0)
