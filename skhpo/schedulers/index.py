"""What schedulers derive from a history, kept while the history lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar
from weakref import WeakKeyDictionary

from skhpo.history import History

__all__ = ["HistoryIndex", "Reader"]


class Reader(Protocol):
    """Something that grows with a history."""

    def read(self, history: History) -> None:
        """Take in what came since it was read last."""
        ...


R = TypeVar("R", bound=Reader)


class HistoryIndex(Generic[R]):
    """A reader for each history, so that a decision costs O(what is new) only.

    A cache, no state: dropped with the history, rebuilt from it at need, and left behind when the
    scheduler that holds it is copied or pickled.

    Parameters
    ----------
    make : callable
        ``make(*arguments)`` is a reader that has read nothing. Importable by its name.
    *arguments : object
        What it is made from.
    """

    def __init__(self, make: Callable[..., R], *arguments: Any) -> None:
        self._make = make
        self._arguments = arguments
        self._kept: WeakKeyDictionary[History, R] = WeakKeyDictionary()

    def __call__(self, history: History) -> R:
        """Return the reader, having read all of ``history``; not to be changed."""
        reader = self._kept.get(history)
        if reader is None:
            reader = self._kept[history] = self._make(*self._arguments)
        reader.read(history)
        return reader

    def __reduce__(self) -> tuple[type[HistoryIndex[R]], tuple[Any, ...]]:
        return type(self), (self._make, *self._arguments)
