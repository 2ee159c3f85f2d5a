"""Parts of the variance of a tree, against sums over all points of a grid."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from skhpo.inspection.fanova import Decomposition
from skhpo.inspection.features import Features

KERNELS = ["linear", "poly", "rbf"]
DEPTHS = [1, 2, 4]


def trials(n=60, seed=0):
    rng = np.random.default_rng(seed)
    return [
        {"x": float(rng.random()), "kernel": KERNELS[k], "depth": DEPTHS[d]}
        for k, d in rng.integers(3, size=(n, 2))
    ]


def grown(function, n=60):
    """A tree whose thresholds of x are multiples of 1/16, and what its columns mean."""
    configurations = trials(n)
    configurations[:2] = [{"x": x, "kernel": "rbf", "depth": 4} for x in (0.0, 1.0)]
    features = Features(["x", "kernel", "depth"], configurations)
    rng = np.random.default_rng(1)
    U = features.spread(2000, rng)
    U[:, 0] = (np.floor(U[:, 0] * 16) + 0.5) / 16
    X = features.encode(U)
    tree = DecisionTreeRegressor(max_leaf_nodes=40, random_state=0).fit(X, function(U))
    return tree, features


def whole_grid(features):
    """Every point there is, all with the same weight: shape (16, 3, 3, 3)."""
    axes = [(np.arange(16) + 0.5) / 16, np.arange(3.0), features.features[2].marks]
    names = [f.scale.name for f in features.features]
    assert sorted(names) == ["depth", "kernel", "x"]
    return names, axes


def test_parts_are_those_of_the_whole_grid():
    rng = np.random.default_rng(3)
    kernels, depths = rng.normal(size=3), rng.normal(size=3)

    def function(U):
        x, kernel, depth = U[:, 0], U[:, 1].astype(int), (3 * U[:, 2]).astype(int) % 3
        return np.sin(6 * x) * kernels[kernel] + depths[depth] * x + kernels[kernel] * depths[depth]

    tree, features = grown(function)
    names, axes = whole_grid(features)
    assert names == ["x", "kernel", "depth"]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    f = tree.predict(features.encode(grid.reshape(-1, 3))).reshape(grid.shape[:-1])
    decomposition = Decomposition(tree.tree_, features)
    assert decomposition.variance == pytest.approx(f.var())
    alone = []
    for j in range(3):
        others = tuple(k for k in range(3) if k != j)
        alone.append(f.mean(axis=others).var() / f.var())
    np.testing.assert_allclose(decomposition.main, alone)
    assert 0.05 < sum(alone) < 0.95


def test_one_feature_is_everything():
    tree, features = grown(lambda U: 3.0 * U[:, 1])
    np.testing.assert_allclose(Decomposition(tree.tree_, features).main, [0, 1, 0], atol=1e-12)


def test_a_tree_without_a_split_says_nothing():
    tree, features = grown(lambda U: np.ones(len(U)))
    decomposition = Decomposition(tree.tree_, features)
    assert decomposition.variance == 0.0
    assert np.isnan(decomposition.main).all()
