"""The most promising rows of a space: a broad look, then local searches from the best found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from skhpo.space import Encoding
from skhpo.surrogates.ascent import climb
from skhpo.surrogates.base import Array, Criterion, SmoothCriterion

__all__ = ["proposals"]

_N_RANDOM = 300  # rows anywhere in the space
_N_NEAR = 25  # rows near each incumbent, at each of these distances
_NEAR = (0.1, 0.01)
_N_SEARCHES = 4  # local searches
_N_NEIGHBOURS = 20  # rows a local search looks at to change what is discrete, at each of these
_STEPS = (0.2, 0.05)
_N_HOPS = 5  # times that is done at each of them where there are no gradients to follow


def proposals(
    encoding: Encoding,
    criterion: Criterion,
    incumbents: Array,
    rng: np.random.Generator,
    branches: Sequence[int] | None = None,
) -> Iterator[Array]:
    """Yield rows, the most promising ones first.

    Parameters
    ----------
    encoding : Encoding
        The space.
    criterion : Criterion
        What to maximise.
    incumbents : array of shape (k, n_columns)
        Good rows that are known, to look around.
    rng : numpy.random.Generator
        Random numbers.
    branches : sequence of int or None
        The branches of the space to stay in; None for all.

    Yields
    ------
    array of shape (n_columns,)
        A row that means a configuration. All that were looked at come in turn, so that the
        caller can pass over some.
    """
    if branches is not None:
        incumbents = incumbents[[encoding.branch(row) in branches for row in incumbents]]
    centres = np.repeat(incumbents, len(_NEAR), axis=0)
    scales = np.tile(_NEAR, len(incumbents))
    near = encoding.neighbourhoods(centres, rng, _N_NEAR, scales)
    around = near.reshape(len(centres) * _N_NEAR, encoding.n_columns)
    pool = np.concatenate([encoding.sample(_N_RANDOM, rng, branches), around])
    values = criterion(pool)
    starts = _best_first(values)[:_N_SEARCHES]
    X, X_values = _search(encoding, criterion, pool[starts], values[starts], rng)
    pool, values = np.concatenate([X, pool]), np.concatenate([X_values, values])
    for place in _best_first(values):
        yield pool[place]


def _best_first(values: Array) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    return np.argsort(-values, kind="stable")


def _search(
    encoding: Encoding, criterion: Criterion, X: Array, values: Array, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Improve rows: by neighbours where something is discrete, and by ascent where it is not."""
    if not (isinstance(criterion, SmoothCriterion) and criterion.is_smooth):
        for scale in np.repeat(_STEPS, _N_HOPS):
            X, values = _hop(encoding, criterion, X, values, rng, scale)
        return X, values
    free = np.array([encoding.continuous(row) for row in X])
    if free.all():
        return climb(criterion, X, free)
    for scale in _STEPS:
        X, values = _hop(encoding, criterion, X, values, rng, scale)
        if free.any():
            X, values = climb(criterion, X, free)
    return X, values


def _hop(
    encoding: Encoding,
    criterion: Criterion,
    X: Array,
    values: Array,
    rng: np.random.Generator,
    scale: float,
) -> tuple[Array, Array]:
    """Move each row to the best of some neighbours, if that is better."""
    near = encoding.neighbourhoods(X, rng, _N_NEIGHBOURS, scale)
    near_values = criterion(near.reshape(-1, X.shape[1])).reshape(near.shape[:2])
    best = near_values.argmax(axis=1)
    each = np.arange(len(X))
    better = near_values[each, best] > values
    return (
        np.where(better[:, None], near[each, best], X),
        np.where(better, near_values[each, best], values),
    )
