"""Grid search."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from skhpo.exceptions import SpaceExhaustedError
from skhpo.history import History
from skhpo.samplers.base import Sampler
from skhpo.samplers.seen import seen_keys
from skhpo.space import Space
from skhpo.trial import Params

__all__ = ["GridSampler"]


class _Cursor:
    """The first configuration of a grid that may still be untried, and what follows it."""

    def __init__(self, space: Space) -> None:
        self.space = space
        self.rest = space.grid()
        self.current = next(self.rest, None)


# A cache, no state: the first untried configuration is found from the history alone; this only
# spares walking past the tried ones again.
_cursors: WeakKeyDictionary[History, _Cursor] = WeakKeyDictionary()


class GridSampler(Sampler):
    """Tries every configuration of a finite space, in the order of ``ParameterGrid``."""

    is_adaptive = False

    def check(self, space: Space) -> None:
        """Refuse a space with a parameter that has infinitely many values."""
        next(space.grid())

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return the first configuration of the grid not tried yet; see :class:`Sampler`.

        Raises
        ------
        SpaceError
            If a parameter has infinitely many values.
        """
        seen = seen_keys(space, history)
        cursor = _cursors.get(history)
        if cursor is None or cursor.space is not space:
            cursor = _cursors[history] = _Cursor(space)
        while cursor.current is not None:
            if space.key(cursor.current) not in seen:
                return cursor.current
            cursor.current = next(cursor.rest, None)
        raise SpaceExhaustedError(f"all {len(seen)} configurations of the grid were tried")
