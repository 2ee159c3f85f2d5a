"""Who worked when: every measurement on the lane of a worker."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.history import History
from skhpo.inspection.columns import Table, amounts, objects
from skhpo.inspection.tables import history_of
from skhpo.times import rough_text

__all__ = ["Utilisation", "covered", "timeline", "utilisation"]


def timeline(source: Any) -> Table:
    """Return every measurement with the lane on which it was done.

    Nobody records which worker did what. Measurements are laid on as few lanes as they need, each
    on the lowest one that is free when it begins: as many as were ever busy at once. Trials that
    one program trained together have a lane each.

    Parameters
    ----------
    source : History, search, tuner or search on disk
        What happened.

    Returns
    -------
    dict of str to ndarray of shape (n_measurements,)
        As they came in: ``worker`` (the lane, from 0; -1 where no times are known), ``start`` and
        ``end`` (seconds since the first one began), ``trial``, ``fold``, ``resource`` (NaN where
        training is not divided), and ``status``.

    Raises
    ------
    TypeError
        If there is no history in it.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import timeline
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0)
    >>> timeline(tuner.run(n_trials=3))["worker"]
    array([0, 0, 0])
    """
    history = history_of(source)
    rows = history.measurements
    start, end = _times(history)
    return {
        "worker": _lanes(start, end),
        "start": start,
        "end": end,
        "trial": np.array([m.trial for m in rows], dtype=int),
        "fold": np.array([m.fold for m in rows], dtype=int),
        "resource": amounts(m.resource for m in rows),
        "status": objects(m.status for m in rows),
    }


@dataclass(frozen=True)
class Utilisation:
    """How busy the workers were.

    Parameters
    ----------
    n_workers : int
        How many were ever busy at once.
    busy : float
        Seconds of work, all workers together.
    wall : float
        Seconds from the first begin to the last end.
    """

    n_workers: int
    busy: float
    wall: float

    @property
    def part(self) -> float:
        """Which part of the workers' time was work, from 0 to 1; NaN if no times are known."""
        return self.speed_up / self.n_workers if self.n_workers else math.nan

    @property
    def speed_up(self) -> float:
        """How many workers were busy on average; NaN if no times are known."""
        return self.busy / self.wall if self.wall > 0 else math.nan

    def __str__(self) -> str:
        noun = "worker" if self.n_workers == 1 else "workers"
        if math.isnan(self.part):
            return "no times are known"
        return f"{self.n_workers} {noun}, {self.part:.0%} busy in {rough_text(self.wall)}"


def utilisation(source: Any) -> Utilisation:
    """Return how busy the workers were, from the first measurement's begin to the last one's end.

    A search that was interrupted and went on later was not working in between.

    Parameters
    ----------
    source : History, search, tuner or search on disk
        What happened.

    Returns
    -------
    Utilisation

    Raises
    ------
    TypeError
        If there is no history in it.
    """
    start, end = _times(history_of(source))
    is_known = ~np.isnan(start)
    if not is_known.any():
        return Utilisation(0, 0.0, math.nan)
    n_workers = 1 + int(_lanes(start, end).max())
    busy = float((end - start)[is_known].sum())
    return Utilisation(n_workers, busy, float(end[is_known].max()))


def covered(
    start: NDArray[np.float64], end: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return which part of each bin lies in some interval: of bins of time, how busy a worker was.

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
    >>> from skhpo.inspection.timeline import covered
    >>> covered(np.array([3.0, 0.0]), np.array([4.0, 1.5]), np.array([0.0, 1.0, 2.0, 4.0]))
    array([1. , 0.5, 0.5])
    """
    order = np.argsort(start, kind="stable")
    corners = np.column_stack([start[order], end[order]]).ravel()
    lengths = (end - start)[order]
    until = np.cumsum(np.column_stack([np.zeros(len(order)), lengths]).ravel())
    before = np.interp(edges, corners, until) if len(order) else np.zeros(len(edges))
    return np.clip(np.diff(before) / np.diff(edges), 0.0, 1.0)


def _times(history: History) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return begin and end of each measurement, in seconds since the first; NaN for both or none.

    A clock that was set back while something was measured makes that take no time.
    """
    start = np.array([m.started_at for m in history.measurements], dtype=float)
    end = np.array([m.finished_at for m in history.measurements], dtype=float)
    is_known = np.isfinite(start) & np.isfinite(end)
    begin = start[is_known].min() if is_known.any() else math.nan
    start = np.where(is_known, start - begin, math.nan)
    return start, np.where(is_known, np.maximum(end - begin, start), math.nan)


def _lanes(start: NDArray[np.float64], end: NDArray[np.float64]) -> NDArray[np.int_]:
    """Return the lane of each interval: the lowest that is free when it begins; -1 for NaN."""
    lanes = np.full(len(start), -1)
    busy: list[tuple[float, int]] = []  # until when, and which lane
    free: list[int] = []
    n_lanes = 0
    begins, ends = start.tolist(), end.tolist()
    for row in np.lexsort((end, start))[: np.count_nonzero(~np.isnan(start))].tolist():
        while busy and busy[0][0] <= begins[row]:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if free:
            lane = heapq.heappop(free)
        else:
            lane, n_lanes = n_lanes, n_lanes + 1
        heapq.heappush(busy, (ends[row], lane))
        lanes[row] = lane
    return lanes
