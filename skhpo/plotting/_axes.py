"""Where a picture is drawn, and what stands on its axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skhpo.exceptions import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.ticker import Locator

__all__ = ["axes_for", "note", "whole_numbers"]


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


def whole_numbers() -> Locator:
    """Return what puts ticks at round integers only."""
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator("auto", integer=True, steps=[1, 2, 5, 10])
