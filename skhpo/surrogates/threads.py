"""Numerics in one thread, so that what comes of it does not depend on the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]


@contextmanager
def one_thread() -> Iterator[None]:
    """Return a context, or a decorator, in which linear algebra takes one thread.

    The matrices are small, for which more threads take longer; and rounding errors, and so what is
    suggested or said, would depend on how many cores a machine has.
    """
    with _pools().limit(limits=1, user_api="blas"):
        yield


@lru_cache(maxsize=1)
def _pools() -> ThreadpoolController:
    """The numeric libraries of this process, looked up once: that takes milliseconds."""
    return ThreadpoolController()
