"""Refuses parameters the estimator does not have, before the first fit is spent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import clone

from skhpo.exceptions import UnknownParameterError, did_you_mean
from skhpo.space import Categorical, Domain, Space
from skhpo.space.space import Branch

__all__ = ["check_parameter_names"]


def check_parameter_names(estimator: Any, space: Space) -> None:
    """Raise an error for the first name in the space that cannot be set.

    A parameter of a component that is itself searched (``clf__C`` beside ``clf``) must exist in
    every candidate for that component.

    Parameters
    ----------
    estimator : estimator
        Whose parameters are searched.
    space : Space
        What may be tried.

    Raises
    ------
    UnknownParameterError
        Naming the parameter and the nearest valid name.
    """
    for branch in space.branches:
        for name, domain in branch.items():
            for owner, rest in _owners(estimator, name, branch):
                if not _can_set(owner, rest, domain):
                    raise UnknownParameterError(_message(estimator, owner, name, rest))


def _owners(estimator: Any, name: str, branch: Branch) -> Iterator[tuple[Any, str]]:
    """Yield who must know a parameter, and under which name it does."""
    parts = name.split("__")
    for n_parts in range(len(parts) - 1, 0, -1):
        component = "__".join(parts[:n_parts])
        searched = branch.get(component)
        if isinstance(searched, Categorical):
            rest = "__".join(parts[n_parts:])
            yield from ((candidate, rest) for candidate in searched.values())
        if searched is not None:  # what a distribution may draw is only known afterwards
            return
    yield estimator, name


def _can_set(owner: Any, name: str, domain: Domain) -> bool:
    if not hasattr(owner, "get_params") or isinstance(owner, type):
        return False
    if name in owner.get_params(deep=True):
        return True
    # Some estimators (LightGBM, skorch) take parameters they do not list: let them decide.
    value = domain.sample(np.random.default_rng(0))
    try:
        clone(owner).set_params(**{name: value})
    except (ValueError, AttributeError, TypeError):
        return False
    return True


def _message(estimator: Any, owner: Any, name: str, rest: str) -> str:
    if owner is not estimator:
        component = name[: -len(rest) - 2]
        return (
            f"Parameter {name!r} belongs to {component!r}, but {owner!r}, one of the values of "
            f"{component!r}, has no parameter {rest!r}.{_nearest(owner, rest)} Where only some "
            f"values have it, write a list of dicts: one with {component!r} and {name!r}, and "
            f"one without {name!r}."
        )
    return (
        f"Parameter {name!r} is not a parameter of {type(estimator).__name__}."
        f"{_nearest(estimator, name)} `estimator.get_params()` lists what can be searched."
    )


def _nearest(owner: Any, name: str) -> str:
    """Name the parameter that was probably meant: one in a component, or one spelt like it."""
    if not hasattr(owner, "get_params") or isinstance(owner, type):
        return ""
    valid = sorted(owner.get_params(deep=True))
    inside = [candidate for candidate in valid if candidate.endswith(f"__{name}")]
    return f" Did you mean {inside[0]!r}?" if inside else did_you_mean(name, valid)
