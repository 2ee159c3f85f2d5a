"""What was searched, where a source still knows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Any

from skhpo.exceptions import SpaceError
from skhpo.inspection.scales import NumberKind, Scale, scale_of
from skhpo.space import Space

__all__ = ["declared_scale", "kinds_of", "orders_of", "space_of"]

#: Distributions of scipy of which it is known how their values lie.
_DISTRIBUTIONS: dict[str, NumberKind] = {
    "loguniform": "log",
    "reciprocal": "log",
    "uniform": "linear",
    "randint": "linear",
}

#: Where a source has its space: a search on disk, a tuner, a search.
_GIVEN = ("known_space", "space", "param_distributions")


def space_of(source: Any, space: Any = None) -> Space | None:
    """Return the space of a search; None where nobody knows it any more.

    A history is a record of values; what else they might have been is known to the search, or the
    tuner, that made it. A search on disk has its space in words: ranges, lists, and distributions
    that they describe completely are read from them, the others may be anything.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.
    space : Space, dict, list of dicts or None, default=None
        What is known besides, and counts more.

    Raises
    ------
    SpaceError
        If ``space`` is none.
    """
    if space is not None:
        return space if isinstance(space, Space) else Space(space)
    for name in _GIVEN:
        given = getattr(source, name, None)
        if isinstance(given, Space):
            return given
        if isinstance(given, (Mapping, list, tuple)):
            with suppress(SpaceError):  # of a search of others, who allow more
                return Space(given)
    return None


def kinds_of(source: Any) -> dict[str, NumberKind]:
    """Return how the numbers of parameters lie on their axes, where a source knows it.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.

    Returns
    -------
    dict of str to {"linear", "log"}
        Not of lists of values, of distributions whose shape says nothing, of what is one thing in
        one branch of the space and another in the next, and of all parameters where nobody knows
        the space: a history by itself, and ``cv_results_``.
    """
    kinds = {name: {_kind(d) for d in domains} for name, domains in _domains(source).items()}
    only = {name: found.pop() for name, found in kinds.items() if len(found) == 1}
    return {name: kind for name, kind in only.items() if kind is not None}


def orders_of(source: Any) -> dict[str, list[Any]]:
    """Return the lists of values of parameters in the order declared, where a source knows it.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.

    Returns
    -------
    dict of str to list of object
        Of parameters that are one of a list of values, in one branch of the space at least; those
        of several branches after each other.
    """
    listed = {name: [_choices(d) for d in domains] for name, domains in _domains(source).items()}
    return {name: [*chain(*lists)] for name, lists in listed.items() if any(lists)}


def declared_scale(source: Any, name: str, values: Sequence[Any], most: int = 12) -> Scale:
    """Return the axis of a parameter: on the scale, and in the order, that its space declares.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    name : str
        Of the parameter.
    values : sequence of object
        All that are to be shown, in the order of the trials; gaps do not count.
    most : int, default=12
        How many categories have a place of their own.
    """
    kind, order = kinds_of(source).get(name), orders_of(source).get(name, [])
    return scale_of(name, values, most, kind=kind, order=order)


def _domains(source: Any) -> dict[str, list[Any]]:
    """Return what each parameter is in each branch of the space that has it, as it was written."""
    given = next(filter(None, (getattr(source, name, None) for name in _GIVEN)), None)
    branches = given.branches if isinstance(given, Space) else given
    if isinstance(branches, Mapping):
        branches = [branches]
    found: dict[str, list[Any]] = {}
    # To read a space anew would repeat what it warns of.
    for branch in branches if isinstance(branches, (list, tuple)) else ():
        for name, domain in branch.items() if isinstance(branch, Mapping) else ():
            found.setdefault(name, []).append(domain)
    return found


def _choices(domain: Any) -> list[Any]:
    """Return the values of a domain that is a list of them; none of any other."""
    listed = getattr(domain, "choices", domain)
    listed = listed.tolist() if hasattr(listed, "tolist") else listed
    return list(listed) if isinstance(listed, (list, tuple)) else []


def _kind(domain: Any) -> NumberKind | None:
    """Return how the values of a domain, or a distribution, lie; None if it does not say."""
    is_log = getattr(domain, "log", None)
    if isinstance(is_log, bool):
        return "log" if is_log else "linear"
    dist = getattr(getattr(domain, "distribution", domain), "dist", None)
    return _DISTRIBUTIONS.get(str(getattr(dist, "name", None)))
