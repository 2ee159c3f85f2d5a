"""``cv_results_`` read back as a history: scikit-learn's own, and those of skhpo."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform, randint
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import HalvingRandomSearchCV, RandomizedSearchCV
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhpo import Float, HalvingSearchCV, RandomSearchCV, Tuner
from skhpo.inspection import history_from_results, summary, survival, trials
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.words import resource_name
from skhpo.storage.view import read_search

X, y = load_iris(return_X_y=True)
nan = math.nan


def plain(**columns):
    return {"params": [{"C": 1}, {"C": 2}], "mean_test_score": [0.5, 0.7], **columns}


def test_by_hand():
    history = history_from_results(
        {
            "params": [{"C": 1}, {"C": 2}, {"C": 3}],
            "split0_test_score": np.array([0.1, 0.2, nan]),
            "split1_test_score": np.array([0.3, 0.4, nan]),
            "mean_fit_time": [1.0, 2.0, 3.0],
        }
    )
    assert [trial.params for trial in history.trials] == [{"C": 1}, {"C": 2}, {"C": 3}]
    assert [e.status for e in history.evaluations] == ["completed", "completed", "failed"]
    assert [e.fold_scores for e in history.evaluations][:2] == [(0.1, 0.3), (0.2, 0.4)]
    assert history.best.trial == 1
    assert [m.fit_time for m in history.measurements] == [1, 1, 2, 2, 3, 3]
    assert all(math.isnan(m.started_at) for m in history.measurements)


def test_a_dataframe_of_them_is_read_alike():
    """Sorted, as people do it: rows are taken in the order in which they stand."""
    search = HalvingRandomSearchCV(
        DecisionTreeClassifier(), {"max_depth": randint(1, 9)}, n_candidates=9, random_state=0
    ).fit(X, y)
    frame = pd.DataFrame(search.cv_results_)
    of_frame, of_results = history_of(frame), history_of(search.cv_results_)
    assert repr(of_frame.measurements) == repr(of_results.measurements)  # with all their NaN
    assert of_frame.trials == of_results.trials
    assert resource_name(frame) == resource_name(search.cv_results_)
    assert str(summary(frame)) == str(summary(search.cv_results_))
    newest_first = history_of(pd.DataFrame(plain()).sort_values("mean_test_score", ascending=False))
    assert [trial.params["C"] for trial in newest_first.trials] == [2, 1]
    with pytest.raises(TypeError, match="this takes a History"):
        history_of(frame[["mean_test_score"]])


def test_where_there_are_only_means():
    assert [e.score for e in history_from_results(plain()).evaluations] == [0.5, 0.7]


def test_as_a_frame():
    history = history_from_results(pd.DataFrame(plain()).to_dict("list"))
    assert history.best.score == 0.7


def test_a_fold_that_was_never_measured_is_no_failure():
    history = history_from_results(
        {
            "params": [{"C": 1}, {"C": 2}],
            "status": ["stopped", "completed"],
            "n_resources": [1, 2],
            "trial": [4, 7],
            "split0_test_score": [0.1, 0.2],
            "split1_test_score": [nan, 0.4],
        }
    )
    assert [e.fold_scores for e in history.evaluations] == [(0.1,), (0.2, 0.4)]
    assert [e.status for e in history.evaluations] == ["completed", "completed"]
    assert [e.trial for e in history.evaluations] == [0, 1]


def test_scikit_learn_random():
    search = RandomizedSearchCV(SVC(), {"C": loguniform(1e-2, 1e2)}, n_iter=5, cv=3, random_state=0)
    search.fit(X, y)
    history = history_from_results(search.cv_results_)
    assert [t.params for t in history.trials] == search.cv_results_["params"]
    means = [e.score for e in history.evaluations]
    np.testing.assert_allclose(means, search.cv_results_["mean_test_score"])
    assert history.trials[history.best.trial].params == search.best_params_
    assert all(e.resource is None for e in history.evaluations)


def test_several_metrics():
    scoring = ["accuracy", "neg_log_loss"]
    search = RandomizedSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": [1, 2, 3]},
        n_iter=3,
        scoring=scoring,
        refit=False,
        random_state=0,
    ).fit(X, y)
    for metric in scoring:
        history = history_from_results(search.cv_results_, metric=metric)
        assert [m.scores.keys() for m in history.measurements] == [set(scoring)] * 15
        best = search.cv_results_[f"mean_test_{metric}"].max()
        assert history.best.score == pytest.approx(best)
    assert history_of(search.cv_results_).metric == "accuracy"
    with pytest.raises(ValueError, match="Did you mean 'accuracy'"):
        history_from_results(search.cv_results_, metric="acuracy")


@pytest.mark.parametrize("resource", ["n_samples", "n_estimators"])
def test_scikit_learn_halving(resource):
    """A candidate that comes to several iterations is one trial; the resource is no parameter."""
    options = {"min_resources": 2, "max_resources": 8} if resource == "n_estimators" else {}
    search = HalvingRandomSearchCV(
        RandomForestClassifier(n_estimators=3, random_state=0),
        {"max_depth": randint(1, 30), "max_features": ["sqrt", None]},
        resource=resource,
        n_candidates=8,
        factor=2,
        cv=2,
        random_state=0,
        **options,
    ).fit(X, y)
    history = history_from_results(search.cv_results_)
    assert len(history.trials) == 8
    assert {frozenset(trial.params) for trial in history.trials} == {
        frozenset(["max_depth", "max_features"])
    }
    table = survival(history)
    came = [int((~np.isnan(table[f"score_at_{n}"])).sum()) for n in search.n_resources_]
    assert came == search.n_candidates_


def test_twins_at_the_same_resource_are_two_trials():
    history = history_from_results(
        {
            "params": [{"C": 1}, {"C": 1}, {"C": [2]}, {"C": 1}],
            "n_resources": [1, 1, 1, 3],
            "mean_test_score": [0.1, 0.2, 0.3, 0.4],
        }
    )
    assert [e.trial for e in history.evaluations] == [0, 1, 2, 0]


def test_numbers_and_flags_that_are_equal_are_not_the_same():
    rows = [{"C": 1}, {"C": True}, {"C": 1.0}]
    results = {"params": rows, "n_resources": [5, 6, 7], "mean_test_score": [0.1, 0.2, 0.3]}
    assert len(history_from_results(results).trials) == 3


def test_results_of_skhpo_tell_what_its_history_does():
    search = HalvingSearchCV(
        SGDClassifier(random_state=0),
        {"alpha": Float(1e-6, 1, log=True)},
        resource="epochs",
        max_resources=9,
        cv=3,
        random_state=0,
    ).fit(X, y)
    told, own = trials(search.cv_results_), trials(search)
    for column in ("trial", "resource", "status", "n_folds", "param_alpha"):
        np.testing.assert_array_equal(told[column], own[column])
    np.testing.assert_allclose(told["score"], own["score"])
    np.testing.assert_allclose(told["fit_time"], own["fit_time"])
    assert history_of(search.cv_results_).best.score == pytest.approx(search.best_score_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
@pytest.mark.parametrize("racing", [False, True])
def test_failures_of_skhpo(racing):
    search = RandomSearchCV(
        SVC(), {"C": [-1.0, 0.1, 1.0, 10.0]}, n_iter=4, cv=4, racing=racing, random_state=0
    ).fit(X, y)
    history = history_from_results(search.cv_results_)
    failed = [history.trials[e.trial].params["C"] for e in history.evaluations if not e.is_usable]
    assert failed == [-1.0]
    assert all(m.error for m in history.measurements if m.status == "failed")
    measured = [
        sum(m.status == "completed" for m in each.measurements)
        for each in (history, search.history_)
    ]
    assert measured[0] == measured[1] > 0


def test_a_row_whose_status_nobody_knows_has_failed():
    history = history_from_results(plain(status=["completed", "exploded"], error=[None, "boom"]))
    assert [e.status for e in history.evaluations] == ["completed", "failed"]


def test_no_rows():
    assert len(history_from_results({"params": [], "mean_test_score": []})) == 0


@pytest.mark.parametrize(
    ("results", "error", "message"),
    [
        (None, TypeError, "got NoneType"),
        ([1], TypeError, "got list"),
        ({}, ValueError, "no column"),
        ({"params": [{}]}, ValueError, "no column mean_test_<metric>"),
        ({"params": [1], "mean_test_score": [1]}, ValueError, "a dict for each row"),
        (plain(mean_test_score=[1]), ValueError, "mean_test_score has 1 rows.*params has 2"),
        (plain(mean_test_score=["a", "b"]), ValueError, "mean_test_score.*must hold numbers"),
        (plain(mean_fit_time=[1, 2, 3]), ValueError, "mean_fit_time has 3 rows"),
        (plain(status=["completed"]), ValueError, "status has 1 rows"),
        (plain(n_resources=[1, nan]), ValueError, "n_resources.*finite"),
        (plain(n_resources=[1, "a"]), ValueError, "n_resources.*must hold numbers"),
        (plain(trial=["a", "b"]), ValueError, "trial.*must hold numbers"),
        (
            plain(split0_test_a=[1, 2], split0_test_b=[1, 2], split1_test_b=[1, 2]),
            ValueError,
            "different numbers of folds",
        ),
    ],
)
def test_mistakes(results, error, message):
    with pytest.raises(error, match=message):
        history_from_results(results)


def test_the_one_door(tmp_path):
    """Tuner, search on disk, results: the same scores; the sign is that of the source."""
    tuner = Tuner(
        {"x": Float(0, 1)},
        lambda params: params["x"],
        direction="minimize",
        storage=tmp_path,
        random_state=0,
    ).run(n_trials=3)
    stored = read_search(tmp_path)
    assert [e.score for e in history_of(stored).evaluations] == [
        e.score for e in history_of(tuner).evaluations
    ]
    assert sign_of(tuner) == sign_of(stored) == -1
    assert sign_of(plain()) == sign_of(tuner.history) == sign_of(None) == 1
    for nothing in (None, {}, {"a": 1}, SVC()):
        with pytest.raises(TypeError, match="a search has a history after fit"):
            history_of(nothing)
