"""Which configurations are no worse than any other in everything at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.history import History
from skhpo.inspection.columns import Table, amounts, parameters
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.words import check_name, metrics_of
from skhpo.trial import Evaluation, Resource

__all__ = ["directions", "pareto_front"]

#: What is known of each trial besides its scores: seconds on a fold, of which less is better.
_TIMES = ("fit_time", "score_time")


def pareto_front(
    source: Any, metrics: Sequence[str] | None = None, minimize: Sequence[str] | None = None
) -> Table:
    """Return which trials are efficient: no other one is better in a metric and worse in none.

    Only trials with as much training as any had can be; of those with less, nobody knows what they
    would have come to. Where early ones may win, as in a population, whose best one may have been
    replaced long ago, all can be.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    metrics : sequence of str or None, default=None
        What counts: metrics of the search, ``"fit_time"`` and ``"score_time"``, of which less is
        better. Where training went on from rung to rung, ``"fit_time"`` is that of all rungs up to
        the newest; of a copy in a population, what it was trained itself. None: all metrics of the
        search.
    minimize : sequence of str or None, default=None
        Metrics of which less is better. None: all those of a tuner that minimises, and none of any
        other source: scores of scikit-learn's scorers are always better when they are greater, as
        those of ``"neg_log_loss"``.

    Returns
    -------
    dict of str to ndarray of shape (n_trials,)
        One row for each trial whose newest evaluation has all of them: ``trial``, ``resource`` (NaN
        where training is not divided), ``mean_<metric>`` of each (over the folds, in the direction
        of the source), ``is_efficient``, and ``param_<name>`` of every parameter (NaN where the
        trial's branch does not have it).

    Raises
    ------
    TypeError
        If there is no history in it, or ``metrics`` is one text.
    ValueError
        If there is no such metric.

    References
    ----------
    H. T. Kung, F. Luccio, F. P. Preparata: On finding the maxima of a set of vectors. Journal of
    the ACM 22 (4), 1975. (Algorithm for two metrics: by the first one, then a running maximum.)

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import pareto_front
    >>> tuner = Tuner({"x": [1, 2, 3]}, lambda params: {"good": params["x"], "bad": params["x"]},
    ...               metric="good", random_state=0)
    >>> sum(pareto_front(tuner.run())["is_efficient"].tolist())
    1
    >>> sum(pareto_front(tuner, minimize=["bad"])["is_efficient"].tolist())
    3
    """
    history, sign = history_of(source), sign_of(source)
    smaller = directions(source, metrics, minimize)
    chosen = list(smaller)
    newest = [history.latest(trial.number) for trial in history.trials]
    rows = [e for e in newest if e is not None and e.status == "completed"]
    values = _values(source, history, chosen, rows)
    has_all = np.isfinite(values).all(axis=1)
    rows = [rows[row] for row in np.flatnonzero(has_all)]
    signs = np.array([1 if name in _TIMES else sign for name in chosen])
    values = values[has_all] * signs
    turns = np.array([-1 if less_is_better else 1 for less_is_better in smaller.values()])
    resources = amounts(e.resource for e in rows)
    may_win = np.full(len(rows), True)
    if not history.early_may_win and not np.isnan(resources).all():
        may_win = resources == np.nanmax(resources)
    is_efficient = np.full(len(rows), False)
    is_efficient[may_win] = _is_maximal((values * turns)[may_win])
    return {
        "trial": np.array([e.trial for e in rows], dtype=int),
        "resource": resources,
        **{f"mean_{name}": column for name, column in zip(chosen, values.T, strict=True)},
        "is_efficient": is_efficient,
        **parameters(history.trials[e.trial].params for e in rows),
    }


def directions(
    source: Any, metrics: Sequence[str] | None = None, minimize: Sequence[str] | None = None
) -> dict[str, bool]:
    """Return what counts, and whether less of it is better.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    metrics, minimize : sequence of str or None, default=None
        As of :func:`pareto_front`.

    Raises
    ------
    TypeError
        If there is no history in it, or one of them is one text.
    ValueError
        If there is no such metric, or one is named twice.
    """
    for setting, given in (("metrics", metrics), ("minimize", minimize)):
        if isinstance(given, str):
            raise TypeError(f"{setting} must be a list of names: write [{given!r}], not {given!r}")
    there = [metric.label for metric in metrics_of(source, history_of(source))]
    chosen = there if metrics is None else list(metrics)
    twice = next((name for name in chosen if chosen.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"metrics must be different ones, got {twice!r} twice")
    if not chosen:
        raise ValueError(f"metrics must name one at least. There are: {[*there, *_TIMES]}")
    for name in chosen:
        check_name("metrics", name, [*there, *_TIMES])
    for name in minimize or ():
        check_name("minimize", name, chosen)
    smaller = there if minimize is None and sign_of(source) < 0 else minimize or ()
    return {name: name in (*smaller, *_TIMES) for name in chosen}


def _values(
    source: Any, history: History, chosen: Sequence[str], rows: Sequence[Evaluation]
) -> NDArray[np.float64]:
    """Return what counts, of shape (n_rows, n_metrics), as it is in the history."""
    by_label = {metric.label: metric for metric in metrics_of(source, history)}
    columns = [
        by_label[name].values(rows) if name in by_label else _mean_times(history, rows, name)
        for name in chosen
    ]
    return np.array(columns, dtype=float).reshape(len(chosen), -1).T


def _mean_times(history: History, rows: Sequence[Evaluation], name: str) -> NDArray[np.float64]:
    """Return the mean seconds on a fold."""
    taken = _training_times(history) if name == "fit_time" else {}
    times = [
        [taken.get((m.trial, m.fold, m.resource), getattr(m, name)) for m in e.measurements]
        for e in rows
    ]
    return np.array([sum(t) / len(t) if t else math.nan for t in times], dtype=float)


def _training_times(history: History) -> dict[tuple[int, int, Resource], float]:
    """Return how long what was measured had been trained, with the rungs that it went on from."""
    taken: dict[tuple[int, int, Resource], float] = {}
    before: dict[tuple[int, int], float] = {}
    for m in history.measurements:
        # Trained anew, as on more samples, all that it had is in its own time.
        is_anew = m.resource is None or (m.spent is not None and m.spent >= m.resource)
        so_far = 0.0 if is_anew else before.get((m.trial, m.fold), 0.0)
        taken[m.trial, m.fold, m.resource] = before[m.trial, m.fold] = so_far + m.fit_time
    return taken


def _is_maximal(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which rows no other row dominates; greater is better in each column."""
    points, back = np.unique(values, axis=0, return_inverse=True)
    back = back.reshape(-1)
    points = points[::-1]  # from the best in the first column; a later one dominates none before
    if points.shape[1] <= 2:
        last = points[:, -1]
        before = np.maximum.accumulate(np.concatenate([[-math.inf], last[:-1]]))
        is_maximal = last > before
        if points.shape[1] == 1:
            is_maximal = np.arange(len(points)) == 0
    else:
        is_maximal = np.full(len(points), True)
        for row in range(len(points)):
            if is_maximal[row]:
                is_worse = (points[row + 1 :] <= points[row]).all(axis=1)
                is_maximal[row + 1 :] &= ~is_worse
    found: NDArray[np.bool_] = is_maximal[::-1][back]
    return found
