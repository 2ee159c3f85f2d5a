"""One trial on one fold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.svm import SVC

from skhpo._sklearn import MultimetricScorer
from skhpo.evaluation import CrossValidation, FoldEvaluator
from skhpo.trial import Task, Trial

X = np.arange(12.0)[:, None]
Y = np.arange(12) // 6
SPLITS = [(np.arange(0, 12, 2), np.arange(1, 12, 2)), (np.arange(1, 12, 2), np.arange(0, 12, 2))]


class Model(BaseEstimator):
    """Scores what its parameter says, and remembers what it has seen."""

    seen: list = []  # noqa: RUF012

    def __init__(self, value=0.0, part=None):
        self.value = value
        self.part = part

    def fit(self, X, y=None, **params):
        if self.value is None:
            raise ValueError("cannot fit None")
        self.seen.append((X, y, params))
        self.fitted_ = True
        return self

    def score(self, X, y=None, **params):
        if isinstance(self.value, str) and self.value == "unscorable":
            raise RuntimeError("cannot score")
        self.seen.append((X, y, params))
        return self.value


def score(estimator, X, y=None, **params):
    return estimator.score(X, y, **params)


def evaluator(**settings):
    Model.seen.clear()
    defaults = {
        "estimator": Model(),
        "X": X,
        "y": Y,
        "splits": SPLITS,
        "scorer": score,
        "fit_params": {},
        "score_params": {},
    }
    return FoldEvaluator(**{**defaults, **settings})


def task(fold=0, **params):
    return Task(trial=0, fold=fold, resource=None, params=params)


@pytest.mark.parametrize("fold", [0, 1])
def test_fit_on_the_training_part_and_score_on_the_test_part(fold):
    report = evaluator()(task(fold, value=0.5))
    assert (report.status, report.error, report.scores) == ("completed", None, {"score": 0.5})
    assert report.train_scores is None
    train, test = SPLITS[fold]
    for (seen_X, seen_y, _), indices in zip(Model.seen, (train, test), strict=True):
        np.testing.assert_array_equal(seen_X, X[indices])
        np.testing.assert_array_equal(seen_y, Y[indices])


def test_train_scores():
    report = evaluator(return_train_score=True)(task(value=0.5))
    assert report.train_scores == {"score": 0.5}
    np.testing.assert_array_equal(Model.seen[-1][0], X[SPLITS[0][0]])


def test_no_target_means_no_argument():
    evaluator(y=None)(task())
    assert [y for _, y, _ in Model.seen] == [None, None]


def test_parameters_are_cut_like_the_data():
    weight = np.arange(12)
    evaluator(fit_params={"w": weight, "s": "x"}, score_params={"v": list(weight)})(task())
    (_, _, fit), (_, _, scoring) = Model.seen
    assert list(fit["w"]) == list(SPLITS[0][0])
    assert fit["s"] == "x"
    assert list(scoring["v"]) == list(SPLITS[0][1])


def test_neither_the_estimator_nor_a_parameter_is_touched():
    estimator, part = Model(), Model()
    evaluator(estimator=estimator)(task(value=1.0, part=part))
    for model in (estimator, part):
        assert vars(model) == {"value": 0.0, "part": None}


def test_failed_fit():
    report = evaluator(return_train_score=True)(task(value=None))
    assert (report.status, report.scores, report.train_scores) == ("failed", {}, None)
    assert "ValueError: cannot fit None" in report.error
    assert report.fit_time > 0


def test_failed_scoring():
    report = evaluator()(task(value="unscorable"))
    assert report.status == "failed"
    assert list(report.scores) == ["score"]
    assert math.isnan(report.scores["score"])
    assert "RuntimeError: cannot score" in report.error


@pytest.mark.parametrize("value", [None, "unscorable"])
def test_raise_failures(value):
    with pytest.raises((ValueError, RuntimeError), match="cannot"):
        evaluator(raise_failures=True)(task(value=value))


def test_some_metrics_failed():
    metrics = {"good": score, "bad": lambda *_: 1 / 0}
    scorer = MultimetricScorer(scorers=metrics, raise_exc=False)
    report = evaluator(scorer=scorer)(task(value=0.5))
    assert report.status == "completed"
    assert report.scores["good"] == 0.5
    assert math.isnan(report.scores["bad"])
    assert report.error.startswith("bad: ")
    assert "ZeroDivisionError" in report.error


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1.0), (np.float32(0.5), 0.5), (np.array(0.5), 0.5), (np.array([2]), 2.0), (True, 1.0)],
)
def test_numbers(value, expected):
    (number,) = evaluator()(task(value=value)).scores.values()
    assert (number, type(number)) == (expected, float)


def test_a_scorer_may_report_several_numbers():
    report = evaluator(scorer=lambda *_: {"a": 1, "b": np.float64(2)})(task())
    assert report.scores == {"a": 1.0, "b": 2.0}


def test_pairwise_data_are_cut_on_both_sides():
    kernel = X @ X.T + np.eye(12)
    seen = []

    def scorer(estimator, X, y):
        seen.append((X, estimator.shape_fit_))
        return 0.0

    evaluator(estimator=SVC(kernel="precomputed"), X=kernel, scorer=scorer)(task())
    train, test = SPLITS[0]
    ((tested, trained_shape),) = seen
    np.testing.assert_array_equal(tested, kernel[np.ix_(test, train)])
    assert trained_shape == (6, 6)


def test_one_task_for_each_fold():
    objective = CrossValidation(evaluator())
    assert objective.n_folds == 2
    tasks = objective.tasks(Trial(7, {"value": 1}), None, None)
    assert [(t.trial, t.fold, t.params, t.companion) for t in tasks] == [
        (7, 0, {"value": 1}, None),
        (7, 1, {"value": 1}, None),
    ]
