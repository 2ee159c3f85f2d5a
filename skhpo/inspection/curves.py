"""Scores over the resource: the learning curve of each trial."""

from __future__ import annotations

from typing import Any

import numpy as np

from skhpo.inspection.columns import Table
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.words import metric_of

__all__ = ["learning_curves"]


def learning_curves(source: Any, metric: str | None = None) -> Table:
    """Return the learning curves: one row for each trial and resource at which it has a score.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    metric : str or None, default=None
        Which score, where there are several. None: the one that is optimised.

    Returns
    -------
    dict of str to ndarray of shape (n_points,)
        By trial, then by resource: ``trial``, ``resource``, and ``score`` (in the direction of the
        source: of a tuner that minimises, less is better). Empty where training is not divided.

    Raises
    ------
    TypeError
        If there is no history in it.
    ValueError
        If there is no such metric.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import learning_curves
    >>> from skhpo.schedulers import Bracket, SuccessiveHalving
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params, resource: params["x"] * resource,
    ...               scheduler=SuccessiveHalving(Bracket((3, 1), (1, 3))), random_state=0)
    >>> learning_curves(tuner.run())["resource"]
    array([1., 1., 1., 3.])
    """
    history = history_of(source)
    metric_ = metric_of(source, history, metric)
    divided = [e for e in history.evaluations if e.resource is not None]
    newest = {(e.trial, e.resource): e for e in divided}
    rows = [newest[key] for key in sorted(newest)]
    scores = metric_.values(rows)
    is_scored = ~np.isnan(scores)
    return {
        "trial": np.array([e.trial for e in rows], dtype=int)[is_scored],
        "resource": np.array([e.resource for e in rows], dtype=float)[is_scored],
        "score": sign_of(source) * scores[is_scored],
    }
