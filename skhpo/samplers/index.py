"""What samplers derive from the trials of a history, kept while the history lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from skhpo.history import History
from skhpo.space import Space
from skhpo.trial import Trial

__all__ = ["TrialIndex"]

T = TypeVar("T")


class TrialIndex(Generic[T]):
    """Something built trial by trial, so that each decision costs O(new trials) only.

    A cache, no state: dropped with the history, and rebuilt from it at need.

    Parameters
    ----------
    empty : callable
        () -> what there is before the first trial.
    add : callable
        (index, space, trial) -> None; adds a trial of the space. Trials outside of the space (it
        may have changed since) are passed over.
    """

    def __init__(self, empty: Callable[[], T], add: Callable[[T, Space, Trial], None]) -> None:
        self._empty = empty
        self._add = add
        self._kept: WeakKeyDictionary[History, tuple[Space, int, T]] = WeakKeyDictionary()

    def __call__(self, space: Space, history: History) -> T:
        """Return the index of all trials of ``history`` in ``space``; not to be changed."""
        kept = self._kept.get(history)
        n_read, index = (0, self._empty()) if kept is None or kept[0] is not space else kept[1:]
        for trial in history.trials[n_read:]:
            if space.contains(trial.params):
                self._add(index, space, trial)
        self._kept[history] = (space, len(history.trials), index)
        return index
