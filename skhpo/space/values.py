"""When are two values of a list the same value?

A list in a search space may hold anything: None, NaN, tuples, dicts, arrays, functions,
estimators. Cloning a search copies them, so identity alone would lose them.
"""

from __future__ import annotations

import numbers
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

__all__ = ["ValueIndex", "is_number", "same_value"]


def is_number(value: Any) -> bool:
    """Whether ``value`` is a real number (a bool is not meant as one)."""
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))


def same_value(a: Any, b: Any) -> bool:
    """Whether two values of a list mean the same configuration.

    Numbers of different types are the same when they are equal (``1`` and ``numpy.int64(1)``),
    but ``1`` and ``True`` are not; estimators are the same when class and parameters are.

    Parameters
    ----------
    a, b : object
        The values.
    """
    if a is b:
        return True
    if is_number(a) and is_number(b):
        return bool(a == b or (a != a and b != b))
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return np.array_equal(a, b)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same_value, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same_value(a[key], b[key]) for key in a)
    if hasattr(a, "get_params") and not isinstance(a, type):
        return same_value(a.get_params(deep=False), b.get_params(deep=False))
    try:
        return bool(a == b)
    except Exception:  # an object whose == cannot be asked is only the same as itself
        return False


class ValueIndex:
    """Finds the position of a value in a list, fast for what can be hashed.

    Parameters
    ----------
    values : sequence of object
        The list. Where a value stands in it twice, the first position counts.
    """

    def __init__(self, values: Sequence[Any]) -> None:
        self._values = values
        self._fast: dict[Hashable, int] = {}
        for position, value in enumerate(values):
            key = self._key(value)
            if key is not None:
                self._fast.setdefault(key, position)

    @staticmethod
    def _key(value: Any) -> Hashable | None:
        """A key that two values share only if they are the same; None where there is none."""
        if is_number(value):
            return ("number", value)
        if value is None or isinstance(value, (bool, np.bool_, str, bytes)):
            return (type(value), value)
        return None

    def find(self, value: Any) -> int | None:
        """Return the position of ``value``, or None if it is not in the list.

        Parameters
        ----------
        value : object
            What to look for.
        """
        key = self._key(value)
        position = self._fast.get(key) if key is not None else None
        if position is not None:
            return position
        for position, candidate in enumerate(self._values):
            if same_value(candidate, value):
                return position
        return None
