"""Scores as a model likes them: of zero mean, unit variance, and without a long lower tail.

Only what is below the median is drawn in. Differences between good scores keep their size: a
transform that also stretched the upper half until it looked normal would make much of the last
digit once many trials are near one optimum, and the search would stay there.
"""

from __future__ import annotations

import numpy as np

from skhpo.surrogates.base import Array

__all__ = ["normalise"]

#: 1 changes nothing, 0 takes the logarithm, -1 puts a bound on the tail.
_EXPONENTS = np.linspace(1.0, -1.0, 101)
_LARGEST = 1e150  # beyond that, numbers are scaled before anything is reckoned with them
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
    y = draw_in(y, _EXPONENTS[_log_likelihoods(y).argmax()])
    y = y - float(y.mean())
    return y / float(y.std())


def draw_in(y: Array, exponent: Array | float) -> Array:
    """Transform what is negative by a power; shapes (n,), (k, 1) -> (k, n).

    Parameters
    ----------
    y : array of shape (n,)
        Numbers.
    exponent : float or array of shape (k, 1)
        e in -((1 - y)^e - 1) / e, which is -log(1 - y) for e = 0.
    """
    # Next to 0, the power differs from the logarithm by less than rounding errors do.
    e = np.where(np.abs(exponent) < 1e-8, 1e-8, exponent)
    logs = np.log1p(np.maximum(-y, 0.0))
    return np.asarray(np.maximum(y, 0.0) - np.expm1(e * logs) / e)


def _log_likelihoods(y: Array) -> Array:
    """Likelihoods of a normal distribution after each transform; the paper's eq. (3.1)."""
    variances = draw_in(y, _EXPONENTS[:, None]).var(axis=1)
    jacobians = (_EXPONENTS - 1.0) * np.log1p(np.maximum(-y, 0.0)).sum()
    return np.asarray(jacobians - 0.5 * len(y) * np.log(np.maximum(variances, 1e-300)))


def _scaled(y: Array) -> Array:
    """Centre at the median and scale by the spread.

    That is the standard deviation, unless a few disasters make it much larger than the range of
    the rest: from the best score down to the lowest but a tenth of them.
    """
    largest = float(np.abs(y).max())
    if largest > _LARGEST:  # differences would overflow
        y = y / largest
    y = y - np.median(y)
    furthest = float(np.abs(y).max())
    if furthest < np.finfo(float).tiny:
        return np.zeros_like(y)
    y = y / furthest  # from here on, squares neither overflow nor vanish
    deviation = float(y.std())
    spread = min(deviation, 3.0 * float(y.max() - np.quantile(y, 0.1)) or deviation)
    return np.maximum(y, -_FAR * spread) / spread
