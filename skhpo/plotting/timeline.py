"""Who worked when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.columns import Table
from skhpo.inspection.timeline import covered, utilisation
from skhpo.inspection.timeline import timeline as table_of
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

_MANY = 400  # pieces of work beyond which it is drawn how busy each worker was
_LEAST = 4e-4  # width of the shortest piece of work that can be seen, of the whole
_HALF = 0.4  # of the height of a bar, in lanes
_N_PARTS = 150  # of the whole time, that can be told apart


@picture
def timeline(source: Any, *, ax: Axes | None = None) -> Axes:
    """Draw who worked when: one bar for each fold of a trial, on the lane of a worker.

    What is white between them is time in which a worker had nothing to do, or a decision was made.
    Bars are coloured by the resource where training is divided; failures of any kind have a colour
    of their own, and are hatched. Of more than 400 bars, many would be thinner than a line: instead
    it is drawn which part of the time each worker was busy, and failures are crosses. The title
    says how busy the workers were.

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
    known = {column: values[is_known] for column, values in table.items()}
    name, unit = unit_of(busy.wall)
    known |= {column: known[column] / unit for column in ("start", "end")}
    if is_known.sum() > _MANY and busy.wall > 0:
        _draw_parts(ax, known, busy.n_workers)
    else:
        _draw_one_by_one(ax, known, resource_name(source))
    ax.set_xlim(0.0, busy.wall / unit or 1.0)
    ax.set_ylim(busy.n_workers + 0.5, 0.5)
    ax.set_xlabel(plain(name))
    ax.set_yticks(range(1, busy.n_workers + 1, 1 + busy.n_workers // 20))
    return ax


def _draw_one_by_one(ax: Axes, table: Table, resource: str) -> None:
    """Draw each piece of work as a bar."""
    from matplotlib.patches import Patch

    lanes, start, end = (table[name] for name in ("worker", "start", "end"))
    end = np.maximum(end, start + _LEAST * (end.max() or 1.0))
    failed = table["status"] != "completed"
    of_resources = resource_colours(ax, table["resource"], resource)
    colours = BLUE if of_resources is None else of_resources[~failed]
    _draw_bars(ax, lanes[~failed], start[~failed], end[~failed], colours, None)
    if failed.any():
        _draw_bars(ax, lanes[failed], start[failed], end[failed], ACCENT, "////")
        legend(ax, [Patch(fc=ACCENT, ec="white", hatch="////", label=f"failed ({failed.sum()})")])


def _draw_bars(
    ax: Axes,
    lanes: NDArray[np.int_],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    colours: Any,
    hatch: str | None,
) -> None:
    from matplotlib.collections import PolyCollection

    top, bottom = lanes + 1 - _HALF, lanes + 1 + _HALF
    x = np.stack([start, end, end, start], axis=1)
    y = np.stack([top, top, bottom, bottom], axis=1)
    corners = list(np.stack([x, y], axis=2))
    style: dict[str, Any] = {"edgecolors": "white", "linewidths": 0.4, "hatch": hatch}
    ax.add_collection(PolyCollection(corners, facecolors=colours, **style))


def _draw_parts(ax: Axes, table: Table, n_workers: int) -> None:
    """Draw how busy each worker was in each part of the time."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LinearSegmentedColormap, Normalize

    edges = np.linspace(0.0, float(table["end"].max()), _N_PARTS + 1)
    # From white, but who was busy for a hundredth of the time can be seen.
    steps = [(0.0, "white"), (0.01, "#d3e6f3"), (1.0, BLUE)]
    style: dict[str, Any] = {
        "norm": Normalize(0.0, 1.0),
        "cmap": LinearSegmentedColormap.from_list("busy", steps),
    }
    for lane in range(n_workers):
        rows = table["worker"] == lane
        parts = covered(table["start"][rows], table["end"][rows], edges)
        level = [lane + 1 - _HALF, lane + 1 + _HALF]
        ax.pcolormesh(edges, level, parts[None], zorder=1, **style)
    ax.figure.colorbar(ScalarMappable(**style), ax=ax, label="part of the time busy")
    failed = table["status"] != "completed"
    if failed.any():
        cross: dict[str, Any] = {
            "s": 16,
            "lw": 0.8,
            "color": ACCENT,
            "zorder": 3,
            "rasterized": True,
        }
        at = table["end"][failed], 1 + table["worker"][failed]
        legend(ax, [ax.scatter(*at, marker="x", label=f"failed ({failed.sum()})", **cross)])
