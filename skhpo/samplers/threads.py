"""Numerics in one thread, so that a suggestion does not depend on the machine."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]


def one_thread() -> AbstractContextManager[Any]:
    """Return a context in which linear algebra takes one thread.

    The matrices of a sampler are small, for which more threads take longer; and rounding errors,
    and so suggestions, would depend on how many cores a machine has.
    """
    limit: AbstractContextManager[Any] = _pools().limit(limits=1, user_api="blas")
    return limit


@lru_cache(maxsize=1)
def _pools() -> ThreadpoolController:
    """The numeric libraries of this process, looked up once: that takes milliseconds."""
    return ThreadpoolController()
