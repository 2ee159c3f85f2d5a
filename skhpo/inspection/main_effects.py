"""Which part of the variance of a function is an effect of one parameter alone.

The values of the function at points all over the space are explained, by least squares, by a sum
of functions of one feature each, and each of these by cosines. Where a feature is even from 0 to
1, or evenly one of its places, these are orthonormal, so that the squares of the coefficients are
parts of the variance.

========== =====================================================================
symbol     meaning
========== =====================================================================
n, p, m    points; features; functions
u          coordinates of a feature, shape (n,): from 0 to 1, or of places, of
           which there are M, the middles (k + 1/2) / M of as many parts
A          a column of ones, and sqrt(2) cos(pi k u) for k = 1, 2, ... (for places
           k < M: a discrete cosine transform) of each feature, shape (n, 1 + q)
C          coefficients, shape (1 + q, m)
s2         variance of what the sum does not explain, shape (m,): of what features
           do together. To the regression it is noise, and adds on average s2
           times the diagonal of (A'A)^-1 to the squares of C
========== =====================================================================

References
----------
B. Sudret: Global Sensitivity Analysis Using Polynomial Chaos Expansions. Reliability Engineering
and System Safety 93, 2008. (Parts of the variance from the coefficients of an orthonormal basis.)
J.-Y. Tissot, C. Prieur: Bias Correction for the Estimation of Sensitivity Indices Based on Random
Balance Designs. Reliability Engineering and System Safety 107, 2012.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.features import Feature, Features

__all__ = ["main_effects"]

Array = NDArray[np.float64]

#: Cosines of a feature, of few and of many features, and points for each column at least.
_MOST_TERMS, _FEWEST_TERMS, _POINTS_PER_COLUMN = 12, 3, 4


def main_effects(features: Features, U: Array, values: Array) -> Array:
    """Return which part of the variance of functions is an effect of each feature alone.

    Parameters
    ----------
    features : Features
        What the columns of ``U`` mean.
    U : ndarray of shape (n, p)
        Points evenly all over the space, as from :meth:`Features.spread`; some dozens.
    values : ndarray of shape (m, n)
        Of each function at each point.

    Returns
    -------
    ndarray of shape (m, p)
        From 0 to 1; NaN for a function that is the same everywhere.
    """
    n_points, p = U.shape
    n_terms = max(_FEWEST_TERMS, min(_MOST_TERMS, n_points // (_POINTS_PER_COLUMN * p)))
    columns = [_cosines(f, u, n_terms) for f, u in zip(features.features, U.T, strict=True)]
    n_at_once = max(1, n_points // (_POINTS_PER_COLUMN * n_terms))
    rest, variances = values.T, []
    for first in range(0, p, n_at_once):  # of a hundred features and more, some after the others
        of_some, rest, s2 = _explained(columns[first : first + n_at_once], rest)
        variances += of_some
    variance = np.sum(variances, axis=0) + s2
    is_constant = np.ptp(values, axis=1) == 0.0
    parts: Array = np.clip(variances, 0.0, None) / np.where(is_constant, np.nan, variance)
    return np.minimum(parts, 1.0).T


def _explained(columns: Sequence[Array], values: Array) -> tuple[list[Array], Array, Array]:
    """Return the variance that is explained by the columns of each feature, what is left, and s2.

    Shapes (n, m) -> (m,) of each feature, (n, m), (m,).
    """
    A = np.column_stack([np.ones(len(values)), *columns])
    Q, R = np.linalg.qr(A)
    C = np.linalg.solve(R, Q.T @ values)
    rest = values - A @ C
    s2 = (rest**2).sum(axis=0) / (len(A) - A.shape[1])
    by_chance = (np.linalg.inv(R) ** 2).sum(axis=1)
    squares = (C**2 - np.outer(by_chance, s2))[1:]
    ends = np.cumsum([column.shape[1] for column in columns])[:-1]
    return [part.sum(axis=0) for part in np.split(squares, ends)], rest, s2


def _cosines(feature: Feature, u: Array, n_terms: int) -> Array:
    """Return the columns of a feature, of shape (n, n_terms), or fewer where it has few places."""
    n_places = len(feature.marks)
    if n_places:
        u = (np.searchsorted(feature.marks, u) + 0.5) / n_places
        n_terms = min(n_terms, n_places - 1)
    columns: Array = math.sqrt(2.0) * np.cos(math.pi * np.outer(u, np.arange(1, n_terms + 1)))
    return columns
