"""Training that was interrupted, stored and continued gives the same model, to the last bit."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from resource_parts import CANCER, DIABETES, DIGITS
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
)
from sklearn.linear_model import Perceptron, SGDClassifier, SGDRegressor
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, StandardScaler, TargetEncoder
from threadpoolctl import threadpool_limits

from skhpo.resources import Epochs, Levels, Parameter

TREES = Parameter("n_estimators")
ITERATIONS = Parameter("max_iter")

#: How, what and on which data.
CASES = {
    "sgd": (Epochs(), SGDClassifier(random_state=0), DIGITS),
    "sgd-averaged": (Epochs(), SGDClassifier(random_state=0, average=True), CANCER),
    "sgd-adaptive": (
        Epochs(),
        SGDClassifier(random_state=0, learning_rate="invscaling", eta0=0.1),
        CANCER,
    ),
    "sgd-instance": (Epochs(), SGDClassifier(random_state=np.random.RandomState(3)), DIGITS),
    "sgd-regressor": (Epochs(), SGDRegressor(random_state=0), DIABETES),
    "perceptron": (Epochs(), Perceptron(random_state=0), DIGITS),
    "mlp": (Epochs(), MLPClassifier(hidden_layer_sizes=(8,), random_state=0), DIGITS),
    "mlp-sgd": (
        Epochs(),
        MLPClassifier(hidden_layer_sizes=(8,), solver="sgd", momentum=0.8, random_state=0),
        CANCER,
    ),
    "mlp-instance": (
        Epochs(),
        MLPClassifier(
            hidden_layer_sizes=(8,), random_state=np.random.RandomState(3), batch_size=32
        ),
        CANCER,
    ),
    "mlp-regressor": (Epochs(), MLPRegressor(hidden_layer_sizes=(8,), random_state=0), DIABETES),
    "naive-bayes": (Epochs(), GaussianNB(), DIGITS),
    "pipeline-sgd": (
        Epochs(),
        make_pipeline(StandardScaler(), PCA(5, random_state=0), SGDClassifier(random_state=0)),
        DIGITS,
    ),
    "pipeline-random-transformer": (
        Epochs(),
        make_pipeline(
            PCA(5, svd_solver="randomized", random_state=np.random.RandomState(1)),
            MLPClassifier(hidden_layer_sizes=(8,), random_state=0),
        ),
        DIGITS,
    ),
    "pipeline-target-encoder": (
        Epochs(),
        make_pipeline(
            KBinsDiscretizer(4, encode="ordinal", strategy="uniform", subsample=None),
            TargetEncoder(random_state=0),
            StandardScaler(),
            SGDClassifier(random_state=0),
        ),
        CANCER,
    ),
    "pipeline-in-pipeline": (
        Epochs(),
        make_pipeline(
            StandardScaler(), make_pipeline(PCA(5, random_state=0), SGDClassifier(random_state=0))
        ),
        DIGITS,
    ),
    "gb": (TREES, GradientBoostingClassifier(max_depth=2, random_state=0), CANCER),
    "gb-stochastic": (
        TREES,
        GradientBoostingRegressor(subsample=0.5, max_features=0.5, random_state=0),
        DIABETES,
    ),
    "gb-instance": (
        TREES,
        GradientBoostingRegressor(subsample=0.5, random_state=np.random.RandomState(3)),
        DIABETES,
    ),
    "gb-early-stopping": (
        TREES,
        GradientBoostingRegressor(n_iter_no_change=1, learning_rate=1.0, random_state=0),
        DIABETES,
    ),
    "hist": (ITERATIONS, HistGradientBoostingClassifier(max_leaf_nodes=4, random_state=0), CANCER),
    "hist-features": (
        ITERATIONS,
        HistGradientBoostingRegressor(max_features=0.5, random_state=0),
        DIABETES,
    ),
    "hist-instance": (
        ITERATIONS,
        HistGradientBoostingRegressor(max_features=0.5, random_state=np.random.RandomState(3)),
        DIABETES,
    ),
    "hist-early-stopping": (
        ITERATIONS,
        HistGradientBoostingRegressor(
            early_stopping=True, n_iter_no_change=1, learning_rate=1.0, random_state=0
        ),
        DIABETES,
    ),
    "forest": (TREES, RandomForestClassifier(random_state=0), DIGITS),
    "forest-instance": (
        TREES,
        RandomForestClassifier(random_state=np.random.RandomState(3)),
        DIGITS,
    ),
    "forest-balanced": (
        TREES,
        RandomForestClassifier(random_state=0, class_weight="balanced"),
        CANCER,
    ),
    "extra-trees": (TREES, ExtraTreesRegressor(random_state=0), DIABETES),
    "bagging": (TREES, BaggingClassifier(random_state=0), CANCER),
    "pipeline-forest": (
        Parameter("randomforestclassifier__n_estimators"),
        make_pipeline(StandardScaler(), PCA(5), RandomForestClassifier(random_state=0)),
        DIGITS,
    ),
    "neighbours": (Parameter("n_neighbors"), KNeighborsClassifier(), DIGITS),
    "levels": (
        Levels([{"epochs": k} for k in range(1, 10)]),
        SGDClassifier(random_state=0),
        DIGITS,
    ),
    "levels-of-trees": (
        Levels([{"n_estimators": k} for k in range(1, 10)]),
        GradientBoostingClassifier(max_depth=2, random_state=0),
        CANCER,
    ),
}


@pytest.fixture(autouse=True)
def _one_thread():
    with threadpool_limits(limits=1):  # small trees are grown faster alone
        yield


def train(adapter, estimator, data, *resources):
    """Train over rungs, each in a process of its own as far as pickle can tell."""
    state, spent = None, 0
    for resource in resources:
        state = adapter.train(clone(estimator), data, resource, pickle.loads(pickle.dumps(state)))
        assert state.resource == resource
        spent += state.spent
    return state.estimator, spent


def outputs(estimator, X):
    names = ("decision_function", "predict_proba", "predict")
    return [getattr(estimator, name)(X) for name in names if hasattr(estimator, name)]


@pytest.mark.filterwarnings("ignore:.TargetEncoder:FutureWarning")
@pytest.mark.parametrize("name", CASES)
def test_continued_is_uninterrupted(name):
    adapter, estimator, data = CASES[name]
    once, _ = train(adapter, estimator, data, 9)
    in_steps, spent = train(adapter, estimator, data, 1, 3, 9)
    first, _ = train(adapter, estimator, data, 1)
    for one, other in zip(outputs(once, data.X), outputs(in_steps, data.X), strict=True):
        np.testing.assert_array_equal(one, other)
    assert once.get_params().keys() == in_steps.get_params().keys()
    # and it does depend on the resource
    if name != "naive-bayes":
        same = zip(outputs(first, data.X), outputs(once, data.X), strict=True)
        assert not all(np.array_equal(one, other) for one, other in same)
    if name in ("neighbours", "gb-early-stopping"):
        assert spent == 1 + 3 + 9
    elif name == "hist-early-stopping":
        assert once.n_iter_ < 9
        assert spent < 9
    else:
        assert spent == 9


@pytest.mark.parametrize(
    ("adapter", "estimator", "data"),
    [
        (TREES, GradientBoostingClassifier(random_state=0), CANCER),
        (TREES, RandomForestClassifier(random_state=0), DIGITS),
        (ITERATIONS, HistGradientBoostingClassifier(max_leaf_nodes=4, random_state=0), CANCER),
        (
            Parameter("sgdclassifier__max_iter"),
            make_pipeline(StandardScaler(), SGDClassifier(random_state=0, tol=None)),
            CANCER,
        ),
    ],
    ids=["gb", "forest", "hist", "sgd"],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_refit_is_a_plain_fit_with_the_parameter(adapter, estimator, data):
    fitted = clone(estimator).set_params(**{adapter.name: 7}).fit(data.X, data.y)
    ours = adapter.refit(clone(estimator), data.X, data.y, {}, 7)
    for one, other in zip(outputs(fitted, data.X), outputs(ours, data.X), strict=True):
        np.testing.assert_array_equal(one, other)
    assert repr(ours.get_params()) == repr(fitted.get_params())


def test_epochs_are_passes_of_partial_fit():
    plain = SGDClassifier(random_state=0)
    for _ in range(5):
        plain.partial_fit(DIGITS.X, DIGITS.y, classes=np.unique(DIGITS.y))
    ours = Epochs().refit(SGDClassifier(random_state=0), DIGITS.X, DIGITS.y, {}, 5)
    np.testing.assert_array_equal(plain.coef_, ours.coef_)


def test_without_a_seed_no_tree_is_grown_twice():
    forest, _ = train(TREES, RandomForestClassifier(), DIGITS, 3, 9)
    seeds = [tree.random_state for tree in forest.estimators_]
    assert len(set(seeds)) == 9
