"""Branches of a conditional space that have not had a fair trial yet.

A few unlucky draws say little about an estimator. ``n`` trials owe each branch ``1 + log2(n) / 2``
of them: few enough to cost little, and more the longer a search goes on, so that no branch is
given up for good.
"""

from __future__ import annotations

import math

import numpy as np

from skhpo.history import History
from skhpo.samplers.seen import seen_keys
from skhpo.space import Encoding, Space
from skhpo.surrogates.base import Array
from skhpo.trial import Params

__all__ = ["due", "fair_trial"]

_MAX_DRAWS = 20


def due(encoding: Encoding, rows: Array) -> list[int] | None:
    """Return the branches that had too few of the trials, or None for any.

    Parameters
    ----------
    encoding : Encoding
        The space.
    rows : array of shape (n, n_columns)
        All trials, running ones included.
    """
    if encoding.n_branches == 1 or not len(rows):
        return None
    counts = np.bincount([encoding.branch(row) for row in rows], minlength=encoding.n_branches)
    fair = 1.0 + 0.5 * math.log2(len(rows))
    return [branch for branch, count in enumerate(counts) if count < fair] or None


def fair_trial(
    space: Space, history: History, rows: Array, rng: np.random.Generator
) -> Params | None:
    """Return a random configuration of a branch that is due; None if none is, or it is exhausted.

    Parameters
    ----------
    space : Space
        What may be tried.
    history : History
        What was tried.
    rows : array of shape (n, n_columns)
        All trials, running ones included.
    rng : numpy.random.Generator
        Random numbers.
    """
    branches = due(space.encoding, rows)
    if branches is None:
        return None
    tried = seen_keys(space, history)
    for row in space.encoding.sample(_MAX_DRAWS, rng, branches):
        params = space.encoding.decode(row)
        if space.key(params) not in tried:
            return params
    return None
