"""What two points have in common: what all coordinates do together, and what each does alone.

    k(x, x') = s^2 c(r) + a^2 / d  sum_k q(r_k)
    r^2 = sum_k (x_k - x'_k)^2 / ell_k^2,    r_k^2 = d (x_k - x'_k)^2 / ell_k^2

The first part can be any function, and learns only near the points measured. The second is a sum
of functions of one coordinate each, about which every measurement tells something: where
parameters act more or less independently of each other, that finds the optimum in far fewer trials.
The data decide how much of either there is.

========== =========================================================================
symbol     meaning
========== =========================================================================
n, m, d    points; points; dimensions
ell        length scales, shape (d,). Distances in a cube grow with sqrt(d), and length
           scales with them; along one coordinate, ell_k / sqrt(d) is meant
s^2, a^2   variances of the two parts
c, q       correlations: Matern 5/2 and, cheap enough to be computed for each coordinate,
           rational quadratic (``correlations.py``)
g          their slopes
========== =========================================================================

Reference: D. Duvenaud, H. Nickisch, C. E. Rasmussen: Additive Gaussian Processes. NIPS 2011.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from skhpo.surrogates.base import Array
from skhpo.surrogates.correlations import matern52, rational_quadratic

__all__ = ["Kernel", "PairwiseKernel", "Slopes"]


@dataclass(frozen=True, eq=False)
class Kernel:
    """The covariance of the objective at two points.

    Parameters
    ----------
    length_scales : array of shape (d,)
        ell.
    joint_variance, additive_variance : float
        s^2 and a^2.
    """

    length_scales: Array
    joint_variance: float
    additive_variance: float = 0.0

    @property
    def variance(self) -> float:
        """Of the objective at any point."""
        return self.joint_variance + self.additive_variance

    def __call__(self, A: Array, B: Array) -> Array:
        """Return the covariances of two sets of points; shapes (m, d), (n, d) -> (m, n)."""
        ell, d = self.length_scales, len(self.length_scales)
        k = self.joint_variance * matern52(cdist(A / ell, B / ell, "sqeuclidean"))[0]
        if self.additive_variance > 0.0:
            # As `rational_quadratic`, but in place and without slopes: here most time is spent.
            half_A, half_B = (0.5 * math.sqrt(d) * (points / ell).T for points in (A, B))
            q, total = np.empty_like(k), np.zeros_like(k)
            for a, b in zip(half_A, half_B, strict=True):
                np.subtract.outer(a, b, out=q)
                q *= q
                q += 1.0
                q *= q
                total += np.reciprocal(q, out=q)
            total *= self.additive_variance / max(1, d)
            k += total
        return k

    def with_slopes(self, A: Array, B: Array) -> tuple[Array, Slopes]:
        """Return the covariances, and what their derivatives by ``A`` are made of."""
        ell, d = self.length_scales, len(self.length_scales)
        c, g = matern52(cdist(A / ell, B / ell, "sqeuclidean"))
        k = self.joint_variance * c
        if self.additive_variance == 0.0:
            return k, Slopes(self, A, B, g, np.zeros((d, 1, 1)))
        scaled_A, scaled_B = (math.sqrt(d) * (points / ell).T for points in (A, B))
        r2 = scaled_A[:, :, None] - scaled_B[:, None, :]
        r2 *= r2
        q, g_alone = rational_quadratic(r2)
        k += (self.additive_variance / max(1, d)) * q.sum(axis=0)
        return k, Slopes(self, A, B, g, g_alone)


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives of covariances by the coordinates of the first of two sets of points.

    Parameters
    ----------
    kernel : Kernel
        Whose derivatives.
    A, B : array of shape (m, d) and (n, d)
        The points.
    g : array of shape (m, n)
        Of the joint part.
    g_alone : array of shape (d, m, n)
        Of the additive part, by coordinate.
    """

    kernel: Kernel
    A: Array
    B: Array
    g: Array
    g_alone: Array

    def weighted(self, w: Array) -> Array:
        """Return sum_i w_i dk(x, b_i)/dx for each x of ``A``; shapes (m, n) -> (m, d).

        With dk_i/dx_k = -(s^2 g_i + a^2 g_ik) (x_k - b_ik) / ell_k^2.
        """
        w_joint = self.kernel.joint_variance * w * self.g
        w_alone = self.kernel.additive_variance * w * self.g_alone
        towards = w_joint @ self.B + np.matmul(w_alone, self.B.T[:, :, None])[:, :, 0].T
        away = (w_joint.sum(axis=1)[:, None] + w_alone.sum(axis=2).T) * self.A
        return np.asarray((towards - away) / self.kernel.length_scales**2)


class PairwiseKernel:
    """The kernel between the points of one set, each pair looked at once, for many kernels in turn.

    Parameters
    ----------
    X : array of shape (n, d)
        Points. There are p = n (n - 1) / 2 pairs.
    """

    def __init__(self, X: Array) -> None:
        self.n, self.d = X.shape
        self.i, self.j = np.triu_indices(self.n, 1)
        self._places = self.j * self.n + self.i  # in the upper triangle, in Fortran order
        # Coordinate by coordinate, so that each is contiguous.
        self._squares = np.ascontiguousarray(((X[self.i] - X[self.j]) ** 2).T)

    def parts(self, length_scales: Array) -> tuple[Array, Array, Array, Array]:
        """Return correlations and slopes of the pairs.

        Parameters
        ----------
        length_scales : array of shape (d,)
            ell.

        Returns
        -------
        c, c_alone : array of shape (p,)
            Correlations of the joint and of the additive part.
        g, g_alone : array of shape (p,) and (d, p)
            Slopes of the joint part, and of the additive part by coordinate.
        """
        scaled = self._squares / (length_scales**2)[:, None]
        c, g = matern52(scaled.sum(axis=0))
        scaled *= self.d
        c_alone, g_alone = rational_quadratic(scaled)
        return c, c_alone.sum(axis=0) / max(1, self.d), g, g_alone

    def matrix(self, pairs: Array, diagonal: float) -> Array:
        """Return a symmetric matrix, its upper triangle only; (p,) -> (n, n), Fortran order."""
        K = np.zeros(self.n * self.n)
        K[self._places] = pairs
        K[:: self.n + 1] = diagonal
        return K.reshape(self.n, self.n, order="F")

    def of_pairs(self, matrix: Array) -> Array:
        """Return the upper triangle of a matrix in Fortran order; (n, n) -> (p,)."""
        return np.asarray(matrix.ravel(order="K")[self._places])

    def by_log_length_scales(
        self, w: Array, w_alone: Array, g: Array, g_alone: Array, length_scales: Array
    ) -> Array:
        """Return what weighted sums of correlations gain with each log length scale.

        Parameters
        ----------
        w, w_alone : array of shape (p,)
            Weights of the pairs' correlations in the joint and in the additive part.
        g, g_alone : array of shape (p,) and (d, p)
            From :meth:`parts`.
        length_scales : array of shape (d,)
            ell.

        Returns
        -------
        array of shape (d,)
            d/dlog ell_k of sum w c + sum w_alone c_alone.
        """
        joint = self._squares @ (w * g)
        alone = np.einsum("kp,kp->k", self._squares, g_alone * w_alone)
        return np.asarray((joint + alone) / length_scales**2)
