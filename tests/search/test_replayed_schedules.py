"""Schedules, and the estimator that is trained by them."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
import sklearn
from sklearn.base import clone
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import NotFittedError, UnsetMetadataPassedError
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import cross_val_score, cross_validate
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC

from skhpo import Float, HalvingASHASearchCV, PBTSearchCV, ReplayedSchedule, Schedule
from skhpo.exceptions import ResourceError

SGD = SGDClassifier(random_state=0, learning_rate="constant", eta0=0.1)

FALLING = [{"until": 3, "params": {"eta0": 0.5}}, {"until": 8, "params": {"eta0": 0.01}}]


def test_a_schedule_says_what_holds_when():
    schedule = Schedule(FALLING)
    assert [schedule.at(k)["eta0"] for k in (0, 2, 3, 7, 8, 20)] == [0.5] * 2 + [0.01] * 4
    assert schedule.full == 8
    assert schedule.final == {"eta0": 0.01}
    assert schedule.as_list() == FALLING


def test_a_schedule_can_be_saved_and_replayed(iris):
    search = PBTSearchCV(
        SGD,
        {"alpha": Float(1e-6, 1, log=True), "eta0": Float(1e-3, 1, log=True)},
        population_size=5,
        resource="epochs",
        max_resources=8,
        perturbation_interval=1,
        cv=2,
        random_state=0,
    ).fit(*iris)
    saved = json.dumps(search.schedule_.as_list())
    assert Schedule(json.loads(saved)) == search.schedule_
    assert pickle.loads(pickle.dumps(search.schedule_)) == search.schedule_
    replayed = ReplayedSchedule(SGD, json.loads(saved), resource="epochs").fit(*iris)
    np.testing.assert_array_equal(replayed.estimator_.coef_, search.best_estimator_.coef_)
    assert (replayed.predict(iris[0]) == search.predict(iris[0])).all()
    assert replayed.score(*iris) == search.best_estimator_.score(*iris)
    assert (replayed.classes_ == search.classes_).all()


def test_a_replayed_schedule_is_an_estimator(iris):
    replayed = ReplayedSchedule(SGD, FALLING, resource="epochs")
    assert cross_val_score(replayed, *iris, cv=3).mean() > 0.7
    assert not hasattr(replayed, "predict_proba")  # the hinge loss has none
    assert not hasattr(replayed, "classes_")
    assert clone(replayed).fit(*iris).n_features_in_ == 4
    assert pickle.loads(pickle.dumps(replayed)).schedule == FALLING


def test_what_was_fitted_before_does_not_answer_for_a_schedule(iris):
    replayed = ReplayedSchedule(clone(SGD).fit(*iris), FALLING, resource="epochs")
    for ask in (replayed.predict, replayed.decision_function):
        with pytest.raises(NotFittedError, match="ReplayedSchedule instance is not fitted"):
            ask(iris[0])
    assert not hasattr(replayed, "classes_")
    assert replayed.fit(*iris).estimator_.t_ == 8 * len(iris[1]) + 1


def test_metadata_is_routed_to_the_estimator(iris):
    weight = np.random.default_rng(0).uniform(size=len(iris[1]))
    expected = ReplayedSchedule(SGD, FALLING, resource="epochs").fit(*iris, sample_weight=weight)
    with sklearn.config_context(enable_metadata_routing=True):
        asking = clone(SGD).set_fit_request(sample_weight="importance")
        asking.set_score_request(sample_weight="importance")
        replayed = ReplayedSchedule(asking, FALLING, resource="epochs")
        replayed.fit(*iris, importance=weight)
        np.testing.assert_array_equal(replayed.estimator_.coef_, expected.estimator_.coef_)
        score = replayed.score(*iris, importance=weight)
        assert score == expected.estimator_.score(*iris, sample_weight=weight)
        scores = cross_validate(
            replayed, *iris, params={"importance": weight}, cv=3, error_score="raise"
        )
        assert (scores["test_score"] > 0.5).all()
        with pytest.raises(UnsetMetadataPassedError, match="sample_weight"):
            ReplayedSchedule(SGD, FALLING, resource="epochs").fit(*iris, sample_weight=weight)


@pytest.mark.parametrize(
    ("estimator", "params", "resource"),
    [
        (SVC(), {"C": 1.0}, "n_samples"),
        (SVC(), {"C": 1.0}, "max_iter"),
        (LogisticRegression(solver="liblinear"), {"C": 1.0}, "max_iter"),
        (GradientBoostingClassifier(n_iter_no_change=2), {"learning_rate": 0.1}, "n_estimators"),
    ],
)
def test_a_schedule_is_not_replayed_by_what_begins_anew(iris, estimator, params, resource):
    stages = [{"until": until, "params": params} for until in (30, 60)]
    with pytest.raises(ResourceError, match="cannot go on from what it has learnt"):
        ReplayedSchedule(estimator, stages, resource=resource).fit(*iris)


class OwnPerceptron(MLPClassifier):
    """What it inherits means what it means in scikit-learn."""


def test_layers_cannot_change_on_the_way(iris):
    sizes = [{"hidden_layer_sizes": (units,)} for units in (3, 7)]
    stages = [{"until": until, "params": params} for until, params in enumerate(sizes, start=1)]
    with pytest.raises(ResourceError, match="cannot go on with hidden_layer_sizes"):
        ReplayedSchedule(OwnPerceptron(solver="sgd"), stages, resource="epochs").fit(*iris)


def test_a_replayed_schedule_can_be_searched(iris):
    replayed = ReplayedSchedule(SGD, FALLING, resource="epochs")
    space = {"estimator__alpha": Float(1e-6, 1, log=True)}
    search = HalvingASHASearchCV(replayed, space, n_candidates=4, min_resources=20, random_state=0)
    assert search.fit(*iris).best_score_ > 0.5


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ([], "one stage at least"),
        (None, "must be in a list, got None"),
        (FALLING[0], "must be in a list"),
        ([{"until": 2.5, "params": {"eta0": 1}}], "epochs cannot be divided.*until=2.5; write 2"),
        ([{"until": 0.5, "params": {"eta0": 1}}], "write 1"),
        ([{"until": 3}], "a stage is a dict such as"),
        ([{"until": 0, "params": {}}], "until must be a number greater than 0"),
        ([FALLING[1], FALLING[0]], "must end after the one before"),
        ([FALLING[0], {"until": 8, "params": {"alpha": 1}}], "the same parameters"),
        ([{"until": 3, "params": {"eta": 1}}], "Invalid parameter 'eta'"),
    ],
)
def test_schedules_that_make_no_sense_are_refused(iris, schedule, message):
    with pytest.raises(ValueError, match=message):
        ReplayedSchedule(SGD, schedule, resource="epochs").fit(*iris)
