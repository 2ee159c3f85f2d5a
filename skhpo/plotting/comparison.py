"""How several searches came to their best."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from skhpo.inspection.compare import Comparison, compare
from skhpo.inspection.words import check_choice
from skhpo.plotting._axes import axes_for, focus, note, plain, plain_labels, whole_numbers
from skhpo.plotting._colours import colour_scale
from skhpo.times import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["comparison"]

_STYLES = ("-", "--", "-.", ":")


def comparison(
    searches: Comparison | Mapping[str, Any],
    *,
    by: Literal["trial", "time"] = "trial",
    metric: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the best score of several searches over trials or time.

    A line begins with the first score. The dot on it is where the search has converged, as
    :func:`skhpo.inspection.compare` defines it.

    Parameters
    ----------
    searches : Comparison, or mapping of str to (History, search, tuner, ...)
        What is compared, by name.
    by : {"trial", "time"}, default="trial"
        Over what: trials that had been measured, or seconds since the first one began.
    metric : str or None, default=None
        Which score, where there are several; a comparison has one already. None: the one that each
        search optimises.
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
        If it is no mapping, there is no history in one of them, or ``ax`` is something else.
    ValueError
        If there is no search, one has no such metric, or some minimise and others maximise,
        or it is known of two that their scores are different metrics.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.plotting import comparison
    >>> tuners = {str(seed): Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=seed)
    ...           for seed in (1, 2)}
    >>> ax = comparison({name: tuner.run(n_trials=20) for name, tuner in tuners.items()}
    ...                 )       # doctest: +SKIP
    """
    check_choice("by", by, ["trial", "time"])
    found = searches if isinstance(searches, Comparison) else compare(searches, metric=metric)
    ax = axes_for(ax)
    names = [{"search": name} for name in found.curves]
    colours = colour_scale("search", names).of(names)
    best = np.concatenate([curve["best"] for curve in found.curves.values()])
    focus(ax, best, found.sign)
    unit_name, unit = "trials", 1.0
    if by == "time":
        ends = np.concatenate([curve["seconds"] for curve in found.curves.values()])
        unit_name, unit = unit_of(max(ends[~np.isnan(ends)], default=0.0))
    column = "trials_to_converge" if by == "trial" else "seconds_to_converge"
    rows = zip(found.curves.items(), colours, found.table[column].tolist(), strict=True)
    texts = plain_labels(list(found.curves))
    n_drawn = 0
    for place, ((_, curve), colour, converged) in enumerate(rows):
        x = _measured(curve["trial"]) if by == "trial" else curve["seconds"] / unit
        is_there = ~np.isnan(x) & ~np.isnan(curve["best"])
        y = np.clip(curve["best"], *ax.get_ylim())
        style = _STYLES[place % len(_STYLES)]
        text = texts[place] if is_there.any() else f"{texts[place]} (nothing to draw)"
        steps = {"where": "post", "ls": style, "color": colour, "lw": 1.8, "label": text}
        ax.step(x[is_there], y[is_there], **steps)
        n_drawn += bool(is_there.any())
        at = np.flatnonzero(is_there & (x >= converged / unit * (1 - 1e-9)))
        if len(at):
            ax.plot(x[at[0]], y[at[0]], "o", color=colour, ms=7, mec="white", zorder=3)
    ax.set(xlabel=unit_name, ylabel=f"best {plain(found.label)}")
    if by == "trial":
        ax.xaxis.set_major_locator(whole_numbers())
    if n_drawn:
        ax.legend(loc="best", fontsize="small")
    else:
        note(ax, "no times are known" if by == "time" else "no trial has a score")
    return ax


def _measured(trials: Any) -> Any:
    """Return how many trials had been measured after each evaluation."""
    first = np.zeros(len(trials))
    first[np.unique(trials, return_index=True)[1]] = 1.0
    return np.cumsum(first)
