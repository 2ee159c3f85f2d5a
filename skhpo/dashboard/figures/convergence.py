"""How the best score came about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from skhpo.dashboard.figures._scores import score_axis
from skhpo.dashboard.figures._style import (
    BLUE,
    FAILED,
    GREY,
    INK,
    VIRIDIS,
    empty,
    figure,
    graph_objects,
)
from skhpo.dashboard.texts import plot_text
from skhpo.dashboard.thinning import thinned, thinning_note
from skhpo.inspection.convergence import convergence as table_of
from skhpo.inspection.words import resource_name, trained
from skhpo.times import unit_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["convergence"]

#: Points that are drawn of many, and those of them that failed.
_MOST, _MOST_FAILED = 1_500, 300


def convergence(source: Any, *, by: Literal["trial", "time"] = "trial") -> Figure:
    """Draw every score in the order in which it came, and the best one until then.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    by : {"trial", "time"}, default="trial"
        Over the number of evaluations, or over the time since the first start.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = graph_objects()
    table = table_of(source)
    n_rows = len(table["trial"])
    if not n_rows:
        return empty("No trial is finished yet.")
    is_scored = np.isfinite(table["score"])
    if by == "time":
        seconds = table["seconds"]
        if np.isnan(seconds).all():
            return empty("No times are known.")
        name, unit = unit_of(float(np.nanmax(seconds)))
        x, title = seconds / unit, f"{name} since the first start"
    else:
        x, title = np.arange(1, n_rows + 1, dtype=float), "evaluations"
    order = np.argsort(x, kind="stable")

    scored, failed = np.flatnonzero(is_scored), np.flatnonzero(~is_scored)
    leads = np.flatnonzero(table["is_best"][scored])
    shown = scored[thinned(len(scored), _MOST, leads[-200:])]
    crossed = failed[thinned(len(failed), _MOST_FAILED)]
    rungs = table["resource"][shown]
    is_divided = len(np.unique(rungs[~np.isnan(rungs)])) > 1
    colours: dict[str, Any] = {"color": GREY}
    if is_divided:
        colours = {
            "color": np.log(np.maximum(rungs, 1e-12)),
            "colorscale": VIRIDIS,
            "showscale": False,
        }
    traces = [
        go.Scatter(
            x=x[shown], y=table["score"][shown], mode="markers", name="score",
            marker={"size": 5 if len(shown) > 200 else 8, **colours},
            text=_texts(source, table, shown), hoverinfo="text+y",
        ),
    ]  # fmt: skip
    bests = table["best"][order]
    if is_scored.any():
        steps = np.flatnonzero(np.r_[True, bests[1:] != bests[:-1]])
        steps = np.r_[steps, n_rows - 1]  # to the end, where nothing changed for long
        traces.append(
            go.Scatter(
                x=x[order][steps], y=bests[steps], mode="lines", name="best so far",
                line={"shape": "hv", "color": BLUE, "width": 2.5}, hoverinfo="y",
            )
        )  # fmt: skip
    axis = score_axis(source, table["score"])
    if len(crossed):
        traces.append(
            go.Scatter(
                x=x[crossed], y=np.full(len(crossed), axis.below), mode="markers", name="failed",
                marker=FAILED, text=_texts(source, table, crossed), hoverinfo="text",
            )
        )  # fmt: skip
    notes = [thinning_note(len(shown) + len(crossed), n_rows, "evaluations")]
    if is_divided:
        notes.append(f"The lighter a point, the more it was trained ({resource_name(source)}).")
    if not is_scored.any():
        notes.append("All have failed.")
    elif len(crossed):
        notes.append(axis.place)
    notes.append(axis.note)
    return figure(
        traces, title, axis.layout, " ".join(filter(None, notes)), showlegend=True,
        legend_itemsizing="constant", legend_font_color=INK,
    )  # fmt: skip


def _texts(source: Any, table: Any, rows: Any) -> list[str]:
    def name(trial: int, resource: float) -> str:
        return plot_text(trained(source, trial, None if math.isnan(resource) else resource))

    columns = (table[name][rows].tolist() for name in ("trial", "resource", "status"))
    return [
        name(trial, resource) + ("" if status == "completed" else f": {status}")
        for trial, resource, status in zip(*columns, strict=True)
    ]
