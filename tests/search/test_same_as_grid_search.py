"""scikit-learn's GridSearchCV as the oracle: the same candidates give the same everything."""

from __future__ import annotations

import numpy as np
import pytest
import search_parts
from search_parts import Anything, assert_same_search, searched_both
from sklearn.dummy import DummyClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import Ridge
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GridSearchCV, KFold, ParameterGrid
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhpo import BayesSearchCV, RandomSearchCV

GRID = {"C": [0.01, 1, 10], "gamma": [0.01, 1.0]}
TREES = {"max_depth": [1, 2, None], "criterion": ["gini", "entropy"]}


def first_feature(estimator, X, y):
    """A scorer that is a plain function."""
    return float(np.mean(estimator.predict(X) == y) + X[0, 0] / 100)


def several(estimator, X, y):
    """A callable that reports several metrics."""
    return {"good": accuracy_score(y, estimator.predict(X)), "bad": -1.0}


def broken(estimator, X, y):
    raise RuntimeError("no score today")


def broken_sometimes(estimator, X, y):
    if estimator.get_params()["C"] == 1:
        raise RuntimeError("no score today")
    return accuracy_score(y, estimator.predict(X))


def broken_on_training_part(estimator, X, y):
    if len(X) > 45:
        raise RuntimeError("no score today")
    return accuracy_score(y, estimator.predict(X))


def not_a_number(estimator, X, y):
    return np.nan


def memory_mapped_scalar(estimator, X, y):
    return np.asarray(0.5)


def second_best(results):
    return int(np.argsort(results["mean_test_score"])[-2])


def simplest(results):
    return int(np.argmin(results["param_max_depth"].filled(99)))


SETTINGS = {
    "default": {},
    "train scores": {"return_train_score": True},
    "a metric by name": {"scoring": "balanced_accuracy"},
    "refit named although there is one metric": {"scoring": "accuracy", "refit": "accuracy"},
    "no refit": {"refit": False},
    "callable refit": {"refit": second_best},
    "list of metrics": {"scoring": ["accuracy", "f1_macro"], "refit": "f1_macro"},
    "tuple of metrics, no refit": {"scoring": ("accuracy", "f1_macro"), "refit": False},
    "dict of scorers": {
        "scoring": {"a": "accuracy", "b": make_scorer(accuracy_score), "c": first_feature},
        "refit": "c",
        "return_train_score": True,
    },
    "one metric called score": {"scoring": {"score": "accuracy"}, "refit": "score"},
    "metrics, callable refit": {
        "scoring": ["accuracy", "f1_macro"],
        "refit": lambda results: int(results["rank_test_accuracy"].argmax()),
    },
    "callable scoring": {"scoring": first_feature, "return_train_score": True},
    "callable scoring of several metrics": {
        "scoring": several,
        "refit": "good",
        "return_train_score": True,
    },
    "callable scoring of several metrics, no refit": {"scoring": several, "refit": False},
    "scorer that returns an array of no dimension": {"scoring": memory_mapped_scalar},
    "scorer that returns nan": {"scoring": not_a_number, "error_score": 0.0},
    "splitter": {"cv": KFold(4, shuffle=True, random_state=3)},
    "list of splits": {"cv": [(np.arange(60), np.arange(60, 90)), (range(30, 90), range(30))]},
    "boolean masks as splits": {"cv": [(np.arange(90) < 50, np.arange(90) >= 50)]},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_settings(settings, iris):
    mine, my_warnings, theirs, their_warnings = searched_both(
        SVC(), GRID, iris, **{"cv": 3, **settings}
    )
    assert_same_search(mine, theirs)
    assert {w.category for w in my_warnings} == {w.category for w in their_warnings}
    assert set(mine.cv_results_["status"]) == {"completed"}


SPACES = {
    "conditional": (
        SVC(),
        [{"kernel": ["linear"], "C": [0.1, 1]}, {"kernel": ["rbf"], "gamma": [0.1, 1]}],
    ),
    "None among numbers": (DecisionTreeClassifier(random_state=0), TREES),
    "bools": (SVC(), {"shrinking": [True, False]}),
    "tuples, dicts and None": (Anything(), {"value": [None, (1, 2), {"a": 1}, [3], "text"]}),
    "arrays": (Anything(), {"value": [np.arange(3), np.eye(2)]}),
    "priors as lists": (GaussianNB(), {"priors": [None, [0.2, 0.3, 0.5]]}),
    "functions and classes": (Anything(), {"value": [len, first_feature, dict]}),
    "estimators": (
        Pipeline([("scale", StandardScaler()), ("clf", SVC())]),
        {"clf": [SVC(), KNeighborsClassifier(), DummyClassifier()]},
    ),
    "passthrough and None": (
        Pipeline([("scale", StandardScaler()), ("clf", SVC())]),
        {"scale": ["passthrough", None, MinMaxScaler()], "clf__C": [0.1, 1]},
    ),
    "estimators with their own parameters": (
        Pipeline([("scale", StandardScaler()), ("clf", SVC())]),
        [
            {"clf": [SVC()], "clf__C": [0.1, 10]},
            {"clf": [KNeighborsClassifier()], "clf__n_neighbors": [1, 5], "scale": [None]},
        ],
    ),
    "mixed types": (Anything(), {"value": [1, 1.0, "1", True]}),
    "one configuration": (SVC(), {}),
}


@pytest.mark.parametrize(("estimator", "grid"), SPACES.values(), ids=SPACES)
def test_spaces(estimator, grid, iris):
    mine, _, theirs, _ = searched_both(estimator, grid, iris, cv=3)
    assert_same_search(mine, theirs)


FAILING = {"C": [-1.0, 1, 10]}  # SVC refuses a negative C in fit
FAILURES = {
    "nan": {"error_score": np.nan, "return_train_score": True},
    "zero": {"error_score": 0, "return_train_score": True},
    "infinite": {"error_score": -np.inf},
    "better than the others": {"error_score": 2.0},
    "metrics": {"scoring": ["accuracy", "f1_macro"], "refit": "accuracy", "error_score": 0.5},
    "callable scoring of several metrics": {
        "scoring": several,
        "refit": "good",
        "error_score": 0.0,
        "return_train_score": True,
    },
}


@pytest.mark.parametrize("settings", FAILURES.values(), ids=FAILURES)
@pytest.mark.parametrize("grid", [FAILING, {"C": [1, -1.0]}], ids=["first", "last"])
def test_failing_fits(settings, grid, iris):
    settings = {**settings, "refit": False} if settings["error_score"] == 2.0 else settings
    mine, my_warnings, theirs, their_warnings = searched_both(SVC(), grid, iris, cv=3, **settings)
    assert_same_search(mine, theirs)
    failed = [C < 0 for C in grid["C"]]
    assert [status == "failed" for status in mine.cv_results_["status"]] == failed
    assert {w.category for w in my_warnings} == {w.category for w in their_warnings}
    (mine_says,) = [str(w.message) for w in my_warnings if w.category is FitFailedWarning]
    (they_say,) = [str(w.message) for w in their_warnings if w.category is FitFailedWarning]
    assert mine_says.split("-----")[0] == they_say.split("-----")[0]
    assert "The 'C' parameter of SVC must be" in mine_says


BROKEN_SCORERS = {
    "always": {"scoring": broken},
    "always, with zero": {"scoring": broken, "error_score": 0, "return_train_score": True},
    "for one candidate": {"scoring": broken_sometimes, "error_score": 0.25},
    "on the training part": {
        "scoring": broken_on_training_part,
        "return_train_score": True,
        "error_score": -1.0,
    },
    "one of two metrics": {
        "scoring": {"good": "accuracy", "bad": broken},
        "refit": "good",
        "error_score": 0.0,
        "return_train_score": True,
    },
    "the metric of refit": {"scoring": {"good": "accuracy", "bad": broken}, "refit": "bad"},
}


@pytest.mark.parametrize("settings", BROKEN_SCORERS.values(), ids=BROKEN_SCORERS)
def test_failing_scorers(settings, iris):
    mine, my_warnings, theirs, their_warnings = searched_both(
        SVC(), {"C": [0.1, 1]}, iris, cv=3, **settings
    )
    assert_same_search(mine, theirs)
    assert {w.category for w in my_warnings} == {w.category for w in their_warnings}
    (told,) = [w for w in my_warnings if "Scoring failed" in str(w.message)]
    assert "no score today" in str(told.message)
    assert told.filename == search_parts.__file__  # where fit was called


def test_status_of_failing_scorers(iris):
    searches = [
        searched_both(SVC(), {"C": [0.1, 1]}, iris, cv=3, scoring=scoring, refit=refit)[0]
        for scoring, refit in [
            (broken_sometimes, True),
            ({"good": "accuracy", "bad": broken}, "good"),
            (["f1", "recall"], False),  # both refuse three classes
        ]
    ]
    status = [list(search.cv_results_["status"]) for search in searches]
    assert status == [["completed", "failed"], ["completed"] * 2, ["failed"] * 2]
    measurements = searches[1].history_.measurements
    assert all("no score today" in measurement.error for measurement in measurements)


def test_one_failing_metric_does_not_blind_the_model(iris):
    scoring = {"good": "accuracy", "bad": broken}
    search = searched_both(
        SVC(), {"C": [0.1, 1]}, iris, cv=3, scoring=scoring, refit="good", ours=BayesSearchCV
    )[0]
    assert search.history_.best.score == search.best_score_


@pytest.mark.parametrize("scoring", [broken, {"bad": broken}], ids=["single", "several"])
def test_raise_scorer_errors(scoring, iris):
    search = RandomSearchCV(
        SVC(), {"C": [1]}, n_iter=1, scoring=scoring, refit=False, error_score="raise"
    )
    with pytest.raises(RuntimeError, match="no score today"):
        search.fit(*iris)


@pytest.mark.parametrize("result", ["text", None, np.zeros(2), [1]], ids=repr)
def test_scores_are_numbers(result, iris):
    def scoring(estimator, X, y):
        return result

    for search in (
        RandomSearchCV(Anything(), {"value": [1]}, n_iter=1, scoring=scoring),
        GridSearchCV(Anything(), {"value": [1]}, scoring=scoring),
    ):
        with pytest.raises(ValueError, match="scoring must return a number"):
            search.fit(*iris)


@pytest.mark.parametrize("ours", [RandomSearchCV, BayesSearchCV])
def test_all_fits_failed(ours, iris):
    grid = {"C": [-1.0, -2.0]}
    mine = ours(SVC(), grid, n_iter=2, initial_params=list(ParameterGrid(grid)), cv=3)
    with pytest.raises(ValueError, match="All the 6 fits failed") as my_error:
        mine.fit(*iris)
    with pytest.raises(ValueError, match="All the 6 fits failed") as their_error:
        GridSearchCV(SVC(), grid, cv=3).fit(*iris)
    head = "Below are more details"
    assert str(my_error.value).split(head)[0] == str(their_error.value).split(head)[0]
    # what was tried is kept
    assert mine.cv_results_["params"] == list(ParameterGrid(grid))
    assert list(mine.cv_results_["status"]) == ["failed", "failed"]
    assert not hasattr(mine, "best_index_")


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_raise_fit_errors(n_jobs, iris):
    grid = {"C": [1, -1.0]}
    search = RandomSearchCV(
        SVC(),
        grid,
        n_iter=2,
        initial_params=list(ParameterGrid(grid)),
        cv=2,
        error_score="raise",
        n_jobs=n_jobs,
    )
    with pytest.raises(ValueError, match="The 'C' parameter of SVC must be"):
        search.fit(*iris)
    if (
        n_jobs == 1
    ):  # with two workers the bad one may fail before all folds of the good one are done
        assert search.cv_results_["params"] == [{"C": 1}]
    assert [trial.params for trial in search.history_.trials] == [{"C": 1}, {"C": -1.0}]


@pytest.mark.parametrize("ours", [RandomSearchCV, BayesSearchCV])
def test_regression(ours):
    X = np.random.default_rng(0).normal(size=(40, 3))
    y = X @ [1.0, -2.0, 0.5]
    mine, _, theirs, _ = searched_both(Ridge(), {"alpha": [0.1, 1.0, 10.0]}, (X, y), ours=ours)
    assert_same_search(mine, theirs)
    np.testing.assert_array_equal(mine.predict(X), theirs.predict(X))
    assert mine.score(X, y) == theirs.score(X, y)


@pytest.mark.parametrize(
    ("refit", "error"),
    [
        (lambda results: "0", TypeError),
        (lambda results: 99, IndexError),
        (lambda results: -1, IndexError),
    ],
)
def test_callable_refit_is_checked(refit, error, iris):
    search = RandomSearchCV(SVC(), GRID, n_iter=2, refit=refit, random_state=0)
    with pytest.raises(error, match="best_index_"):
        search.fit(*iris)


def test_callable_scoring_of_several_metrics_needs_a_refit(iris):
    search = RandomSearchCV(SVC(), GRID, n_iter=1, scoring=several, random_state=0)
    with pytest.raises(ValueError, match="For multi-metric scoring, the parameter refit must"):
        search.fit(*iris)
