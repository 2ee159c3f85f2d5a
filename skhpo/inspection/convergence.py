"""How the best score came about: every evaluation, and the best one until then."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.history import History
from skhpo.inspection.columns import Table, amounts, objects
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.words import metric_of
from skhpo.trial import Evaluation

__all__ = ["convergence"]


def convergence(source: Any, metric: str | None = None) -> Table:
    """Return each evaluation in the order in which they were finished, and the best until then.

    Which one is the best is decided as at the end of the search: a score after more training is
    worth more than any after less, unless the search says that early ones may win. So the best
    score may fall when the first trial comes to a higher rung.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    metric : str or None, default=None
        Which score, where there are several. None: the one that is optimised.

    Returns
    -------
    dict of str to ndarray of shape (n_evaluations,)
        ``trial``, ``resource`` (NaN where training is not divided), ``score`` (in the direction of
        the source: of a tuner that minimises, less is better; NaN after a failure), ``best`` (of
        those until then, in the same direction; NaN before the first), ``is_best`` (whether this
        one was the best when it came in), ``seconds`` (from the first start to when it was
        finished; NaN where no times are known), and ``status``.

    Raises
    ------
    TypeError
        If there is no history in it.
    ValueError
        If there is no such metric.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import convergence
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], direction="minimize",
    ...               random_state=0).run(n_trials=5)
    >>> bool(convergence(tuner)["best"][-1] == tuner.best_score)
    True
    """
    history, sign = history_of(source), sign_of(source)
    rows = history.evaluations
    scores = metric_of(source, history, metric).values(rows)
    resources = amounts(e.resource for e in rows)
    leaders = _leaders(resources, scores, history.early_may_win)
    is_led = leaders >= 0
    return {
        "trial": np.array([e.trial for e in rows], dtype=int),
        "resource": resources,
        "score": sign * scores,
        "best": np.where(is_led, sign * scores[leaders], math.nan) if len(rows) else scores,
        "is_best": leaders == np.arange(len(rows)),
        "seconds": _finished(rows) - _begin(history),
        "status": objects(e.status for e in rows),
    }


def _leaders(
    resources: NDArray[np.float64], scores: NDArray[np.float64], early_may_win: bool
) -> NDArray[np.int_]:
    """Return for each evaluation which one was the best until then; -1 for none."""
    leaders = np.empty(len(scores), dtype=int)
    leader, highest, best = -1, -math.inf, math.nan
    rungs = np.zeros(len(scores)) if early_may_win else np.nan_to_num(resources, nan=0.0)
    for row, (rung, score) in enumerate(zip(rungs.tolist(), scores.tolist(), strict=True)):
        is_higher = rung > highest
        if score == score and (is_higher or (rung == highest and not score <= best)):
            leader, highest, best = row, rung, score
        leaders[row] = leader
    return leaders


def _begin(history: History) -> float:
    """Return when the first measurement was begun; NaN if nobody knows."""
    started = [m.started_at for m in history.measurements if not math.isnan(m.started_at)]
    return min(started, default=math.nan)


def _finished(rows: list[Evaluation]) -> NDArray[np.float64]:
    """Return when the last fold of each was finished."""
    if not rows:
        return np.empty(0)
    ends = np.array([m.finished_at for e in rows for m in e.measurements], dtype=float)
    firsts = np.cumsum([0, *(len(e.measurements) for e in rows[:-1])])
    finished: NDArray[np.float64] = np.fmax.reduceat(ends, firsts)
    return finished
