"""Every picture is a function, and may be called in the manner of scikit-learn's displays."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, cast

from skhpo.inspection.results import is_results

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
    """Give a picture ``from_search`` and ``from_results``.

    Parameters
    ----------
    draw : callable
        Takes what happened, and draws it.

    Returns
    -------
    Picture
        The same function.
    """

    def from_search(search: Any, /, *args: P.args, **kwargs: P.kwargs) -> Axes:
        if is_results(search):
            raise TypeError(
                f"{name}.from_search takes a fitted search; of its cv_results_, draw "
                f"{name}.from_results(search.cv_results_)"
            )
        if not hasattr(search, "history_") and is_results(getattr(search, "cv_results_", None)):
            return draw(search.cv_results_, *args, **kwargs)  # of scikit-learn
        return draw(search, *args, **kwargs)

    def from_results(cv_results_: Any, /, *args: P.args, **kwargs: P.kwargs) -> Axes:
        if not is_results(cv_results_):
            raise TypeError(
                f"{name}.from_results takes the cv_results_ of a search, got "
                f"{type(cv_results_).__name__}; of the search itself, draw "
                f"{name}.from_search(search)"
            )
        return draw(cv_results_, *args, **kwargs)

    drawn = cast("Picture[P]", draw)
    name = drawn.__name__
    for other in (from_search, from_results):
        other.__qualname__ = f"{name}.{other.__name__}"
        setattr(drawn, other.__name__, other)
    return drawn
