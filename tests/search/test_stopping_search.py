"""Searches that end before their budget is used up."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from search_parts import Anything
from sklearn.base import clone
from sklearn.svm import SVC
from sklearn.utils._param_validation import InvalidParameterError

from skhpo import BayesSearchCV, Float, RandomSearchCV
from skhpo.stopping import Patience, RegretBound, Timeout

SPACE = {"C": Float(1e-2, 1e3, log=True), "gamma": Float(1e-4, 1e1, log=True)}


@pytest.fixture
def clock(monkeypatch):
    """Ten seconds pass whenever the search looks at the clock."""
    ticks = itertools.count(step=10)
    monkeypatch.setattr("skhpo.agenda.monotonic", lambda: next(ticks))


@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV])
def test_timeout(search, clock, iris):
    fitted = search(SVC(), SPACE, n_iter=50, cv=3, random_state=0, stopping=Timeout(35)).fit(*iris)
    assert fitted.stop_reason_ == "timeout"
    assert len(fitted.cv_results_["params"]) == 4
    assert np.isfinite(fitted.cv_results_["mean_test_score"]).all()
    assert fitted.best_estimator_.score(*iris) > 0.5
    whole = search(SVC(), SPACE, n_iter=4, cv=3, random_state=0).fit(*iris)
    assert whole.stop_reason_ == "budget"
    assert whole.cv_results_["params"] == fitted.cv_results_["params"]


def test_no_time_at_all_still_gives_a_result(clock, iris):
    search = RandomSearchCV(SVC(), SPACE, cv=3, random_state=0, stopping=Timeout(1e-9)).fit(*iris)
    assert search.stop_reason_ == "timeout"
    assert len(search.cv_results_["params"]) == 1
    assert search.best_estimator_ is not None


def test_patience(iris):
    search = RandomSearchCV(SVC(), SPACE, n_iter=60, cv=3, random_state=0, stopping=[Patience(5)])
    search.fit(*iris)
    assert search.stop_reason_ == "patience"
    assert len(search.cv_results_["params"]) == search.best_index_ + 1 + 5


def test_regret_bound(iris):
    search = BayesSearchCV(SVC(), SPACE, n_iter=60, random_state=0, stopping=RegretBound())
    search.fit(*iris)
    assert search.stop_reason_ == "regret"
    n_tried = len(search.cv_results_["params"])
    assert 20 <= n_tried < 60
    whole = BayesSearchCV(SVC(), SPACE, n_iter=40, random_state=0).fit(*iris)
    folds = [search.cv_results_[f"split{fold}_test_score"][search.best_index_] for fold in range(5)]
    tolerance = np.sqrt((1 / 5 + 1 / 4) * np.var(folds, ddof=1))
    assert whole.best_score_ <= search.best_score_ + tolerance


def test_failures_run_out_of_patience(iris):
    class Failing(SVC):
        def fit(self, X, y):
            raise ValueError("always")

    search = RandomSearchCV(Failing(), SPACE, n_iter=60, cv=2, stopping=Patience(3))
    with pytest.raises(ValueError, match="All the 6 fits failed"):
        search.fit(*iris)


def test_the_whole_space(iris):
    search = RandomSearchCV(Anything(), {"value": [1, 2, 3]}, n_iter=3, cv=2, stopping=Patience(3))
    assert search.fit(*iris).stop_reason_ == "budget"
    search.set_params(n_iter=9)
    with pytest.warns(UserWarning, match="fewer configurations"):
        search.fit(*iris)
    assert search.stop_reason_ == "space exhausted"


def test_a_failed_search_leaves_no_reason(iris):
    search = RandomSearchCV(Anything(), {"value": [1, 2, 3]}, n_iter=3, cv=2).fit(*iris)
    with pytest.raises(InvalidParameterError):
        search.set_params(n_iter=0).fit(*iris)
    search.set_params(n_iter=2, scoring=lambda *args: exit(1))
    with pytest.raises(SystemExit):
        search.fit(*iris)
    assert not hasattr(search, "stop_reason_")


def test_settings_survive_a_clone():
    search = RandomSearchCV(SVC(), SPACE, stopping=[Timeout(60), Patience(3)])
    assert clone(search).stopping == search.stopping
    shown = " ".join(repr(search).split())
    assert "stopping=[Timeout(seconds=60), Patience(n_trials=3, min_improvement=0.0)]" in shown


@pytest.mark.parametrize(
    ("stopping", "error", "message"),
    [
        (60, InvalidParameterError, "stopping"),
        ("timeout", InvalidParameterError, "stopping"),
        ([60], TypeError, r"Timeout\(3600\), got 60"),
    ],
)
@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV])
def test_what_is_no_rule(search, stopping, error, message, iris):
    before = Anything.n_fits
    with pytest.raises(error, match=message):
        search(Anything(), {"value": [1, 2, 3]}, n_iter=2, stopping=stopping).fit(*iris)
    assert Anything.n_fits == before


def test_one_split_has_no_spread(iris):
    one = [(np.arange(60), np.arange(60, 90))]
    search = BayesSearchCV(SVC(), SPACE, n_iter=60, cv=one, stopping=RegretBound())
    with pytest.raises(ValueError, match=r"RegretBound\(threshold=0.001\)"):
        search.fit(*iris)
