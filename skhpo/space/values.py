"""When are two values of a list the same value?

A list in a search space may hold anything: None, NaN, tuples, dicts, arrays, functions,
estimators. Cloning a search copies them, so identity alone would lose them.
"""

from __future__ import annotations

import math
import numbers
from collections.abc import Hashable, Iterable, Iterator
from typing import Any

import numpy as np

__all__ = ["ValueIndex", "is_finite", "is_integer", "is_number", "same_value", "simple_key"]


def is_number(value: Any) -> bool:
    """Whether ``value`` is a real number (a bool is not meant as one)."""
    if type(value) in (float, int):  # as most are; to ask for Real takes long
        return True
    return isinstance(value, numbers.Real) and not isinstance(value, (bool, np.bool_))


def is_finite(value: Any) -> bool:
    """Whether ``value`` is a real number, neither infinite nor NaN."""
    return is_number(value) and bool(abs(value) < math.inf)


def is_integer(value: Any) -> bool:
    """Whether ``value`` is a whole number, of whichever type."""
    return is_finite(value) and bool(value == int(value))


def simple_key(value: Any) -> Hashable | None:
    """What two simple values share exactly if they are the same; None for all others.

    numpy's scalars are what they hold. Numbers are kept apart by kind: scikit-learn reads
    ``max_features=1`` as one feature and ``max_features=1.0`` as all of them.
    """
    if isinstance(value, (np.bool_, np.str_, np.bytes_)):
        value = value.item()
    if value is None or isinstance(value, (bool, str, bytes)):
        return (type(value), value)
    if type(value) is tuple:
        keys = tuple(map(simple_key, value))
        return None if None in keys else (tuple, keys)
    if isinstance(value, numbers.Real):
        kind = "integer" if isinstance(value, numbers.Integral) else "real"
        return (kind, value if value == value else "nan")
    return None


def same_value(a: Any, b: Any) -> bool:
    """Whether two values of a list mean the same configuration.

    Simple values are the same when they are equal and of one kind: ``1`` and ``numpy.int64(1)``
    are, ``1`` and ``True`` are not, nor are ``1`` and ``1.0``. Containers are compared part by
    part; estimators are the same when class and parameters are.

    Parameters
    ----------
    a, b : object
        The values.
    """
    if a is b:
        return True
    key = simple_key(a)
    if key is not None:
        return key == simple_key(b)
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and same_value(a.tolist(), b.tolist())
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
    """The different values of a list, each with its position; found fast where they are simple.

    Parameters
    ----------
    values : iterable of object
        The list. Where a value stands in it twice, the first one counts.
    """

    def __init__(self, values: Iterable[Any]) -> None:
        self._values: list[Any] = []
        self._simple: dict[Hashable, int] = {}
        self._numbers: dict[Any, int] = {}
        self._others: list[int] = []
        for value in values:
            if self._find_exactly(value) is None:
                self._add(value)

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __getitem__(self, position: int) -> Any:
        return self._values[position]

    def _add(self, value: Any) -> None:
        position = len(self._values)
        self._values.append(value)
        key = simple_key(value)
        if key is None:
            self._others.append(position)
            return
        self._simple[key] = position
        if is_number(value):
            self._numbers.setdefault(value, position)

    def _find_exactly(self, value: Any) -> int | None:
        key = simple_key(value)
        if key is not None:
            return self._simple.get(key)
        return next((at for at in self._others if same_value(self._values[at], value)), None)

    def find(self, value: Any) -> int | None:
        """Return the position of a value, or None if it is not there.

        Where only its equal of another kind is there, as 1 for 1.0, that one is meant.

        Parameters
        ----------
        value : object
            What to look for.
        """
        position = self._find_exactly(value)
        if position is None and is_number(value):
            return self._numbers.get(value)
        return position
