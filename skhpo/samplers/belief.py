"""What a surrogate believes after all scores so far; fitted anew only now and then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from skhpo.history import History
from skhpo.space import Space
from skhpo.surrogates.base import Array, Posterior, Surrogate
from skhpo.surrogates.columns import Columns

__all__ = ["belief", "columns_of"]

#: The model is fitted anew when this part of the scores is new.
_NEW = 0.2


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
) -> Posterior:
    """Return the posterior given all scores.

    From 10 scores on, the model is fitted to the first of them only, a number that grows in steps
    of a fifth, and given the others without a new fit: its hyperparameters hardly change any
    more, and to find them is what takes most of the time.

    Parameters
    ----------
    surrogate : Surrogate
        The model.
    columns : Columns
        The parameters the columns of ``X`` belong to.
    X : array of shape (n, d)
        Rows, in the order of the trials.
    scores : array of shape (n,)
        Finite scores.
    outputs : callable
        ``outputs(n)``: what the model is shown of the first ``n`` scores, of shape (n,).
    history : History
        With which the last fit is kept.
    """
    n_fitted = len(scores) - len(scores) % max(1, int(_NEW * len(scores)))
    first, first_scores = X[:n_fitted], scores[:n_fitted]
    fit = _fits.get(history)
    if fit is None or not fit.is_of(surrogate, columns, first, first_scores):
        posterior = surrogate.fit(first, outputs(n_fitted), columns)
        fit = _fits[history] = _Fit(surrogate, columns, first, first_scores, posterior)
    if n_fitted == len(scores):
        return fit.posterior
    return fit.posterior.given_data(X, outputs(len(scores)))
