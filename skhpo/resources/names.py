"""Refuses names of parameters that cannot be set, before the first fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skhpo.exceptions import ResourceError, did_you_mean
from skhpo.space import Categorical, Space

__all__ = ["check_name"]


def check_name(
    name: str, estimator: Any, space: Space, *, label: str, others: Sequence[str]
) -> None:
    """Refuse a parameter that the estimator does not have, or that is searched.

    Parameters
    ----------
    name : str
        As in ``set_params``.
    estimator : estimator
        Whose parameter it is to be.
    space : Space
        What is searched. A parameter of a component that is itself searched must be one of every
        candidate for it.
    label : str
        What sets the parameter, as its user has written it.
    others : sequence of str
        What could be written there that is no parameter.

    Raises
    ------
    ResourceError
        Naming the nearest valid name.
    """
    if any(name in branch for branch in space.branches):
        raise ResourceError(
            f"{label}: what a resource sets cannot be in the search space at the same time; take "
            f"{name!r} out there, or here"
        )
    owner, _, own = name.rpartition("__")
    for branch in space.branches:
        searched = branch.get(owner)
        values = searched.values() if owner and isinstance(searched, Categorical) else ()
        for value in values:
            if not hasattr(value, "get_params") or own not in value.get_params(deep=True):
                raise ResourceError(
                    f"{label}: {value!r}, one of the values of {owner!r} in the search space, has "
                    f"no parameter {own!r}"
                )
        if values:
            return
    valid = [*estimator.get_params(deep=True), *others]
    if name not in valid:
        inside = [known for known in sorted(valid) if known.endswith(f"__{name}")]
        nearest = f" Did you mean {inside[0]!r}?" if inside else did_you_mean(name, valid)
        raise ResourceError(
            f"{label}: {type(estimator).__name__} has no parameter of this name.{nearest} Write "
            f"{', '.join(map(repr, others))}, or a parameter of the estimator"
        )
