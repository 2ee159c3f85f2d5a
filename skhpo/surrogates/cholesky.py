"""Factors of covariance matrices, also of those that rounding errors made a little indefinite."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from skhpo.surrogates.base import Array

__all__ = ["cholesky", "inverse_factor"]


def cholesky(K: Array) -> Array:
    """Return U with K = U'U, after adding to the diagonal what rounding errors make necessary.

    Parameters
    ----------
    K : array of shape (n, n)
        Symmetric, in Fortran order; only the upper triangle is read.

    Raises
    ------
    numpy.linalg.LinAlgError
        If K is far from positive definite.
    """
    U, info = lapack.dpotrf(K, lower=0, clean=0)
    jitter = 1e-12 * float(np.diagonal(K).mean())
    while info != 0:
        jitter *= 10.0
        if not jitter < np.diagonal(K).mean():
            raise np.linalg.LinAlgError("the covariance matrix is not positive definite")
        shifted = K.copy(order="F")
        shifted.flat[:: len(K) + 1] += jitter
        U, info = lapack.dpotrf(shifted, lower=0, clean=0)
    return np.asarray(U)


def inverse_factor(K: Array) -> Array:
    """Return R with K^-1 = RR'; shapes (n, n) -> (n, n)."""
    R = lapack.dtrtri(cholesky(np.asfortranarray(K)), lower=0)[0]
    return np.ascontiguousarray(np.triu(R))
