"""Scores that say nothing, and searches with nothing to choose from: for every search class."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_diabetes, load_iris
from sklearn.linear_model import SGDRegressor
from sklearn.model_selection import KFold
from sklearn.preprocessing import scale
from sklearn.svm import SVC

from skhpo import (
    BayesSearchCV,
    CMAESSearchCV,
    EvolutionSearchCV,
    Float,
    Int,
    RandomSearchCV,
    TPESearchCV,
)

SEARCHES = {
    "random": RandomSearchCV,
    "gp": functools.partial(BayesSearchCV, n_initial_points=3),
    "forest": functools.partial(BayesSearchCV, n_initial_points=3, surrogate="forest"),
    "tpe": functools.partial(TPESearchCV, n_initial_points=3),
    "cma-es": functools.partial(CMAESSearchCV, population_size=4),
    "evolution": functools.partial(EvolutionSearchCV, population_size=3),
}
SPACE = {"x": Float(0, 1), "n": Int(1, 9), "kind": ["a", "b"]}
SPARED = {"x": 0.5, "n": 5, "kind": "a"}


class Scored(ClassifierMixin, BaseEstimator):
    """Scores what ``outcome`` says of its parameters."""

    def __init__(self, outcome="x", x=0.5, n=1, kind="a"):
        self.outcome = outcome
        self.x = x
        self.n = n
        self.kind = kind

    def fit(self, X, y):
        is_spared = {"x": self.x, "n": self.n, "kind": self.kind} == SPARED
        fails = {"fails": True, "sometimes": self.x > 0.5, "but once": not is_spared}
        if fails.get(self.outcome, False):
            raise ValueError("no")
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):
        infinite = {"infinite": math.inf, "minus infinite": -math.inf}
        if self.outcome in infinite:
            return infinite[self.outcome] if self.n > 4 else 0.1
        return {"constant": 0.5, "nan": math.nan}.get(self.outcome, self.x)


@pytest.fixture(params=SEARCHES.values(), ids=SEARCHES)
def search_class(request):
    return request.param


@pytest.fixture
def search(search_class):
    def make(outcome="x", space=SPACE, **settings):
        settings = {"n_iter": 8, "cv": 2, "random_state": 0, **settings}
        return search_class(Scored(outcome), space, **settings)

    return make


def tried(fitted):
    return len({repr(params) for params in fitted.cv_results_["params"]})


def test_constant_score(search, iris):
    fitted = search("constant").fit(*iris)
    assert tried(fitted) == 8
    assert fitted.best_index_ == 0  # the first of those that are level


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("outcome", "best"), [("infinite", math.inf), ("minus infinite", 0.1)])
def test_infinite_scores(search, outcome, best, iris):
    fitted = search(outcome, n_iter=12).fit(*iris)
    assert tried(fitted) == 12
    assert fitted.best_score_ == best  # as in scikit-learn


@pytest.mark.filterwarnings("ignore")
def test_nan_scores(search, iris):
    fitted = search("nan").fit(*iris)
    assert tried(fitted) == 8
    assert np.isnan(fitted.cv_results_["mean_test_score"]).all()


@pytest.mark.filterwarnings("ignore")
def test_some_failures(search, iris):
    fitted = search("sometimes", n_iter=14).fit(*iris)
    assert tried(fitted) == 14
    assert 0.0 < fitted.best_score_ <= 0.5


@pytest.mark.filterwarnings("ignore")
def test_one_result_and_failures_after_it(search, iris):
    fitted = search("but once", n_iter=12, initial_params=[SPARED]).fit(*iris)
    assert tried(fitted) == 12
    assert np.isfinite(fitted.cv_results_["mean_test_score"]).sum() == 1
    assert fitted.best_params_ == SPARED


def test_nothing_but_failures(search, iris):
    failing = search("fails")
    with pytest.raises(ValueError, match="All the 16 fits failed"):
        failing.fit(*iris)
    assert tried(failing) == 8


def test_one_trial(search, iris):
    fitted = search(n_iter=1).fit(*iris)
    assert fitted.best_params_ == fitted.cv_results_["params"][0]


@pytest.mark.filterwarnings("ignore:The search space has fewer configurations")
def test_space_of_one_point(search, iris):
    fitted = search(space={"x": [0.25], "kind": ["b"]}).fit(*iris)
    assert fitted.cv_results_["params"] == [{"x": 0.25, "kind": "b"}]
    assert fitted.stop_reason_ in ("budget", "space exhausted")


def test_space_without_parameters(search, iris):
    with pytest.warns(UserWarning, match="fewer configurations"):
        fitted = search(space={}).fit(*iris)
    assert fitted.cv_results_["params"] == [{}]


@pytest.mark.parametrize(
    "make",
    [
        functools.partial(BayesSearchCV, n_initial_points=20),
        functools.partial(BayesSearchCV, n_initial_points=20, surrogate="forest"),
        functools.partial(TPESearchCV, n_initial_points=20),
        functools.partial(CMAESSearchCV, population_size=20),
        functools.partial(EvolutionSearchCV, population_size=20),
    ],
)
def test_more_initial_points_than_iterations(make, iris):
    """A search that ends before it has learned anything is a (quasi-)random one."""
    assert tried(make(Scored(), SPACE, n_iter=5, cv=2, random_state=0).fit(*iris)) == 5


# --------------------------------------------------------------------------- real ones


def test_folds_without_the_class_that_is_tested(search_class):
    """The constant score that people do meet: sorted classes, and folds that are not shuffled."""
    X, y = load_iris(return_X_y=True)
    space = {"C": Float(1e-2, 1e2, log=True), "kernel": ["rbf", "linear"]}
    fitted = search_class(SVC(), space, n_iter=8, cv=KFold(3), random_state=0).fit(X, y)
    assert tried(fitted) == 8
    assert fitted.best_index_ == 0
    assert np.ptp(fitted.cv_results_["mean_test_score"]) == 0.0


@pytest.mark.filterwarnings("ignore::RuntimeWarning:sklearn", "ignore::RuntimeWarning:numpy")
@pytest.mark.filterwarnings("ignore:(?s).*fits failed", "ignore:One or more of the test scores")
def test_a_model_that_diverges(search_class):
    """Errors of 1 to 1e300, infinite ones, and fits that fail, side by side."""
    X, y = (scale(part)[:60] for part in load_diabetes(return_X_y=True))
    search = search_class(
        SGDRegressor(max_iter=5, tol=None, random_state=0),
        {"eta0": Float(1e-4, 1e300, log=True), "alpha": Float(1e-6, 1.0, log=True)},
        n_iter=20,
        cv=2,
        scoring="neg_mean_squared_error",
        random_state=0,
    ).fit(X, y)
    scores = search.cv_results_["mean_test_score"]
    assert tried(search) == 20
    assert np.isneginf(scores).any()
    assert np.ptp(np.log10(-scores[np.isfinite(scores)])) > 100
    assert search.best_score_ == np.nanmax(scores)
