"""Paired differences, on several problems with several seeds each: how sure is their mean?"""

from __future__ import annotations

import math

import numpy as np

__all__ = ["interval", "standard_error", "summary"]

_N_RESAMPLES = 10_000


def interval(differences: np.ndarray) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the mean. Seeds are resampled, problems are kept.

    Parameters
    ----------
    differences : ndarray of shape (n_problems, n_seeds)
        Ours minus theirs with the same seed.
    """
    rng = np.random.default_rng(0)
    n_seeds = differences.shape[1]
    chosen = rng.integers(n_seeds, size=(_N_RESAMPLES, *differences.shape))
    means = np.take_along_axis(differences[None], chosen, axis=2).mean(axis=(1, 2))
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def standard_error(differences: np.ndarray) -> float:
    """Return the standard error of the mean, problems being kept.

    Parameters
    ----------
    differences : ndarray of shape (n_problems, n_seeds)
        Ours minus theirs with the same seed.
    """
    n_problems, n_seeds = differences.shape
    return math.sqrt(float(differences.var(axis=1, ddof=1).sum()) / n_seeds) / n_problems


def summary(differences: np.ndarray) -> str:
    """Return the mean, its standard error, and its interval, in words.

    Parameters
    ----------
    differences : ndarray of shape (n_problems, n_seeds)
        Ours minus theirs with the same seed.
    """
    low, high = interval(differences)
    return (
        f"{differences.mean():+.4f} +- {standard_error(differences):.4f}, "
        f"95 % in {low:+.4f} ... {high:+.4f}"
    )
