"""Tables of a history, against one that was written by hand, and against a real search."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_iris
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import HalvingGridSearchCV, ShuffleSplit
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhpo import Float, HalvingSearchCV, RandomSearchCV, Tuner
from skhpo.history import History
from skhpo.inspection import Savings, lineage, measurements, savings, survival, trials
from skhpo.storage.view import read_search
from skhpo.trial import Assignment, Measurement, Trial


def measured(trial, fold, resource, score, **rest):
    status = "failed" if score is None else "completed"
    scores = {} if score is None else {"score": score, "other": -score}
    return Measurement(trial, fold, resource, status, scores, **rest)


def climbed():
    """Two folds; trial 0 goes up from 1 to 3, trial 1 stays, trial 2 fails, trial 3 is running."""
    history = History(metric="score")
    steps = [
        (Trial(0, {"x": 1}), 1, (0.5, 0.7)),
        (Trial(1, {"x": (2, 3), "y": None}), 1, (0.1, 0.3)),
        (Trial(2, {"y": "b"}), 1, (0.9, None)),
        (None, 3, (0.8, 0.6)),
    ]
    for trial, resource, scores in steps:
        number = 0 if trial is None else trial.number
        if trial is not None:
            history.append(trial)
        history.append(Assignment(number, resource, (0, 1)))
        spent = resource - (1 if trial is None else 0)
        for fold, score in enumerate(scores):
            error = None if score is not None else "it broke"
            history.append(measured(number, fold, resource, score, spent=spent, error=error))
    history.append(Trial(3, {"x": 4}))
    history.append(Assignment(3, 1, (0, 1)))
    return history


def test_measurements():
    table = measurements(climbed())
    assert list(table["trial"]) == [0, 0, 1, 1, 2, 2, 0, 0]
    assert list(table["fold"]) == [0, 1] * 4
    assert list(table["resource"]) == [1] * 6 + [3] * 2
    assert list(table["spent"]) == [1] * 6 + [2] * 2
    assert list(table["status"]) == ["completed"] * 5 + ["failed"] + ["completed"] * 2
    scores = [0.5, 0.7, 0.1, 0.3, 0.9, math.nan, 0.8, 0.6]
    np.testing.assert_array_equal(table["score_score"], scores)
    np.testing.assert_array_equal(table["score_other"], np.negative(scores))
    assert list(table["attempts"]) == [1] * 8
    assert list(table["error"]) == [None] * 5 + ["it broke"] + [None] * 2
    missing = math.nan  # the same object each time: lists of it are equal
    assert list(table["param_x"]) == [1, 1, (2, 3), (2, 3), *[missing] * 2, 1, 1]
    assert list(table["param_y"]) == [*[missing] * 2, None, None, "b", "b", *[missing] * 2]
    assert np.isnan(table["started_at"]).all()
    assert [table[name].dtype.kind for name in ("trial", "resource", "fit_time")] == ["i", "f", "f"]
    frame = pd.DataFrame(table)
    assert frame.shape == (8, 15)


def test_rounds_of_boosters():
    """Where one failed nothing was found; where nothing is looked for there is no such column."""
    assert "rounds" not in measurements(climbed())
    history = History(metric="score")
    history.append(Trial(0, {}))
    history.append(Assignment(0, None, (0, 1)))
    history.append(measured(0, 0, None, 0.5, rounds=7))
    history.append(measured(0, 1, None, None))
    np.testing.assert_array_equal(measurements(history)["rounds"], [7, math.nan])


def test_survival():
    table = survival(climbed())
    assert list(table) == [
        *("trial", "resource", "status", "score_at_1", "score_at_3", "param_x", "param_y"),
    ]
    assert list(table["trial"]) == [0, 1, 2, 3]
    np.testing.assert_array_equal(table["resource"], [3, 1, 1, math.nan])
    assert list(table["status"]) == ["completed", "stopped", "failed", "running"]
    np.testing.assert_allclose(table["score_at_1"], [0.6, 0.2, math.nan, math.nan])
    np.testing.assert_allclose(table["score_at_3"], [0.7, math.nan, math.nan, math.nan])
    assert list(table["param_x"]) == [1, (2, 3), math.nan, 4]


def test_a_trial_that_is_given_more_is_running():
    history = climbed()
    history.append(Assignment(1, 3, (0, 1)))
    assert list(survival(history)["status"]) == ["completed", "running", "failed", "running"]


def test_where_nobody_was_trained_completely_all_are_stopped():
    history = climbed()
    history.full = 9
    assert list(survival(history)["status"])[:2] == ["stopped", "stopped"]


def test_savings():
    """Six units on the first rung, four above; all of three trials would have cost 3 x 2 x 3."""
    saved = savings(climbed())
    assert (saved.spent, saved.full) == (10, 18)
    assert saved.part == pytest.approx(8 / 18)
    assert str(saved) == "spent 10 of 18, 44% saved"
    assert savings(climbed(), full=9).full == 54


def test_what_was_spent_where_nobody_says_is_what_was_added():
    """2 trials to 1, one of them on to 3, and a copy from 3 to 4; on two folds each."""
    history = History()
    steps = [(0, 1.0, {}), (1, 1.0, {}), (0, 3.0, None)]
    steps.append((2, 4.0, {"parent": 0, "parent_resource": 3.0, "replaces": 1}))
    for number, resource, origin in steps:
        if origin is not None:
            history.append(Trial(number, {"x": 1}, **origin))
        history.append(Assignment(number, resource, (0, 1)))
        for fold in (0, 1):
            history.append(measured(number, fold, resource, 0.5))
    assert savings(history).spent == 2 * (1 + 1 + 2 + 1)


def test_trials():
    table = trials(climbed())
    assert list(table["trial"]) == [0, 0, 1, 2, 3]
    assert list(table["resource"]) == [1, 3, 1, 1, 1]
    assert list(table["status"]) == ["completed", "completed", "completed", "failed", "running"]
    assert list(table["error"]) == [None, None, None, "it broke", None]
    assert list(table["n_folds"]) == [2, 2, 2, 2, 0]
    np.testing.assert_allclose(table["score"], [0.6, 0.7, 0.2, math.nan, math.nan])
    np.testing.assert_allclose(table["mean_other"], [-0.6, -0.7, -0.2, math.nan, math.nan])


def test_a_history_without_anything():
    empty = History()
    assert len(measurements(empty)["trial"]) == len(survival(empty)["trial"]) == 0
    assert len(pd.DataFrame(measurements(empty))) == 0
    with pytest.raises(ValueError, match="nothing was measured"):
        savings(empty)


def test_undivided_training():
    tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0).run(n_trials=4)
    assert list(survival(tuner)) == ["trial", "resource", "status", "score", "param_x"]
    np.testing.assert_array_equal(survival(tuner)["score"], measurements(tuner)["param_x"])
    assert np.isnan(measurements(tuner)["spent"]).all()
    with pytest.raises(ValueError, match="training was not divided"):
        savings(tuner)


def test_scores_have_the_direction_of_who_minimises(tmp_path):
    """Of a tuner, and of its search on disk; a history by itself counts greater as better."""
    tuner = Tuner(
        {"x": Float(1, 2)},
        lambda params: {"loss": params["x"], "size": 2 * params["x"]},
        direction="minimize",
        metric="loss",
        storage=tmp_path,
        random_state=0,
    ).run(n_trials=4)
    values = [trial.params["x"] for trial in tuner.history.trials]
    for source, sign in ((tuner, 1), (read_search(tmp_path), 1), (tuner.history, -1)):
        expected = sign * np.array(values)
        np.testing.assert_array_equal(trials(source)["score"], expected)
        np.testing.assert_array_equal(trials(source)["mean_size"], 2 * expected)
        np.testing.assert_array_equal(measurements(source)["score_loss"], expected)
        np.testing.assert_array_equal(measurements(source)["score_size"], 2 * expected)
        np.testing.assert_array_equal(survival(source)["score"], expected)
        np.testing.assert_array_equal(lineage(source)["score"], expected)


@pytest.mark.parametrize("table", [measurements, survival, savings])
def test_no_history(table):
    search = RandomSearchCV(SGDClassifier(), {"alpha": Float(0, 1)})
    for source in (search, [], None):
        with pytest.raises(TypeError, match="a search has a history after fit"):
            table(source)


def test_real_search():
    """Epochs: the rungs are 1, 3, 9 with 9, 3, 1 configurations, and increments are paid."""
    space = {"alpha": Float(1e-6, 1, log=True)}
    settings = {"resource": "epochs", "max_resources": 9, "cv": 3, "random_state": 0}
    search = HalvingSearchCV(SGDClassifier(random_state=0), space, **settings)
    search.fit(*load_iris(return_X_y=True))
    table, results = pd.DataFrame(survival(search)), search.cv_results_
    assert list(table["resource"].value_counts().sort_index().items()) == [(1, 6), (3, 2), (9, 1)]
    for name in ("score_at_1", "score_at_3", "score_at_9"):
        amount = int(name.rpartition("_")[2])
        rows = results["n_resources"] == amount
        own = table[name].dropna()
        np.testing.assert_allclose(own, results["mean_test_score"][rows])
        assert list(own.index) == list(results["trial"][rows])
    assert list(table["status"] == "completed") == list(table["resource"] == 9)
    assert set(table["status"]) == {"completed", "stopped"}
    tall = pd.DataFrame(measurements(search))
    assert tall.groupby("resource")["spent"].sum().to_dict() == {1: 27, 3: 18, 9: 18}
    saved = savings(search)
    assert saved.spent == search.plan_.cost * 3 == 63
    assert saved.full == 9 * 9 * 3
    assert (tall["finished_at"] >= tall["started_at"]).all()


@pytest.mark.filterwarnings("ignore:.*the last rung will be at:skhpo.exceptions.SkhpoWarning")
def test_savings_where_nobody_was_trained_completely():
    """What was asked for counts, and not how far the best one came."""
    space = {"alpha": Float(1e-6, 1, log=True)}
    settings = {"resource": "epochs", "max_resources": 27, "cv": 3, "random_state": 0}
    search = HalvingSearchCV(SGDClassifier(random_state=0), space, n_candidates=3, **settings)
    assert savings(search.fit(*load_iris(return_X_y=True))) == Savings(spent=15, full=27 * 3 * 3)


@pytest.mark.filterwarnings("ignore:.*the last rung will be at:skhpo.exceptions.SkhpoWarning")
def test_a_single_pass_on_a_single_fold_is_no_race():
    settings = {"resource": "epochs", "max_resources": 9, "cv": ShuffleSplit(1, random_state=0)}
    space = {"alpha": Float(1e-6, 1, log=True)}
    search = HalvingSearchCV(SGDClassifier(random_state=0), space, n_candidates=2, **settings)
    assert savings(search.fit(*load_iris(return_X_y=True))) == Savings(spent=2, full=2 * 9)


def test_savings_of_a_race():
    """Folds are the resource: complete training of one fold is one."""
    X, y = load_iris(return_X_y=True)
    space = {"min_samples_leaf": list(range(1, 60))}
    tree = DecisionTreeClassifier(random_state=0)
    search = RandomSearchCV(tree, space, n_iter=12, cv=5, racing=True, random_state=0).fit(X, y)
    saved = savings(search, full=1)
    assert saved.spent == len(search.history_.measurements)
    assert saved.full == 12 * 5
    assert 0 < saved.part < 1


def test_savings_of_a_race_count_folds():
    X, y = load_iris(return_X_y=True)
    space = {"C": Float(1e-2, 1e2, log=True)}
    race = RandomSearchCV(SVC(), space, n_iter=5, cv=6, racing=True, random_state=0).fit(X, y)
    assert savings(race) == Savings(spent=len(race.history_.measurements), full=5 * 6)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
def test_a_fold_that_failed_counts_in_a_race():
    X, y = load_iris(return_X_y=True)
    space = {"C": [-1.0, 0.1, 1.0, 10.0]}
    race = RandomSearchCV(SVC(), space, n_iter=4, cv=6, racing=True, random_state=0).fit(X, y)
    assert "failed" in race.cv_results_["status"]
    assert savings(race) == Savings(spent=len(race.history_.measurements), full=4 * 6)


def test_halving_searches_of_scikit_learn_train_anew():
    """Six of 20 samples on each of three folds, then two of 60."""
    X, y = load_iris(return_X_y=True)
    search = HalvingGridSearchCV(
        SVC(),
        {"C": [0.01, 0.1, 1, 10, 100, 1000]},
        min_resources=20,
        max_resources=60,
        cv=3,
        random_state=0,
    ).fit(X, y)
    assert (search.n_candidates_, search.n_resources_) == ([6, 2], [20, 60])
    assert savings(search).spent == savings(search.cv_results_).spent == 3 * (6 * 20 + 2 * 60)
