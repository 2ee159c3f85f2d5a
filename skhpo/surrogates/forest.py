"""Random-forest regression with uncertainty, for objectives that jump.

========== =========================================================================
symbol     meaning
========== =========================================================================
n, d, m    measured points; dimensions; points to predict at
X, y       points in the unit cube, shape (n, d); what was measured, shape (n,)
mu_t       mean of the measurements in a point's leaf of tree t
sigma^2_t  their variance, but at least v
========== =========================================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.settings import check_count, check_number
from skhpo.surrogates.base import Array
from skhpo.surrogates.columns import Columns
from skhpo.surrogates.data import checked

__all__ = ["RandomForest", "RandomForestPosterior", "Tree"]


@dataclass(frozen=True)
class RandomForest:
    """A forest of regression trees that disagree where there is little data.

    Every tree sees its own bootstrap sample, and draws a random threshold for each dimension, of
    which it takes the best. Trees with the best thresholds of all would agree on the middle
    between two measurements, and be sure of what lies there.

    Parameters
    ----------
    n_trees : int, default=10
        How many.
    ratio_features : float, default=1.0
        Part of the dimensions that each split may choose from.
    min_samples_split : int, default=2
        Measurements a node must have to be split.
    min_samples_leaf : int, default=1
        Measurements that each side of a split must have.
    min_variance : float, default=0.01
        v, the least variance inside a leaf: a single measurement does not show any.
    seed : int, default=0
        Of everything random in it.

    References
    ----------
    F. Hutter, L. Xu, H. H. Hoos, K. Leyton-Brown: Algorithm Runtime Prediction: Methods &
    Evaluation. Artificial Intelligence 206, 2014, section 4.3.
    P. Geurts, D. Ernst, L. Wehenkel: Extremely Randomized Trees. Machine Learning 63, 2006. (The
    thresholds.)
    M. Lindauer et al.: SMAC3: A Versatile Bayesian Optimization Package for Hyperparameter
    Optimization. JMLR 23, 2022. (The number and the size of the trees.)
    """

    n_trees: int = 10
    ratio_features: float = 1.0
    min_samples_split: int = 2
    min_samples_leaf: int = 1
    min_variance: float = 0.01
    seed: int = 0

    def __post_init__(self) -> None:
        owner = "RandomForest"
        check_count(owner, "n_trees", self.n_trees)
        check_number(owner, "ratio_features", self.ratio_features, most=1.0, closed="right")
        check_count(owner, "min_samples_split", self.min_samples_split, least=2)
        check_count(owner, "min_samples_leaf", self.min_samples_leaf)
        check_number(owner, "min_variance", self.min_variance, closed="right")

    def fit(self, X: Array, y: Array, columns: Columns | None = None) -> RandomForestPosterior:
        """Grow the trees; a pure function of the data.

        Parameters
        ----------
        X : array of shape (n, d)
            Points in the unit cube; they may repeat.
        y : array of shape (n,)
            What was measured there, of about zero mean and unit variance.
        columns : Columns or None, default=None
            Ignored: trees split columns one by one.

        Returns
        -------
        RandomForestPosterior

        Raises
        ------
        ValueError
            If the shapes do not fit, there is no data, or it is not finite.
        """
        from sklearn.ensemble import ExtraTreesRegressor

        X, y = checked(X, y)
        forest = ExtraTreesRegressor(
            n_estimators=self.n_trees,
            max_features=self.ratio_features,
            min_samples_split=self.min_samples_split,
            min_samples_leaf=self.min_samples_leaf,
            bootstrap=True,
            n_jobs=1,
            random_state=self.seed,
        ).fit(_as_rows(X), y)
        grown = (tree.tree_ for tree in forest.estimators_)
        trees = tuple(
            Tree(
                structure,
                means=structure.value[:, 0, 0].copy(),
                variances=np.maximum(structure.impurity, self.min_variance),
            )
            for structure in grown
        )
        return RandomForestPosterior(self, X, y, trees)


@dataclass(frozen=True, eq=False)
class Tree:
    """A regression tree.

    Parameters
    ----------
    structure : sklearn.tree._tree.Tree
        Its ``apply`` finds the leaves of points.
    means, variances : array of shape (n_nodes,)
        mu_t and sigma^2_t, by node.
    """

    structure: Any
    means: Array
    variances: Array

    is_smooth = False

    def __call__(self, X: Array) -> Array:
        """Return the means of the points' leaves; shapes (m, d) -> (m,)."""
        return np.asarray(self.means[self.structure.apply(_as_rows(X))])


@dataclass(frozen=True, eq=False)
class RandomForestPosterior:
    """A forest that has seen its data. Made by :meth:`RandomForest.fit`.

    Parameters
    ----------
    model : RandomForest
        The settings.
    X : array of shape (n, d)
        The points it has seen.
    y : array of shape (n,)
        What was measured there.
    trees : sequence of Tree
        What was grown.

    Attributes
    ----------
    is_smooth : bool
        A forest is constant almost everywhere: there is no gradient to follow.
    """

    model: RandomForest
    X: Array
    y: Array
    trees: Sequence[Tree]

    is_smooth = False

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Predict by the law of total variance over the trees; shapes (m, d) -> (m,), (m,).

        The mean is that of mu_t, and the variance that of mu_t plus the mean of sigma^2_t
        (Hutter et al. 2014, section 4.3.2).
        """
        rows = _as_rows(np.asarray(X))
        leaves = [tree.structure.apply(rows) for tree in self.trees]
        mu = np.stack([tree.means[at] for tree, at in zip(self.trees, leaves, strict=True)])
        sigma2 = np.stack([tree.variances[at] for tree, at in zip(self.trees, leaves, strict=True)])
        return mu.mean(axis=0), np.sqrt(mu.var(axis=0) + sigma2.mean(axis=0))

    def given_data(self, X: Array, y: Array) -> RandomForestPosterior:
        """Grow a forest with the same settings over other data.

        Parameters
        ----------
        X : array of shape (n, d)
            Points.
        y : array of shape (n,)
            What was measured there.
        """
        return self.model.fit(X, y)

    def condition_on(self, X: Array) -> RandomForestPosterior:
        """Pretend that points were measured and gave what was predicted: a new forest.

        Parameters
        ----------
        X : array of shape (k, d)
            Points whose measurements have not come in yet.

        References
        ----------
        D. Ginsbourger, R. Le Riche, L. Carraro: Kriging is Well-Suited to Parallelize
        Optimization. 2010 ("kriging believer").
        """
        if len(X) == 0:
            return self
        y = np.concatenate([self.y, self.predict(X)[0]])
        return self.model.fit(np.concatenate([self.X, X]), y)

    def draw(self, rng: np.random.Generator) -> Tree:
        """Draw what the objective might be: one of the trees.

        Parameters
        ----------
        rng : numpy.random.Generator
            Random numbers.
        """
        return self.trees[int(rng.integers(len(self.trees)))]


def _as_rows(X: Array) -> NDArray[np.float32]:
    """Return points as trees compare them; these refuse points without coordinates."""
    return X.astype(np.float32) if X.shape[1] else np.zeros((len(X), 1), dtype=np.float32)
