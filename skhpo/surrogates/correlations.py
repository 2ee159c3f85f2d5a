"""How alike the objective is at two points, by their squared distance.

Each function returns the correlation c, and with it the slope g all its derivatives share: minus
twice the derivative of c by r^2. That is finite at r = 0, so that no derivative of a kernel, by a
length scale or by a coordinate, ever divides by r.

References to equations are to C. E. Rasmussen, C. K. I. Williams: Gaussian Processes for Machine
Learning, 2006.
"""

from __future__ import annotations

import numpy as np

from skhpo.surrogates.base import Array

__all__ = ["matern52", "rational_quadratic"]


def matern52(r2: Array) -> tuple[Array, Array]:
    """Compute the Matern correlation of smoothness 5/2: between rough and smooth; eq. (4.17).

    With a = sqrt(5) r it is c = (1 + a + a^2 / 3) exp(-a), and g = 5/3 (1 + a) exp(-a).

    Parameters
    ----------
    r2 : array of any shape
        Squared distances, in units of the length scales.

    Returns
    -------
    c, g : array of the same shape
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


def rational_quadratic(r2: Array) -> tuple[Array, Array]:
    """Compute the rational quadratic correlation of alpha = 2: no root, no exp; eq. (4.19).

    It is c = (1 + r^2 / 4)^-2, and g = (1 + r^2 / 4)^-3.

    Parameters
    ----------
    r2 : array of any shape
        Squared distances, in units of the length scales.

    Returns
    -------
    c, g : array of the same shape
    """
    t = 0.25 * r2
    t += 1.0
    np.reciprocal(t, out=t)
    c = t * t
    t *= c
    return c, t
