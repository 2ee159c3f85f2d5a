"""How the best score came about, trial by trial or over the time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from skhpo.inspection import convergence as table_of
from skhpo.inspection.columns import Table
from skhpo.inspection.tables import sign_of
from skhpo.inspection.words import check_choice, metric_of, resource_name
from skhpo.plotting._axes import (
    axes_for,
    beyond,
    dot_size,
    edge_note,
    focus,
    legend,
    note,
    plain,
    whole_numbers,
)
from skhpo.plotting._colours import ACCENT, INK
from skhpo.plotting._dots import draw_failures, draw_scores
from skhpo.plotting._picture import picture
from skhpo.plotting._sources import measured
from skhpo.times import unit_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["convergence"]


@picture
def convergence(
    source: Any,
    *,
    by: Literal["trial", "time"] = "trial",
    metric: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw all scores as they came in, and the best until then.

    The line is the score that would have won if the search had ended there. A score after more
    training is worth more than any after less: where training is divided the line may go down when
    the first trial comes to a higher rung. Scores far worse than the others are at the edge, and
    failures are crosses on the lower one.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    by : {"trial", "time"}, default="trial"
        Over the number of evaluations, or over the time since the first began.
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
        If there is no such metric, or ``by`` is something else.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.plotting import convergence
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0)
    >>> ax = convergence(tuner.run(n_trials=20))    # doctest: +SKIP
    """
    check_choice("by", by, ["trial", "time"])
    history = measured(source)
    scored = metric_of(source, history, metric)
    ax = axes_for(ax)
    table = table_of(source, metric)
    is_divided = not np.isnan(table["resource"]).all()
    table["x"], name = _axis(table, by, "evaluations" if is_divided else "trials")
    ax.set(xlabel=name, ylabel=plain(scored.label))
    if by == "time" and np.isnan(table["x"]).all():
        note(ax, "no times are known")
        return ax
    if by == "trial":
        ax.xaxis.set_major_locator(whole_numbers())
    shown = focus(ax, table["score"], sign_of(source))
    best = np.clip(table["best"], *ax.get_ylim())
    (line,) = ax.step(table["x"], best, where="post", color=INK, lw=1.5, zorder=3, label="best")
    won = table["is_best"]
    ax.scatter(table["x"][won], best[won], s=1.3 * dot_size(len(won)), color=ACCENT, lw=0, zorder=4)
    draw_scores(ax, table["x"], table["score"], table["resource"], resource_name(source))
    edge_note(ax, beyond(table["score"], shown))
    signs = draw_failures(ax, table["x"][np.isnan(shown)])
    if np.isnan(shown).all():
        note(ax, "no trial has a score")
    else:
        signs = [line, *signs]
    legend(ax, signs)
    return ax


def _axis(table: Table, by: str, counted: str) -> tuple[Any, str]:
    """Return where each evaluation is horizontally, and what that means."""
    if by == "trial":
        return np.arange(1, len(table["trial"]) + 1), counted
    seconds = table["seconds"]
    name, unit = unit_of(max(seconds[~np.isnan(seconds)], default=0.0))
    return seconds / unit, name
