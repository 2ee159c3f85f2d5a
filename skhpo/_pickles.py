"""Pickles for processes of one search: by name what can be found by it, by value the rest.

Plain :mod:`pickle` refuses what workers know by value only, such as a class of the user's script,
or a lambda. :mod:`cloudpickle` takes all of ``__main__`` by value, with the globals it refers to,
and what it reads in the same process then *replaces* the user's own.
"""

from __future__ import annotations

import sys
from functools import reduce
from types import FunctionType
from typing import IO, Any

import cloudpickle

__all__ = ["dump"]


def dump(value: Any, file: IO[bytes]) -> None:
    """Pickle a value; :func:`pickle.load` reads it.

    Parameters
    ----------
    value : object
        What to write.
    file : binary file
        Where to.
    """
    _Pickler(file).dump(value)


class _Pickler(cloudpickle.CloudPickler):  # type: ignore[misc]
    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, (type, FunctionType)) and _is_found_by_name(value):
            return NotImplemented  # as plain pickle does it
        return super().reducer_override(value)


def _is_found_by_name(value: type | FunctionType) -> bool:
    module = sys.modules.get(value.__module__)
    try:
        return reduce(getattr, value.__qualname__.split("."), module) is value
    except AttributeError:
        return False
