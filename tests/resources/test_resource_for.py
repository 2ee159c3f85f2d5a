"""Which resource is meant, and what is refused before the first fit."""

from __future__ import annotations

import numpy as np
import pytest
from resource_parts import NOTHING, CountedSGD, Recorder
from sklearn.ensemble import (
    AdaBoostClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhpo import Space
from skhpo.exceptions import ResourceError
from skhpo.resources import Epochs, Folds, Levels, Limits, Parameter, Samples, resource_for


def pipeline(step):
    return Pipeline([("scale", StandardScaler()), ("clf", step)])


@pytest.mark.parametrize(
    ("estimator", "expected"),
    [
        (SGDClassifier(), "epochs"),
        (CountedSGD(), "epochs"),
        (MLPClassifier(), "epochs"),
        (MLPClassifier(solver="lbfgs"), "max_iter"),
        (SGDClassifier(early_stopping=True), "max_iter"),
        (GradientBoostingClassifier(), "n_estimators"),
        (HistGradientBoostingClassifier(), "max_iter"),
        (LogisticRegression(), "max_iter"),
        (LogisticRegression(solver="liblinear"), "n_samples"),
        (GaussianNB(), "n_samples"),
        (SVC(), "n_samples"),
        (AdaBoostClassifier(), "n_samples"),
        (pipeline(SGDClassifier()), "epochs"),
        (pipeline(RandomForestClassifier()), "clf__n_estimators"),
        (pipeline(SVC()), "n_samples"),
        (pipeline("passthrough"), "n_samples"),
    ],
)
def test_auto(estimator, expected):
    assert resource_for(estimator, "auto", NOTHING).name == expected


def test_auto_looks_for_what_all_candidates_have_and_nobody_searches():
    steps = [SGDClassifier(), MLPClassifier()]
    estimator = pipeline(SVC())
    assert resource_for(estimator, "auto", Space({"clf": steps})).name == "epochs"
    mixed = Space([{"clf": steps}, {"clf": [SVC()]}])
    assert resource_for(estimator, "auto", mixed).name == "n_samples"
    boosted = [RandomForestClassifier(), GradientBoostingClassifier()]
    assert resource_for(estimator, "auto", Space({"clf": boosted})).name == "clf__n_estimators"
    searched = Space({"n_estimators": [10, 100]})
    assert resource_for(RandomForestClassifier(), "auto", searched).name == "n_samples"


@pytest.mark.parametrize(
    ("estimator", "resource", "expected"),
    [
        (SGDClassifier(), "epochs", Epochs),
        (SVC(), "n_samples", Samples),
        (SVC(), "folds", Folds),
        (KNeighborsClassifier(), "n_neighbors", Parameter),
        (pipeline(LogisticRegression()), "clf__max_iter", Parameter),
        (SGDClassifier(), [{"epochs": 1}, {"epochs": 2}], Levels),
        (SVC(), Samples(), Samples),
    ],
)
def test_named(estimator, resource, expected):
    assert isinstance(resource_for(estimator, resource, NOTHING), expected)


@pytest.mark.parametrize(
    ("estimator", "resource", "space", "message"),
    [
        (RandomForestClassifier(), "n_estimator", {}, "Did you mean 'n_estimators'"),
        (SGDClassifier(), "epoch", {}, "Did you mean 'epochs'"),
        (
            pipeline(RandomForestClassifier()),
            "n_estimators",
            {},
            "Did you mean 'clf__n_estimators'",
        ),
        (SVC(), "epochs", {}, "SVC does not have"),
        (MLPClassifier(solver="lbfgs"), "epochs", {}, "with these settings"),
        (pipeline(SVC()), "epochs", {"clf": [SGDClassifier(), SVC()]}, "SVC does not have"),
        (pipeline("passthrough"), "epochs", {}, "partial_fit"),
        (SGDClassifier(early_stopping=True), "epochs", {}, "early_stopping=False"),
        (SGDClassifier(class_weight="balanced"), "epochs", {}, "compute_class_weight"),
        (SGDClassifier(), "epochs", {"max_iter": [1, 2]}, "'max_iter': take it out"),
        (pipeline(SGDClassifier()), "epochs", {"clf__max_iter": [1, 2]}, "'clf__max_iter'"),
        (RandomForestClassifier(), "n_estimators", {"n_estimators": [1, 2]}, "search space"),
        (SVC(), "C", {}, "no integer parameter: it is 1.0"),
        (SVC(), "kernel", {}, "no integer parameter: it is 'rbf'"),
        (SVC(), "probability", {}, "no integer parameter"),
        (
            pipeline(RandomForestClassifier()),
            "clf__n_estimators",
            {"clf": [RandomForestClassifier(), SVC()]},
            "SVC.*no parameter 'n_estimators'",
        ),
        (SVC(), 3, {}, "a list of dicts"),
        (SVC(), {"epochs": 3}, {}, "a list of dicts"),
        (SVC(), [], {}, "a list of dicts"),
        (SVC(), [3], {}, "level 1 must be a dict"),
        (SVC(), [{"epochs": 3}, {"n_samples": 3}], {}, "only in one of them"),
        (SGDClassifier(), [{"epochs": 3}, {"epochs": 1}], {}, "must not fall"),
        (SGDClassifier(), [{"epochs": 0.5}], {}, "integers of 1 or more"),
        (SGDClassifier(), [{"n_samples": 0.5}, {"n_samples": 100}], {}, "all integers"),
        (SGDClassifier(), [{"n_samples": 1.5}], {}, "floats up to 1.0"),
        (SGDClassifier(), [{"alhpa": 1.0}], {}, "Did you mean 'alpha'"),
        (SGDClassifier(), [{"alpha": 1.0}], {"alpha": [1, 2]}, "search space"),
        (SVC(), [{"epochs": 1}], {}, "SVC does not have"),
    ],
)
def test_refused(estimator, resource, space, message):
    with pytest.raises(ResourceError, match=message):
        resource_for(estimator, resource, Space(space))


X = np.zeros((90, 2))
Y = np.repeat([0, 1, 2], 30)
SPLITS = [(np.arange(30 * k, 90), np.arange(30 * k)) for k in (1, 2)]


@pytest.mark.parametrize(
    ("resource", "estimator", "expected"),
    [
        ("epochs", SGDClassifier(), Limits(1, None)),
        ("epochs", SGDClassifier(tol=None), Limits(1, 1000)),
        ("epochs", Recorder(), Limits(1, None)),
        ("n_estimators", RandomForestClassifier(n_estimators=64), Limits(1, 64)),
        ("max_depth", RandomForestClassifier(), Limits(1, None)),
        ("folds", SVC(), Limits(1, 2, ceiling=2)),
        ([{"C": 1}, {"C": 2}, {"C": 3}], SVC(), Limits(1, 3, ceiling=3)),
        ([{"n_samples": 2}, {"n_samples": 3}], SVC(), Limits(1, 2, floor=2, ceiling=2)),
        ([{"n_samples": 0.5}, {"n_samples": 1.0}], SVC(), Limits(1, 2, ceiling=2)),
        # two classes of the first fold's 60 samples, one of the second's 30: three of 90
        ("n_samples", SVC(), Limits(12, 90, floor=3, ceiling=90)),
    ],
)
def test_limits(resource, estimator, expected):
    assert resource_for(estimator, resource, NOTHING).limits(estimator, X, Y, SPLITS) == expected


@pytest.mark.parametrize(
    ("least", "most", "message"),
    [
        (
            9,
            3,
            r"min_resources=9 is more than max_resources=3; write max_resources=9 or more, or "
            r"min_resources=3 or less",
        ),
        (9, 2, r"min_resources=9 is more than max_resources=2; write max_resources=9 or more$"),
        (12, 5, r"min_resources=12 \(the smallest here\) is more than max_resources=5"),
        (0, 3, "min_resources must be an integer of 1 or more, got 0"),
        (1, 2.5, "max_resources must be an integer"),
        (True, 3, "min_resources must be an integer"),
        (2, 90, "write min_resources=3 or more"),
        (3, 91, "write max_resources=90 or less"),
    ],
)
def test_ranges_refused(least, most, message):
    limits = Limits(12, 90, floor=3, ceiling=90)
    with pytest.raises(ResourceError, match=f"Search: .*{message}"):
        Samples().check_range("Search", least, most, limits)


def test_ranges_accepted():
    limits = Limits(12, 90, floor=3, ceiling=90)
    Samples().check_range("Search", 3, 90, limits)
    Samples().check_range("Search", np.int64(5), np.int64(5), limits)


def test_repr_is_what_one_would_write():
    assert repr(Parameter("n_estimators")) == "Parameter(name='n_estimators')"
    assert repr(Epochs()) == "Epochs(together='auto')"
