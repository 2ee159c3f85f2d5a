"""What is derived from a history event by event, kept while the history lives."""

from __future__ import annotations

from collections.abc import Callable
from operator import is_
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

from skhpo.history import Event, History

__all__ = ["HistoryIndex", "Reader"]


class Reader(Protocol):
    """Something that grows with a history."""

    def read(self, event: Event) -> None:
        """Take in what happened next."""
        ...


R = TypeVar("R", bound=Reader)


class HistoryIndex(Generic[R]):
    """A reader for each history, so that a decision costs O(what is new) only.

    A cache, no state: dropped with the history, rebuilt from it at need (also after an
    interruption while it was read), and left behind when who holds it is copied or pickled.

    Parameters
    ----------
    make : callable
        ``make(*settings, *context)`` is a reader that has read nothing. Importable by its name.
    *settings : object
        What every reader is made from.
    """

    def __init__(self, make: Callable[..., R], *settings: Any) -> None:
        self._make = make
        self._settings = settings
        self._kept: WeakKeyDictionary[History, tuple[tuple[Any, ...], int, R]] = WeakKeyDictionary()

    def __call__(self, history: History, *context: Any) -> R:
        """Return the reader, having read all of ``history``; not to be changed.

        Parameters
        ----------
        history : History
            What happened.
        *context : object
            What else it is made from, such as the space. The one for the newest context is kept.
        """
        # While it reads nothing is kept: were it interrupted, it would have read half an event.
        known, n_read, reader = self._kept.pop(history, ((), 0, None))
        if reader is None or not all(map(is_, known, context)):
            n_read, reader = 0, self._make(*self._settings, *context)
        events = history.events
        for event in events[n_read:]:
            reader.read(event)
        self._kept[history] = (context, len(events), reader)
        return reader

    def __reduce__(self) -> tuple[type[HistoryIndex[R]], tuple[Any, ...]]:
        return type(self), (self._make, *self._settings)
