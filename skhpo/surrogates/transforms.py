"""Scores as a model likes them: of zero mean, unit variance, and without a long tail."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize_scalar

from skhpo.surrogates.base import Array

__all__ = ["normalise"]

_LAMBDAS = (-1.0, 3.0)  # 1 changes nothing; 0 and 2 take the logarithm of one of the tails


def normalise(y: Array) -> Array:
    """Make scores about normal, by a power transform that keeps their order, and standardise.

    Parameters
    ----------
    y : array of shape (n,)
        Finite scores.

    Returns
    -------
    array of shape (n,)
        Mean 0 and standard deviation 1; all 0 if the scores are all the same. Adding a constant
        to the scores, or multiplying them by a positive one, changes nothing.

    References
    ----------
    I.-K. Yeo, R. A. Johnson: A New Family of Power Transformations to Improve Normality or
    Symmetry. Biometrika 87(4), 2000.
    """
    y = _scaled(y)
    if not y.any():
        return y
    best = minimize_scalar(
        _negative_log_likelihood,
        bounds=_LAMBDAS,
        args=(y,),
        method="bounded",
        options={"xatol": 1e-3},
    )
    return _standardised(yeo_johnson(y, float(best.x)))


def yeo_johnson(y: Array, power: float) -> Array:
    """Transform numbers of either sign by a power; shapes (n,) -> (n,).

    Parameters
    ----------
    y : array of shape (n,)
        Numbers.
    power : float
        Lambda in the paper: 1 changes nothing, less draws in the upper tail, more the lower one.
    """
    magnitude = np.log1p(np.abs(y))
    exponent = np.where(y >= 0.0, power, 2.0 - power)
    # expm1(e m) / e, and its limit m for e -> 0
    safe = np.where(np.abs(exponent) < 1e-8, 1.0, exponent)
    grown = np.where(exponent == safe, np.expm1(safe * magnitude) / safe, magnitude)
    return np.copysign(grown, y)


def _negative_log_likelihood(power: float, y: Array) -> float:
    """Likelihood of a normal distribution after the transform; the paper's eq. (3.1)."""
    variance = float(yeo_johnson(y, power).var())
    jacobian = (power - 1.0) * float((np.sign(y) * np.log1p(np.abs(y))).sum())
    return 0.5 * len(y) * np.log(max(variance, 1e-300)) - jacobian


def _scaled(y: Array) -> Array:
    """Centre at the median and scale by the quartiles, which outliers do not move."""
    low, middle, high = np.quantile(y, [0.25, 0.5, 0.75])
    y = y - middle
    spread = max(float(high - low), 1e-9 * float(np.abs(y).max()))
    return y / spread if spread > 0.0 else np.zeros_like(y)


def _standardised(y: Array) -> Array:
    """Subtract the mean and divide by the standard deviation."""
    y = y - y.mean()
    return y / y.std()
