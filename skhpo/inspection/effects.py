"""Which part of the variance of a function is an effect of one parameter alone, or of two together.

The values of the function at points all over the space are explained, by least squares, by a sum
of functions of one feature each, and each of these by cosines; what is left, by functions of two
features each, and each of these by products of cosines. Where a feature is even from 0 to 1, or
evenly one of its places, these are orthonormal, so that the squares of the coefficients are parts
of the variance.

========== =====================================================================
symbol     meaning
========== =====================================================================
n, p, m    points; features; functions
u          coordinates of a feature, shape (n,): from 0 to 1, or of places, of
           which there are M, the middles (k + 1/2) / M of as many parts
A          a column of ones, and sqrt(2) cos(pi k u) for k = 1, 2, ... (for places
           k < M: a discrete cosine transform) of each feature, shape (n, 1 + q);
           of two features, all products of a column of the one and the other
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

__all__ = ["main_effects", "pair_effects"]

Array = NDArray[np.float64]

#: Cosines of a feature, of few and of many features, and points for each column at least.
_MOST_TERMS, _FEWEST_TERMS, _POINTS_PER_COLUMN = 12, 3, 4

#: Cosines of each of two features whose products are taken, of few and of many pairs.
_MOST_FACTORS, _FEWEST_FACTORS = 5, 3


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
    alone, _, s2 = _of_each(_of_features(features, U), values.T)
    return _parts(alone, alone.sum(axis=0) + s2, values)


def pair_effects(
    features: Features, U: Array, values: Array, pairs: Sequence[tuple[int, int]]
) -> Array:
    """Return which part of the variance is an effect of two features beyond those of each alone.

    Parameters
    ----------
    features, U, values : object
        As for :func:`main_effects`; some hundreds of points.
    pairs : sequence of (int, int)
        Which features.

    Returns
    -------
    ndarray of shape (m, n_pairs)
        From 0 to 1; NaN for a function that is the same everywhere.
    """
    alone, rest, s2 = _of_each(_of_features(features, U), values.T)
    n_terms = math.isqrt(len(U) // (_POINTS_PER_COLUMN * len(pairs)))
    n_terms = max(_FEWEST_FACTORS, min(_MOST_FACTORS, n_terms))
    columns = [_cosines(f, u, n_terms) for f, u in zip(features.features, U.T, strict=True)]
    products = [
        (columns[i][:, :, None] * columns[j][:, None, :]).reshape(len(U), -1) for i, j in pairs
    ]
    together, _, _ = _of_each(products, rest)
    return _parts(together, alone.sum(axis=0) + s2, values)


def _of_features(features: Features, U: Array) -> list[Array]:
    """Return the cosines of each feature: as many as there are points for."""
    n_points, p = U.shape
    n_terms = max(_FEWEST_TERMS, min(_MOST_TERMS, n_points // (_POINTS_PER_COLUMN * p)))
    return [_cosines(f, u, n_terms) for f, u in zip(features.features, U.T, strict=True)]


def _of_each(blocks: Sequence[Array], values: Array) -> tuple[Array, Array, Array]:
    """Return the variance that each block of columns explains, what is left of values, and s2.

    Shapes (n, m) -> (n_blocks, m), (n, m), (m,).
    """
    widest = max(block.shape[1] for block in blocks)
    n_at_once = max(1, len(values) // (_POINTS_PER_COLUMN * widest))
    rest, variances, enlarged = values, list[Array](), 1.0
    for first in range(0, len(blocks), n_at_once):  # of very many, some after the others
        of_some, rest, s2, by = _explained(blocks[first : first + n_at_once], rest)
        variances += of_some
        s2, enlarged = s2 / enlarged, enlarged * by
    return np.array(variances), rest, s2


def _parts(variances: Array, variance: Array, values: Array) -> Array:
    """Return parts of the whole variance of each function, shapes (k, m), (m,) -> (m, k)."""
    is_constant = np.ptp(values, axis=1) == 0.0
    parts: Array = np.clip(variances, 0.0, None) / np.where(is_constant, np.nan, variance)
    return np.minimum(parts, 1.0).T


def _explained(columns: Sequence[Array], values: Array) -> tuple[list[Array], Array, Array, float]:
    """Return the variance that each block of columns explains, what is left, s2, and a factor.

    Columns that have nothing to do with what is left still take their share of it by chance: of n
    directions, q. So that others can be found in it as large as they are, it is enlarged by that
    factor.

    Shapes (n, m) -> (m,) of each block, (n, m), (m,), ().
    """
    A = np.column_stack([np.ones(len(values)), *columns])
    Q, R = np.linalg.qr(A)
    C = np.linalg.solve(R, Q.T @ values)
    rest = values - A @ C
    s2 = (rest**2).sum(axis=0) / (len(A) - A.shape[1])
    by = len(A) / (len(A) - A.shape[1])
    by_chance = (np.linalg.inv(R) ** 2).sum(axis=1)
    squares = (C**2 - np.outer(by_chance, s2))[1:]
    ends = np.cumsum([column.shape[1] for column in columns])[:-1]
    return [part.sum(axis=0) for part in np.split(squares, ends)], by * rest, s2, by


def _cosines(feature: Feature, u: Array, n_terms: int) -> Array:
    """Return the columns of a feature, of shape (n, n_terms), or fewer where it has few places."""
    n_places = len(feature.marks)
    if n_places:
        u = (np.searchsorted(feature.marks, u) + 0.5) / n_places
        n_terms = min(n_terms, n_places - 1)
    columns: Array = math.sqrt(2.0) * np.cos(math.pi * np.outer(u, np.arange(1, n_terms + 1)))
    return columns
