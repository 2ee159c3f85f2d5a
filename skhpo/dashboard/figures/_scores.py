"""The axis of scores: what it is called, what it shows, and where those lie that have none."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhpo.counts import counted
from skhpo.dashboard.texts import plot_text
from skhpo.inspection.scales import elided, telling_range
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.words import metric_of

__all__ = ["ScoreAxis", "score_axis", "score_name"]


class ScoreAxis(NamedTuple):
    """An axis of scores.

    Parameters
    ----------
    layout : dict
        For plotly.
    below : float
        Where those are that have failed: below all scores, or at the lower edge.
    place : str
        That in words.
    note : str
        What is not shown; empty if everything is.
    """

    layout: dict[str, Any]
    below: float
    place: str
    note: str


def score_name(source: Any) -> str:
    """Return what the score that is optimised is called.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    """
    return elided(metric_of(source, history_of(source), None).label, 40)


def score_axis(source: Any, scores: NDArray[np.float64]) -> ScoreAxis:
    """Return the axis on which scores are drawn: of few that are far off it shows none.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    scores : ndarray
        All that are drawn, as people see them.
    """
    known = scores[np.isfinite(scores)]
    layout = {"title": {"text": plot_text(score_name(source))}, "showticklabels": bool(len(known))}
    if not len(known):
        return ScoreAxis(layout, 0.0, "", "")
    low, high = telling_range(known, sign_of(source))
    height = (high - low) or 1.0
    bottom, top = low - 0.1 * height, high + 0.05 * height
    n_beyond = int(((known < bottom) | (known > top)).sum())
    if not n_beyond:
        below = min(low, float(known.min())) - 0.08 * height
        return ScoreAxis(layout, below, "Those that failed lie below all scores.", "")
    layout["range"] = [bottom, top]
    it = "it" if n_beyond == 1 else "them"
    is_are = "is" if n_beyond == 1 else "are"
    note = f"{counted(n_beyond, 'score')} {is_are} beyond the edge: a double click shows {it}."
    place = "Those that failed are at the lower edge."
    return ScoreAxis(layout, bottom + 0.02 * height, place, note)
