"""Which hyperparameters the score depended on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from skhpo.inspection.importance import importance as table_of
from skhpo.inspection.observed import observed
from skhpo.inspection.words import training
from skhpo.plotting._axes import axes_for, plain_labels
from skhpo.plotting._bars import draw_parts
from skhpo.plotting._picture import picture
from skhpo.plotting._sources import measured
from skhpo.trial import Resource

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["importance"]

#: What a bar stands for, by method.
_EXPLAINED = {
    "fanova": "each explains alone",
    "forest": "each explains alone",
    "permutation": "each explains, alone and with others",
}


@picture
def importance(
    source: Any,
    *,
    method: Literal["fanova", "forest", "permutation"] = "fanova",
    metric: str | None = None,
    resource: Resource = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how much the score depends on each hyperparameter, as far as can be known.

    A bar is what is expected; of functions that the score might be, nine in ten are within the line
    on it (``"forest"``: of the trees). At most fifteen bars are shown.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    method : {"fanova", "forest", "permutation"}, default="fanova"
        What importance is: see :func:`skhpo.inspection.importance`.
    metric : str or None, default=None
        Which score, where there are several. None: the one that is optimised.
    resource : float or None, default=None
        Scores after how much training. None: where most trials were measured.
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
        If there is no such method or metric, or nobody was measured at this resource.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.plotting import importance
    >>> tuner = Tuner({"x": Float(0, 1), "y": Float(0, 1)}, lambda params: params["x"],
    ...               random_state=0)
    >>> ax = importance(tuner.run(n_trials=20))     # doctest: +SKIP
    """
    measured(source)
    table = table_of(source, method, metric=metric, resource=resource)
    at = training(source, observed(source, metric, resource).resource)
    ax = axes_for(ax)
    names, explained = plain_labels(table["parameter"].tolist()), _EXPLAINED[method]
    draw_parts(ax, names, table, noun="parameters", explained=explained, at=at)
    return ax
