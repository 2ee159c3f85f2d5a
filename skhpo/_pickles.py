"""Pickles for processes of one search: by name what can be found by it, by value the rest.

Plain :mod:`pickle` refuses what workers know by value only, such as a class of the user's script,
or a lambda. :mod:`cloudpickle` takes all of ``__main__`` by value, with the globals it refers to,
and what it reads in the same process then *replaces* the user's own.
"""

from __future__ import annotations

import pickle
import sys
from functools import reduce
from types import FunctionType
from typing import IO, TYPE_CHECKING, Any

import cloudpickle

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["dump", "load"]


def dump(value: Any, file: SupportsWrite[bytes]) -> None:
    """Pickle a value, for :func:`load`.

    Parameters
    ----------
    value : object
        What to write.
    file : binary file
        Where to.
    """
    _Pickler(file).dump(value)


def load(file: IO[bytes]) -> Any:
    """Return what :func:`dump` has written; classes that are found by name stay as they are.

    A worker knows those of the user's script by value, and writes them so.

    Parameters
    ----------
    file : binary file
        Where it is.
    """
    return _Unpickler(file).load()


class _Pickler(cloudpickle.CloudPickler):  # type: ignore[misc]
    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, (type, FunctionType)) and _is_found_by_name(value):
            return NotImplemented  # as plain pickle does it
        return super().reducer_override(value)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        found = super().find_class(module, name)
        if name != "_class_setstate" or not module.startswith("cloudpickle"):
            return found
        return lambda known, *state: known if _is_found_by_name(known) else found(known, *state)


def _is_found_by_name(value: type | FunctionType) -> bool:
    module: Any = sys.modules.get(value.__module__)
    try:
        return reduce(getattr, value.__qualname__.split("."), module) is value
    except (AttributeError, ImportError):  # a lazy module may raise that
        return False
