"""Functional analysis of variance of regression trees, exactly.

A tree is constant on boxes. So its mean over all features but some, and the variance of that mean,
are sums over leaves (Hutter et al. 2014, algorithms 1 and 2).

========== =====================================================================
symbol     meaning
========== =====================================================================
L          leaves of the tree
C          cells of a feature: what no threshold divides
values     of the leaves, shape (L,)
inside     whether a cell is in the box of a leaf, shape (L, C)
weights    which part of a feature each cell is, shape (C,); they add up to 1
sizes      which part of each feature the box of a leaf is, shape (L, p)
a          mean of the tree over all other features, by cell
V          variance of the tree over the whole space
========== =====================================================================

References
----------
F. Hutter, H. Hoos, K. Leyton-Brown: An Efficient Approach for Assessing Hyperparameter Importance.
ICML 2014.
G. Hooker: Generalized Functional ANOVA Diagnostics for High-Dimensional Functions of Dependent
Variables. Journal of Computational and Graphical Statistics 16, 2007.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.features import Feature, Features

__all__ = ["Decomposition"]

Array = NDArray[np.float64]


class Decomposition:
    """Which part of the variance of a tree each feature is responsible for.

    Parameters
    ----------
    tree : sklearn.tree._tree.Tree
        Grown on rows of the features, without gaps.
    features : Features
        What its columns mean.
    """

    def __init__(self, tree: Any, features: Features) -> None:
        is_leaf = tree.children_left < 0
        low, high = _boxes(tree)
        self._values = tree.value[is_leaf, 0, 0]
        self._cells = [_Cells.of(f, low[is_leaf], high[is_leaf]) for f in features.features]
        self._sizes = np.stack([cells.inside @ cells.weights for cells in self._cells], axis=1)

    @cached_property
    def _mean(self) -> float:
        return float(self._sizes.prod(axis=1) @ self._values)

    @cached_property
    def variance(self) -> float:
        """V."""
        return float(self._sizes.prod(axis=1) @ (self._values - self._mean) ** 2)

    def _mass(self, but: int) -> Array:
        """Return what each leaf adds to the mean, were it all there is of a feature."""
        mass: Array = self._values * np.delete(self._sizes, but, axis=1).prod(axis=1)
        return mass

    @cached_property
    def main(self) -> Array:
        """Part of the variance that is an effect of one feature alone, of shape (p,)."""
        if self.variance == 0.0:
            return np.full(len(self._cells), np.nan)
        parts = []
        for j, cells in enumerate(self._cells):
            a = self._mass(j) @ cells.inside
            parts.append(cells.weights @ (a - self._mean) ** 2)
        return np.array(parts) / self.variance


@dataclass(frozen=True)
class _Cells:
    """What a tree does not divide of one feature.

    Parameters
    ----------
    inside : ndarray of shape (L, C)
        1.0 for the cells of each leaf.
    weights : ndarray of shape (C,)
        Which part of the feature each of them is.
    """

    inside: Array
    weights: Array

    @classmethod
    def of(cls, feature: Feature, low: Array, high: Array) -> _Cells:
        """Return the cells of a feature, given the boxes of all leaves."""
        low, high = low[:, feature.columns], high[:, feature.columns]
        if feature.is_category:  # a place is out where its column must be 0, or another one's 1
            must_be = low > 0.0
            may_be = high > 1.0
            others = must_be.sum(axis=1, keepdims=True) - must_be
            inside, n_places = may_be & (others == 0), len(feature.marks)
            return cls(inside.astype(float), np.full(n_places, 1.0 / n_places))
        if len(feature.marks):
            middles = feature.marks
            weights = np.full(len(middles), 1.0 / len(middles))
        else:
            edges = np.unique(np.clip(np.concatenate([[0.0, 1.0], low[:, 0], high[:, 0]]), 0, 1))
            middles = (edges[1:] + edges[:-1]) / 2
            weights = np.diff(edges)
        return cls(((low < middles) & (middles <= high)).astype(float), weights)


def _boxes(tree: Any) -> tuple[Array, Array]:
    """Return between which thresholds each node is, in each column; infinite where there is none.

    Shapes (n_nodes, d). Downwards through the tree, one level after the other.
    """
    low = np.full((tree.node_count, tree.n_features), -np.inf)
    high = np.full((tree.node_count, tree.n_features), np.inf)
    level = np.array([0])
    while len(level):
        inner = level[tree.children_left[level] >= 0]
        left, right = tree.children_left[inner], tree.children_right[inner]
        column, threshold = tree.feature[inner], tree.threshold[inner]
        for side in (left, right):
            low[side], high[side] = low[inner], high[inner]
        high[left, column] = threshold
        low[right, column] = threshold
        level = np.concatenate([left, right])
    return low, high
