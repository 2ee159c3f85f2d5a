"""What each feature does alone, in a random forest that is grown on the trials themselves.

References
----------
F. Hutter, H. Hoos, K. Leyton-Brown: An Efficient Approach for Assessing Hyperparameter Importance.
ICML 2014.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.fanova import Decomposition
from skhpo.inspection.features import Features
from skhpo.surrogates import RandomForest

__all__ = ["N_TREES", "forest_effects"]

Array = NDArray[np.float64]

#: Trees, and trials that a leaf has at least: the score of one alone is mostly noise, which would
#: count as an effect of whatever was split for it.
N_TREES, _LEAF = 100, 3

#: Between which parts of the trees the limits are.
_LIMITS = (0.05, 0.95)


def forest_effects(
    features: Features, y: Array, rng: np.random.Generator
) -> tuple[Array, Array, Array]:
    """Return which part of the variance each feature is responsible for alone.

    Parameters
    ----------
    features : Features
        Of n trials, p of them.
    y : ndarray of shape (n,)
        Their scores, of zero mean and unit variance.
    rng : numpy.random.Generator
        Grows the trees.

    Returns
    -------
    expected, low, high : ndarray of shape (p,)
        Mean over the trees, and between what nine in ten of them are. NaN where no tree has found
        anything to split: with fewer than six trials, always.
    """
    # What a feature would be where it is not to be had, makes no difference. So it may be anything
    # there; were it one value, trees would tell branches by it.
    anything = features.spread(len(y), rng)
    X = features.encode(np.where(np.isnan(features.U), anything, features.U))
    model = RandomForest(n_trees=N_TREES, min_samples_leaf=_LEAF, seed=int(rng.integers(2**31)))
    trees = [Decomposition(tree.structure, features) for tree in model.fit(X, y).trees]
    parts = np.array([tree.main for tree in trees if tree.variance > 0.0])
    if not len(parts):
        nothing = np.full(len(features.features), np.nan)
        return nothing, nothing, nothing
    expected = parts.mean(axis=0)
    low, high = np.quantile(parts, _LIMITS, axis=0)
    # A mean may be beyond: where a few trees only have seen anything in a feature.
    return expected, np.minimum(low, expected), np.maximum(high, expected)
