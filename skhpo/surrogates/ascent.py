"""Many local searches at once in the unit cube, so that a model predicts for all of them together.

========== =========================================================================
symbol     meaning
========== =========================================================================
m, d       searches; dimensions
X, G       where the searches are, and the gradients there, shape (m, d)
H          approximate inverses of the negative Hessians, shape (m, d, d)
P, t       directions, shape (m, d), and step lengths, shape (m,)
S, Y       last step, and what it did to the negative gradient, shape (m, d)
========== =========================================================================
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skhpo.surrogates.base import Array, SmoothCriterion

__all__ = ["climb"]

_FIRST_STEP = 0.05  # length of the first step, in the largest coordinate
_SUFFICIENT = 1e-4  # Armijo's condition: the part of the predicted ascent that must come true


def climb(
    criterion: SmoothCriterion,
    X: Array,
    free: NDArray[np.bool_],
    *,
    max_iter: int = 30,
    tol: float = 1e-2,
) -> tuple[Array, Array]:
    """Maximise a criterion in the unit cube from several starts, by BFGS with projection.

    In every iteration all searches try one step together. Those that went up far enough take it,
    the others try a shorter one next; those that have arrived stay where they are.

    Parameters
    ----------
    criterion : SmoothCriterion
        What to maximise.
    X : array of shape (m, d)
        Starts.
    free : array of bool, shape (m, d)
        Which coordinates may move.
    max_iter : int, default=30
        Evaluations of all searches.
    tol : float, default=1e-2
        A search has arrived when a step would gain less than this.

    Returns
    -------
    X : array of shape (m, d)
        Ends; never worse than the starts.
    values : array of shape (m,)
        The criterion there.

    References
    ----------
    D. P. Bertsekas: Projected Newton Methods for Optimization Problems with Simple Constraints.
    SIAM Journal on Control and Optimization 20(2), 1982.
    J. Nocedal, S. J. Wright: Numerical Optimization. 2nd edition, 2006, eq. (6.17) for H.
    """
    X = X.copy()
    values, G = criterion.with_gradient(X)
    m, d = X.shape
    H = np.zeros((m, d, d))
    P = _direction(X, G, H, free)
    t = np.ones(m)
    going = np.ones(m, dtype=np.bool_)

    for _ in range(max_iter):
        going &= np.einsum("ij,ij->i", P, G) > tol
        at = np.flatnonzero(going)
        if len(at) == 0:
            break
        trial = np.clip(X[at] + t[at, None] * P[at], 0.0, 1.0)
        trial_values, trial_G = criterion.with_gradient(trial)
        S = trial - X[at]
        ascent = np.einsum("ij,ij->i", S, G[at])
        up = trial_values - values[at] >= _SUFFICIENT * np.maximum(ascent, 0.0)
        short, at = at[~up], at[up]
        t[short] *= 0.25
        going[short] &= t[short] > 1e-4
        going[at] &= trial_values[up] - values[at] > tol

        H[at] = _updated(H[at], S[up], G[at] - trial_G[up])
        X[at], values[at], G[at], t[at] = trial[up], trial_values[up], trial_G[up], 1.0
        P[at] = _direction(X[at], G[at], H[at], free[at])
    return X, values


def _direction(X: Array, G: Array, H: Array, free: NDArray[np.bool_]) -> Array:
    """Return H G over the coordinates that can move: uphill, and not out of the cube."""
    can_move = free & ~((X <= 0.0) & (G < 0.0)) & ~((X >= 1.0) & (G > 0.0))
    G = np.where(can_move, G, 0.0)
    P = np.where(can_move, np.einsum("ijk,ik->ij", H, G), 0.0)
    steepest = G * (_FIRST_STEP / np.abs(G).max(axis=1, initial=1e-300))[:, None]
    uphill = np.einsum("ij,ij->i", P, G) > 0.0
    return np.where(uphill[:, None], P, steepest)


def _updated(H: Array, S: Array, Y: Array) -> Array:
    """Return H after steps ``S``; as it was where the criterion was not concave along the step."""
    sy, yy = np.einsum("ij,ij->i", S, Y), np.einsum("ij,ij->i", Y, Y)
    curved = sy > np.maximum(1e-10 * yy, 1e-100)  # 1 / sy must stay finite
    H, S, Y, sy, yy = H.copy(), S[curved], Y[curved], sy[curved], yy[curved]
    eye = np.eye(S.shape[1])
    before = H[curved]
    first = ~before.any(axis=(1, 2))
    before[first] = eye * (sy[first] / yy[first])[:, None, None]  # eq. (6.20)
    rho = (1.0 / sy)[:, None, None]
    left = eye - rho * S[:, :, None] * Y[:, None, :]
    H[curved] = left @ before @ left.transpose(0, 2, 1) + rho * S[:, :, None] * S[:, None, :]
    return H
