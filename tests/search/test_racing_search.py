"""``racing=True``: configurations that are behind on the folds measured so far are given up."""

from __future__ import annotations

import functools

import joblib
import numpy as np
import pytest
from search_parts import Pupil, untimed
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import RepeatedStratifiedKFold
from sklearn.svm import SVC

from skhpo import (
    BayesSearchCV,
    CMAESSearchCV,
    EvolutionSearchCV,
    Float,
    RandomSearchCV,
    TPESearchCV,
)
from skhpo.exceptions import SkhpoWarning

SPACE = {"C": Float(1e-3, 1e3, log=True), "gamma": Float(1e-4, 10, log=True)}
CLASSES = [RandomSearchCV, BayesSearchCV, TPESearchCV, CMAESSearchCV, EvolutionSearchCV]


def race(search=RandomSearchCV, **settings):
    settings = {"n_iter": 15, "cv": 5, "random_state": 0, "racing": True, **settings}
    return search(SVC(), SPACE, **settings)


def fold_scores(results, metric="score"):
    n_splits = sum(key.startswith("split") and key.endswith(f"_test_{metric}") for key in results)
    return np.stack([results[f"split{k}_test_{metric}"] for k in range(n_splits)], axis=1)


def assert_raced(search, metric="score"):
    """Losers lack folds, from some fold on, and have no mean; the winner lacks none."""
    results = search.cv_results_
    is_measured = ~np.isnan(fold_scores(results, metric))
    is_complete = is_measured.all(axis=1)
    means = results[f"mean_test_{metric}"]
    assert list(np.isnan(means)) == list(~is_complete)
    assert is_measured[:, :2].all()
    assert (is_measured[:, :-1] >= is_measured[:, 1:]).all()
    assert list(results["n_resources"]) == list(is_measured.sum(axis=1))
    assert is_complete[search.best_index_]
    assert means[search.best_index_] == means[is_complete].max()
    assert results[f"rank_test_{metric}"][search.best_index_] == 1
    assert len(search.history_.measurements) == is_measured.sum() < is_measured.size


@pytest.mark.parametrize("search", CLASSES)
def test_fewer_fits_for_the_same_winner(search, iris):
    """That nothing is warned of is the rule of this suite: warnings are errors."""
    tuned = race(search).fit(*iris)
    assert_raced(tuned)
    assert len(tuned.cv_results_["params"]) == 15
    is_complete = tuned.cv_results_["n_resources"] == 5
    expected = np.where(is_complete, "completed", "stopped")
    assert list(tuned.cv_results_["status"]) == list(expected)
    if search is RandomSearchCV:
        complete = race(racing=False).fit(*iris)
        assert tuned.cv_results_["params"] == complete.cv_results_["params"]
        assert tuned.best_score_ == pytest.approx(complete.best_score_, abs=0.03)
        theirs, ours = (fold_scores(s.cv_results_) for s in (complete, tuned))
        np.testing.assert_array_equal(np.where(np.isnan(ours), np.nan, theirs), ours)


def test_many_folds_save_much(iris):
    """What the issue asks for: no more than 0.6 of the fits."""
    tuned = race(n_iter=20, cv=RepeatedStratifiedKFold(n_splits=5, n_repeats=2, random_state=0))
    tuned.fit(*iris)
    assert_raced(tuned)
    assert len(tuned.history_.measurements) <= 0.6 * 20 * 10


def test_two_folds_are_no_race(iris):
    plain, tuned = (race(cv=2, n_iter=4, racing=racing) for racing in (False, True))
    plain.fit(*iris)
    with pytest.warns(SkhpoWarning, match="racing=True has no effect with 2 folds.*cv=5") as caught:
        tuned.fit(*iris)
    assert caught[0].filename == __file__
    assert untimed(tuned.cv_results_) == untimed(plain.cv_results_)
    assert not np.isnan(fold_scores(tuned.cv_results_)).any()


def test_with_workers(iris):
    """As many configurations at a time as there are workers."""
    assert_raced(race(n_jobs=2, n_iter=10).fit(*iris))
    with joblib.parallel_config("threading"):
        tuned = race(n_jobs=3).fit(*iris)
    assert_raced(tuned)
    assert tuned._concurrency == 3


def test_several_metrics(iris):
    """The one of ``refit`` decides; of the others there are as many folds."""
    tuned = race(scoring=["balanced_accuracy", "accuracy"], refit="accuracy").fit(*iris)
    assert_raced(tuned, "accuracy")
    results = tuned.cv_results_
    gaps = [np.isnan(fold_scores(results, m)) for m in ("accuracy", "balanced_accuracy")]
    np.testing.assert_array_equal(*gaps)


def test_failures(iris):
    """They are told of, and lose."""
    space = {"value": Float(0, 1), "bad_from": [1, 100]}
    initial = [{"value": 0.9, "bad_from": 1}, {"value": 0.5, "bad_from": 100}]
    tuned = RandomSearchCV(
        Pupil(), space, n_iter=2, initial_params=initial, cv=4, racing=True, error_score=-1.0
    )
    with pytest.warns(FitFailedWarning, match="2 fits failed out of a total of 6"):
        tuned.fit(*iris)
    assert list(tuned.cv_results_["status"]) == ["failed", "completed"]
    np.testing.assert_array_equal(
        fold_scores(tuned.cv_results_), [[-1, -1, np.nan, np.nan], [0.5] * 4]
    )
    assert tuned.best_index_ == 1


def test_losers_are_worse_and_no_failures(iris):
    """Behind by any constant on every fold: after two of them there is no doubt."""
    values = [0.5, 0.4, 0.6, 0.1, 0.55]
    tuned = RandomSearchCV(
        Pupil(),
        {"value": values},
        n_iter=5,
        initial_params=[{"value": value} for value in values],
        cv=6,
        racing=True,
    ).fit(*iris)
    assert list(tuned.cv_results_["n_resources"]) == [6, 2, 6, 2, 2]
    statuses = ["completed", "stopped", "completed", "stopped", "stopped"]
    assert list(tuned.cv_results_["status"]) == statuses
    assert tuned.best_params_ == {"value": 0.6}
    again = BayesSearchCV(
        Pupil(), {"value": values}, n_iter=1, cv=6, warm_start_from=tuned, random_state=0
    ).fit(*iris)
    assert again.best_params_ == {"value": 0.6}
    assert sorted(known.score for known in again.history_.former) == [0.5, 0.6]


def test_verbose(iris, capsys):
    tuned = race(verbose=1).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Fitting 5 folds for each of 15 candidates, totalling 75 fits"
    assert lines[-1].startswith(f"{len(tuned.history_.measurements)}/75 fits, best score 0.")


@pytest.mark.filterwarnings("ignore")
def test_check_estimator():
    """Whatever GridSearchCV passes is passed, as without racing."""
    from test_estimator_checks import ALPHAS, ESTIMATORS, passed, passed_by_grid_search

    search = functools.partial(RandomSearchCV, n_iter=2, racing=True)
    ours = passed(search(ESTIMATORS["regressor"], ALPHAS, cv=3, random_state=0))
    assert passed_by_grid_search(ESTIMATORS["regressor"]) <= ours
