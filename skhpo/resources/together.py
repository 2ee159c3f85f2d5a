"""Which candidates can make their passes in one program, and how they come to it.

An estimator says so by two methods. ``population_key()`` returns what it must have in common with
others, a hashable value, or None; ``partial_fit_together(members, X, y, classes=None, epochs=1)``,
which is a static method, trains them and returns an exception or None for each.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import joblib

from skhpo.resources.base import Trained
from skhpo.resources.pipelines import last_step, transformers

__all__ = ["population_key", "with_same_inputs"]


def population_key(estimator: Any, params: Mapping[str, Any]) -> Hashable | None:
    """Return what candidates share that can be trained in one program; None for the others.

    In a pipeline they need the same transformers.

    Parameters
    ----------
    estimator : estimator
        Unfitted, with the configuration to train.
    params : mapping of str to object
        What of that is searched.
    """
    path, step = last_step(estimator)
    key = step.population_key() if hasattr(step, "population_key") else None
    if key is None:
        return None
    prefix = f"{path}__" if path else ""
    others = [item for item in params.items() if not item[0].startswith(prefix)]
    try:
        return key, frozenset(others)
    except TypeError:  # arrays, or dicts: nobody can say quickly whether they are the same
        return None


def with_same_inputs(states: Sequence[Trained]) -> list[list[int]]:
    """Return the positions of states whose last steps are trained on the very same inputs.

    Parameters
    ----------
    states : sequence of Trained
        Of candidates with the same :func:`population_key`, on the same fold.
    """
    groups: dict[Hashable, list[int]] = {}
    for position, state in enumerate(states):
        groups.setdefault(_origin(state), []).append(position)
    return list(groups.values())


def _origin(state: Trained) -> Hashable:
    """Return what the inputs of a last step are made by, as a value to compare."""
    if state.inputs is not None:
        return object()  # they travel with the state, and are nobody else's
    fitted = transformers(state.estimator)
    try:
        # Those that draw random numbers may have been fitted differently, at different times.
        content: str | None = joblib.hash(fitted)
    except Exception:  # pickling runs code of their own, which may raise anything
        return object()
    return content
