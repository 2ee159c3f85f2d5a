"""How far configurations came, where training is divided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skhpo.dashboard.figures._scores import score_axis
from skhpo.dashboard.figures._style import (
    BLUE,
    GREY,
    ORANGE,
    VERMILLION,
    empty,
    figure,
    graph_objects,
)
from skhpo.dashboard.texts import plot_text
from skhpo.dashboard.thinning import thinned, thinning_note
from skhpo.inspection.columns import Table
from skhpo.inspection.convergence import convergence
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.words import resource_name

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["rungs", "survival"]

#: Lines that are drawn of many, and the best ones, which always are.
_MOST, _N_BEST = 200, 20

#: Resources that have a bar each.
_MOST_BARS = 40


def rungs(source: Any) -> Figure:
    """Draw how many configurations came to each amount of the resource.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = graph_objects()
    table, known = _divided(source)
    if not len(known):
        return empty(_why(table))
    names = [f"{resource:.6g}" for resource in known]
    n_scored: list[int] = []
    n_failed: list[int] = []
    is_scored = np.isfinite(table["score"])
    for resource in known:
        here = table["resource"] == resource
        scored = set(table["trial"][here & is_scored].tolist())
        n_scored.append(len(scored))
        n_failed.append(len(set(table["trial"][here].tolist()) - scored))
    places = list(range(len(known)))
    pattern = {"shape": "/", "fgcolor": VERMILLION, "bgcolor": "#ffffff", "size": 6}
    traces = [
        go.Bar(x=places, y=n_scored, name="scored", marker={"color": BLUE}),
        go.Bar(
            x=places, y=n_failed, name="failed",
            marker={"color": VERMILLION, "pattern": pattern},
        ),
    ]  # fmt: skip
    for trace in traces:
        trace.hoverinfo = "y+name"
    return figure(
        traces, {**_axis(source, names), "showgrid": False},
        {"title": {"text": "configurations"}, "rangemode": "tozero"},
        barmode="stack", bargap=0.3, showlegend=any(n_failed),
    )  # fmt: skip


def survival(source: Any) -> Figure:
    """Draw the scores of each configuration at the resources to which it came.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = graph_objects()
    table, known = _divided(source)
    if not len(known):
        return empty(_why(table))
    is_scored = np.isfinite(table["score"])
    if not is_scored.any():
        return empty("All trials have failed.")
    order = np.lexsort((table["resource"], table["trial"]))
    rows = order[is_scored[order]]
    trial, score = table["trial"][rows], table["score"][rows]
    place = np.searchsorted(known, table["resource"][rows]).astype(float)
    last = np.flatnonzero(np.r_[trial[1:] != trial[:-1], True])  # of each trial
    first = np.r_[0, last[:-1] + 1]
    merit = np.lexsort((-sign_of(source) * score[last], -place[last]))
    winner = history_of(source).best  # of a population, it need not have come to the top
    is_best = trial[last] == (-1 if winner is None else winner.trial)
    best = int(np.argmax(is_best)) if is_best.any() else int(merit[0])
    shown = thinned(len(last), _MOST, [best, *merit[:_N_BEST].tolist()])
    groups = {
        "given up": [k for k in shown.tolist() if place[last[k]] < len(known) - 1 and k != best],
        "came to the top": [
            k for k in shown.tolist() if place[last[k]] == len(known) - 1 and k != best
        ],
        "best": [best],
    }
    colours = {"given up": (GREY, 1.0), "came to the top": (BLUE, 1.4), "best": (ORANGE, 3.0)}
    traces = []
    for name, members in groups.items():
        if not members:
            continue
        x, y, texts = [], [], []
        for k in members:
            part = slice(first[k], last[k] + 1)
            x += [*place[part].tolist(), None]
            y += [*score[part].tolist(), None]
            texts += [f"trial {trial[last[k]]}"] * (len(place[part]) + 1)
        colour, width = colours[name]
        traces.append(
            go.Scatter(
                x=x, y=y, mode="lines+markers", name=name, text=texts, hoverinfo="text+y",
                line={"color": colour, "width": width}, marker={"size": 3 + 1.5 * width},
            )
        )  # fmt: skip
    names = [f"{resource:.6g}" for resource in known]
    axis, told = score_axis(source, score), thinning_note(len(shown), len(last), "configurations")
    return figure(
        traces, _axis(source, names), axis.layout,
        " ".join(filter(None, [told, axis.note])), showlegend=True,
    )  # fmt: skip


def _divided(source: Any) -> tuple[Table, Any]:
    """Return all evaluations, and the resources that were given; if many, the highest."""
    table = convergence(source)
    known = np.unique(table["resource"][~np.isnan(table["resource"])])
    if len(known) > _MOST_BARS:
        known = known[np.unique(np.linspace(0, len(known) - 1, _MOST_BARS).round().astype(int))]
        kept = np.isin(table["resource"], known)
        table = {name: column[kept] for name, column in table.items()}
    return table, known


def _why(table: Table) -> str:
    if not len(table["trial"]):
        return "No trial is finished yet."
    return "Training is not divided in this search: every trial is trained completely."


def _axis(source: Any, names: list[str]) -> dict[str, Any]:
    """Return the axis of the resource, with the names of evenly chosen amounts of it."""
    step = max(1, round(len(names) / 10))
    shown = list(range(0, len(names), step))
    return {
        "title": {"text": plot_text(resource_name(source))},
        "tickvals": shown,
        "ticktext": [names[k] for k in shown],
        "range": [-0.6, len(names) - 0.4],
    }
