"""The trials as rows of the encoding: an index that grows with the history."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from skhpo.history import History
from skhpo.space import Space

__all__ = ["encoded_trials"]

# A cache, no state: dropped with the history, and rebuilt from it at need. It pays because the
# distribution function of a scipy.stats distribution takes long for a single value.
_Rows = tuple[list[int], list[NDArray[np.float64]]]
_cache: WeakKeyDictionary[History, tuple[Space, int, _Rows]] = WeakKeyDictionary()


def encoded_trials(space: Space, history: History) -> tuple[list[int], NDArray[np.float64]]:
    """Return the trials as points of the unit cube, in the order in which they were started.

    Parameters
    ----------
    space : Space
        Its encoding makes the rows.
    history : History
        The trials. Those outside of the space (it may have changed since) are passed over.

    Returns
    -------
    numbers : list of n int
        Numbers of the trials, ascending. Not to be changed by the caller.
    rows : ndarray of shape (n, n_columns)
        Their rows. Costs O(new trials) encodings from call to call.
    """
    known, n_read, (numbers, rows) = _cache.get(history, (space, 0, ([], [])))
    if known is not space:
        n_read, numbers, rows = 0, [], []
    new = [trial for trial in history.trials[n_read:] if space.contains(trial.params)]
    numbers.extend(trial.number for trial in new)
    rows.extend(space.encoding.encode([trial.params for trial in new]))
    _cache[history] = (space, len(history.trials), (numbers, rows))
    return numbers, np.array(rows).reshape(len(rows), space.encoding.n_columns)
