"""Scores as dots, and failures as crosses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skhpo.plotting._axes import dot_size, plain
from skhpo.plotting._colours import BLUE, INK, number_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

__all__ = ["draw_beyond", "draw_failures", "draw_scores", "resource_colours", "spread"]

_MANY = 5000  # dots from which they are an image, also in a file of vectors
_GOLDEN = (5**0.5 - 1) / 2
_N_RUNGS = 10
_TRIANGLE = 6.0  # width of a sign at the edge, in points: as large however many dots there are


def draw_scores(
    ax: Axes,
    x: NDArray[Any],
    scores: NDArray[np.float64],
    resources: NDArray[np.float64],
    resource: str,
) -> None:
    """Draw scores as dots, coloured by the resource, which is explained beside the axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    x : ndarray of shape (n_scores,)
        Where each of them is horizontally.
    scores : ndarray of shape (n_scores,)
        Those that are NaN are left out; those beyond an edge are triangles at it.
    resources : ndarray of shape (n_scores,)
        NaN where training is not divided.
    resource : str
        What it is called.
    """
    style: dict[str, Any] = {
        "s": dot_size(len(scores)),
        "lw": 0,
        "alpha": 0.7,
        "zorder": 2,
        "rasterized": len(scores) > _MANY,
    }
    colours = resource_colours(ax, resources, resource)
    low, high = ax.get_ylim()
    scores = np.where(np.isnan(x), np.nan, scores)  # what has no place is not drawn
    is_inside = (low <= scores) & (scores <= high)
    if is_inside.any():
        hue = BLUE if colours is None else colours[is_inside]
        ax.scatter(x[is_inside], scores[is_inside], color=hue, **style)
    draw_beyond(ax, x, scores, BLUE if colours is None else colours)


def draw_beyond(ax: Axes, x: NDArray[Any], scores: NDArray[np.float64], colours: Any) -> None:
    """Draw what is beyond the lower or the upper edge as triangles inside of it.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where; its vertical limits are set.
    x : ndarray of shape (n_scores,)
        Where each of them is horizontally.
    scores : ndarray of shape (n_scores,)
        Those between the edges are left out, and those that are NaN.
    colours : color, or ndarray of shape (n_scores, 4)
        Of all, or of each.
    """
    from matplotlib.transforms import ScaledTranslation

    low, high = ax.get_ylim()
    for marker, edge, is_beyond, side in (
        ("v", low, scores < low, 1),
        ("^", high, scores > high, -1),
    ):
        if is_beyond.any():
            inside = ScaledTranslation(0.0, side * _TRIANGLE / 72, ax.figure.dpi_scale_trans)
            places = np.column_stack([x[is_beyond], np.full(is_beyond.sum(), edge)])
            ax.update_datalim(places)  # which matplotlib does not do for what is moved
            ax.scatter(
                places[:, 0],
                places[:, 1],
                s=_TRIANGLE**2,
                color=colours[is_beyond] if isinstance(colours, np.ndarray) else colours,
                marker=marker,
                edgecolors=INK,
                linewidths=0.5,
                transform=ax.transData + inside,
                zorder=3,
                rasterized=is_beyond.sum() > _MANY,
            )


def resource_colours(
    ax: Axes, resources: NDArray[np.float64], resource: str
) -> NDArray[np.float64] | None:
    """Return the colours of resources, and explain them beside the axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where they are drawn.
    resources : ndarray of shape (n,)
        NaN where training is not divided.
    resource : str
        What it is called.

    Returns
    -------
    ndarray of shape (n, 4) or None
        None where there are not two that differ.
    """
    rungs = np.unique(resources[np.isfinite(resources)])
    if len(rungs) < 2:
        return None
    field = number_colours(rungs[0], rungs[-1], log=bool(0 < rungs[0] < rungs[-1] / 4))
    bar = ax.figure.colorbar(field, ax=ax, label=plain(resource))
    if len(rungs) <= _N_RUNGS:
        bar.set_ticks(rungs.tolist(), labels=[f"{rung:.6g}" for rung in rungs])
        bar.minorticks_off()
    colours: NDArray[np.float64] = field.to_rgba(resources)
    return colours


def draw_failures(ax: Axes, x: NDArray[Any]) -> list[Line2D]:
    """Mark at the lower edge what has no score; return the legend.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    x : ndarray of shape (n_failures,)
        Where each of them is horizontally; those that are NaN are left out.
    """
    x = x[~np.isnan(x)]
    if not len(x):
        return []
    return ax.plot(
        x,
        np.full(len(x), 0.02),
        "x",
        color=INK,
        ms=5,
        mew=1.2,
        transform=ax.get_xaxis_transform(),
        label="failed" if len(x) == 1 else f"failed ({len(x)})",
    )


def spread(coordinates: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Return coordinates a little apart, so that dots at the same place can be told from another.

    Parameters
    ----------
    coordinates : ndarray of shape (n,)
        Where they are.
    width : float
        How far from another they may come.
    """
    shift = (np.arange(len(coordinates)) * _GOLDEN) % 1.0 - 0.5
    return coordinates + width * shift
