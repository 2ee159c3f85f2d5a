"""What models are fitted to, checked."""

from __future__ import annotations

import numpy as np

from skhpo.surrogates.base import Array

__all__ = ["checked"]


def checked(X: Array, y: Array) -> tuple[Array, Array]:
    """Return the data as arrays of floats, or say what is wrong with it.

    Parameters
    ----------
    X : array of shape (n, d)
        Points.
    y : array of shape (n,)
        What was measured there.

    Raises
    ------
    ValueError
        If the shapes do not fit, there is no data, or it is not finite.
    """
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    if X.ndim != 2 or y.shape != X.shape[:1] or len(y) == 0:
        raise ValueError(
            f"X must have shape (n, d) and y shape (n,) with n >= 1; got {X.shape} and {y.shape}"
        )
    if not (np.isfinite(X).all() and np.isfinite(y).all()):
        raise ValueError("X and y must be finite")
    return X, y
