"""What is on the page, in order."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from skhpo.dashboard import figures
from skhpo.dashboard.figures._style import empty
from skhpo.dashboard.rows import Rows
from skhpo.dashboard.texts import shortened
from skhpo.exceptions import MissingExtraError, warn_user

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

__all__ = ["VIEWS", "View", "described", "drawn", "figure_json"]

#: Parameters that can be chosen from: a browser's list of more helps nobody.
_MOST_CHOICES = 200


def _nothing(parameters: Iterable[str]) -> dict[str, str]:
    return {}


@dataclass(frozen=True)
class View:
    """A figure of the page.

    Parameters
    ----------
    title : str
        What stands above it.
    draw : callable
        ``draw(source)``, or ``draw(source, choice)`` where there is something to choose.
    choices : callable, default: nothing
        ``choices(parameters)`` is a dict of what can be chosen, and what it is called.
    is_steady : bool, default=False
        Whether it changes little with one more trial, and takes long: it is then drawn anew only
        when there are half as many more.
    """

    title: str
    draw: Callable[..., Figure]
    choices: Callable[[Iterable[str]], dict[str, str]] = _nothing
    is_steady: bool = False


def _orders(parameters: Iterable[str]) -> dict[str, str]:
    return {"trial": "by trial", "time": "by time"}


def _names(parameters: Iterable[str]) -> dict[str, str]:
    return {name: shortened(name) for name in islice(parameters, _MOST_CHOICES)}


#: Name -> view.
VIEWS = {
    "convergence": View(
        "Convergence", lambda source, by: figures.convergence(source, by=by), _orders
    ),
    "parameter": View(
        "Score by parameter",
        lambda source, name: figures.score_by_parameter(source, parameter=name),
        _names,
    ),
    "parallel": View("Parallel coordinates", figures.parallel_coordinates),
    "importance": View("Importance", figures.importance, is_steady=True),
    "timeline": View("Workers", figures.timeline),
    "rungs": View("Rungs", figures.rungs),
    "survival": View("Survival", figures.survival),
}


def described(rows: Rows) -> list[dict[str, Any]]:
    """Return what the page has to know of its figures before it draws them.

    Parameters
    ----------
    rows : Rows
        What happened.

    Returns
    -------
    list of dict
        With ``name``, ``title`` and ``choices`` (pairs of what is chosen, and what it is called).
    """
    rows.grow()
    return [
        {"name": name, "title": view.title, "choices": list(view.choices(rows.parameters).items())}
        for name, view in VIEWS.items()
        if rows.is_divided or name not in ("rungs", "survival")
    ]


def drawn(source: Any, name: str, choice: str | None = None) -> Figure:
    """Return a figure of the page.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    name : str
        Of the view.
    choice : str or None, default=None
        What was chosen; None for the first choice.

    Returns
    -------
    plotly.graph_objects.Figure
        Where there is nothing to be seen, it says why.

    Raises
    ------
    MissingExtraError
        If there is no plotly.
    TypeError
        If there is no history in the source.

    Warns
    -----
    SkhpoWarning
        If it cannot be drawn because of an error in its code: it says so then, and the page, or the
        report, has all others.
    """
    view = VIEWS[name]
    choices = view.choices(figures.parameters_of(source))
    if view.choices is not _nothing and not choices:
        return empty("No trial is finished yet.")
    chosen = [choice if choice in choices else next(iter(choices))] if choices else []
    try:
        return view.draw(source, *chosen)
    except MissingExtraError:
        raise
    except Exception as error:  # no history is to blame: one figure less, and not the whole page
        warn_user(
            f"the figure {view.title!r} cannot be drawn. That is a fault of skhpo, not of the "
            f"search: please report it with\n{traceback.format_exc()}"
        )
        what = shortened(f"{type(error).__name__}: {error}", 120)
        return empty(f"This cannot be drawn, by a fault of skhpo: {what}")


def figure_json(figure: Figure) -> dict[str, Any]:
    """Return a figure as plain data.

    Parameters
    ----------
    figure : plotly.graph_objects.Figure
        The figure.
    """
    plain: dict[str, Any] = json.loads(figure.to_json(engine="json"))
    return plain
