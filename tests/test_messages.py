"""Mistakes that are easily made with a search, and what it says of them before the first fit."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import GridSearchCV
from sklearn.utils._param_validation import InvalidParameterError

from skhpo import BayesSearchCV, Categorical, CMAESSearchCV, Float, Int, RandomSearchCV
from skhpo.exceptions import SpaceError
from skhpo.stopping import Patience
from skhpo.surrogates import GaussianProcess, LogNormal, RandomForest

SPACE = {"C": Float(0, 1)}
X, Y = np.zeros((8, 1)), np.arange(8) % 2


class Scored(ClassifierMixin, BaseEstimator):
    """Scores what it is told to; counts the fits."""

    n_fits = 0

    def __init__(self, C=1.0, outcomes=None):
        self.C = C
        self.outcomes = outcomes

    def fit(self, X, y):
        Scored.n_fits += 1
        self.classes_ = np.unique(y)
        return self

    def score(self, X, y):
        return self.C if self.outcomes is None else self.outcomes[self.C]


MISTAKES = {
    # name: (constructor arguments over a good search, error, message)
    "class for a range": (
        {"param_distributions": {"C": Float}},
        SpaceError,
        r"'C'.*the class Float; write an instance of it, Float(low, high)",
    ),
    "class for an integer": (
        {"param_distributions": {"C": Int}},
        SpaceError,
        "Int(low, high)",
    ),
    "class for a list": (
        {"param_distributions": {"C": Categorical}},
        SpaceError,
        "Categorical(choices)",
    ),
    "number as a rule": (
        {"stopping": 5},
        InvalidParameterError,
        "stopping must be a StoppingRule such as RegretBound(), Patience(n_trials=20) or "
        "Timeout(3600), got 5",
    ),
    "name as a rule": (
        {"stopping": "patience"},
        InvalidParameterError,
        "Patience(n_trials=20) or Timeout(3600), got 'patience'",
    ),
    "class as a rule": ({"stopping": [Patience]}, InvalidParameterError, "Patience(n_trials=20)"),
    "one dict": (
        {"initial_params": {"C": 1}},
        InvalidParameterError,
        "initial_params must be a list of dicts such as [{'C': 1}], got {'C': 1}",
    ),
    "no dict": ({"initial_params": {}}, InvalidParameterError, "initial_params must be a list of"),
    "generator": (
        {"initial_params": ({"C": 1} for _ in "a")},
        InvalidParameterError,
        "initial_params must be a list of dicts such as [{'C': 1.0}, {'C': 10.0}], got <generator",
    ),
}


@pytest.mark.parametrize(("settings", "error", "message"), MISTAKES.values(), ids=MISTAKES)
@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV])
def test_what_is_wrong_and_what_to_write(search, settings, error, message):
    before = Scored.n_fits
    with pytest.raises(error, match=".*".join(map(re.escape, message.split(".*")))):
        search(Scored(), **{"param_distributions": SPACE, **settings}).fit(X, Y)
    assert Scored.n_fits == before


def test_a_standard_deviation_wider_than_the_range():
    with pytest.raises(InvalidParameterError, match="sigma0"):
        CMAESSearchCV(Scored(), SPACE, sigma0=1.5).fit(X, Y)


PARTS = {
    "of a name": (
        {"surrogate__length_scale": 1},
        "surrogate='gp' is given whole; write "
        "set_params(surrogate=GaussianProcess(length_scale=...))",
    ),
    "of an object": (
        {"surrogate": RandomForest(n_trees=3), "surrogate__n_trees": 5},
        "write set_params(surrogate=RandomForest(n_trees=...))",
    ),
    "of a name given beside": (
        {"surrogate__n_trees": 5, "surrogate": "forest"},
        "write set_params(surrogate=RandomForest(n_trees=...))",
    ),
    "misspelt": (
        {"surrogate__lenght_scale": 1},
        "GaussianProcess has no 'lenght_scale'. Did you mean 'length_scale'? Its settings are "
        "['length_scale', ",
    ),
    "of no kind": ({"surrogate__x": 1}, "'surrogate__x' cannot be set: GaussianProcess has no 'x'"),
    "of a rule for the next": (
        {"acquisition__xi": 1},
        "write set_params(acquisition=LogNoisyExpectedImprovement(xi=...))",
    ),
    "of a stopping rule": (
        {"stopping": Patience(5), "stopping__n_trials": 9},
        "write set_params(stopping=Patience(n_trials=...))",
    ),
    "of none": ({"stopping__n_trials": 9}, "stopping=None has no parameters"),
    "of a class": ({"stopping": Patience, "stopping__n_trials": 9}, "has no parameters"),
    "of an unknown name": ({"surrogate": "gpp", "surrogate__x": 9}, "Did you mean 'gp'?"),
}


@pytest.mark.parametrize(("params", "message"), PARTS.values(), ids=PARTS)
def test_settings_of_parts_that_have_no_parameters(params, message):
    search = BayesSearchCV(Scored(), SPACE)
    with pytest.raises(ValueError, match=re.escape(message)):
        search.set_params(**params)
    assert search.surrogate == "gp", "nothing is set by halves"


def test_parameters_are_set_as_in_scikit_learn():
    model = GaussianProcess(length_scale=LogNormal(0.5, 1.0))
    search = BayesSearchCV(Scored(), SPACE)
    assert search.set_params(n_iter=3, estimator__C=2.0, surrogate=model) is search
    assert (search.n_iter, search.estimator.C, search.surrogate) == (3, 2.0, model)
    with pytest.raises(ValueError, match="Invalid parameter 'n_itr'"):
        search.set_params(n_itr=3)


# numpy's averages, and scikit-learn's warning that a score is not finite
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "outcomes", [[0.5, math.inf, 0.7], [0.5, -math.inf], [math.nan, 0.5, math.inf]]
)
def test_the_best_is_that_of_grid_search(outcomes):
    """Infinity counts, in a search, its history, and scikit-learn's searches alike."""
    space = {"C": list(range(len(outcomes)))}
    grid = GridSearchCV(Scored(outcomes=outcomes), space, cv=2).fit(X, Y)
    ours = RandomSearchCV(Scored(outcomes=outcomes), space, n_iter=len(outcomes), cv=2).fit(X, Y)
    assert ours.best_params_ == grid.best_params_
    assert ours.best_score_ == grid.best_score_ == ours.history_.best.score
    assert ours.history_.trials[ours.history_.best.trial].params == grid.best_params_
