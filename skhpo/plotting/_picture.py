"""Every picture is a function, and may be called in the manner of scikit-learn's displays.

Where nothing was measured yet, each of them says so on its axes: whoever draws several pictures of
a search that has just begun need not ask first which of them there are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, cast

from skhpo.inspection.results import is_results
from skhpo.plotting._axes import axes_for, note
from skhpo.plotting._sources import NothingMeasuredError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Picture", "picture"]

P = ParamSpec("P")


class Picture(Protocol[P]):
    """A function that draws a search, and its two other names."""

    __name__: str
    __doc__: str | None

    def __call__(self, source: Any, /, *args: P.args, **kwargs: P.kwargs) -> Axes:
        """Draw, and return the axes."""

    def from_search(self, search: Any, /, *args: P.args, **kwargs: P.kwargs) -> Axes:
        """Draw a fitted search."""

    def from_results(self, cv_results_: Any, /, *args: P.args, **kwargs: P.kwargs) -> Axes:
        """Draw the ``cv_results_`` of any search."""


def picture(draw: Callable[Concatenate[Any, P], Axes]) -> Picture[P]:
    """Give a picture ``from_search`` and ``from_results``, and what it says of nothing.

    Parameters
    ----------
    draw : callable
        Takes what happened, and draws it.

    Returns
    -------
    Picture
        Draws the same, and where nothing was measured yet, says so on the axes.
    """

    @wraps(draw)
    def drawn(source: Any, /, *args: P.args, **kwargs: P.kwargs) -> Axes:
        try:
            return draw(source, *args, **kwargs)
        except NothingMeasuredError as error:
            ax = axes_for(kwargs.get("ax"))
            ax.set_xticks([])
            note(ax, str(error))
            return ax

    def from_search(search: Any, /, *args: P.args, **kwargs: P.kwargs) -> Axes:
        if is_results(search):
            raise TypeError(
                f"{name}.from_search takes a fitted search; of its cv_results_, draw "
                f"{name}.from_results(search.cv_results_)"
            )
        if not hasattr(search, "history_") and is_results(getattr(search, "cv_results_", None)):
            return drawn(search.cv_results_, *args, **kwargs)  # of scikit-learn
        return drawn(search, *args, **kwargs)

    def from_results(cv_results_: Any, /, *args: P.args, **kwargs: P.kwargs) -> Axes:
        if not is_results(cv_results_):
            raise TypeError(
                f"{name}.from_results takes the cv_results_ of a search, got "
                f"{type(cv_results_).__name__}; of the search itself, draw "
                f"{name}.from_search(search)"
            )
        return drawn(cv_results_, *args, **kwargs)

    name = draw.__name__
    for other in (from_search, from_results):
        other.__qualname__ = f"{name}.{other.__name__}"
        setattr(drawn, other.__name__, other)
    return cast("Picture[P]", drawn)
