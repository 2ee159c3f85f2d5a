"""Who came to each rung, and who went on from there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from skhpo.inspection.columns import Table
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.words import metric_of

__all__ = ["rung_scores", "rungs"]


def rung_scores(source: Any, metric: str | None = None) -> Table:
    """Return the score of each trial at each rung it came to, and whether it went on from there.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    metric : str or None, default=None
        Which score, where there are several. None: the one that is optimised.

    Returns
    -------
    dict of str to ndarray of shape (n_rows,)
        By resource, then by trial: ``resource``, ``trial``, ``score`` (in the direction of the
        source; NaN after a failure), and ``goes_on`` (whether it was given more afterwards). Empty
        where training is not divided.

    Raises
    ------
    TypeError
        If there is no history in it.
    ValueError
        If there is no such metric.
    """
    history = history_of(source)
    scored = metric_of(source, history, metric)
    newest = {(e.resource, e.trial): e for e in history.evaluations if e.resource is not None}
    rows = [newest[key] for key in sorted(newest)]
    given = [(e.trial, e.resource) for e in rows]
    given += [(a.trial, a.resource) for a, _ in history.unfinished]
    most: dict[int, float] = {}
    for trial, resource in given:
        most[trial] = max(most.get(trial, -math.inf), -math.inf if resource is None else resource)
    resources = np.array([e.resource for e in rows], dtype=float)
    return {
        "resource": resources,
        "trial": np.array([e.trial for e in rows], dtype=int),
        "score": sign_of(source) * scored.values(rows),
        "goes_on": np.array([most[e.trial] for e in rows], dtype=float) > resources,
    }


def rungs(source: Any, metric: str | None = None) -> Table:
    """Return what became of the trials at each rung: one row for each resource.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    metric : str or None, default=None
        Which score, where there are several. None: the one that is optimised.

    Returns
    -------
    dict of str to ndarray of shape (n_rungs,)
        ``resource``, ``n`` (trials that came to it), ``n_failed`` (of them, those without a score),
        ``n_on`` (that were given more afterwards), and quartiles of the scores of those that went
        on, and of those that were stopped there: ``low_on``, ``median_on``, ``high_on``,
        ``low_stopped``, ``median_stopped``, ``high_stopped`` (in the direction of the source; NaN
        for none). Empty where training is not divided.

    Raises
    ------
    TypeError
        If there is no history in it.
    ValueError
        If there is no such metric.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import rungs
    >>> from skhpo.schedulers import Bracket, SuccessiveHalving
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params, resource: params["x"] * resource,
    ...               scheduler=SuccessiveHalving(Bracket((9, 3, 1), (1, 3, 9))),
    ...               random_state=0).run()
    >>> table = rungs(tuner)
    >>> table["n"], table["n_on"]
    (array([9, 3, 1]), array([3, 1, 0]))
    """
    rows = rung_scores(source, metric)
    found = np.unique(rows["resource"])
    table: Table = {"resource": found}
    at = [rows["resource"] == resource for resource in found]
    has_none = ~np.isfinite(rows["score"])
    table["n"] = np.array([here.sum() for here in at], dtype=int)
    table["n_failed"] = np.array([(here & has_none).sum() for here in at], dtype=int)
    table["n_on"] = np.array([(here & rows["goes_on"]).sum() for here in at], dtype=int)
    for ending, is_meant in (("on", rows["goes_on"]), ("stopped", ~rows["goes_on"])):
        scores = [rows["score"][here & is_meant & ~has_none] for here in at]
        nothing = np.full(3, math.nan)
        quartiles = [np.quantile(s, (0.25, 0.5, 0.75)) if len(s) else nothing for s in scores]
        for column, name in enumerate(("low", "median", "high")):
            table[f"{name}_{ending}"] = np.array([q[column] for q in quartiles], dtype=float)
    return table
