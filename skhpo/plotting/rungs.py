"""Who came to each rung, and how those compare that went on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skhpo.inspection.rungs import rung_scores
from skhpo.inspection.rungs import rungs as table_of
from skhpo.inspection.tables import sign_of
from skhpo.inspection.words import metric_of, resource_name
from skhpo.plotting._axes import (
    axes_for,
    beyond,
    dot_size,
    edge_note,
    focus,
    legend,
    letters_across,
    note,
    plain,
)
from skhpo.plotting._colours import BLUE, GREY, INK
from skhpo.plotting._dots import draw_beyond, draw_failures, spread
from skhpo.plotting._picture import picture
from skhpo.plotting._sources import divided

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["rungs"]

_MANY = 5000  # dots from which they are an image, also in a file of vectors


@picture
def rungs(source: Any, *, metric: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw how many configurations came to each rung, and the scores of those that went on.

    At each rung there is a dot for each configuration: on the left those that were given no more,
    on the right those that were. The bars are their quartiles. Where the two overlap,
    the order at that rung was not what decided: of asynchronous searches that promote early, or
    where a population copies.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened. Training must be divided.
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
        If training was not divided, or there is no such metric.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.plotting import rungs
    >>> from skhpo.schedulers import AsynchronousHalving
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params, resource: params["x"] * resource,
    ...               scheduler=AsynchronousHalving(27, (1, 3, 9)), random_state=0)
    >>> ax = rungs(tuner.run())         # doctest: +SKIP
    """
    scored = metric_of(source, divided(source), metric)
    ax = axes_for(ax)
    table, rows = table_of(source, metric), rung_scores(source, metric)
    place = np.searchsorted(table["resource"], rows["resource"]).astype(float)
    x = place + np.where(rows["goes_on"], 0.2, -0.2)
    shown = focus(ax, rows["score"], sign_of(source))
    signs: list[Any] = []
    for ending, word, colour, side in (
        ("stopped", "given no more", GREY, -0.2),
        ("on", "given more", BLUE, 0.2),
    ):
        meant = (rows["goes_on"] == (ending == "on")) & ~np.isnan(shown)
        if not meant.any():
            continue
        across, scores = spread(x[meant], 0.28), rows["score"][meant]
        is_inside = scores == shown[meant]
        dots = ax.scatter(
            across[is_inside],
            scores[is_inside],
            s=dot_size(len(x)),
            color=colour,
            lw=0,
            alpha=0.6,
            zorder=2,
            rasterized=len(x) > _MANY,
            label=word,
        )
        signs.append(dots)
        draw_beyond(ax, across, scores, colour)
        at = np.flatnonzero(~np.isnan(table[f"median_{ending}"]))
        low, middle, high = (
            np.clip(table[f"{name}_{ending}"][at], *ax.get_ylim())
            for name in ("low", "median", "high")
        )
        ax.vlines(at + side, low, high, color=INK, lw=2.0, zorder=3)
        ax.scatter(at + side, middle, marker="_", s=220, color=INK, lw=2.0, zorder=3)
    edge_note(ax, beyond(rows["score"], shown))
    signs += draw_failures(ax, x[np.isnan(shown)])
    texts = [
        f"{resource:.6g}\n{n} came" + (f"\n{n_on} went on" if n_on else "")
        for resource, n, n_on in zip(table["resource"], table["n"], table["n_on"], strict=True)
    ]
    widest = max(len(line) for text in texts for line in text.split("\n"))
    few = max(1, int(np.ceil(len(texts) * (1 + widest) / letters_across(ax))))
    ax.set_xticks(range(0, len(texts), few), texts[::few])
    ax.set_xlim(-0.6, len(texts) - 0.4)
    ax.set(xlabel=plain(resource_name(source)), ylabel=plain(scored.label))
    if np.isnan(shown).all():
        note(ax, "no trial has a score")
    legend(ax, signs)
    return ax
