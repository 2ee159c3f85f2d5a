"""The learning curve of each configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skhpo.inspection.convergence import convergence
from skhpo.inspection.curves import learning_curves as table_of
from skhpo.inspection.tables import sign_of
from skhpo.inspection.words import metric_of, resource_name
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
from skhpo.plotting._colours import ACCENT, GREY, colour_scale
from skhpo.plotting._dots import draw_beyond
from skhpo.plotting._picture import picture
from skhpo.plotting._sources import configurations_of, divided

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["learning_curves"]

_MANY = 300  # lines from which they are finer


@picture
def learning_curves(
    source: Any,
    *,
    parameter: str | None = None,
    metric: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the score of each configuration over the resource it was given.

    The curve of the winner is on top. A configuration that was stopped early has a short curve, or
    one dot. Where a population copies, :func:`population` shows who copied whom.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened. Training must be divided.
    parameter : str or None, default=None
        Name of the hyperparameter that colours the curves. None: all are grey but the winner's.
    metric : str or None, default=None
        Which score is drawn, where there are several. None: the one that is optimised.
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
    >>> from skhpo.plotting import learning_curves
    >>> from skhpo.schedulers import AsynchronousHalving
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params, resource: params["x"] * resource,
    ...               scheduler=AsynchronousHalving(27, (1, 3, 9)), random_state=0)
    >>> ax = learning_curves(tuner.run(), parameter="x")        # doctest: +SKIP
    """
    history = divided(source)
    scored = metric_of(source, history, metric)
    chosen = [] if parameter is None else [parameter]
    configurations = configurations_of(history, "parameter", chosen)
    ax = axes_for(ax)
    from matplotlib.collections import LineCollection
    from matplotlib.colors import to_rgba

    table = table_of(source, metric)
    scale = None
    if parameter is not None:
        scale = colour_scale(parameter, configurations, source)
    colours = (
        np.full((len(configurations), 4), to_rgba(GREY))
        if scale is None
        else scale.of(configurations)
    )
    x, y = table["resource"], focus(ax, table["score"], sign_of(source))
    every = np.array([float(m.resource) for m in history.measurements if m.resource is not None])
    resource_axis(ax, every, resource_name(source))
    ax.set_ylabel(plain(scored.label))
    cuts = np.flatnonzero(np.diff(table["trial"])) + 1
    curves = [curve for curve in np.split(np.column_stack([x, y]), cuts) if len(curve)]
    hues = colours[table["trial"][np.concatenate([[0], cuts]).astype(int)]] if len(x) else []
    is_many = len(curves) > _MANY
    thin = 0.6 if is_many else 1.2
    lines = LineCollection(curves, colors=hues, linewidths=thin, rasterized=is_many, zorder=2)
    ax.add_collection(lines, autolim=False)  # their ends are dots; matplotlib 3.7 would add a 1
    area = 5.0 if is_many else 14.0
    hue = colours[table["trial"]]
    is_inside = table["score"] == y
    style: dict[str, Any] = {"s": area, "lw": 0, "zorder": 2, "rasterized": is_many}
    ax.scatter(x[is_inside], y[is_inside], color=hue[is_inside], **style)
    draw_beyond(ax, x, table["score"], hue)
    won = convergence(source, metric)
    winners = won["trial"][won["is_best"]]
    edge_note(ax, beyond(table["score"], y))
    if not len(x):
        note(ax, "no trial has a score")
    elif len(winners):
        own = table["trial"] == winners[-1]
        colour = ACCENT if scale is None else colours[winners[-1]]
        ax.plot(x[own], y[own], color="0.15", lw=5.0, zorder=3)
        ax.plot(x[own], y[own], color="white", lw=4.0, zorder=3)
        ax.plot(x[own], y[own], "-o", color=colour, lw=2.6, ms=6, zorder=3, label="winner")
        legend(ax)
    if scale is not None:
        scale.explain(ax)
    return ax
