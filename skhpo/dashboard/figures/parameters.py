"""Scores beside the parameters that gave them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from skhpo.dashboard.figures._scores import score_axis, score_name
from skhpo.dashboard.figures._style import (
    FAILED,
    VERMILLION,
    VIRIDIS,
    empty,
    figure,
    graph_objects,
)
from skhpo.dashboard.texts import plot_text, text_width, value_text
from skhpo.dashboard.thinning import thinned, thinning_note
from skhpo.exceptions import did_you_mean
from skhpo.history import History
from skhpo.inspection.columns import names
from skhpo.inspection.scales import GAP, Scale, elided, score_scale_of, values_of
from skhpo.inspection.spaces import declared_scale
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.words import resource_name
from skhpo.trial import Evaluation

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["parallel_coordinates", "parameters_of", "score_by_parameter"]

#: Points and lines that are drawn of many, and the best ones, which always are.
_MOST_POINTS, _MOST_LINES, _N_BEST = 1_500, 250, 50

#: Axes that can be told apart beside each other.
_MOST_AXES = 12

#: Who won.
_BEST = {"symbol": "star", "size": 15, "color": VERMILLION, "line": {"color": "white", "width": 1}}

#: Groups of lines with one colour each.
_N_COLOURS = 10

#: Pixels: of letters at the marks of an axis and above it, between texts, and between two axes.
_MARKS, _NAMES, _APART, _CLOSEST = 11, 13, 8, 36

#: Pixels that a figure has on a narrow page, and degrees of names that would not fit there.
_NARROW, _SLANT = 400, -30

#: Degrees of categories that do not fit beside each other, pixels that each takes then, and those
#: of what stands beside all of them: the scores and the colours.
_TURNED, _ABOVE, _BESIDE = -45, 19, 170


def parameters_of(source: Any) -> list[str]:
    """Return the names of all parameters of a search.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    """
    return names(trial.params for trial in history_of(source).trials)


def score_by_parameter(source: Any, *, parameter: str | None = None) -> Figure:
    """Draw the newest score of each trial over the value of one parameter.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    parameter : str or None, default=None
        Which one; None for the first.

    Returns
    -------
    plotly.graph_objects.Figure

    Raises
    ------
    ValueError
        If there is no such parameter.
    """
    go = graph_objects()
    known = parameters_of(source)
    if not known:
        return empty("This search has no parameter yet.")
    if parameter is None:
        parameter = known[0]
    if parameter not in known:
        raise ValueError(
            f"there is no parameter {parameter!r} in this search."
            f"{did_you_mean(parameter, known)} There are: {known}"
        )
    newest, scores, levels = _newest(source)
    if not newest:
        return empty("No trial is finished yet.")
    history = history_of(source)
    values = values_of(parameter, (history.trials[e.trial].params for e in newest))
    scale = declared_scale(source, parameter, values)
    x = scale.positions(values)
    is_there = ~np.isnan(x)
    is_scored = np.isfinite(scores)
    scored, failed = np.flatnonzero(is_there & is_scored), np.flatnonzero(is_there & ~is_scored)
    shown = scored[thinned(len(scored), _MOST_POINTS, _best(levels[scored]))]
    crossed = failed[thinned(len(failed), _MOST_POINTS // 5)]
    if scale.kind == "categories":  # points of one category beside each other, not on each other
        spread = 0.25 / max(len(scale.texts), 2)
        x = x + spread * np.sin(12.9898 * (1 + np.arange(len(x))))
    texts = [f"trial {e.trial}: {value_text(v)}" for e, v in zip(newest, values, strict=True)]
    numbers = np.array([e.trial for e in newest])
    traces = [
        go.Scatter(
            x=x[shown], y=scores[shown], mode="markers", name="score", showlegend=False,
            marker={
                "size": 6, "color": numbers[shown], "colorscale": VIRIDIS, "opacity": 0.8,
                "colorbar": {"title": {"text": "trial", "side": "right"}, "thickness": 12},
                "showscale": len(shown) > 1,
            },
            text=[plot_text(texts[k]) for k in shown], hoverinfo="text+y",
        ),
    ]  # fmt: skip
    best = [k for k in scored.tolist() if newest[k].trial == _best_trial(history)]
    if best:
        traces.append(
            go.Scatter(
                x=x[best], y=scores[best], mode="markers", name="best", marker=_BEST,
                text=[plot_text(texts[k]) for k in best], hoverinfo="text+y",
            )
        )  # fmt: skip
    axis = score_axis(source, scores[scored])
    if len(crossed):
        traces.append(
            go.Scatter(
                x=x[crossed], y=np.full(len(crossed), axis.below), mode="markers", name="failed",
                marker=FAILED, text=[plot_text(texts[k]) for k in crossed], hoverinfo="text",
            )
        )  # fmt: skip
    n_gaps = sum(value is GAP for value in values)
    notes = [
        thinning_note(len(shown) + len(crossed), len(newest) - n_gaps, "trials"),
        f"{n_gaps:,} trial{' does' if n_gaps == 1 else 's do'} not have this parameter."
        if n_gaps
        else "",
        "It has had one value only." if scale.is_constant else "",
        "All have failed." if not is_scored.any() else "",
        axis.place if len(crossed) else "",
        axis.note,
        _unequal(source, newest),
    ]
    return figure(
        traces, {"title": {"text": plot_text(elided(parameter, 40))}, **_axis(scale)},
        axis.layout,
        " ".join(filter(None, notes)), _BESIDE + _ABOVE * (len(scale.texts) + 1),
        showlegend=bool(len(crossed) or best),
    )  # fmt: skip


def parallel_coordinates(source: Any) -> Figure:
    """Draw each trial as a line through the values of all its parameters, up to its score.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.

    Returns
    -------
    plotly.graph_objects.Figure
    """
    go = graph_objects()
    newest, scores, levels = _newest(source)
    rows = np.flatnonzero(np.isfinite(scores))
    if not len(rows):
        return empty("No trial has a score yet." if not newest else "All trials have failed.")
    history = history_of(source)
    configurations = [history.trials[newest[row].trial].params for row in rows]
    known = names(configurations)
    is_best = np.array([newest[row].trial == _best_trial(history) for row in rows])
    always = np.union1d(_best(levels[rows]), np.flatnonzero(is_best))
    shown = thinned(len(rows), _MOST_LINES, always)
    scales: list[Scale] = []
    columns: list[NDArray[np.float64]] = []
    unchanged: list[str] = []
    for name in known:
        values = values_of(name, configurations)
        scale = declared_scale(source, name, values)
        if scale.is_constant and GAP not in values:
            unchanged.append(name)
        elif len(scales) < _MOST_AXES:
            scales.append(scale)
            columns.append(scale.positions([values[k] for k in shown]))
    score_scale = score_scale_of(score_name(source), scores[rows].tolist())
    scales.append(score_scale)
    columns.append(score_scale.positions(scores[rows][shown].tolist()))
    height = _ranks(levels[rows][shown])
    rooms = _rooms(scales)
    traces = [
        _lines(go, rooms.at, np.column_stack(columns)[group], colour)
        for group, colour in _groups(height)
    ]
    if is_best.any():
        line = _lines(go, rooms.at, np.column_stack(columns)[is_best[shown]], VERMILLION)
        traces.append(line.update(line_width=3.5, marker_size=7, opacity=1.0, name="best"))
    n_left = len(known) - len(unchanged) - (len(scales) - 1)
    notes = [
        thinning_note(len(shown), len(rows), "trials"),
        "The lighter a line, the better the score; the thick one is the best.",
        _unequal(source, newest),
        "It is broken where a configuration does not have the parameter."
        if any(np.isnan(column).any() for column in columns)
        else "",
        f"With one value only, not drawn: {', '.join(elided(n, 24) for n in unchanged[:5])}"
        f"{' …' if len(unchanged) > 5 else ''}."
        if unchanged
        else "",
        f"{n_left} more parameters are not drawn." if n_left else "",
    ]
    new = figure(
        traces,
        {
            "tickvals": rooms.at.tolist(),
            "ticktext": [plot_text(_title(scale)) for scale in scales],
            "range": [0.0, rooms.width],
            "showgrid": False,
            "side": "top",
            "tickangle": rooms.angle,
            "ticks": "",
            "showline": False,
            "ticklabeloverflow": "allow",
            "fixedrange": True,
        },
        {"visible": False, "range": [-0.06, 1.06], "fixedrange": True},
        " ".join(filter(None, notes)),
        rooms.width + 16,
        showlegend=False,
        margin={"l": 8, "r": 8, "t": 40, "b": 16},
    )
    for at, scale in zip(rooms.at.tolist(), scales, strict=True):
        _draw_axis(new, at, scale)
    return new


def _newest(source: Any) -> tuple[list[Evaluation], NDArray[np.float64], NDArray[np.float64]]:
    """Return the newest evaluation of each trial, its score as people see it, and its level.

    Levels can be compared: greater is better, NaN after a failure.
    """
    history: History = history_of(source)
    latest = (history.latest(trial.number) for trial in history.trials)
    newest = [evaluation for evaluation in latest if evaluation is not None]
    levels = np.array([e.score if e.is_usable else np.nan for e in newest], dtype=float)
    return newest, sign_of(source) * levels, levels


def _best_trial(history: History) -> int | None:
    """Return who won so far."""
    return None if history.best is None else history.best.trial


def _unequal(source: Any, newest: Sequence[Evaluation]) -> str:
    """Return a note if scores were taken after different amounts of training."""
    resources = {e.resource for e in newest if e.is_usable and e.resource is not None}
    if len(resources) < 2:
        return ""
    least, most = value_text(min(resources)), value_text(max(resources))
    return f"Each by its newest score, after {resource_name(source)} {least} to {most}."


def _best(levels: NDArray[np.float64]) -> NDArray[np.int_]:
    """Return the places of the best ones."""
    return np.argsort(-levels, kind="stable")[:_N_BEST]


def _axis(scale: Scale) -> dict[str, Any]:
    """Return the marks of an axis on which values have places from 0 to 1."""
    at, texts = _marks(scale)
    axis = {"tickvals": at.tolist(), "ticktext": [plot_text(text) for text in texts]}
    if scale.kind != "categories":
        return {**axis, "range": [-0.06, 1.06], "tickangle": 0}
    aside = min(0.15, 0.5 / max(len(texts) - 1, 1))
    # Turned by the page, where they have no room beside each other.
    return {
        **axis,
        "range": [-aside, 1.0 + aside],
        "autotickangles": [0, _TURNED],
        "tickfont": {"size": _MARKS},
    }


def _ranks(levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how good each is among the others, from 0 to 1; ties are alike."""
    order, ranks = np.unique(levels, return_inverse=True)
    return np.asarray(ranks / max(1, len(order) - 1), dtype=float)


def _groups(height: NDArray[np.float64]) -> list[tuple[NDArray[np.int_], str]]:
    """Return lines that share a colour, the best ones last: they are drawn over the others."""
    from plotly.colors import sample_colorscale

    number = np.minimum((height * _N_COLOURS).astype(int), _N_COLOURS - 1)
    colours = sample_colorscale(VIRIDIS, [k / (_N_COLOURS - 1) for k in range(_N_COLOURS)])
    return [(np.flatnonzero(number == k), colours[k]) for k in np.unique(number).tolist()]


class _Rooms(NamedTuple):
    """Where axes stand beside each other: in pixels, where the figure is not wider than it must be.

    Attributes
    ----------
    at : ndarray of shape (n_axes,)
        Where each is.
    width : float
        Of all of them, with their texts.
    angle : float
        Degrees by which their names are turned.
    """

    at: NDArray[np.float64]
    width: float
    angle: float


def _rooms(scales: Sequence[Scale]) -> _Rooms:
    """Return where axes stand, so that no text covers another; evenly where there is room."""
    marks = np.array(
        [
            3 + max((text_width(text, _MARKS) for text in _marks(scale)[1]), default=0)
            for scale in scales
        ]
    )
    titles = np.array([text_width(_title(scale), _NAMES) for scale in scales])
    # Names are beside each other, each in the middle above its axis.
    before, behind = max(titles[0] / 2, _APART), np.maximum(marks, titles / 2)
    needs = np.maximum(marks[:-1], (titles[:-1] + titles[1:]) / 2) + _APART
    angle = 0
    if before + needs.sum() + behind[-1] > _NARROW:  # or above each other, and begin at their axis
        angle = _SLANT
        before, behind = _APART, np.maximum(marks, titles * math.cos(math.radians(_SLANT)))
        needs = np.maximum(marks[:-1] + _APART, _CLOSEST)
    needs = _evened(needs, _NARROW - before - behind[-1])
    at = before + np.r_[0.0, np.cumsum(needs)]
    return _Rooms(at, float((at + behind).max()), angle)


def _evened(needs: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    """Return parts of a total that are as large as they need to be, and otherwise alike."""
    ordered = np.sort(needs)
    levels = [(total - ordered[k:].sum()) / k for k in range(1, len(ordered) + 1)]
    return np.maximum(needs, min(levels, default=0.0))


def _title(scale: Scale) -> str:
    return elided(scale.name, 18)


def _marks(scale: Scale) -> tuple[NDArray[np.float64], list[str]]:
    """Return where there are marks on an axis, and what stands there, no two of them alike."""
    at, texts = scale.ticks()
    short = [elided(text, 12) for text in texts]
    return at, short if len(set(short)) == len(short) else texts


def _lines(go: Any, at: NDArray[np.float64], heights: NDArray[np.float64], colour: str) -> Any:
    """Return lines as one trace: NaN is between two of them, and where a parameter is missing."""
    n_lines, n_axes = heights.shape
    y = np.column_stack([heights, np.full(n_lines, np.nan)]).ravel()
    x = np.tile(np.r_[at, np.nan], n_lines)
    return go.Scatter(
        x=x, y=y, mode="lines+markers", hoverinfo="skip", opacity=0.6,
        line={"color": colour, "width": 1.3}, marker={"size": 8 if n_axes == 1 else 3},
    )  # fmt: skip


def _draw_axis(new: Figure, place: float, scale: Scale) -> None:
    new.add_shape(
        type="line", x0=place, x1=place, y0=0, y1=1, line={"color": "#777777", "width": 1},
        layer="below",
    )  # fmt: skip
    for at, text in zip(*_marks(scale), strict=True):
        new.add_annotation(
            x=place, y=at, text=plot_text(text), xanchor="left", xshift=3,
            showarrow=False, font={"size": _MARKS}, bgcolor="rgba(255,255,255,0.75)", borderpad=0,
        )  # fmt: skip
