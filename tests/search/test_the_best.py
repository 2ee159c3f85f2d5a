"""What a search over fidelities calls its best: the attributes agree, whatever was asked for."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import ShuffleSplit

from skhpo import Float, HalvingASHASearchCV, HalvingSearchCV, HyperbandSearchCV, RandomSearchCV
from skhpo.exceptions import SkhpoWarning
from skhpo.search.results import best_row
from skhpo.stopping import Timeout

CLASSES = [HalvingSearchCV, HalvingASHASearchCV, HyperbandSearchCV]
BOOSTING = GradientBoostingClassifier(random_state=0, max_depth=1)
RATE = {"learning_rate": Float(0.01, 1, log=True)}
SGD = SGDClassifier(random_state=0)
ALPHA = {"alpha": Float(1e-6, 1, log=True)}

every_class = pytest.mark.parametrize("search", CLASSES)
a_short_ladder = pytest.mark.filterwarnings(
    "ignore:.*the last rung will be at:skhpo.exceptions.SkhpoWarning"
)

#: resource -> estimator, space, settings
RESOURCES = {
    "n_estimators": (BOOSTING, RATE, {"max_resources": 4, "factor": 2, "cv": 2}),
    "epochs": (SGD, ALPHA, {"max_resources": 9, "cv": 2}),
    "n_samples": (SGD, ALPHA, {"min_resources": 10, "cv": 2}),
    "folds": (SGD, ALPHA, {"cv": 9}),
    "levels": (
        SGD,
        ALPHA,
        {"resource": [{"epochs": n, "penalty": p} for n, p in ((1, "l1"), (3, "l2"))], "cv": 2},
    ),
}


def lowest(results):
    return int(np.argmin(results["mean_test_score"]))


SEVERAL = {"scoring": ["balanced_accuracy", "accuracy"]}
REFITS = {
    "refitted": {},
    "not refitted": {"refit": False},
    "callable": {"refit": lowest},
    "one of several": {**SEVERAL, "refit": "accuracy"},
    "none of several": {**SEVERAL, "refit": False},
    "callable of several": {**SEVERAL, "refit": lambda results: 1},
    "from a checkpoint": {"refit_from": "checkpoint", "cv": ShuffleSplit(1, random_state=0)},
}


def fitted(search, resource, data, few=False, **settings):
    estimator, space, of_resource = RESOURCES[resource]
    settings = {"resource": resource, "random_state": 0, **of_resource, **settings}
    tuned = search(estimator, space, **settings)
    if few and search is not HyperbandSearchCV:
        tuned.set_params(n_candidates=2)
    return tuned.fit(*data)


def assert_agrees(search):
    """One row says all of it."""
    if search.multimetric_ and not search.refit:
        assert not {"best_index_", "best_score_", "best_params_"} & vars(search).keys()
        return
    results, best = search.cv_results_, search.best_index_
    assert search.best_params_ == results["params"][best]
    metric = search.refit if isinstance(search.refit, str) else "score"
    assert hasattr(search, "best_score_") == (not callable(search.refit))
    if not callable(search.refit):
        score = results[f"mean_test_{metric}"][best]
        np.testing.assert_array_equal(search.best_score_, score)
        assert results["n_resources"][best] == max(search.n_resources_)
        at_the_top = results["n_resources"] == max(search.n_resources_)
        if not np.isnan(score):
            assert score == results[f"mean_test_{metric}"][at_the_top].max()
    trial = search.history_.trials[results["trial"][best]]
    assert trial.params.items() <= search.best_params_.items()
    assert hasattr(search, "best_estimator_") == bool(search.refit)
    if search.refit:
        own = {name: search.best_estimator_.get_params()[name] for name in trial.params}
        assert own == trial.params


@a_short_ladder
@every_class
@pytest.mark.parametrize("refit", REFITS)
@pytest.mark.parametrize("few", [False, True], ids=["enough", "few"])
def test_the_best_is_one_row(refit, few, search, iris):
    assert_agrees(fitted(search, "n_estimators", iris, few, **REFITS[refit]))


@a_short_ladder
@every_class
@pytest.mark.parametrize("resource", RESOURCES)
@pytest.mark.parametrize("few", [False, True], ids=["enough", "few"])
def test_the_best_is_one_row_of_every_resource(resource, few, search, iris):
    assert_agrees(fitted(search, resource, iris, few))


@a_short_ladder
@every_class
@pytest.mark.parametrize("resource", RESOURCES)
def test_stopped_early(resource, search, iris):
    tuned = fitted(search, resource, iris, stopping=Timeout(1e-9))
    assert_agrees(tuned)
    assert tuned.best_index_ == 0


@a_short_ladder
@pytest.mark.parametrize("search", [HalvingSearchCV, HalvingASHASearchCV])
def test_few_candidates_are_refitted_with_all_of_the_resource(search, iris):
    """Their row has what they were scored at, and the estimator what was asked for."""
    tuned = fitted(search, "n_estimators", iris, few=True)
    assert tuned.n_resources_ == [1, 2]
    assert tuned.best_params_["n_estimators"] == 2
    assert tuned.best_estimator_.n_estimators == tuned.max_resources_ == 4


@a_short_ladder
def test_where_nobody_came_to_the_last_fold_the_folds_there_are_decide(iris):
    initial = [{"alpha": alpha} for alpha in (1.0, 0.5, 1e-3)]
    settings = {"resource": "folds", "cv": 9, "n_candidates": 3, "initial_params": initial}
    tuned = HalvingASHASearchCV(SGD, ALPHA, random_state=0, **settings).fit(*iris)
    results = tuned.cv_results_
    assert list(results["status"]) == ["stopped"] * 3
    n_folds = results["n_resources"]
    assert list(n_folds[results["trial"] == tuned.best_index_]) == [max(n_folds)]
    assert np.isnan(tuned.best_score_)


# --------------------------------------------------------------------------- a ladder too long

SHORT = {
    "candidates": (
        {"n_candidates": 4, "min_resources": 1},
        r"last rung will be at 3 \(n_estimators\), not at max_resources=27: it takes 27 "
        r"candidates to come through 4 rungs at factor 3, and n_candidates is 4\. .*after 3, and "
        r"refitted with 27\. Write n_candidates=27, or min_resources=9",
    ),
    "configurations": (
        {"param_distributions": {"learning_rate": [0.1, 0.2, 0.3]}},
        r"27 candidates .*and the search space has 3\. .*Write min_resources=9",
    ),
}


def boosted(search, **settings):
    own = {"resource": "n_estimators", "max_resources": 27, "cv": 2, "random_state": 0}
    return search(BOOSTING, **{"param_distributions": RATE, **own, **settings})


@pytest.mark.parametrize(("settings", "message"), SHORT.values(), ids=SHORT)
@pytest.mark.parametrize("search", [HalvingSearchCV, HalvingASHASearchCV])
def test_too_few_candidates_for_the_ladder_are_told(search, settings, message, iris):
    """Before the first fit, and what is advised helps."""
    tuned = boosted(search, **settings)
    with pytest.warns(SkhpoWarning, match=message) as caught:
        tuned.fit(*iris)
    assert caught[0].filename == __file__
    assert "aggressive" in str(caught[0].message) or search is HalvingASHASearchCV
    assert tuned.plan_.full == tuned.max_resources_ == 27
    assert "(27 is one full training)" in str(tuned.plan_)
    assert str(tuned.plan(*iris)) == str(tuned.plan_)
    assert max(tuned.n_resources_) < 27
    for advised in ({"min_resources": 9}, {"min_resources": "exhaust", "n_candidates": 3}):
        if search is HalvingSearchCV or advised["min_resources"] != "exhaust":
            again = boosted(search, **settings | advised).fit(*iris)
            assert max(again.n_resources_) == 27
            assert again.best_params_["n_estimators"] == 27
    if search is HalvingSearchCV:
        again = boosted(search, **settings, aggressive_elimination=True).fit(*iris)
        assert max(again.n_resources_) == 27


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, r"after 3, and refitted with 27\. Write"),
        ({"refit": False}, r"after 3\. Write"),
        (
            {"refit_from": "checkpoint", "cv": ShuffleSplit(1, random_state=0)},
            r"after 3, and taken as it is then \(refit_from='checkpoint'\)\. Write",
        ),
    ],
)
def test_what_becomes_of_the_best_of_a_ladder_too_long(settings, message, iris):
    with pytest.warns(SkhpoWarning, match=message):
        boosted(HalvingSearchCV, n_candidates=4, **settings).fit(*iris)


@every_class
def test_ladders_that_are_climbed_are_nothing_to_warn_of(search, iris):
    """Also where the last of scikit-learn's rungs lies somewhat below all there is."""
    assert max(boosted(search, max_resources=8).fit(*iris).n_resources_) > 8 // 3
    if search is HalvingASHASearchCV:
        few = boosted(search, variant="stopping", n_candidates=1).fit(*iris)
        assert max(few.n_resources_) == 27


# --------------------------------------------------------------------------- a race


def test_a_race_that_was_cut_short(iris):
    """Nobody was measured on all folds; the best is of those on most of them."""
    race = RandomSearchCV(SGD, ALPHA, n_iter=3, cv=5, racing=True, stopping=Timeout(1e-9))
    race.fit(*iris)
    assert list(race.cv_results_["status"]) == ["stopped"]
    assert race.best_params_ == race.cv_results_["params"][race.best_index_]


def table(*rows):
    """Results of a race over three folds; each row is a status and what was scored."""
    folds = np.array([[*scores, *[np.nan] * (3 - len(scores))] for _, *scores in rows])
    return {
        "status": np.array([status for status, *_ in rows], dtype=object),
        "n_resources": np.array([len(scores) for _, *scores in rows]),
        "trial": np.arange(len(rows)),
        "mean_test_score": folds.mean(axis=1),
        **{f"split{k}_test_score": folds[:, k] for k in range(3)},
    }


@pytest.mark.parametrize(
    ("rows", "best"),
    [
        ([("stopped", 0.9, 0.9), ("completed", 0.1, 0.2, 0.3), ("completed", 0.3, 0.2, 0.2)], 2),
        ([("stopped", 0.9), ("stopped", 0.2, 0.4), ("stopped", 0.1, 0.4)], 1),
        ([("stopped", 0.2, np.nan), ("stopped", 0.1, 0.1)], 1),
        ([("failed", 9.0, 9.0, 9.0), ("stopped", 0.1, 0.1)], 1),
        ([("stopped", 0.1), ("completed", -np.inf, 0.2, 0.2)], 1),
        ([("failed", 9.0, 9.0, 9.0), ("failed", np.nan)], 0),
        ([("failed", np.nan), ("failed", np.nan, np.nan)], 0),
    ],
)
def test_the_best_row_of_a_race(rows, best):
    assert best_row(table(*rows), "score") == best
