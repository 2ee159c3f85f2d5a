"""What one hyperparameter has to do with the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from skhpo.inspection.columns import names
from skhpo.inspection.convergence import convergence
from skhpo.inspection.scales import GAP, values_of
from skhpo.inspection.spaces import declared_scale
from skhpo.inspection.tables import sign_of
from skhpo.inspection.words import metric_of, resource_name
from skhpo.plotting._axes import axes_for, beyond, draw_scale, edge_note, focus, legend, note, plain
from skhpo.plotting._colours import ACCENT, INK
from skhpo.plotting._dots import draw_failures, draw_scores, spread
from skhpo.plotting._picture import picture
from skhpo.plotting._sources import configurations_of, measured

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["score_by_parameter"]


@picture
def score_by_parameter(
    source: Any,
    *,
    parameter: str | None = None,
    metric: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the scores of all configurations over one of their hyperparameters.

    All others vary, too: a cloud without a slope does not mean that the parameter does not matter,
    but that others matter more. Numbers are in powers of ten where the space of the search says so,
    or, where it is not known, where they span more than two of them; everything else has a place
    of its own for each value, the dots a little apart. Where training is divided, a configuration
    has one dot for each resource at which it was measured.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    parameter : str or None, default=None
        Name of the hyperparameter; it may be left out where there is only one.
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
        If there is no such parameter or metric, or there are several parameters and none was
        named.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.plotting import score_by_parameter
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0)
    >>> ax = score_by_parameter(tuner.run(n_trials=20), parameter="x")      # doctest: +SKIP
    """
    history = measured(source)
    scored = metric_of(source, history, metric)
    if parameter is None:
        there = names(trial.params for trial in history.trials)
        if len(there) != 1:
            raise ValueError(f"parameter must name one of them. There are: {there}")
        parameter = there[0]
    configurations = configurations_of(history, "parameter", [parameter])
    ax = axes_for(ax)
    table = convergence(source, metric)
    values = values_of(parameter, (configurations[trial] for trial in table["trial"].tolist()))
    scale = declared_scale(source, parameter, values)
    x = scale.coordinates(values)
    if scale.kind == "categories":
        x = spread(x, 0.6)
    shown = focus(ax, table["score"], sign_of(source))
    draw_scale(ax, scale)
    draw_scores(ax, x, table["score"], table["resource"], resource_name(source))
    best = np.flatnonzero(table["is_best"])
    signs = []
    if len(best) and not np.isnan(x[best[-1]]):
        star: dict[str, Any] = {
            "marker": "*",
            "ms": 15,
            "mec": INK,
            "mew": 0.8,
            "ls": "none",
            "zorder": 4,
        }
        signs += ax.plot(x[best[-1]], shown[best[-1]], color=ACCENT, label="best", **star)
    signs += draw_failures(ax, x[np.isnan(shown)])
    ax.set_ylabel(plain(scored.label))
    n_gaps = len({t for t, v in zip(table["trial"].tolist(), values, strict=True) if v is GAP})
    gaps = [f"{n_gaps} of {len(configurations)} trials do not have it"] if n_gaps else []
    edge_note(ax, [*gaps, *beyond(table["score"], shown)])
    if np.isnan(shown).all():
        note(ax, "no trial has a score")
    legend(ax, signs)
    return ax
