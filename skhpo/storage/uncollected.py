"""Many objects made at once, none of which is garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["uncollected"]


@contextmanager
def uncollected() -> Iterator[None]:
    """Return a context, or decorate a function, in which nobody looks for cyclic garbage.

    While a long history is read, a quarter of the time would go into looking through it again and
    again. Who has switched the collector off already finds it so afterwards.
    """
    was_enabled = gc.isenabled()
    try:
        gc.disable()
        yield
    finally:
        if was_enabled:
            gc.enable()
