"""Searches inside of other estimators, around them, copied, stored and shown."""

from __future__ import annotations

import copy
import pickle

import cloudpickle
import joblib
import numpy as np
import pytest
from scipy.stats import loguniform
from search_parts import untimed
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_diabetes
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.exceptions import NotFittedError
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.inspection import permutation_importance
from sklearn.linear_model import Ridge
from sklearn.model_selection import (
    FixedThresholdClassifier,
    GridSearchCV,
    TunedThresholdClassifierCV,
    cross_val_predict,
    cross_validate,
    learning_curve,
)
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils import estimator_html_repr, get_tags

from skhpo import (
    BayesSearchCV,
    Categorical,
    CMAESSearchCV,
    EvolutionSearchCV,
    Float,
    Int,
    RandomSearchCV,
    TPESearchCV,
)

SEARCHES = [RandomSearchCV, BayesSearchCV, TPESearchCV, CMAESSearchCV, EvolutionSearchCV]


def small(search, estimator=None, space=None, **settings):
    """A search that costs little."""
    estimator = LinearDiscriminantAnalysis(solver="lsqr") if estimator is None else estimator
    space = {"shrinkage": Float(0, 1)} if space is None else space
    return search(estimator, space, **{"n_iter": 3, "cv": 2, "random_state": 0, **settings})


@pytest.fixture
def binary(iris):
    X, y = iris
    return X[y > 0], y[y > 0]


# --------------------------------------------------------------------------- inside


AROUND = {
    "pipeline": lambda search: make_pipeline(StandardScaler(), search),
    "stacking": lambda search: StackingClassifier([("a", search), ("b", SVC())], search, cv=2),
    "voting": lambda search: VotingClassifier([("a", search), ("b", search)], voting="soft"),
    "bagging": lambda search: BaggingClassifier(search, n_estimators=2, random_state=0),
    "one versus rest": OneVsRestClassifier,
    "calibration": lambda search: CalibratedClassifierCV(search, cv=2),
    "tuned threshold": lambda search: TunedThresholdClassifierCV(search, cv=2),
    "fixed threshold": lambda search: FixedThresholdClassifier(search, threshold=0.7),
    "feature selection": lambda search: make_pipeline(
        SequentialFeatureSelector(search, n_features_to_select=1, cv=2), KNeighborsClassifier()
    ),
    "search": lambda search: small(RandomSearchCV, search, {"n_iter": [1, 2]}, n_iter=2),
    "model-based search": lambda search: small(BayesSearchCV, search, {"n_iter": [1, 2]}, n_iter=2),
    "grid search": lambda search: GridSearchCV(search, {"estimator__tol": [1e-4]}, cv=2),
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("search", SEARCHES)
def test_inside(search, around, binary):
    model = around(small(search, n_iter=2)).fit(*binary)
    assert model.score(*binary) > 0.6
    assert is_classifier(model)


@pytest.mark.parametrize("search", SEARCHES)
def test_outer_splits_of_a_classifier_are_stratified(search, iris):
    order = np.argsort(iris[1])
    outer = cross_validate(small(search), iris[0][order], iris[1][order], cv=3)
    assert min(outer["test_score"]) > 0.8


AROUND_WHICH = {
    "pipeline": (
        Pipeline([("scale", StandardScaler()), ("clf", SVC())]),
        {"clf__C": loguniform(0.1, 10), "scale": [StandardScaler(), "passthrough"]},
    ),
    "stacking": (StackingClassifier([("a", SVC()), ("b", SVC())], cv=2), {"a__C": [0.1, 1, 10]}),
    "calibration": (
        CalibratedClassifierCV(SVC(), cv=2),
        {"estimator__C": [0.1, 1, 10], "method": ["sigmoid"]},
    ),
    "tuned threshold": (
        TunedThresholdClassifierCV(GaussianNB(), cv=2),
        {"estimator__var_smoothing": [0.1, 1, 10]},
    ),
    "fixed threshold": (
        FixedThresholdClassifier(GaussianNB()),
        {"threshold": [0.3, 0.5, 0.7]},
    ),
    "search": (GridSearchCV(SVC(), {"C": [0.1, 1]}, cv=2), {"estimator__gamma": [0.01, 0.1, 1]}),
}


@pytest.mark.parametrize(("estimator", "space"), AROUND_WHICH.values(), ids=AROUND_WHICH)
@pytest.mark.parametrize("search", SEARCHES)
def test_around(search, estimator, space, binary):
    model = small(search, estimator, space).fit(*binary)
    assert model.score(*binary) > 0.6
    assert model.best_score_ == max(model.cv_results_["mean_test_score"])


# --------------------------------------------------------------------------- delegation


METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]


@pytest.mark.parametrize("method", METHODS)
def test_delegation(method, iris):
    search = small(RandomSearchCV)
    with pytest.raises(NotFittedError):
        getattr(search, method)(iris[0])
    search.fit(*iris)
    expected = getattr(search.best_estimator_, method)(iris[0])
    np.testing.assert_array_equal(getattr(search, method)(iris[0]), expected)
    assert not hasattr(small(RandomSearchCV, refit=False).fit(*iris), method)
    assert not hasattr(small(RandomSearchCV, Ridge(), {"alpha": [1]}), "predict_proba")


def test_score_uses_the_scoring(iris):
    single = small(RandomSearchCV, scoring="neg_log_loss").fit(*iris)
    assert single.score(*iris) < 0
    several = small(RandomSearchCV, scoring=["accuracy", "neg_log_loss"], refit="neg_log_loss")
    assert several.fit(*iris).score(*iris) < 0
    with pytest.raises(AttributeError, match="refit"):
        small(RandomSearchCV, refit=False).fit(*iris).score(*iris)


def test_tags():
    assert is_classifier(small(BayesSearchCV))
    assert is_regressor(small(BayesSearchCV, Ridge(), {"alpha": [1]}))
    assert get_tags(small(BayesSearchCV, SVC(kernel="precomputed"))).input_tags.pairwise
    assert isinstance(small(BayesSearchCV), GridSearchCV.__mro__[1])


# --------------------------------------------------------------------------- copies


SPACES = [
    {"shrinkage": [None, "auto", 0.5], "priors": [None, [0.2, 0.3, 0.5]]},
    [{"shrinkage": Float(0.1, 1)}, {"tol": loguniform(1e-5, 1e-3), "n_components": Int(1, 2)}],
    {"shrinkage": Categorical([0.1, 0.5, 0.9], ordered=True)},
]


@pytest.mark.parametrize("space", SPACES, ids=["values", "branches", "domains"])
@pytest.mark.parametrize("search", SEARCHES)
def test_clone(search, space, iris):
    original = small(search, space=space)
    for copied in (clone(original), clone(clone(original)), pickle.loads(pickle.dumps(original))):
        assert untimed(copied.fit(*iris).cv_results_) == untimed(original.fit(*iris).cv_results_)


@pytest.mark.parametrize("search", SEARCHES)
def test_constructor_only_stores(search):
    given = {
        "estimator": SVC(),
        "param_distributions": {"C": [1, 2]},
        "cv": [([0], [1])],
        "initial_params": [{"C": 1}],
        "scoring": ["accuracy"],
        "n_jobs": None,
        "n_iter": "nonsense",
    }
    model = search(**given)
    for name, value in given.items():
        assert getattr(model, name) is value
    assert vars(model).keys() == model.get_params(deep=False).keys()


@pytest.mark.parametrize("search", SEARCHES)
def test_signature(search):
    """Names and order are scikit-learn's; what is ours comes after them."""
    from sklearn.model_selection import RandomizedSearchCV

    theirs = list(RandomizedSearchCV.__init__.__code__.co_varnames[1:])
    mine = list(search.__init__.__code__.co_varnames[1:])
    assert mine[: len(theirs)] == theirs
    assert mine[len(theirs)] == "initial_params"
    defaults = RandomizedSearchCV(None, None).get_params()
    ours = search(None, None).get_params()
    different = {name for name in theirs if str(ours[name]) != str(defaults[name])}
    assert different <= {"n_iter"}


@pytest.mark.parametrize("search", SEARCHES)
def test_initial_params_with_estimators_survive_a_clone(search, iris):
    model = Pipeline([("scale", StandardScaler()), ("clf", SVC())])
    candidates = [SVC(C=2), KNeighborsClassifier(3), GaussianNB(priors=None)]
    initial = [{"clf": KNeighborsClassifier(3)}, {"clf": candidates[2]}]
    tuned = clone(small(search, model, {"clf": candidates}, initial_params=initial)).fit(*iris)
    tried = [repr(params["clf"]) for params in tuned.cv_results_["params"]]
    assert tried == [repr(candidates[1]), repr(candidates[2]), repr(candidates[0])]


def test_initial_params_are_tried_first_and_once(iris):
    initial = [{"shrinkage": 0.3}, {"shrinkage": 0.5}, {"shrinkage": 0.3}]
    for search in SEARCHES:
        tuned = small(search, initial_params=initial, n_iter=4).fit(*iris)
        tried = [params["shrinkage"] for params in tuned.cv_results_["params"]]
        assert tried[:2] == [0.3, 0.5]
        assert len(set(tried)) == 4


@pytest.mark.parametrize("search", SEARCHES)
def test_estimators_in_the_space_are_not_fitted(search, iris):
    candidates = [SVC(), KNeighborsClassifier()]
    model = Pipeline([("scale", StandardScaler()), ("clf", SVC())])
    tuned = small(search, model, {"clf": candidates}, n_iter=2).fit(*iris)
    untouched = [*candidates, *tuned.cv_results_["param_clf"], tuned.best_params_["clf"], model]
    for estimator in untouched:
        assert not [name for name in vars(estimator) if name.endswith("_")]
        assert not hasattr(estimator, "classes_")


@pytest.mark.parametrize("dumps", [pickle.dumps, cloudpickle.dumps], ids=["pickle", "cloudpickle"])
@pytest.mark.parametrize("search", SEARCHES)
def test_pickle_of_a_fitted_search(search, dumps, iris):
    fitted = small(search).fit(*iris)
    again = pickle.loads(dumps(fitted))
    assert_again(again, fitted, iris)


@pytest.mark.parametrize("search", SEARCHES)
def test_copies_of_a_fitted_search(search, iris, tmp_path):
    fitted = small(search).fit(*iris)
    joblib.dump(fitted, tmp_path / "search.joblib")
    assert_again(joblib.load(tmp_path / "search.joblib"), fitted, iris)
    assert_again(copy.deepcopy(fitted), fitted, iris)
    with pytest.raises(NotFittedError):
        clone(fitted).predict(iris[0])


def assert_again(again, fitted, iris):
    assert untimed(again.cv_results_) == untimed(fitted.cv_results_)
    np.testing.assert_array_equal(again.predict(iris[0]), fitted.predict(iris[0]))
    assert len(again.history_.trials) == len(fitted.history_.trials)
    assert untimed(again.fit(*iris).cv_results_) == untimed(fitted.cv_results_)


# --------------------------------------------------------------------------- shown


@pytest.mark.parametrize("search", SEARCHES)
def test_representations(search, iris):
    model = small(search, make_pipeline(StandardScaler(), SVC()), {"svc__C": [1, 2]}, n_iter=2)
    assert repr(model).startswith(search.__name__)
    before = estimator_html_repr(model)
    after = estimator_html_repr(model.fit(*iris))
    for html in (before, after):
        assert search.__name__ in html
        assert "StandardScaler" in html
    assert "best_estimator_" in after
    assert "best_estimator_" not in before


# --------------------------------------------------------------------------- tools


def test_tools_of_scikit_learn(binary):
    search = small(BayesSearchCV)
    assert cross_val_predict(search, *binary, cv=2).shape == binary[1].shape
    sizes, _, _ = learning_curve(
        search, *binary, cv=2, train_sizes=[0.5, 1.0], shuffle=True, random_state=0
    )
    assert len(sizes) == 2
    importance = permutation_importance(search.fit(*binary), *binary, n_repeats=2, random_state=0)
    assert importance.importances_mean.shape == (4,)


def test_regression_in_a_pipeline():
    X, y = load_diabetes(return_X_y=True)
    tuned = small(BayesSearchCV, Ridge(), {"alpha": Float(1e-3, 10, log=True)}, n_iter=5)
    assert make_pipeline(StandardScaler(), tuned).fit(X, y).score(X, y) > 0.4
