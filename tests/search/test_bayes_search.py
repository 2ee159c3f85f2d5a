"""What can be chosen inside of BayesSearchCV, and conditional spaces of real estimators."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from search_parts import Anything
from sklearn.datasets import load_diabetes
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.kernel_ridge import KernelRidge
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler, scale
from sklearn.svm import SVC

from skhpo import BayesSearchCV, Float, Int
from skhpo.surrogates import GaussianProcess, LogExpectedImprovement, RandomForest

SPACE = {"C": Float(1e-2, 1e3, log=True), "gamma": Float(1e-4, 1e1, log=True)}


@pytest.mark.parametrize("surrogate", ["gp", "forest", GaussianProcess(max_points=5)], ids=str)
def test_surrogates(surrogate, iris):
    search = BayesSearchCV(SVC(), SPACE, n_iter=9, cv=2, random_state=0, surrogate=surrogate)
    assert search.fit(*iris).best_score_ > 0.9


@pytest.mark.parametrize(
    "acquisition", ["log-nei", "log-ei", "ei", "pi", "ucb", "thompson", LogExpectedImprovement(0.1)]
)
def test_acquisitions(acquisition, iris):
    search = BayesSearchCV(SVC(), SPACE, n_iter=9, cv=2, random_state=0, acquisition=acquisition)
    assert search.fit(*iris).best_score_ > 0.9


def test_the_choice_matters(iris):
    def tried(**choice):
        search = BayesSearchCV(SVC(), SPACE, n_iter=8, cv=2, random_state=0, **choice)
        return repr(search.fit(*iris).cv_results_["params"])

    assert len({tried(), tried(surrogate="forest"), tried(acquisition="ucb")}) == 3
    assert tried(surrogate="gp", acquisition="log-nei") == tried()


@pytest.mark.parametrize(
    ("choice", "exception", "message"),
    [
        ({"surrogate": "forrest"}, ValueError, "Did you mean 'forest'"),
        ({"surrogate": "xyz"}, ValueError, r"one of \['gp', 'forest'\]"),
        ({"acquisition": "logei"}, ValueError, "Did you mean 'log-ei'"),
        ({"surrogate": GaussianProcess}, TypeError, "GaussianProcess"),
        ({"surrogate": None}, TypeError, "got None"),
        ({"surrogate": RandomForestRegressor()}, TypeError, "which predicts by itself"),
        ({"acquisition": 3}, TypeError, "got 3"),
        ({"surrogate": LogExpectedImprovement()}, TypeError, r"method fit\(\)"),
    ],
)
def test_unknown_choices_are_refused_before_the_first_fit(choice, exception, message, iris):
    Anything.n_fits = 0
    search = BayesSearchCV(Anything(), {"value": list(range(30))}, n_iter=12, cv=2, **choice)
    with pytest.raises(exception, match=message):
        search.fit(*iris)
    assert Anything.n_fits == 0


def test_a_step_is_chosen_with_its_parameters_and_the_better_one_gets_more_trials(iris):
    """One budget for all branches; the bad one is not starved before it had a fair trial."""
    pipeline = Pipeline([("scale", StandardScaler()), ("clf", SVC())])
    space = [
        {
            "clf": [SVC()],
            "clf__C": Float(1e-2, 1e3, log=True),
            "clf__gamma": Float(1e-4, 10, log=True),
        },
        {"clf": [KNeighborsClassifier()], "clf__n_neighbors": Int(30, 44)},
        {"clf": [RandomForestClassifier(5, random_state=0)], "clf__max_features": Float(0.2, 1.0)},
    ]
    search = BayesSearchCV(pipeline, space, n_iter=30, cv=2, random_state=1).fit(*iris)
    kinds = Counter(type(params["clf"]).__name__ for params in search.cv_results_["params"])
    assert sum(kinds.values()) == 30
    assert min(kinds.values()) >= 3
    by_kind = {kind: [] for kind in kinds}
    for params, score in zip(
        search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True
    ):
        by_kind[type(params["clf"]).__name__].append(score)
    worst = min(by_kind, key=lambda kind: max(by_kind[kind]))
    assert kinds[worst] == min(kinds.values())
    assert type(search.best_estimator_["clf"]).__name__ != worst


def test_a_branch_without_any_parameter(iris):
    space = [{"clf": [GaussianNB()]}, {"clf": [SVC()], "clf__C": Float(1e-2, 1e2, log=True)}]
    search = BayesSearchCV(Pipeline([("clf", SVC())]), space, n_iter=8, cv=2, random_state=0)
    kinds = Counter(type(p["clf"]).__name__ for p in search.fit(*iris).cv_results_["params"])
    assert kinds == {"GaussianNB": 1, "SVC": 7}


def test_forest_in_a_search_over_anything(iris):
    search = BayesSearchCV(
        Anything(),
        {"value": [None, 1, "a", (1,), {"k": 1}, 2.5], "other": [True, False]},
        n_iter=12,
        cv=2,
        surrogate=RandomForest(n_trees=3),
        random_state=0,
    ).fit(*iris)
    assert len(search.cv_results_["params"]) == 12
    assert np.isfinite(search.best_score_)


def test_the_default_acquisition_takes_noise_into_account():
    """It is the plain improvement as long as the model finds none."""
    X, y = (scale(part)[:80] for part in load_diabetes(return_X_y=True))
    space = {"alpha": Float(1e-3, 1e2, log=True), "gamma": Float(1e-4, 1.0, log=True)}

    def tried(noise, **choice):
        rng = np.random.default_rng(0)
        search = BayesSearchCV(
            KernelRidge(kernel="rbf"),
            space,
            n_iter=20,
            cv=2,
            scoring=lambda model, X, y: model.score(X, y) + noise * rng.normal(),
            random_state=0,
            **choice,
        )
        return search.fit(X, y).cv_results_["params"]

    assert tried(0.0) == tried(0.0, acquisition="log-ei")
    assert tried(0.5) != tried(0.5, acquisition="log-ei")
