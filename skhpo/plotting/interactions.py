"""Which hyperparameters the score depended on together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skhpo.inspection.interactions import interactions as table_of
from skhpo.inspection.observed import observed
from skhpo.inspection.words import training
from skhpo.plotting._axes import axes_for, note, plain_labels
from skhpo.plotting._bars import draw_parts
from skhpo.plotting._picture import picture
from skhpo.plotting._sources import measured
from skhpo.trial import Resource

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["interactions"]

_LONGEST = 17  # letters of a name: two of them and a word stand beside a bar


@picture
def interactions(
    source: Any,
    *,
    metric: str | None = None,
    resource: Resource = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw how much the score depends on each two hyperparameters together.

    Beyond what each of them does alone; in the same units as :func:`importance`, and read in the
    same way. At most fifteen pairs are shown.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
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
        If there is no such metric, or nobody was measured at this resource.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.plotting import interactions
    >>> tuner = Tuner({"x": Float(-1, 1), "y": Float(-1, 1)},
    ...               lambda params: params["x"] * params["y"], random_state=0)
    >>> ax = interactions(tuner.run(n_trials=20))       # doctest: +SKIP
    """
    measured(source)
    table = table_of(source, metric=metric, resource=resource)
    found = observed(source, metric, resource)
    ax = axes_for(ax)
    names = [*table["first"].tolist(), *table["second"].tolist()]
    labels = plain_labels(names, _LONGEST)
    pairs = zip(labels[: len(names) // 2], labels[len(names) // 2 :], strict=True)
    texts = [f"{first} and {second}" for first, second in pairs]
    if len(found.names) < 2:
        ax.set_xticks([])
        note(ax, "there is only one parameter" if found.names else "there is no parameter")
        return ax
    if found.is_telling and not texts:
        ax.set_xticks([])
        note(ax, "nothing can be said: two parameters that vary are needed")
        return ax
    at = training(source, found.resource)
    draw_parts(ax, texts, table, noun="pairs", explained="two explain only together", at=at)
    return ax
