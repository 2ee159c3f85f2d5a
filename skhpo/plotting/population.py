"""A population while it trains: scores over the resource, with copies as branches."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from skhpo.history import History
from skhpo.inspection.columns import names
from skhpo.inspection.lineage import lineage
from skhpo.inspection.tables import sign_of
from skhpo.inspection.words import Metric, check_name, metric_of, resource_name
from skhpo.plotting._axes import (
    axes_for,
    beyond,
    edge_note,
    focus,
    legend,
    note,
    plain,
    resource_axis,
)
from skhpo.plotting._colours import ACCENT, GREY, INK, colour_scale
from skhpo.plotting._dots import draw_beyond
from skhpo.plotting._picture import picture
from skhpo.plotting._sources import divided

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["population"]

Point: TypeAlias = tuple[float, float]  # resource, score

_MANY = 12  # members from which lines are finer
_BRANCH = 0.5  # width of a branch, of that of a line
_WINNER = 2.8  # width of the winner's lineage, in points
_CASING = {INK: 5.4, "white": 4.2}  # widths beneath it: dark colours need a light one
_CROSS: dict[str, Any] = {"marker": "x", "ms": 5, "mew": 1.5, "markevery": [-1]}


@picture
def population(
    source: Any,
    *,
    parameter: str | None = None,
    metric: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how a population trained: scores over the resource, with copies as branches.

    There is one line for each trial. That of a copy branches off where it left its parent, thin
    until it was measured itself. The lineage of the winner, from the first trial it descends from,
    is drawn on top of the others. A line that ends with a cross has failed, or diverged, as the
    legend says: at the resource it was to come to, on the level where it was seen last, or at the
    lower edge if it never had a score. Scores far worse than the others are triangles at the edge.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened. Any search will do in which training is divided.
    parameter : str or None, default=None
        Name of the hyperparameter that colours the lines. None: all lines are grey but the
        winner's lineage.
    metric : str or None, default=None
        Which score is drawn, where there are several. None: the one that is optimised. The winner
        is the best by that one in either case.
    ax : matplotlib.axes.Axes or None, default=None
        Where to draw. None: on a new figure.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    MissingExtraError
        If there is no matplotlib.
    TypeError
        If there is no history in it, or ``ax`` is something else.
    ValueError
        If training was not divided, or there is no such parameter or metric.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.plotting import population
    >>> from skhpo.schedulers import PopulationTraining
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params, resource: params["x"] * resource,
    ...               scheduler=PopulationTraining(4, [1, 2, 3]), random_state=0).run()
    >>> ax = population(tuner, parameter="x")       # doctest: +SKIP
    >>> ax.figure.savefig("population.png")         # doctest: +SKIP
    """
    history, sign = divided(source), sign_of(source)
    scored = metric_of(source, history, metric)
    configurations = [trial.params for trial in history.trials]
    if parameter is not None:
        check_name("parameter", parameter, names(configurations))
    ax = axes_for(ax)
    scale = None
    if parameter is not None:
        scale = colour_scale(parameter, configurations, source)
    colours = [GREY] * len(configurations) if scale is None else [*scale.of(configurations)]
    curves = _curves(history, scored, sign)
    scores = np.array([score for curve in curves for _, score in curve.points])
    shown = focus(ax, scores, sign)
    every = np.array([float(m.resource) for m in history.measurements if m.resource is not None])
    resource_axis(ax, every, resource_name(source))
    width = 1.5 if lineage(history)["member"].max() < _MANY else 1.0
    inside = [curve.within(*ax.get_ylim()) for curve in curves]
    signs = [
        *_draw_winner(ax, _winner(history, inside), colours if scale else [ACCENT] * len(curves)),
        *_draw_curves(ax, inside, colours, width),
        *_draw_failures(ax, inside, colours),
    ]
    _draw_scores(ax, curves, colours, width)
    ax.set_ylabel(plain(scored.label))
    edge_note(ax, beyond(scores, shown))
    if scale is not None:
        scale.explain(ax)
    if not any(curve.points for curve in curves):
        note(ax, "no trial has a score")
    legend(ax, signs)
    return ax


# --------------------------------------------------------------------------- what there is to draw


@dataclass(frozen=True)
class _Curve:
    """One trial: where it was copied, its scores by resource, and where and how it failed.

    All scores are finite: a trial whose newest one is not has failed, as far as can be drawn.
    """

    number: int
    copied: Point | None
    points: tuple[Point, ...]
    failed: float | None
    status: str

    @property
    def last(self) -> Point | None:
        """Where it was seen last."""
        return self.points[-1] if self.points else self.copied

    def within(self, low: float, high: float) -> _Curve:
        """Return the same trial, its scores not beyond the edges.

        Parameters
        ----------
        low, high : float
            Where these are.
        """
        copied, *points = (
            None if point is None else (point[0], min(max(point[1], low), high))
            for point in (self.copied, *self.points)
        )
        return replace(self, copied=copied, points=tuple(filter(None, points)))


def _curves(history: History, metric: Metric, sign: int) -> list[_Curve]:
    """Return the curve of each trial, by number; scores as those of the source."""
    own: list[dict[float, float]] = [{} for _ in history.trials]
    status = dict[tuple[int, float], str]()
    for evaluation in history.evaluations:
        if evaluation.resource is not None:
            own[evaluation.trial][evaluation.resource] = sign * metric.of(evaluation)
            status[evaluation.trial, evaluation.resource] = evaluation.status
    curves = []
    for trial, scores in zip(history.trials, own, strict=True):
        copied = None
        if trial.parent is not None and trial.parent_resource is not None:
            score = own[trial.parent].get(trial.parent_resource, math.nan)
            copied = (trial.parent_resource, score) if math.isfinite(score) else None
        points = tuple((at, scores[at]) for at in sorted(scores) if math.isfinite(scores[at]))
        newest = max(scores, default=math.nan)
        failed = newest if scores and not math.isfinite(scores[newest]) else None
        ended = status.get((trial.number, newest), "")
        curves.append(_Curve(trial.number, copied, points, failed, ended))
    return curves


def _winner(history: History, curves: Sequence[_Curve]) -> list[tuple[int, list[Point]]]:
    """Return the lineage of the best trial, the first ancestor first: each as far as it counts."""
    pieces: list[tuple[int, list[Point]]] = []
    best = history.best
    number, until = (None, None) if best is None else (best.trial, best.resource)
    while number is not None:
        curve, trial = curves[number], history.trials[number]
        start = [] if curve.copied is None else [curve.copied]
        own = [point for point in curve.points if until is not None and point[0] <= until]
        pieces.append((number, start + own))
        number, until = trial.parent, trial.parent_resource
    return pieces[::-1]


# --------------------------------------------------------------------------- drawing


def _draw_curves(
    ax: Axes, curves: Sequence[_Curve], colours: Sequence[Any], width: float
) -> list[Line2D]:
    """Draw all trials that have a score; return what the legend is to show of them."""
    from matplotlib.collections import LineCollection
    from matplotlib.lines import Line2D

    drawn = [curve for curve in curves if curve.points]
    lines = [(curve.points, colours[curve.number]) for curve in drawn]
    branches = [
        ((curve.copied, curve.points[0]), colours[curve.number])
        for curve in drawn
        if curve.copied is not None
    ]
    for paths, lw in ((branches, _BRANCH * width), (lines, width)):
        vertices, hues = [np.array(path) for path, _ in paths], [hue for _, hue in paths]
        ax.add_collection(LineCollection(vertices, colors=hues, linewidths=lw, zorder=2))
    return [Line2D([], [], color=INK, lw=_BRANCH * width, label="copy")] if branches else []


def _draw_scores(ax: Axes, curves: Sequence[_Curve], colours: Sequence[Any], width: float) -> None:
    """Draw each score as a dot, and those beyond an edge as triangles."""
    from matplotlib.colors import to_rgba_array

    points = [(*point, curve.number) for curve in curves for point in curve.points]
    if not points:
        return
    x, y, numbers = np.transpose(points)
    hues = to_rgba_array([colours[number] for number in numbers.astype(int)])
    low, high = ax.get_ylim()
    is_inside = (low <= y) & (y <= high)
    style: dict[str, Any] = {"s": (2.4 * width) ** 2, "linewidths": 0, "zorder": 2}
    ax.scatter(x[is_inside], y[is_inside], color=hues[is_inside], **style)
    draw_beyond(ax, x, y, hues)


def _draw_winner(
    ax: Axes, pieces: Sequence[tuple[int, Sequence[Point]]], colours: Sequence[Any]
) -> list[Line2D]:
    """Draw the winner's lineage on top of all, in a casing; return its legend."""
    from matplotlib.lines import Line2D
    from matplotlib.patheffects import Normal, Stroke

    whole = [point for _, points in pieces for point in points]
    if not whole:
        return []
    for colour, width in _CASING.items():
        ax.plot(*np.transpose(whole), color=colour, lw=width, zorder=3)
    for number, points in pieces:
        ax.plot(*np.reshape(points, (-1, 2)).T, color=colours[number], lw=_WINNER, zorder=3)
    winner = colours[pieces[-1][0]]
    ax.plot(*whole[-1], "o", color=winner, ms=3 * _WINNER, mec=INK, mew=0.8, zorder=3)
    name = "winner's lineage" if len(pieces) > 1 else "winner"
    cased = [Stroke(linewidth=width, foreground=colour) for colour, width in _CASING.items()]
    return [Line2D([], [], color=winner, lw=_WINNER, path_effects=[*cased, Normal()], label=name)]


def _draw_failures(ax: Axes, curves: Sequence[_Curve], colours: Sequence[Any]) -> list[Line2D]:
    """Mark where trials failed, on the level of the score they had; return the legend."""
    from matplotlib.lines import Line2D

    for curve in curves:
        if curve.failed is None:
            continue
        cross = Line2D([], [], color=colours[curve.number], ls=":", lw=1, **_CROSS)
        if curve.last is None:
            cross.set_data([curve.failed], [0.02])
            cross.set_transform(ax.get_xaxis_transform())
        else:
            start, level = curve.last
            cross.set_data([start, curve.failed], [level, level])
        ax.add_line(cross)
    found = {curve.status for curve in curves if curve.failed is not None}
    # Where the trial as a whole was completed, this metric of it failed.
    names = sorted({"failed" if status == "completed" else status for status in found})
    if not names:
        return []
    return [Line2D([], [], color=INK, ls="none", label=", ".join(names), **_CROSS)]
