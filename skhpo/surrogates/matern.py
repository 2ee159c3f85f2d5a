"""The Matern 5/2 correlation: twice differentiable, the usual middle between rough and smooth."""

from __future__ import annotations

import numpy as np
from scipy.spatial.distance import cdist

from skhpo.surrogates.base import Array

__all__ = ["correlation", "matern52"]


def matern52(r2: Array) -> tuple[Array, Array]:
    """Compute the correlation at a distance, and the slope all its derivatives share.

    With a = sqrt(5) r the correlation is c = (1 + a + a^2 / 3) exp(-a). Its derivative by r^2 is
    -g / 2 with g = 5/3 (1 + a) exp(-a), which is finite at r = 0: no derivative of the kernel,
    by a length scale or by a coordinate, ever divides by r.

    Parameters
    ----------
    r2 : array of any shape
        Squared distances, in units of the length scales.

    Returns
    -------
    c, g : array of the same shape
        Correlation, and minus twice its derivative by ``r2``.

    References
    ----------
    C. E. Rasmussen, C. K. I. Williams: Gaussian Processes for Machine Learning. 2006, eq. (4.17).
    """
    a = 5.0 * r2  # in place from here on: for large arrays, memory is what takes the time
    np.sqrt(a, out=a)
    decay = np.negative(a)
    np.exp(decay, out=decay)
    c = (5.0 / 3.0) * r2
    a += 1.0
    c += a
    c *= decay
    a *= 5.0 / 3.0
    a *= decay
    return c, a


def correlation(A: Array, B: Array, ell: Array) -> tuple[Array, Array]:
    """Return c and g between two sets of points; shapes (m, d), (n, d) -> (m, n), (m, n)."""
    return matern52(cdist(A / ell, B / ell, "sqeuclidean"))
