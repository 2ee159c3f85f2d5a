"""The kernel between the points of one set, each pair looked at once, for many kernels in turn.

The notation is that of ``kernel.py``, with one array entry for each of the p = n (n - 1) / 2 pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from skhpo.surrogates.base import Array
from skhpo.surrogates.columns import Columns
from skhpo.surrogates.correlations import matern52, rational_quadratic

__all__ = ["PairwiseCorrelations", "PairwiseKernel"]


class PairwiseKernel:
    """What there is between the points of a set, whatever the kernel.

    Parameters
    ----------
    X : array of shape (n, d)
        Points.
    columns : Columns
        The parameters their columns belong to.
    """

    def __init__(self, X: Array, columns: Columns) -> None:
        self.n, self.columns = len(X), columns
        self.i, self.j = np.triu_indices(self.n, 1)
        self._places = self.j * self.n + self.i  # in the upper triangle, in Fortran order
        # Coordinate by coordinate, so that each is contiguous.
        self._squares = np.ascontiguousarray(((X[self.i] - X[self.j]) ** 2).T)

    def correlations(self, length_scales: Array) -> PairwiseCorrelations:
        """Return the correlations of the pairs in each part of a kernel.

        Parameters
        ----------
        length_scales : array of shape (d,)
            ell.
        """
        scaled = self._squares / (length_scales**2)[:, None]
        return PairwiseCorrelations.of(scaled, self.columns)

    def matrix(self, pairs: Array, diagonal: float) -> Array:
        """Return a symmetric matrix, its upper triangle only; (p,) -> (n, n), Fortran order."""
        K = np.zeros(self.n * self.n)
        K[self._places] = pairs
        K[:: self.n + 1] = diagonal
        return K.reshape(self.n, self.n, order="F")

    def of_pairs(self, matrix: Array) -> Array:
        """Return the upper triangle of a matrix in Fortran order; (n, n) -> (p,)."""
        return np.asarray(matrix.ravel(order="K")[self._places])


@dataclass(frozen=True, eq=False)
class PairwiseCorrelations:
    """How alike the pairs of points are under some length scales. Made by :meth:`of`.

    Parameters
    ----------
    scaled : array of shape (d, p)
        Squared differences in units of the length scales.
    columns : Columns
        The parameters the columns belong to.
    parts : array of shape (3, p)
        c, S / D and (S^2 - sum_j q_j^2) / (D (D - 1)): what s^2, a^2 and p^2 are multiplied by.
    g, g_alone : array of shape (p,) and (D, p)
        Slopes.
    others : array of shape (D, p)
        S - q_j.
    """

    scaled: Array
    columns: Columns
    parts: Array
    g: Array
    g_alone: Array
    others: Array

    @classmethod
    def of(cls, scaled: Array, columns: Columns) -> PairwiseCorrelations:
        """Compute them.

        Parameters
        ----------
        scaled : array of shape (d, p)
            Squared differences in units of the length scales.
        columns : Columns
            The parameters the columns belong to.
        """
        D = columns.n_parameters
        c, g = matern52(scaled.sum(axis=0))
        q, g_alone = rational_quadratic(columns.effective_dimension * columns.sum(scaled))
        total = q.sum(axis=0)
        pairs = total**2 - np.einsum("jp,jp->p", q, q)
        parts = np.stack([c, total / max(1, D), pairs / max(1, D * (D - 1))])
        return cls(scaled, columns, parts, g, g_alone, total - q)

    def by_log_length_scales(self, W: Array, variances: Array) -> Array:
        """Return what a weighted sum of covariances gains with each log length scale.

        Parameters
        ----------
        W : array of shape (p,)
            Weights of the pairs' covariances.
        variances : array of shape (3,)
            s^2, a^2 and p^2.

        Returns
        -------
        array of shape (d,)
            d/dlog ell_k of sum W k.
        """
        s2, a2, p2 = variances
        D = self.columns.n_parameters
        by_q = (2.0 * p2 / max(1, D * (D - 1))) * self.others
        by_q += a2 / max(1, D)
        by_q *= self.columns.effective_dimension * self.g_alone
        by_q += s2 * self.g
        by_q *= W
        return np.asarray(np.einsum("kp,kp->k", self.scaled, by_q[self.columns.parameter]))
