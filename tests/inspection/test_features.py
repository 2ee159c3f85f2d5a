"""Configurations as rows of numbers."""

from __future__ import annotations

import numpy as np
from sklearn.svm import SVC

from skhpo.inspection.features import BRANCH, Features

NAN = float("nan")


def test_numbers_names_and_what_is_constant():
    configurations = [
        {"C": 10.0 ** (k % 5), "kernel": ["a", "b"][k % 2], "seed": 3, "model": SVC(C=k)}
        for k in range(10)
    ]
    features = Features(["C", "kernel", "seed", "model"], configurations)
    assert features.names == ["C", "kernel", "model"]
    assert [f.columns.stop - f.columns.start for f in features.features] == [1, 2, 10]
    np.testing.assert_allclose(features.U[:5, 0], [0, 0.25, 0.5, 0.75, 1])
    X = features.encode(features.U)
    assert X.shape == (10, 13)
    np.testing.assert_array_equal(X[:3, 1:3], [[1, 0], [0, 1], [1, 0]])
    assert (X[:, 3:].sum(axis=1) == 1).all()


def test_a_parameter_tells_the_branch():
    configurations = [
        *({"kernel": "rbf", "gamma": g} for g in (0.1, 0.2)),
        *({"kernel": "poly", "gamma": g, "degree": d} for g, d in ((0.3, 2), (0.4, 3))),
        {"kernel": "linear"},
    ]
    features = Features(["gamma", "kernel", "degree"], configurations)
    assert features.names == ["kernel", "gamma", "degree"]
    kernel, gamma, degree = features.features
    assert kernel.parent is None
    assert (gamma.parent, gamma.places) == (0, (1, 2))  # linear, poly, rbf
    assert (degree.parent, degree.places) == (0, (1,))
    rng = np.random.default_rng(0)
    U = features.spread(300, rng)
    assert not np.isnan(U).any()
    gaps = np.isnan(features.with_gaps(U))
    np.testing.assert_array_equal(gaps[:, 1], U[:, 0] == 0)
    np.testing.assert_array_equal(gaps[:, 2], U[:, 0] != 1)
    assert (features.encode(features.with_gaps(U))[gaps[:, 1], 3] == 0.5).all()


def test_branches_within_branches():
    configurations = [
        {"model": "svc", "kernel": "rbf", "gamma": 0.1},
        {"model": "svc", "kernel": "rbf", "gamma": 0.3},
        {"model": "svc", "kernel": "linear"},
        {"model": "knn", "k": 3},
        {"model": "knn", "k": 5},
    ]
    features = Features(["gamma", "k", "kernel", "model"], configurations)
    assert features.names[0] == "model"
    assert BRANCH not in features.names
    parents = {
        f.scale.name: f.parent is not None and features.names[f.parent] for f in features.features
    }
    assert parents == {"model": False, "k": "model", "kernel": "model", "gamma": "kernel"}
    U = features.spread(500, np.random.default_rng(0))
    gaps = np.isnan(features.with_gaps(U))
    at = {name: place for place, name in enumerate(features.names)}
    assert (gaps[:, at["gamma"]] >= gaps[:, at["kernel"]]).all()
    assert (gaps[:, at["kernel"]] ^ gaps[:, at["k"]]).all()


def test_branches_that_no_parameter_tells():
    features = Features(["a", "b"], [{"a": 0.1}, {"b": 0.2}, {"a": 0.4}, {"b": 0.9}])
    assert features.names == [BRANCH, "a", "b"]
    gaps = np.isnan(features.with_gaps(features.spread(50, np.random.default_rng(0))))
    assert (gaps[:, 1] ^ gaps[:, 2]).all()


def test_points_are_spread_evenly():
    configurations = [{"x": float(x), "n": n} for x in np.linspace(0, 1, 40) for n in (1, 2, 3)]
    U = Features(["x", "n"], configurations).spread(300, np.random.default_rng(0))
    np.testing.assert_array_equal(np.sort((U[:, 0] * 300).astype(int)), np.arange(300))
    assert dict(zip(*np.unique(U[:, 1], return_counts=True), strict=True)) == {
        0.0: 100,
        0.5: 100,
        1.0: 100,
    }


def test_nothing():
    for configurations in ([], [{}], [{"x": 1}, {"x": 1}], [{"x": 1}]):
        features = Features(["x"], configurations)
        assert features.names == []
        assert features.encode(features.U).shape == (len(configurations), 0)
