"""Where a picture is drawn, and what stands on its axes."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skhpo.exceptions import MissingExtraError
from skhpo.inspection.scales import Scale, distinct_labels, elided, telling_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.ticker import Locator

__all__ = [
    "axes_for",
    "beyond",
    "clipped",
    "dot_size",
    "draw_scale",
    "edge_note",
    "focus",
    "legend",
    "letters_across",
    "log_axis",
    "note",
    "plain",
    "plain_labels",
    "resource_axis",
    "whole_numbers",
]

_LONGEST_NAME = 40  # letters beside an axis
_LETTERS, _SMALL_LETTERS = 10, 13  # on each inch of an axis, at least
_N_RUNGS = 12  # marks of rungs on an axis
_SMALL = 1000  # dots from which they are smaller


def axes_for(ax: Any, size: tuple[float, float] = (7.0, 4.5)) -> Axes:
    """Return the axes that were given, or those of a new figure.

    Parameters
    ----------
    ax : matplotlib.axes.Axes or None
        What the user gave.
    size : tuple of float, default=(7.0, 4.5)
        Width and height of a new figure, in inches.

    Raises
    ------
    MissingExtraError
        If there is no matplotlib.
    TypeError
        If it is something else.
    """
    try:
        from matplotlib import pyplot
        from matplotlib.axes import Axes
    except ImportError as error:
        raise MissingExtraError(
            'pictures need matplotlib, which is not installed: pip install "skhpo[plot]"'
        ) from error
    if ax is None:
        new: Axes = pyplot.subplots(figsize=size, layout="constrained")[1]
        return new
    if not isinstance(ax, Axes):
        raise TypeError(
            f"ax must be one matplotlib Axes or None, got {type(ax).__name__}; of an array of "
            f"axes, give one: ax=axes[0]"
        )
    return ax


def note(ax: Axes, text: str) -> None:
    """Write in the middle of axes why there is nothing to be seen.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    text : str
        What.
    """
    ax.set_yticks([])
    ax.text(0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center", color="0.4")


def plain(text: str, longest: int = _LONGEST_NAME) -> str:
    """Return a text as matplotlib writes it: on one line, not too long, its dollars no formula.

    Parameters
    ----------
    text : str
        Whatever it is.
    longest : int, default=40
        How many letters it may have.
    """
    return elided(text, longest).replace("$", r"\$")


def plain_labels(names: Sequence[str], longest: int = _LONGEST_NAME) -> list[str]:
    """Return names that stand side by side as matplotlib writes them: no two of them alike.

    Parameters
    ----------
    names : sequence of str
        Whatever they are.
    longest : int, default=40
        How many letters each may have.
    """
    return [text.replace("$", r"\$") for text in distinct_labels(names, longest)]


def letters_across(ax: Axes) -> int:
    """Return how many letters have room beside each other along axes, at least.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    """
    return int(_LETTERS * ax.bbox.width / ax.figure.dpi)


def whole_numbers() -> Locator:
    """Return what puts ticks at round integers only."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10])


def log_axis(axis: Axis) -> None:
    """Put an axis in powers of ten; marks between these have numbers where there is room.

    Parameters
    ----------
    axis : matplotlib.axis.Axis
        The horizontal or the vertical one of some axes.
    """
    from skhpo.plotting._log_marks import MarksWithRoom

    ax = axis.axes
    (ax.set_yscale if axis is ax.yaxis else ax.set_xscale)("log")
    axis.set_minor_formatter(MarksWithRoom())


def dot_size(n: int) -> float:
    """Return the area of dots, in points squared, for so many of them.

    Parameters
    ----------
    n : int
        How many there are.
    """
    return 22.0 if n < _SMALL else max(3.0, 22.0 * _SMALL / n)


def draw_scale(ax: Axes, scale: Scale) -> None:
    """Make the horizontal axis that of a parameter.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where coordinates of the scale are drawn.
    scale : Scale
        The axis.
    """
    ax.set_xlabel(plain(scale.name))
    if scale.kind == "log":
        log_axis(ax.xaxis)
    elif scale.kind == "categories":
        slanted: dict[str, Any] = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"}
        is_wide = _are_crowded(ax, scale.texts)
        texts = [plain(text) for text in scale.texts]
        ax.set_xticks(range(len(texts)), texts, **(slanted if is_wide else {}))
        ax.set_xlim(-0.6, max(len(texts), 1) - 0.4)
    elif scale.is_integer:
        ax.xaxis.set_major_locator(whole_numbers())


def _are_crowded(ax: Axes, texts: Sequence[str]) -> bool:
    """Whether texts evenly beside each other would overlap, also beside a bar of colours."""
    letters = letters_across(ax)
    return max(map(len, texts), default=0) > letters / max(len(texts), 1) or (
        sum(map(len, texts)) > letters
    )


def resource_axis(ax: Axes, resources: NDArray[np.float64], name: str) -> None:
    """Make the horizontal axis that of the resource, with marks at the rungs if these are few.

    Rungs that grow by a factor are evenly apart.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where scores over the resource are drawn.
    resources : ndarray
        All that are drawn.
    name : str
        What the resource is called.
    """
    from matplotlib.ticker import FixedLocator, NullLocator

    ax.set_xlabel(plain(name))
    found = np.unique(resources[np.isfinite(resources)])
    is_growing = len(found) > 2 and found[0] > 0 and np.diff(found)[-1] > 2 * np.diff(found)[0]
    if is_growing:
        log_axis(ax.xaxis)
    if 0 < len(found) <= _N_RUNGS:
        marked = _with_room(ax, np.log(found) if is_growing else found, found)
        ax.set_xticks(marked, [f"{resource:.6g}" for resource in marked])
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_locator(FixedLocator(marked.tolist()))
    elif not is_growing and (found == np.rint(found)).all():
        ax.xaxis.set_major_locator(whole_numbers())


def _with_room(
    ax: Axes, places: NDArray[np.float64], resources: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return those resources whose marks do not run into each other, the highest first of all."""
    # By unit of the axis; names of colours beside it may take up to a half of it.
    letters = letters_across(ax) / 2 / (float(np.ptp(places)) or 1.0)
    marked: list[int] = []
    for place in range(len(resources) - 1, -1, -1):
        width = 2 + len(f"{resources[place]:.6g}")
        if not marked or (places[marked[-1]] - places[place]) * letters >= width:
            marked.append(place)
    found: NDArray[np.float64] = resources[marked[::-1]]
    return found


def focus(ax: Axes, scores: NDArray[np.float64], sign: int) -> NDArray[np.float64]:
    """Show the scores that matter: what is far worse than the others is at the edge.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where scores are drawn vertically.
    scores : ndarray
        All that are drawn; infinite ones are at the edge, too.
    sign : int
        1 where greater is better, otherwise -1.

    Returns
    -------
    ndarray
        The same scores, none of them beyond the edges; NaN where there is none.
    """
    low, high = telling_range(scores, sign)
    margin = 0.05 * (high - low) or 0.05 * max(abs(high), 1e-3)
    ax.set_ylim(low - margin, high + margin)
    shown: NDArray[np.float64] = np.clip(scores, low - margin, high + margin)
    return shown


def clipped(scores: NDArray[np.float64], sign: int) -> NDArray[np.float64]:
    """Return scores, those far worse than the others as what they are not far from.

    Parameters
    ----------
    scores : ndarray
        All that are drawn.
    sign : int
        1 where greater is better, otherwise -1.

    Returns
    -------
    ndarray
        Finite, but NaN where there is none.
    """
    shown: NDArray[np.float64] = np.clip(scores, *telling_range(scores, sign))
    return shown


def beyond(scores: NDArray[np.float64], shown: NDArray[np.float64]) -> list[str]:
    """Return in words how many scores are not shown where they are, as one text or none.

    Parameters
    ----------
    scores, shown : ndarray
        As they are, and as they are drawn.
    """
    n = int((scores[~np.isnan(scores)] != shown[~np.isnan(scores)]).sum())
    return [f"{n} score{'s are' if n > 1 else ' is'} beyond the edge"] if n else []


def legend(ax: Axes, signs: Sequence[Any] | None = None) -> None:
    """Draw the legend above the axes, where it hides nothing.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    signs : sequence of matplotlib.artist.Artist or None, default=None
        What is explained; no legend for none. None: whatever has a label.
    """
    from matplotlib.collections import PathCollection

    signs = ax.get_legend_handles_labels()[0] if signs is None else signs
    if signs:
        drawn = ax.legend(
            handles=signs,
            loc="lower right",
            bbox_to_anchor=(1.0, 1.0),
            ncols=len(signs),
            fontsize="small",
            frameon=False,
            borderaxespad=0.2,
            columnspacing=1.2,
        )
        for sign in drawn.legend_handles:
            if isinstance(sign, PathCollection):  # dots of many are too small to be seen alone
                sign.set_sizes([dot_size(1)])


def edge_note(ax: Axes, texts: Sequence[str]) -> None:
    """Write small above the axes what the picture leaves out.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    texts : sequence of str
        What; nothing is written for none.
    """
    letters = max(20, int(_SMALL_LETTERS * ax.bbox.width / ax.figure.dpi))
    if texts:
        lines = wrap("; ".join(texts), letters)
        ax.set_title("\n".join(lines), fontsize="small", color="0.4", loc="left")
