"""What a surrogate believes after all scores so far; fitted anew only now and then."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from skhpo.history import History
from skhpo.space import Space
from skhpo.surrogates.base import Array, Posterior, Surrogate
from skhpo.surrogates.columns import Columns

__all__ = ["belief", "columns_of", "n_fitted", "n_fitted_of_many"]

_NEW = 0.2  # part of the scores that is new at a fit
_FEW = 10  # scores that are not worth saving a fit
_DISTANCE = 2  # of a fit from what was started last, in units of what is running


@dataclass(frozen=True, eq=False)
class _Fit:
    """A surrogate fitted to the first scores of a history."""

    surrogate: Surrogate
    columns: Columns
    X: Array
    scores: Array
    posterior: Posterior

    def is_of(self, surrogate: Surrogate, columns: Columns, X: Array, scores: Array) -> bool:
        return (
            self.surrogate == surrogate
            and self.columns == columns
            and np.array_equal(self.X, X)
            and np.array_equal(self.scores, scores)
        )


# A cache, no state: it spares fitting the same again.
_fits: WeakKeyDictionary[History, _Fit] = WeakKeyDictionary()


def columns_of(space: Space) -> Columns:
    """Return what a surrogate has to know of the rows of a space.

    Parameters
    ----------
    space : Space
        One that can be encoded.
    """
    return Columns(space.encoding.widths, space.encoding.n_active)


def belief(
    surrogate: Surrogate,
    columns: Columns,
    X: Array,
    scores: Array,
    outputs: Callable[[int], Array],
    history: History,
    n_fitted: int,
) -> Posterior:
    """Return the posterior given all scores.

    The model is fitted to the first of them only, and given the others without a new fit: its
    hyperparameters hardly change any more, and to find them is what takes most of the time.

    Parameters
    ----------
    surrogate : Surrogate
        The model.
    columns : Columns
        The parameters the columns of ``X`` belong to.
    X : array of shape (n, d)
        Rows, in an order in which the first ``n_fitted`` stay what they are.
    scores : array of shape (n,)
        Finite scores.
    outputs : callable
        ``outputs(n)``: what the model is shown of the first ``n`` scores, of shape (n,).
    history : History
        With which the last fit is kept.
    n_fitted : int
        How many of the scores the model is fitted to.
    """
    first, first_scores = X[:n_fitted], scores[:n_fitted]
    fit = _fits.get(history)
    if fit is None or not fit.is_of(surrogate, columns, first, first_scores):
        posterior = surrogate.fit(first, outputs(n_fitted), columns)
        fit = _fits[history] = _Fit(surrogate, columns, first, first_scores, posterior)
    if n_fitted == len(scores):
        return fit.posterior
    return fit.posterior.given_data(X, outputs(len(scores)))


def n_fitted(is_running: NDArray[np.bool_]) -> int:
    """Return how many scores a model is fitted to, counted in the order of the trials.

    From 10 scores on, the number grows in steps of about five. Where much is running, results come
    in between others; so the fit keeps a distance from what was started last.

    Parameters
    ----------
    is_running : array of bool, shape (k,)
        Which of all rows, in their order, have no score yet.
    """
    n = len(is_running) - _DISTANCE * int(is_running.sum())
    n -= n % max(1, int(_NEW * max(0, n)))
    n_settled = int(np.count_nonzero(~is_running[: max(0, n)]))
    return n_settled if n_settled >= _FEW else int(np.count_nonzero(~is_running))


def n_fitted_of_many(n_scores: int) -> int:
    """Return how many scores a model is fitted to, counted in the order in which they came in.

    From 10 scores on, the number grows by a fifth of itself: where many come in soon, a fit at
    every fifth one would cost more than all else.

    Parameters
    ----------
    n_scores : int
        How many scores there are.
    """
    n = min(n_scores, _FEW)
    while n >= _FEW and math.ceil((1 + _NEW) * n) <= n_scores:
        n = math.ceil((1 + _NEW) * n)
    return n
