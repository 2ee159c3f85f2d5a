"""Mean ranks of methods over data sets, and which of them differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skhpo.inspection.ranks import Ranks
from skhpo.inspection.ranks import critical_difference as ranks_of
from skhpo.plotting._axes import axes_for, edge_note, letters_across, plain_labels
from skhpo.plotting._colours import ACCENT, INK

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["critical_difference"]

_ROW = 0.62  # height of a line of text, in units of the vertical axis
_BAR = 0.28  # distance between bars
_SIDE = 0.06  # how far the names stand beside the axis, in parts of it
_LEAST, _MOST = 0.245, 0.33  # parts of the picture on each side that names take
_WIDEST, _LETTERS = 12.0, 12  # inches of a picture, and letters on each of them
_RANK = len("  10.0")
_SHORTEST = 5  # letters of a name, however little room there is


def critical_difference(
    scores: Ranks | Mapping[str, Sequence[float]],
    *,
    alpha: float = 0.05,
    ax: Axes | None = None,
) -> Axes:
    """Draw mean ranks of methods on a line; bars connect those that are not found to differ.

    The best is at the left. Two methods without a bar that connects them differ more than the
    critical difference, which is drawn at the top.

    Parameters
    ----------
    scores : Ranks, or mapping of str to sequence of float
        By method, one score for each data set; greater is better. Or what
        :func:`skhpo.inspection.critical_difference` made of them.
    alpha : float, default=0.05
        With which probability two methods that are equally good are called different; ranks have
        one already.
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
        If ``scores`` is no mapping, or ``ax`` is something else.
    ValueError
        If there are fewer than two methods or data sets, or some methods have other numbers of
        scores than others.

    References
    ----------
    J. Demsar: Statistical Comparisons of Classifiers over Multiple Data Sets. JMLR 7, 2006,
    figure 1.

    Examples
    --------
    >>> from skhpo.plotting import critical_difference
    >>> ax = critical_difference({"a": [0.9, 0.8, 0.7], "b": [0.8, 0.7, 0.6]})    # doctest: +SKIP
    """
    found = scores if isinstance(scores, Ranks) else ranks_of(scores, alpha=alpha)
    k = len(found.methods)
    n_left = (k + 1) // 2
    bottom = -_BAR * (len(found.groups) + 1)
    longest = max(map(len, plain_labels(found.methods))) + _RANK
    width = min(_WIDEST, max(7.0, longest / _MOST / _LETTERS))
    is_new = ax is None
    ax = axes_for(ax, (width, 1.5 + 0.3 * (n_left + 0.5 * len(found.groups))))
    ax.set_axis_off()
    letters = int(_LETTERS * width) if is_new else letters_across(ax)
    room = min(_MOST, max(_LEAST, longest / letters))
    side = _SIDE * (k - 1)
    line: dict[str, Any] = {"color": INK, "lw": 1.2, "clip_on": False}
    ax.plot([1, k], [0, 0], **line)
    few = _step(k, (1 - 2 * room) * letters)
    for rank in range(1, k + 1):
        ax.plot([rank, rank], [0, 0.12], **line)
        if rank == 1 or (rank > few and rank % few == 0):
            ax.text(rank, 0.2, f"{rank}", ha="center", va="bottom", color=INK)
    names = plain_labels(found.methods, max(_SHORTEST, int(room * letters) - _RANK))
    for place, rank in enumerate(found.ranks.tolist()):
        is_left = place < n_left
        level = bottom - _ROW * (place if is_left else k - 1 - place)
        end = 1 - side if is_left else k + side
        ax.plot([rank, rank, end], [0, level, level], **line)
        text = f"{names[place]}  {rank:.2f}" if is_left else f"{rank:.2f}  {names[place]}"
        gap = -0.2 * side if is_left else 0.2 * side
        ax.text(end + gap, level, text, ha="right" if is_left else "left", va="center", color=INK)
    _draw_groups(ax, found)
    _draw_ruler(ax, found)
    beside = room * (k - 1) / (1 - 2 * room)
    ax.set(xlim=(1 - beside, k + beside), ylim=(bottom - _ROW * n_left, 1.9))
    said = f"{found.n_sets} data sets, p = {found.p_value:.2g} that all are equally good"
    edge_note(ax, [f"{said} (Friedman's test, F form of Iman and Davenport)"])
    return ax


def _step(k: int, letters: float) -> int:
    """Return that each so-manieth rank has its number, where that many letters have room."""
    width = len(f"{k}") + 1
    steps = (power * first for power in (1, 10, 100, 1000) for first in (1, 2, 5))
    return next((step for step in steps if step * letters / (k - 1) >= width), k)


def _draw_groups(ax: Axes, found: Ranks) -> None:
    """Draw a bar for each group of methods that do not differ."""
    rank_of = dict(zip(found.methods, found.ranks.tolist(), strict=True))
    reach = 0.012 * (len(found.methods) - 1)
    for number, group in enumerate(found.groups, start=1):
        ends = [rank_of[group[0]] - reach, rank_of[group[-1]] + reach]
        bar: dict[str, Any] = {"color": ACCENT, "lw": 4, "solid_capstyle": "round", "zorder": 3}
        ax.plot(ends, [-_BAR * number] * 2, **bar)


def _draw_ruler(ax: Axes, found: Ranks) -> None:
    """Draw how long the critical difference is; no longer than the axis."""
    k, level = len(found.methods), 1.15
    length = min(found.critical, k - 1.0)
    ax.plot([1, 1 + length], [level, level], color=ACCENT, lw=1.5)
    for end in (1, 1 + length):
        ax.plot([end, end], [level - 0.1, level + 0.1], color=ACCENT, lw=1.5)
    beyond = " (longer than the axis)" if found.critical > length else ""
    text = f"critical difference {found.critical:.2f}{beyond}"
    ax.text(1 + length / 2, level + 0.15, text, ha="center", va="bottom", color=INK)
