"""What two points have in common: by what all parameters do together, each alone, and any two.

    k(x, x') = s^2 c(r) + a^2 / D  sum_j q_j + 2 p^2 / (D (D - 1))  sum_{i<j} q_i q_j

    r^2 = sum_k (x_k - x'_k)^2 / ell_k^2,    q_j = q(r_j),
    r_j^2 = D* sum_{k in j} (x_k - x'_k)^2 / ell_k^2

The first part can be any function, and learns only near the points measured. The others are sums
of functions of one parameter each, and of two, about which every measurement tells something:
where few parameters depend on each other, that finds the optimum in far fewer trials. The data
decide how much of each there is.

=============== ====================================================================
symbol          meaning
=============== ====================================================================
n, m            points; points
d, D            columns of a point; parameters, of one column or more (``columns.py``)
D*              parameters a point has on average, of those that branches have
ell             length scales, shape (d,). Distances grow with sqrt(D*), and length
                scales with them; along one parameter, ell_k / sqrt(D*) is meant
s^2, a^2, p^2   variances of the three parts
c, q            correlations: Matern 5/2 and, cheap enough to be computed for each
                parameter, rational quadratic (``correlations.py``)
g, g_j          their slopes
S               sum_j q_j, of which sum_{i<j} q_i q_j = (S^2 - sum_j q_j^2) / 2
=============== ====================================================================

Reference: D. Duvenaud, H. Nickisch, C. E. Rasmussen: Additive Gaussian Processes. NIPS 2011,
eq. (6) to (8), up to the second order.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.spatial.distance import cdist

from skhpo.surrogates.base import Array
from skhpo.surrogates.columns import Columns
from skhpo.surrogates.correlations import matern52, rational_quadratic

__all__ = ["Kernel", "Slopes"]


@dataclass(frozen=True, eq=False)
class Kernel:
    """The covariance of the objective at two points.

    Parameters
    ----------
    length_scales : array of shape (d,)
        ell.
    columns : Columns
        The parameters the columns belong to.
    joint_variance, additive_variance, pair_variance : float
        s^2, a^2 and p^2; the last is 0 where there is one parameter only.
    """

    length_scales: Array
    columns: Columns
    joint_variance: float
    additive_variance: float = 0.0
    pair_variance: float = 0.0

    @property
    def variance(self) -> float:
        """Of the objective at any point."""
        return self.joint_variance + self.additive_variance + self.pair_variance

    @property
    def weights(self) -> tuple[float, float]:
        """Return what S, and S^2 - sum_j q_j^2, count: a^2 / D and p^2 / (D (D - 1))."""
        D = self.columns.n_parameters
        return self.additive_variance / max(1, D), self.pair_variance / max(1, D * (D - 1))

    def __call__(self, A: Array, B: Array) -> Array:
        """Return the covariances of two sets of points; shapes (m, d), (n, d) -> (m, n)."""
        k, scaled_A, scaled_B = self._joint(A, B)[0], *self._scaled(A, B)
        k *= self.joint_variance
        by_sum, by_pairs = self.weights
        if by_sum == by_pairs == 0.0:
            return k
        # As `rational_quadratic`, but in place and without slopes: here most time is spent.
        q, total, squares = np.empty_like(k), np.zeros_like(k), np.zeros_like(k)
        for columns in self.columns.slices:
            _squared_distances(scaled_A[columns], scaled_B[columns], out=q)
            q *= 0.25
            q += 1.0
            q *= q
            total += np.reciprocal(q, out=q)
            q *= q
            squares += q
        k += np.multiply(total, by_sum, out=q)
        total *= total
        total -= squares
        k += np.multiply(total, by_pairs, out=q)
        return k

    def with_slopes(self, A: Array, B: Array) -> tuple[Array, Slopes]:
        """Return the covariances, and what their derivatives by ``A`` are made of."""
        c, g = self._joint(A, B)
        scaled_A, scaled_B = self._scaled(A, B)
        r2 = scaled_A[:, :, None] - scaled_B[:, None, :]
        r2 *= r2
        q, g_alone = rational_quadratic(self.columns.sum(r2))
        total = q.sum(axis=0)
        by_sum, by_pairs = self.weights
        k = self.joint_variance * c
        k += by_sum * total + by_pairs * (total**2 - np.einsum("jmn,jmn->mn", q, q))
        g_alone *= self.columns.effective_dimension * (by_sum + 2.0 * by_pairs * (total - q))
        return k, Slopes(self, A, B, self.joint_variance * g, g_alone)

    def _joint(self, A: Array, B: Array) -> tuple[Array, Array]:
        """Return c and g."""
        ell = self.length_scales
        return matern52(cdist(A / ell, B / ell, "sqeuclidean"))

    def _scaled(self, A: Array, B: Array) -> tuple[Array, Array]:
        """Return points in the units of r_j, by columns; (m, d), (n, d) -> (d, m), (d, n)."""
        unit = self.length_scales / math.sqrt(self.columns.effective_dimension)
        return (A / unit).T, (B / unit).T


def _squared_distances(A: Array, B: Array, out: Array) -> None:
    """Compute distances along the columns of a parameter; (w, m), (w, n) -> (m, n)."""
    np.subtract.outer(A[0], B[0], out=out)
    out *= out
    for a, b in zip(A[1:], B[1:], strict=True):
        more = np.subtract.outer(a, b)
        more *= more
        out += more


@dataclass(frozen=True, eq=False)
class Slopes:
    """Derivatives of covariances by the coordinates of the first of two sets of points.

    Parameters
    ----------
    kernel : Kernel
        Whose derivatives.
    A, B : array of shape (m, d) and (n, d)
        The points.
    joint : array of shape (m, n)
        s^2 g.
    alone : array of shape (D, m, n)
        D* (a^2 / D + 2 p^2 / (D (D - 1)) (S - q_j)) g_j.
    """

    kernel: Kernel
    A: Array
    B: Array
    joint: Array
    alone: Array

    def weighted(self, w: Array) -> Array:
        """Return sum_i w_i dk(x, b_i)/dx for each x of ``A``; shapes (m, n) -> (m, d).

        With dk_i/dx_k = -(joint_i + alone_ij) (x_k - b_ik) / ell_k^2, where j has the column k.
        """
        parameter = self.kernel.columns.parameter
        w_joint = w * self.joint
        w_alone = (w * self.alone)[parameter]
        towards = w_joint @ self.B + np.matmul(w_alone, self.B.T[:, :, None])[:, :, 0].T
        away = (w_joint.sum(axis=1)[:, None] + w_alone.sum(axis=2).T) * self.A
        return np.asarray((towards - away) / self.kernel.length_scales**2)
