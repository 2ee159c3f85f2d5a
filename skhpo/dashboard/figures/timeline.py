"""Who worked when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skhpo.dashboard.figures._style import BLUE, FAILED, GREEN, empty, figure, graph_objects
from skhpo.dashboard.thinning import thinned
from skhpo.inspection.columns import Table
from skhpo.inspection.timeline import covered, utilisation
from skhpo.inspection.timeline import timeline as table_of
from skhpo.times import rough_text, unit_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["timeline"]

#: Measurements that are drawn one by one; of more, how busy each worker was.
_MOST = 400

#: Parts of the whole time that can be told apart.
_N_PARTS = 150

#: From white, but who was busy for a hundredth of the time can be seen.
_BUSY = [[0.0, "#ffffff"], [0.01, "#d3e6f3"], [1.0, BLUE]]

#: Failures that are marked, and lanes that are drawn.
_MOST_FAILED, _MOST_LANES = 300, 64


def timeline(source: Any) -> Figure:
    """Draw on the lane of each worker when it measured something.

    Parameters
    ----------
    source : History, search, tuner or search on disk
        What happened.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = graph_objects()
    table = table_of(source)
    is_known = (table["worker"] >= 0) & (table["worker"] < _MOST_LANES)
    if not is_known.any():
        return empty("Nothing is measured yet." if not len(is_known) else "No times are known.")
    known = {name: column[is_known] for name, column in table.items()}
    counted_in, unit = unit_of(float(known["end"].max()))
    known["seconds"] = known["end"] - known["start"]
    known |= {name: known[name] / unit for name in ("start", "end")}
    n_lanes = 1 + int(known["worker"].max())
    n_rows = len(known["trial"])
    is_summed = n_rows > _MOST
    traces = [_summed(go, known, n_lanes)] if is_summed else _one_by_one(go, known)
    is_failed = known["status"] != "completed"
    failed = np.flatnonzero(is_failed)
    failed = failed[thinned(len(failed), _MOST_FAILED)]
    if len(failed):
        traces.append(
            go.Scatter(
                x=known["end"][failed], y=1 + known["worker"][failed], mode="markers",
                name="failed", marker=FAILED, text=_texts(known, failed), hoverinfo="text",
            )
        )  # fmt: skip
    notes = [
        f"{utilisation(source)}.",
        f"Of {n_rows:,} measurements it is drawn which part of the time each worker was busy."
        if is_summed
        else "",
        f"The first {_MOST_LANES} lanes are drawn." if table["worker"].max() >= _MOST_LANES else "",
    ]
    y = {
        "title": {"text": "worker"},
        "range": [n_lanes + 0.6, 0.4],
        "tick0": 1,
        "dtick": max(1, n_lanes // 10),
        "showgrid": False,
    }
    return figure(
        traces, f"{counted_in} since the first start", y, " ".join(filter(None, notes)),
        showlegend=bool(len(failed)), barmode="overlay", bargap=0.0,
    )  # fmt: skip


def _one_by_one(go: Any, table: Table) -> list[Any]:
    traces = []
    for parity, colour in ((0, BLUE), (1, GREEN)):  # neighbours can be told apart
        rows = np.flatnonzero(table["trial"] % 2 == parity)
        name = "even trials" if parity == 0 else "odd trials"
        texts = _texts(table, rows)
        start, end = table["start"][rows], table["end"][rows]
        traces.append(_bars(go, start, end, table["worker"][rows], colour, name, texts))
    return traces


def _summed(go: Any, table: Table, n_lanes: int) -> Any:
    """Return for each worker how busy it was, from the first start to the last end."""
    edges = np.linspace(0.0, float(table["end"].max()), _N_PARTS + 1)
    shares = []
    for lane in range(n_lanes):
        rows = table["worker"] == lane
        shares.append(covered(table["start"][rows], table["end"][rows], edges))
    return go.Heatmap(
        z=np.round(shares, 2), x=edges, y=1 + np.arange(n_lanes), ygap=4, zmin=0.0, zmax=1.0,
        colorscale=_BUSY, hovertemplate="worker %{y}: busy for %{z:.0%}",
        hoverlabel={"namelength": 0},
        colorbar={"title": {"text": "busy", "side": "right"}, "tickformat": ".0%", "thickness": 12},
    )  # fmt: skip


def _bars(
    go: Any,
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    lanes: NDArray[np.int_],
    colour: str,
    name: str,
    texts: list[str] | None,
) -> Any:
    return go.Bar(
        base=start, x=end - start, y=1 + lanes, orientation="h", width=0.7, name=name,
        marker={"color": colour, "line": {"width": 0}}, opacity=0.8, showlegend=False,
        hovertext=texts, hoverinfo="text" if texts else "skip",
    )  # fmt: skip


def _texts(table: Table, rows: NDArray[np.int_]) -> list[str]:
    columns = (table[name][rows].tolist() for name in ("trial", "fold", "status", "seconds"))
    return [
        f"trial {trial}, fold {fold}: {status}, {rough_text(seconds)}"
        for trial, fold, status, seconds in zip(*columns, strict=True)
    ]
