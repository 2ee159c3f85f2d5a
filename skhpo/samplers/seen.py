"""Which configurations were tried already: an index that grows with the history."""

from __future__ import annotations

from collections.abc import Hashable

from skhpo.history import History
from skhpo.samplers.index import TrialIndex
from skhpo.space import Space
from skhpo.trial import Trial

__all__ = ["seen_keys"]


def _add(keys: set[Hashable], space: Space, trial: Trial) -> None:
    keys.add(space.key(trial.params))


_keys: TrialIndex[set[Hashable]] = TrialIndex(set, _add)


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
    return _keys(space, history)
