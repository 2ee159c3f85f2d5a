"""Which parameters mattered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skhpo.dashboard.figures._style import BLUE, INK, empty, figure, graph_objects
from skhpo.dashboard.texts import plot_text, shortened
from skhpo.inspection.importance import importance as table_of
from skhpo.inspection.observed import observed
from skhpo.inspection.scales import elided
from skhpo.inspection.words import training

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["importance"]

#: Parameters that are drawn: the most important ones.
_MOST = 20


def importance(source: Any) -> Figure:
    """Draw which part of the scores' variance each parameter explains, with intervals.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = graph_objects()
    table = table_of(source)
    if not len(table["parameter"]):
        return empty("There is no parameter that could matter.")
    order = np.argsort(-np.nan_to_num(table["importance"], nan=-1.0), kind="stable")
    n_all = len(order)
    order = order[:_MOST][::-1]
    value, low, high = (table[name][order] for name in ("importance", "low", "high"))
    names = [str(table["parameter"][k]) for k in order]
    if not np.isfinite(value).any():
        return empty("The scores do not differ, or are too few, to say what mattered.")
    places = list(range(len(order)))
    bars = go.Bar(
        x=value, y=places, orientation="h", marker={"color": BLUE},
        error_x={
            "type": "data", "symmetric": False, "color": INK, "thickness": 1.2,
            "array": np.maximum(high - value, 0.0), "arrayminus": np.maximum(value - low, 0.0),
        },
        text=[plot_text(shortened(name)) for name in names], textposition="none",
        hoverinfo="text+x",
    )  # fmt: skip
    y = {
        "tickvals": places,
        "ticktext": [plot_text(elided(name, 24)) for name in names],
        "tickfont": {"size": 13 if len(names) <= 15 else 11},  # pixels: one above the other
        "showgrid": False,
    }
    note = "Functional ANOVA: part of the scores' variance, with intervals of 90 %."
    at = training(source, observed(source).resource)
    if at:
        note += f" Scores at {plot_text(at)}."
    if n_all > _MOST:
        note += f" The {_MOST} most important of {n_all} parameters are drawn."
    return figure(
        [bars], {"title": {"text": "importance"}, "rangemode": "tozero"}, y, note, showlegend=False
    )
