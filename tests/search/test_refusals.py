"""What makes no sense is refused before the first fit is spent, and the message says why."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.stats import uniform
from search_parts import Anything
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils._param_validation import InvalidParameterError

from skhpo import (
    BayesSearchCV,
    CMAESSearchCV,
    EvolutionSearchCV,
    Float,
    RandomSearchCV,
    TPESearchCV,
)
from skhpo.exceptions import SkhpoWarning, SpaceError, UnknownParameterError

SVM_PIPELINE = Pipeline([("scale", StandardScaler()), ("svm", SVC())])

UNKNOWN = {
    "misspelt": (SVC(), {"gama": [1]}, "'gama'.*SVC.*Did you mean 'gamma'?"),
    "step forgotten": (SVM_PIPELINE, {"C": [1]}, "'C'.*Pipeline.*Did you mean 'svm__C'?"),
    "wrong step": (SVM_PIPELINE, {"svc__C": [1]}, "'svc__C'.*Did you mean 'svm__C'?"),
    "no such part": (SVC(), {"C__x": [1]}, "'C__x'.*SVC"),
    "deep": (
        BaggingClassifier(SVM_PIPELINE),
        {"estimator__svm__gamme": Float(0, 1)},
        "'estimator__svm__gamme'.*Did you mean 'estimator__svm__gamma'?",
    ),
    "in the second dict": (SVC(), [{"C": [1]}, {"c": uniform()}], "'c'"),
    "not of every candidate": (
        SVM_PIPELINE,
        {"svm": [SVC(), LogisticRegression()], "svm__gamma": [1]},
        "'svm__gamma' belongs to 'svm', but LogisticRegression.* has no parameter 'gamma'"
        ".*list of dicts",
    ),
    "of no estimator": (
        SVM_PIPELINE,
        {"svm": [SVC(), "passthrough"], "svm__C": [1]},
        "'svm__C' belongs to 'svm', but 'passthrough'",
    ),
    "misspelt for a candidate": (
        SVM_PIPELINE,
        {"svm": [SVC(), SVC(kernel="linear")], "svm__gama": [1]},
        "Did you mean 'gamma'?",
    ),
}


@pytest.mark.parametrize(("estimator", "space", "message"), UNKNOWN.values(), ids=UNKNOWN)
@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV])
def test_unknown_parameters(search, estimator, space, message, iris):
    with pytest.raises(UnknownParameterError, match=re.compile(message, re.DOTALL)):
        search(estimator, space, n_iter=1).fit(*iris)


KNOWN = {
    "nested": (BaggingClassifier(SVM_PIPELINE), {"estimator__svm__C": [1]}),
    "step and its parameter": (SVM_PIPELINE, {"svm": [SVC()], "svm__gamma": [1]}),
    "other step's parameter": (SVM_PIPELINE, {"scale": ["passthrough"], "svm__gamma": [1]}),
    "parameter of a candidate only": (
        Pipeline([("scale", StandardScaler()), ("clf", LogisticRegression())]),
        {"clf": [SVC()], "clf__gamma": [1]},
    ),
    "candidate that is a pipeline": (
        BaggingClassifier(),
        {"estimator": [SVM_PIPELINE], "estimator__svm": [SVC()], "estimator__svm__C": [1]},
    ),
    "part of a column transformer": (
        make_pipeline(ColumnTransformer([("pca", PCA(), [0, 1, 2])]), SVC()),
        {"columntransformer__pca__n_components": [1], "columntransformer__pca": [PCA()]},
    ),
    "member of a vote": (
        VotingClassifier([("a", SVC()), ("b", LogisticRegression())]),
        {"a__C": [1], "b": ["drop"], "weights": [None]},
    ),
}


@pytest.mark.parametrize(("estimator", "space"), KNOWN.values(), ids=KNOWN)
def test_known_parameters(estimator, space, iris):
    search = RandomSearchCV(estimator, space, n_iter=1, cv=2).fit(*iris)
    assert set(search.best_params_) == set(space)


class TakesMore(ClassifierMixin, BaseEstimator):
    """As some wrappers do, takes parameters that it does not list."""

    def __init__(self, C=1.0, **kwargs):
        self.C = C
        self.set_params(**kwargs)

    @classmethod
    def _get_param_names(cls):
        return ["C"]

    def get_params(self, deep=True):
        return {"C": self.C, **getattr(self, "more_", {})}

    def set_params(self, **params):
        self.more_ = getattr(self, "more_", {})
        for name, value in params.items():
            if name == "C":
                self.C = value
            elif name.startswith("num_"):
                self.more_[name] = value
            else:
                raise ValueError(f"unexpected {name!r}")
        return self

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[self.more_.get("num_leaves", 0)])


def test_unlisted_parameters_that_are_taken(iris):
    search = RandomSearchCV(TakesMore(), {"num_leaves": [1, 2]}, n_iter=2, random_state=0, cv=2)
    search.fit(*iris)
    assert np.ptp(search.cv_results_["mean_test_score"]) > 0
    inside = make_pipeline(StandardScaler(), TakesMore())
    RandomSearchCV(inside, {"takesmore__num_leaves": [1]}, n_iter=1, cv=2).fit(*iris)
    with pytest.raises(UnknownParameterError, match="'leaves'"):
        RandomSearchCV(TakesMore(), {"leaves": [1]}).fit(*iris)


class DrawsEstimators:
    """Draws estimators: what they take is only known once they are drawn."""

    def rvs(self, random_state):
        return SVC(C=random_state.uniform(1, 2))


def test_parameters_of_drawn_estimators(iris):
    space = {"svm": DrawsEstimators(), "svm__gamma": [0.1, 1.0]}
    search = RandomSearchCV(SVM_PIPELINE, space, n_iter=2, cv=2, random_state=0).fit(*iris)
    assert search.best_estimator_["svm"].gamma in space["svm__gamma"]


VALUES = {"value": [1, 2, 3]}


class OneTooFew(KFold):
    def split(self, X, y=None, groups=None):
        return list(super().split(X, y, groups))[1:]


BAD = {
    # name: (constructor arguments over a good search, fit arguments over good data, error, message)
    "no space": ({"param_distributions": 3}, {}, InvalidParameterError, "param_distributions"),
    "no dict in the list": ({"param_distributions": []}, {}, SpaceError, "empty list"),
    "list of something": ({"param_distributions": ["value"]}, {}, SpaceError, "dict"),
    "no list of values": ({"param_distributions": {"value": "abc"}}, {}, SpaceError, "'value'"),
    "scalar": ({"param_distributions": {"value": 1}}, {}, SpaceError, r"write \[1\]"),
    "no values": ({"param_distributions": {"value": []}}, {}, SpaceError, "empty"),
    "name is no string": ({"param_distributions": {1: [1]}}, {}, SpaceError, "strings"),
    "bad bounds": ({"param_distributions": {"value": Float(1, 0)}}, {}, SpaceError, "low"),
    "class for an estimator": ({"estimator": Anything}, {}, TypeError, "instance"),
    "no estimator": ({"estimator": 3}, {}, InvalidParameterError, "estimator"),
    "n_iter of 0": ({"n_iter": 0}, {}, InvalidParameterError, "n_iter"),
    "n_iter as text": ({"n_iter": "3"}, {}, InvalidParameterError, "n_iter"),
    "n_jobs of 0": ({"n_jobs": 0}, {}, ValueError, "n_jobs"),
    "unknown cv": ({"cv": "five"}, {}, InvalidParameterError, "cv"),
    "unknown metric": ({"scoring": "acuracy"}, {}, InvalidParameterError, "scoring"),
    "unknown metric in a list": ({"scoring": ["acuracy"], "refit": False}, {}, ValueError, "acur"),
    "metrics without refit": ({"scoring": ["accuracy", "f1_macro"]}, {}, ValueError, "refit"),
    "refit of no metric": (
        {"scoring": ["accuracy", "f1_macro"], "refit": "recall"},
        {},
        ValueError,
        "'recall'",
    ),
    "error_score": ({"error_score": "rise"}, {}, InvalidParameterError, "error_score"),
    "random_state": ({"random_state": "lucky"}, {}, InvalidParameterError, "random_state"),
    "verbose": ({"verbose": "loud"}, {}, InvalidParameterError, "verbose"),
    "return_train_score": ({"return_train_score": "yes"}, {}, InvalidParameterError, "return_tr"),
    "no metric": ({"scoring": []}, {}, ValueError, "[Ee]mpty"),
    "initial: no list": ({"initial_params": {"value": 1}}, {}, InvalidParameterError, "initial"),
    "initial: no dict": ({"initial_params": [1]}, {}, SpaceError, r"initial_params\[0\].*dict"),
    "initial: outside": (
        {"initial_params": [{"value": 1}, {"value": 9}]},
        {},
        SpaceError,
        r"initial_params\[1\] sets 'value' to 9.*outside",
    ),
    "initial: unknown": (
        {"initial_params": [{"valeu": 1}]},
        {},
        SpaceError,
        r"initial_params\[0\].*'valeu'.*Did you mean 'value'",
    ),
    "initial: missing": ({"initial_params": [{}]}, {}, SpaceError, r"lacks \['value'\]"),
    "initial: too many": (
        {"initial_params": [{"value": 1}, {"value": 2}], "n_iter": 1},
        {},
        SpaceError,
        "n_iter=2",
    ),
    "lengths differ": ({}, {"y": np.zeros(3)}, ValueError, "inconsistent numbers of samples"),
    "too many folds": ({"cv": 1000}, {}, ValueError, "n_splits=1000"),
    "no splits": ({"cv": []}, {}, ValueError, "No fits were performed"),
    "splits that vary": ({"cv": OneTooFew(3)}, {}, ValueError, "Expected 3 splits, got 2"),
    "no groups": ({"cv": GroupKFold(3)}, {}, ValueError, "groups"),
    "wrong groups": ({"cv": GroupKFold(3)}, {"groups": [1, 2]}, ValueError, "inconsistent"),
}


@pytest.mark.parametrize(("settings", "data", "error", "message"), BAD.values(), ids=BAD)
@pytest.mark.parametrize(
    "search", [RandomSearchCV, BayesSearchCV, TPESearchCV, CMAESSearchCV, EvolutionSearchCV]
)
def test_bad_input_costs_no_fit(search, settings, data, error, message, iris):
    settings = {"estimator": Anything(), "param_distributions": VALUES, "n_iter": 3, **settings}
    before = Anything.n_fits
    with pytest.raises(error, match=re.compile(message, re.DOTALL)):
        search(**settings).fit(**{"X": iris[0], "y": iris[1], **data})
    assert Anything.n_fits == before


@pytest.mark.parametrize("name", ["n_initial_points", "max_concurrent_trials"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "all"])
@pytest.mark.parametrize("search", [BayesSearchCV, TPESearchCV])
def test_bad_settings_of_model_based_searches(search, name, value, iris):
    with pytest.raises(InvalidParameterError, match=name):
        search(Anything(), VALUES, **{name: value}).fit(*iris)


def test_estimator_without_score_needs_a_scoring(iris):
    class Scoreless(BaseEstimator):
        def fit(self, X, y=None):
            raise AssertionError("fitted")

    with pytest.raises(TypeError, match="'score' method"):
        RandomSearchCV(Scoreless(), {}, n_iter=1).fit(*iris)


def test_more_iterations_than_configurations(iris):
    with pytest.warns(SkhpoWarning, match="fewer configurations .3. than n_iter=9") as caught:
        search = RandomSearchCV(Anything(), VALUES, n_iter=9, cv=2).fit(*iris)
    assert caught[0].filename == __file__
    assert sorted(search.cv_results_["param_value"]) == [1, 2, 3]


def test_a_refused_fit_costs_no_earlier_result(iris):
    """As in scikit-learn: what was found before goes when another search begins."""
    search = RandomSearchCV(Anything(), VALUES, n_iter=1, cv=2).fit(*iris)
    found = {name: value for name, value in vars(search).items() if name.endswith("_")}
    with pytest.raises(UnknownParameterError):
        search.set_params(param_distributions={"volue": [1]}).fit(*iris)
    assert all(vars(search)[name] is value for name, value in found.items())
    assert len(search.predict(iris[0])) == len(iris[0])
