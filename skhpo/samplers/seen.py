"""Which configurations were tried already: an index that grows with the history."""

from __future__ import annotations

from collections.abc import Hashable

from skhpo.history import Event, History
from skhpo.index import HistoryIndex
from skhpo.space import Space
from skhpo.trial import Trial

__all__ = ["seen_keys"]


class _Seen:
    """The keys of the trials in a space."""

    def __init__(self, space: Space) -> None:
        self._space = space
        self.keys: set[Hashable] = set()

    def read(self, event: Event) -> None:
        if isinstance(event, Trial) and self._space.contains(event.params):
            self.keys.add(self._space.key(event.params))


_seen = HistoryIndex(_Seen)


def seen_keys(space: Space, history: History) -> set[Hashable]:
    """Return the keys of the configurations of all trials, running ones included.

    Parameters
    ----------
    space : Space
        Its :meth:`~skhpo.space.Space.key` makes the keys.
    history : History
        The trials. Those outside of the space (it may have changed since) are passed over.

    Returns
    -------
    set of hashable
        Not to be changed by the caller. Costs O(new trials) from call to call.
    """
    return _seen(history, space).keys
