"""Parts of something as bars, with how sure they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skhpo.inspection.columns import Table
from skhpo.plotting._axes import edge_note, note, plain
from skhpo.plotting._colours import BLUE, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_parts"]

_N_BARS = 15


def draw_parts(
    ax: Axes, texts: Sequence[str], table: Table, *, noun: str, explained: str, at: str = ""
) -> None:
    """Draw parts of the variance as horizontal bars, the first at the top.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        Where.
    texts : sequence of n str
        What they are parts of, as it is written beside the bars.
    table : dict of str to ndarray of shape (n,)
        ``importance``, ``low`` and ``high``: how large they are, and between what; NaN where that
        is not known.
    noun : str
        What there is one bar of, in the plural.
    explained : str
        Which part a bar is: what that one does, in words.
    at : str, default=""
        After how much training scores were looked at, such as ``"epochs 1"``.
    """
    part, low, high = (table[name] for name in ("importance", "low", "high"))
    ax.set_xlabel(f"part of the variance of the score\nthat {explained}")
    notes = [f"scores at {plain(at)}"] if at else []
    known = np.flatnonzero(~np.isnan(part))
    shown = known[:_N_BARS]
    if not len(shown):
        ax.set_xticks([])
        note(ax, "nothing can be said: two scores that differ are needed")
        return
    places = np.arange(len(shown))
    ax.barh(places, part[shown], height=0.7, color=BLUE, zorder=2)
    whiskers: dict[str, Any] = {"color": INK, "lw": 1.2, "zorder": 3}
    ax.hlines(places, low[shown], high[shown], **whiskers)
    for ends in (low[shown], high[shown]):
        ax.vlines(ends, places - 0.13, places + 0.13, **whiskers)
    ax.set_yticks(places, [texts[place] for place in shown])
    ax.tick_params(axis="y", length=0)
    ax.set_ylim(len(shown) - 0.4, -0.6)
    ax.set_xlim(left=0.0)
    ax.locator_params(axis="x", nbins=5)
    n_others = len(known) - len(shown)
    if n_others:
        most = part[known[_N_BARS]]
        notes.append(f"{n_others} other {noun}, at most {most:.2g} each, are not shown")
    edge_note(ax, notes)
