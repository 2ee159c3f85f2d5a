"""What became of each trial, as a tidy table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from skhpo.inspection.columns import Table, amounts, names, objects, parameters
from skhpo.inspection.tables import history_of, sign_of
from skhpo.trial import Measurement, Resource

__all__ = ["trials"]


def trials(source: Any) -> Table:
    """Return what came of each trial: one row for each resource at which it was measured.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.

    Returns
    -------
    dict of str to ndarray of shape (n_rows,)
        By trial, then by resource: ``trial``, ``parent`` (NaN if it was not copied from another
        one), ``resource`` (NaN where training is not divided), ``status`` (``"running"`` where
        folds are missing), ``score`` (the mean over the folds of what is optimised, NaN after a
        failure), ``mean_<metric>`` of each metric where there are several (as the score, in the
        direction of the source), ``n_folds`` (those that were measured), ``fit_time`` and
        ``score_time`` in seconds, all folds together, ``started_at`` and ``finished_at`` in seconds
        since the epoch, ``error`` (the first one), and ``param_<name>`` of every parameter (NaN
        where the trial's branch does not have it; None is a value).

    Raises
    ------
    TypeError
        If there is no history in it.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import trials
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0)
    >>> trials(tuner.run(n_trials=3))["status"]
    array(['completed', 'completed', 'completed'], dtype=object)
    """
    history, sign = history_of(source), sign_of(source)
    rows = [
        *((e.trial, e.resource, e.status, e.score, e.measurements) for e in history.evaluations),
        *(
            (
                a.trial,
                a.resource,
                "running",
                math.nan,
                _measured(history.folds(a.trial), a.folds, a.resource),
            )
            for a, _ in history.unfinished
        ),
    ]
    rows.sort(key=lambda row: (row[0], 0.0 if row[1] is None else row[1]))
    numbers, resources, statuses, scores, folds = zip(*rows, strict=True) if rows else ((),) * 5
    started = [history.trials[number] for number in numbers]
    table: Table = {
        "trial": np.array(numbers, dtype=int),
        "parent": amounts(trial.parent for trial in started),
        "resource": amounts(resources),
        "status": objects(statuses),
        "score": sign * np.array(scores, dtype=float),
    }
    metrics = names(m.scores for each in folds for m in each)
    for metric in metrics if len(metrics) > 1 else ():
        means = np.array([_mean(each, metric) for each in folds], dtype=float)
        table[f"mean_{metric}"] = sign * means
    table["n_folds"] = np.array([len(each) for each in folds], dtype=int)
    for name in ("fit_time", "score_time"):
        table[name] = np.array([sum(getattr(m, name) for m in each) for each in folds], dtype=float)
    table["started_at"] = amounts(min((m.started_at for m in each), default=None) for each in folds)
    table["finished_at"] = amounts(
        max((m.finished_at for m in each), default=None) for each in folds
    )
    table["error"] = objects(next((m.error for m in each if m.error), None) for each in folds)
    return table | parameters(trial.params for trial in started)


def _measured(
    measurements: Sequence[Measurement], folds: Sequence[int], resource: Resource
) -> tuple[Measurement, ...]:
    """Return what of an assignment was measured so far."""
    return tuple(m for m in measurements if m.fold in folds and m.resource == resource)


def _mean(measurements: Sequence[Measurement], metric: str) -> float:
    """Return the mean over the folds; NaN if one of them has none."""
    values = [m.scores.get(metric, math.nan) for m in measurements]
    return sum(values) / len(values) if values else math.nan
