"""Which configurations were tried already: an index that grows with the history."""

from __future__ import annotations

from collections.abc import Hashable
from weakref import WeakKeyDictionary

from skhpo.history import History
from skhpo.space import Space

__all__ = ["seen_keys"]

# A cache, no state: dropped with the history, and rebuilt from it at need.
_cache: WeakKeyDictionary[History, tuple[Space, int, set[Hashable]]] = WeakKeyDictionary()


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
    known, n_read, keys = _cache.get(history, (space, 0, set()))
    if known is not space:
        n_read, keys = 0, set()
    for trial in history.trials[n_read:]:
        if space.contains(trial.params):
            keys.add(space.key(trial.params))
    _cache[history] = (space, len(history.trials), keys)
    return keys
