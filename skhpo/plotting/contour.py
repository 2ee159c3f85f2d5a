"""What the model of a search says of two hyperparameters."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.scales import Scale
from skhpo.inspection.surface import NoSurfaceError, Surface, surface
from skhpo.inspection.words import check_choice, training
from skhpo.plotting._axes import (
    axes_for,
    dot_size,
    draw_scale,
    edge_note,
    log_axis,
    note,
    plain,
    plain_labels,
    whole_numbers,
)
from skhpo.plotting._colours import ACCENT, INK, number_colours
from skhpo.plotting._picture import picture
from skhpo.plotting._sources import measured
from skhpo.trial import Resource

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["contour"]

_N_LEVELS = 14
_LONGEST = 38  # letters on a line
_LONGEST_UPRIGHT = 24  # of a name along the vertical axis, above slanted ones


@picture
def contour(
    source: Any,
    *,
    x: str,
    y: str,
    show: Literal["mean", "deviation"] = "mean",
    metric: str | None = None,
    resource: Resource = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw what score a Gaussian process expects over two hyperparameters.

    All others are as in the best configuration that has these two, which is the star. Dots are the
    trials; they differ from the best one in the other hyperparameters as well, so that their scores
    need not be those of the surface beneath them. What is left white is no configuration of the
    space. Where the trials say nothing about the two, the picture says why.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    x, y : str
        Names of the two hyperparameters.
    show : {"mean", "deviation"}, default="mean"
        The score that is expected, or how sure that is, as one standard deviation.
    metric : str or None, default=None
        Which score, where there are several. None: the one that is optimised.
    resource : float or None, default=None
        Scores after how much training. None: where most trials were measured.
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
        If there is no such parameter or metric, or both are the same one.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.plotting import contour
    >>> tuner = Tuner({"x": Float(-1, 1), "y": Float(-1, 1)},
    ...               lambda params: -params["x"] ** 2 - params["y"] ** 2, random_state=0)
    >>> ax = contour(tuner.run(n_trials=20), x="x", y="y")      # doctest: +SKIP
    """
    check_choice("show", show, ["mean", "deviation"])
    measured(source)
    try:
        found = surface(source, x, y, metric=metric, resource=resource)
    except NoSurfaceError as error:
        ax = axes_for(ax)
        ax.set(xlabel=plain(x), ylabel=plain(y), xticks=[])
        note(ax, "\n".join(map(plain, wrap(str(error), _LONGEST))))
        return ax
    ax = axes_for(ax)
    draw_scale(ax, found.x)
    _draw_vertical_scale(ax, found.y)
    ax.set_xlabel(plain_labels([x, y])[0])
    ax.set_ylabel(plain_labels([x, y], _LONGEST_UPRIGHT)[1])
    at = training(source, found.resource)
    _draw_heights(ax, found, show, at)
    column, row = found.trials.T
    others = np.arange(len(column)) != found.best
    dots: dict[str, Any] = {"s": dot_size(len(column)), "zorder": 3, "clip_on": False}
    ax.scatter(column[others], row[others], color="white", edgecolors=INK, linewidths=0.6, **dots)
    star: dict[str, Any] = {"marker": "*", "ms": 15, "mec": INK, "mew": 0.8, "ls": "none"}
    best = column[[found.best]], row[[found.best]]
    where = f" at {plain(at)}" if at else ""
    ax.plot(*best, color=ACCENT, zorder=4, clip_on=False, label=f"best{where}", **star)
    which = "" if found.is_best_of_all else " that has both"
    edge_note(ax, [f"all other parameters as in the best configuration{where}{which} (star)"])
    return ax


def _draw_heights(ax: Axes, found: Surface, show: str, at: str) -> None:
    """Draw the surface, and explain its colours beside the axes."""
    heights = found.mean if show == "mean" else found.std
    low, high = float(np.nanmin(heights)), float(np.nanmax(heights))
    if high - low <= 1e-9 * max(abs(low), abs(high)):  # contours need two levels
        low, high = low - 0.5, high + 0.5
    colours = number_colours(low, high)
    style: dict[str, Any] = {"cmap": colours.cmap, "norm": colours.norm, "zorder": 0}
    if "categories" in (found.x.kind, found.y.kind):
        edges = _edges(found.x, found.x_values), _edges(found.y, found.y_values)
        ax.pcolormesh(*edges, heights, **style)
        ax.set(xlim=edges[0][[0, -1]], ylim=edges[1][[0, -1]])
    else:
        # As parts of the range: beyond 1e250, matplotlib has no levels.
        parts = (heights - low) / (high - low)
        levels = np.linspace(0.0, 1.0, _N_LEVELS)
        filled: dict[str, Any] = style | {"norm": None, "vmin": 0.0, "vmax": 1.0}
        ax.contourf(found.x_values, found.y_values, parts, levels, extend="both", **filled)
        lines: dict[str, Any] = {"colors": "white", "linewidths": 0.5, "alpha": 0.6, "zorder": 1}
        ax.contour(found.x_values, found.y_values, parts, levels, **lines)
    at = f" at {plain(at)}" if at else ""
    label = plain(found.label) if show == "mean" else f"standard deviation of {plain(found.label)}"
    ax.figure.colorbar(colours, ax=ax, label=label + at)


def _draw_vertical_scale(ax: Axes, scale: Scale) -> None:
    """Make the vertical axis that of a parameter."""
    if scale.kind == "log":
        log_axis(ax.yaxis)
    elif scale.kind == "categories":
        ax.set_yticks(range(len(scale.texts)), [plain(text) for text in scale.texts])
    elif scale.is_integer:
        ax.yaxis.set_major_locator(whole_numbers())


def _edges(scale: Scale, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the edges of cells whose middles are these values on their axis."""
    at = np.log10(values) if scale.kind == "log" else values
    half = np.diff(at)[0] / 2
    edges: NDArray[np.float64] = np.concatenate([[at[0] - half], at + half])
    return 10.0**edges if scale.kind == "log" else edges
