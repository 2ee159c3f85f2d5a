"""Who worked when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.timeline import timeline as table_of
from skhpo.inspection.timeline import utilisation
from skhpo.inspection.words import resource_name
from skhpo.plotting._axes import axes_for, legend, note, plain
from skhpo.plotting._colours import ACCENT, BLUE
from skhpo.plotting._dots import resource_colours
from skhpo.plotting._picture import picture
from skhpo.plotting._sources import measured
from skhpo.times import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["timeline"]

_MANY = 1000  # pieces of work from which there is no line between them
_LEAST = 4e-4  # width of the shortest piece of work that can be seen, of the whole


@picture
def timeline(source: Any, *, ax: Axes | None = None) -> Axes:
    """Draw who worked when: one bar for each fold of a trial, on the lane of a worker.

    What is white between them is time in which a worker had nothing to do, or a decision was made.
    Bars are coloured by the resource where training is divided; failures of any kind have a colour
    of their own, and are hatched. The title says how busy the workers were.

    Parameters
    ----------
    source : History, search, tuner or search on disk
        What happened. ``cv_results_`` know no times.
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

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.plotting import timeline
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0)
    >>> ax = timeline(tuner.run(n_trials=20))       # doctest: +SKIP
    """
    measured(source)
    table, busy = table_of(source), utilisation(source)
    ax = axes_for(ax, (7.0, min(1.6 + 0.45 * max(busy.n_workers, 2), 9.0)))
    ax.set_ylabel("worker")
    ax.set_title(str(busy), loc="left", fontsize="medium")
    is_known = table["worker"] >= 0
    if not is_known.any():
        ax.set_title("", loc="left")
        ax.set_xticks([])
        note(ax, "no times are known")
        return ax
    lanes, start, end, resources = (
        table[name][is_known] for name in ("worker", "start", "end", "resource")
    )
    name, unit = unit_of(busy.wall)
    start, end = start / unit, np.maximum(end, start + _LEAST * busy.wall) / unit
    failed = np.array([status != "completed" for status in table["status"][is_known]])
    of_resources = resource_colours(ax, resources, resource_name(source))
    colours = BLUE if of_resources is None else of_resources[~failed]
    is_many = len(lanes) > _MANY
    _draw_bars(ax, lanes[~failed], start[~failed], end[~failed], colours, None, is_many)
    if failed.any():
        _draw_bars(ax, lanes[failed], start[failed], end[failed], ACCENT, "////", is_many)
        from matplotlib.patches import Patch

        patch = Patch(fc=ACCENT, ec="white", hatch="////", label=f"failed ({failed.sum()})")
        legend(ax, [patch])
    ax.set_xlim(0.0, float(end.max()) or 1.0)
    ax.set_ylim(busy.n_workers + 0.5, 0.5)
    ax.set_xlabel(plain(name))
    ax.set_yticks(range(1, busy.n_workers + 1, 1 + busy.n_workers // 20))
    return ax


def _draw_bars(
    ax: Axes,
    lanes: NDArray[np.int_],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    colours: Any,
    hatch: str | None,
    is_many: bool,
) -> None:
    from matplotlib.collections import PolyCollection

    top, bottom = lanes + 0.6, lanes + 1.4
    x = np.stack([start, end, end, start], axis=1)
    y = np.stack([top, top, bottom, bottom], axis=1)
    ax.add_collection(
        PolyCollection(
            list(np.stack([x, y], axis=2)),
            facecolors=colours,
            edgecolors="none" if is_many else "white",
            linewidths=0.0 if is_many else 0.4,
            hatch=None if is_many else hatch,
            rasterized=is_many,
        )
    )
