"""Domains as a header describes them, as far as that says everything: read, never run."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scipy import stats

from skhpo.exceptions import SpaceError
from skhpo.space import Categorical, Domain, Float, Int
from skhpo.space.distributions import Opaque
from skhpo.space.space import as_domain

__all__ = ["described_domain", "literal"]

#: Characters of a text that may stand for a value, or for a domain.
_LONGEST = 400

#: What is made of a description, by the last part of its name.
_KINDS: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "skhpo.space.numeric": {"Float": Float, "Int": Int},
    "scipy.stats": {
        "reciprocal_gen": stats.loguniform,
        "uniform_gen": stats.uniform,
        "randint_gen": stats.randint,
    },
}


def described_domain(described: str | Sequence[Any]) -> Domain:
    """Return what a parameter may be.

    Parameters
    ----------
    described : str or sequence
        One domain, as from :func:`~skhpo.storage.description.described_space`; a sequence is of the
        values themselves, as :func:`literal` reads them.

    Returns
    -------
    Domain
        ``Float``, ``Int``, a list, or one of the distributions of scipy of which the description
        says everything; otherwise one that may be anything.
    """
    try:
        made = _made(described) if isinstance(described, str) else Categorical(described)
        return as_domain("", made)
    except (
        SpaceError,
        TypeError,
        ValueError,
        SyntaxError,
        ArithmeticError,
        MemoryError,
        RecursionError,
    ):
        return Opaque(described)


def literal(text: str) -> Any:
    """Return a number, a text or a constant that is written as such; otherwise the words.

    Parameters
    ----------
    text : str
        As from :func:`~skhpo.storage.description.describe`.
    """
    if len(text) > _LONGEST:
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
    return value if value is None or isinstance(value, (bool, int, float, str)) else text


def _made(text: str) -> Any:
    """Return what is described as a call with literals; a ValueError if nobody knows what it is."""
    name, _, arguments = text[:_LONGEST].partition("(")
    module, _, kind = name.rpartition(".")
    known = next((kinds for begin, kinds in _KINDS.items() if module.startswith(begin)), {})
    if kind not in known:
        raise ValueError(f"it is not known what {name} is")
    call = ast.parse(f"f({arguments.removeprefix(', ')}", mode="eval").body
    if not isinstance(call, ast.Call):
        raise ValueError(f"{text} is no call")
    given = [ast.literal_eval(argument) for argument in call.args]
    named = {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
    return known[kind](*given, **named)
