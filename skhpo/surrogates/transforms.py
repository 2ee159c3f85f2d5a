"""Scores as a model likes them: of zero mean, unit variance, and without a long lower tail.

Only what is below the median is drawn in. Differences between good scores keep their size: a
transform that also stretched the upper half until it looked normal would make much of the last
digit once many trials are near one optimum, and the search would stay there.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize_scalar

from skhpo.surrogates.base import Array

__all__ = ["normalise"]

_EXPONENTS = (-1.0, 1.0)  # 1 changes nothing, 0 takes the logarithm, -1 puts a bound on the tail
_FAR = 1e9  # how far below the median scores are told apart, in units of their spread


def normalise(y: Array) -> Array:
    """Draw in the lower tail as much as makes the scores most normal, and standardise.

    Parameters
    ----------
    y : array of shape (n,)
        Finite scores.

    Returns
    -------
    array of shape (n,)
        Mean 0 and standard deviation 1, in the order of ``y``; all 0 if the scores are all the
        same. Adding a constant to the scores, or multiplying them by a positive one, changes
        nothing.

    References
    ----------
    I.-K. Yeo, R. A. Johnson: A New Family of Power Transformations to Improve Normality or
    Symmetry. Biometrika 87(4), 2000. (The branch for negative numbers; the exponent is 2 - lambda.)
    """
    y = _scaled(y)
    if not y.any():
        return y
    best = minimize_scalar(
        _negative_log_likelihood,
        bounds=_EXPONENTS,
        args=(y,),
        method="bounded",
        options={"xatol": 1e-2},
    )
    y = draw_in(y, float(best.x))
    y = y - float(y.mean())
    return y / float(y.std())


def draw_in(y: Array, exponent: float) -> Array:
    """Transform what is negative by a power; shapes (n,) -> (n,).

    Parameters
    ----------
    y : array of shape (n,)
        Numbers.
    exponent : float
        e in -((1 - y)^e - 1) / e, which is -log(1 - y) for e = 0.
    """
    logs = np.log1p(np.maximum(-y, 0.0))
    drawn = logs if abs(exponent) < 1e-8 else np.expm1(exponent * logs) / exponent
    return np.maximum(y, 0.0) - drawn


def _negative_log_likelihood(exponent: float, y: Array) -> float:
    """Likelihood of a normal distribution after the transform; the paper's eq. (3.1)."""
    variance = float(draw_in(y, exponent).var())
    jacobian = (exponent - 1.0) * float(np.log1p(np.maximum(-y, 0.0)).sum())
    return 0.5 * len(y) * math.log(max(variance, 1e-300)) - jacobian


def _scaled(y: Array) -> Array:
    """Centre at the median and scale by the spread.

    That is the standard deviation, unless a few disasters make it much larger than the range of
    the rest: from the best score down to the lowest but a tenth of them.
    """
    y = y - np.median(y)
    furthest = float(np.abs(y).max())
    if furthest < np.finfo(float).tiny:
        return np.zeros_like(y)
    y = y / furthest  # from here on, squares neither overflow nor vanish
    deviation = float(y.std())
    spread = min(deviation, 3.0 * float(y.max() - np.quantile(y, 0.1)) or deviation)
    return np.maximum(y, -_FAR * spread) / spread
