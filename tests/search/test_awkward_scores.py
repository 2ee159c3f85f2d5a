"""Scores that say nothing, and searches with nothing to choose from: for every search class."""

from __future__ import annotations

import functools
import math

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

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


class Scored(ClassifierMixin, BaseEstimator):
    """Scores what ``outcome`` says of its parameters."""

    def __init__(self, outcome="x", x=0.5, n=1, kind="a"):
        self.outcome = outcome
        self.x = x
        self.n = n
        self.kind = kind

    def fit(self, X, y):
        if self.outcome == "fails" or (self.outcome == "sometimes" and self.x > 0.5):
            raise ValueError("no")
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):
        outcomes = {"constant": 0.5, "nan": math.nan, "infinite": math.inf if self.n > 4 else 0.1}
        return outcomes.get(self.outcome, self.x)


@pytest.fixture(params=SEARCHES)
def search(request):
    def make(outcome="x", space=SPACE, **settings):
        settings = {"n_iter": 8, "cv": 2, "random_state": 0, **settings}
        return SEARCHES[request.param](Scored(outcome), space, **settings)

    return make


def tried(fitted):
    return len({repr(params) for params in fitted.cv_results_["params"]})


def test_constant_score(search, iris):
    fitted = search("constant").fit(*iris)
    assert tried(fitted) == 8
    assert fitted.best_index_ == 0  # the first of those that are level


@pytest.mark.filterwarnings("ignore")
def test_infinite_scores(search, iris):
    fitted = search("infinite", refit=False).fit(*iris)
    assert tried(fitted) == 8


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
        functools.partial(TPESearchCV, n_initial_points=20),
        functools.partial(CMAESSearchCV, population_size=20),
        functools.partial(EvolutionSearchCV, population_size=20),
    ],
)
def test_more_initial_points_than_iterations(make, iris):
    """A search that ends before it has learned anything is a (quasi-)random one."""
    assert tried(make(Scored(), SPACE, n_iter=5, cv=2, random_state=0).fit(*iris)) == 5
