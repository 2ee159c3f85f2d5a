"""What a better score in one metric costs in another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skhpo.inspection.pareto import directions
from skhpo.inspection.pareto import pareto_front as table_of
from skhpo.plotting._axes import axes_for, dot_size, legend, note, plain_labels
from skhpo.plotting._colours import ACCENT, GREY, INK
from skhpo.plotting._picture import picture
from skhpo.plotting._sources import measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["pareto_front"]

_MANY = 5000  # dots from which they are an image, also in a file of vectors


@picture
def pareto_front(
    source: Any,
    *,
    metrics: Sequence[str] | None = None,
    minimize: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw two metrics against each other, and which configurations are efficient.

    A configuration is efficient if no other one is better in one of the two and worse in none. The
    line runs along the edge of what was reached: everything on its one side is no better than
    something that was found. Where training is divided, only configurations with as much of it as
    any can be efficient, the others are circles; where early ones may win, as in a population, all
    can be.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    metrics : sequence of two str or None, default=None
        The horizontal one and the vertical one: metrics of the search, ``"fit_time"`` or
        ``"score_time"``, of which less is better; ``"fit_time"`` is that of all rungs that a
        configuration has climbed. None: those of the search, if there are two.
    minimize : sequence of str or None, default=None
        Metrics of which less is better. None: all those of a tuner that minimises, and none of any
        other source, as scores of scikit-learn's scorers are better when they are greater.
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
        If there is no history in it, or ``ax`` or ``metrics`` is something else.
    ValueError
        If there are no such metrics, or not two of them.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.plotting import pareto_front
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0)
    >>> ax = pareto_front(tuner.run(n_trials=20), metrics=["score", "fit_time"])  # doctest: +SKIP
    """
    measured(source)
    smaller = directions(source, metrics, minimize)
    if len(smaller) != 2:
        raise ValueError(
            f'metrics must name two, such as metrics=["accuracy", "fit_time"]; there are '
            f"{list(smaller)}"
        )
    ax = axes_for(ax)
    table = table_of(source, metrics, minimize)
    x, y = (table[f"mean_{name}"] for name in smaller)
    words = [
        f"{name}{' (less is better)' if less else ''}"
        for name, less in zip(plain_labels(list(smaller)), smaller.values(), strict=True)
    ]
    ax.set(xlabel=words[0], ylabel=words[1])
    if not len(x):
        note(ax, "no trial has a score in both")
        return ax
    efficient = table["is_efficient"]
    style: dict[str, Any] = {"zorder": 2, "rasterized": len(x) > _MANY}
    area = dot_size(len(x))
    # False where training is not divided. An early one that is efficient is drawn as such.
    is_early = ~efficient & (table["resource"] < np.max(table["resource"]))
    late = ~efficient & ~is_early
    ax.scatter(x[late], y[late], s=area, color=GREY, lw=0, **style)
    if is_early.any():
        style |= {"facecolors": "none", "edgecolors": GREY, "label": "had less training"}
        ax.scatter(x[is_early], y[is_early], s=area, lw=0.8, **style)
    order = np.flatnonzero(efficient)[np.lexsort((y[efficient], x[efficient]))]
    edge = "steps-post" if next(iter(smaller.values())) else "steps-pre"
    ax.plot(x[order], y[order], drawstyle=edge, color=INK, lw=1.2, zorder=3)
    ax.plot(
        x[order], y[order], "o", color=ACCENT, mec=INK, mew=0.6, ms=6, zorder=3, label="efficient"
    )
    legend(ax)
    return ax
