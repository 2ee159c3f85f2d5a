"""What something is, in words that are the same in every process: compared, never loaded."""

from __future__ import annotations

import dataclasses
import numbers
import re
from collections.abc import Container, Mapping
from contextlib import suppress
from types import BuiltinFunctionType, CodeType, FunctionType
from typing import Any

import joblib
import numpy as np

from skhpo.space import Categorical, Domain, Space

__all__ = ["describe", "described_data", "described_estimator", "described_space"]

#: Characters of a description; what is longer ends in a checksum.
_LONGEST = 300

#: Where something lies in memory, as it is printed: elsewhere in each process.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")

#: Objects within objects that are looked into.
_DEEPEST = 8


def describe(value: Any, but: Container[str] = ()) -> str:
    """Return what a value is, so that two of them read the same if they mean the same.

    Parameters
    ----------
    value : object
        Settings, functions and estimators by name and parameters; data by its checksum.
    but : container of str, default=()
        Attributes of it that do not matter.
    """
    if but and value is not None:
        left = {name: v for name, v in _settings(value).items() if name not in but}
        text = f"{_qualified(type(value))}({_listed(left, _DEEPEST)})"
    else:
        text = _described(value, _DEEPEST)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}... #{joblib.hash(text)}"


def described_data(value: Any) -> str:
    """Return what data are by their kind, size and checksum: none of them is told.

    Parameters
    ----------
    value : object
        Samples, targets, weights, or whatever else is given to ``fit``.
    """
    is_setting = value is None or isinstance(value, (bool, numbers.Number))
    if is_setting or _is_array(value) or hasattr(value, "tocoo"):
        return describe(value)
    size = f"len={len(value)}, " if hasattr(value, "__len__") else ""
    return f"{_qualified(type(value))}({size}#{joblib.hash(_described(value, _DEEPEST))})"


def described_estimator(estimator: Any, name: str = "estimator") -> dict[str, str]:
    """Return what an estimator and its parameters are, each by name.

    Parameters
    ----------
    estimator : object
        With ``get_params``, or anything else.
    name : str, default="estimator"
        What it is called.
    """
    if not _has_params(estimator):
        return {name: describe(estimator)}
    found = {name: _qualified(type(estimator))}
    for own, value in sorted(estimator.get_params(deep=False).items()):
        found |= described_estimator(value, f"{name}.{own}")
    return found


def described_space(space: Space) -> list[dict[str, Any]]:
    """Return what each parameter of each branch may be.

    Parameters
    ----------
    space : Space
        What may be tried.

    Returns
    -------
    list of dict
        A list of texts where it is one of a list of values, in the order in which the journal
        counts them; otherwise a text.
    """
    return [
        {name: _described_domain(domain) for name, domain in branch.items()}
        for branch in space.branches
    ]


def _described_domain(domain: Domain) -> str | list[str]:
    if isinstance(domain, Categorical):
        return [describe(value) for value in domain.values()]
    for held in ("distribution", "source"):
        if hasattr(domain, held):
            return describe(getattr(domain, held))
    return describe(domain)


def _described(value: Any, depth: int) -> str:
    if isinstance(value, (np.bool_, np.number, np.str_)):
        value = value.item()
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return repr(value)
    if isinstance(value, (type, FunctionType, BuiltinFunctionType, np.ufunc)):
        return _qualified(value)
    kind = _qualified(type(value))
    if depth == 0:
        return kind
    if isinstance(value, (list, tuple, range)) and type(value).__module__ == "builtins":
        return f"{type(value).__name__}({', '.join(_described(v, depth - 1) for v in value)})"
    if isinstance(value, (set, frozenset)):
        return f"{type(value).__name__}({', '.join(sorted(_described(v, 1) for v in value))})"
    if isinstance(value, Mapping):
        return f"{kind}({_listed(value, depth)})"
    if hasattr(value, "tocoo"):  # sparse, and taking notes of what it is asked
        entries = value.tocoo()
        checksum = joblib.hash((entries.row, entries.col, entries.data))
        return f"{kind}(shape={tuple(value.shape)}, #{checksum})"
    if _is_array(value):
        dtype = f"{value.dtype}, " if hasattr(value, "dtype") else ""
        # the same numbers in another order of memory are the same
        cells = np.ascontiguousarray(value) if type(value) is np.ndarray else value
        return f"{kind}({dtype}shape={tuple(value.shape)}, #{joblib.hash(cells)})"
    if _has_params(value):
        return f"{kind}({_listed(value.get_params(deep=False), depth)})"
    if dataclasses.is_dataclass(value):
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
        return f"{kind}({_listed(fields, depth)})"
    if hasattr(value, "dist") and hasattr(value, "args") and hasattr(value, "kwds"):  # scipy's
        arguments = ", ".join(_described(v, depth - 1) for v in value.args)
        return f"{_qualified(type(value.dist))}({arguments}, {_listed(value.kwds, depth)})"
    if isinstance(value, (np.random.RandomState, np.random.Generator)):
        return kind  # its state goes on; what was drawn from it is compared instead
    # Only what it was made with: what it found out in the meantime is no setting of it.
    settings = _settings(value)
    printed: Any = type(value).__repr__
    if not settings and printed is not object.__repr__:
        with suppress(Exception):  # it is code of its own
            return _ADDRESS.sub("", repr(value))  # such as a scorer, which keeps all to itself
    return f"{kind}({_listed(settings, depth)})"


def _settings(value: Any) -> dict[str, Any]:
    return {
        name: v
        for name, v in getattr(value, "__dict__", {}).items()
        if not (name.startswith("_") or name.endswith("_"))
    }


def _listed(settings: Mapping[Any, Any], depth: int) -> str:
    return ", ".join(
        f"{name}={_described(settings[name], depth - 1)}" for name in sorted(settings, key=str)
    )


def _has_params(value: Any) -> bool:
    return hasattr(value, "get_params") and not isinstance(value, type)


def _is_array(value: Any) -> bool:
    """Whether it has a shape: arrays, and what pandas has."""
    return hasattr(value, "shape") and (hasattr(value, "dtype") or hasattr(value, "dtypes"))


def _qualified(value: Any) -> str:
    name: str = getattr(value, "__qualname__", "") or getattr(value, "__name__", "?")
    # All lambdas of a module have the same name: what tells them apart is what they do.
    code = getattr(value, "__code__", None) if name.endswith("<lambda>") else None
    what = "" if code is None else f" #{joblib.hash(_instructions(code))}"
    return f"{getattr(value, '__module__', '?')}.{name}{what}"


def _instructions(code: CodeType) -> str:
    """Return what a function does, wherever it stands in its file."""
    constants = (
        _instructions(constant) if isinstance(constant, CodeType) else repr(constant)
        for constant in code.co_consts
    )
    return f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {list(constants)}"
