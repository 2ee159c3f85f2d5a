"""Time and memory of a trial, retries, and searches in which nothing works."""

from __future__ import annotations

import os
import threading
import time
import warnings
from pathlib import Path

import joblib
import numpy as np
import pytest
from search_parts import Anything, Killer, Pupil
from sklearn.exceptions import FitFailedWarning
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

import skhpo
from skhpo import (
    BayesSearchCV,
    FaultTolerance,
    HalvingASHASearchCV,
    HalvingSearchCV,
    HyperbandSearchCV,
    PBTSearchCV,
    RandomSearchCV,
)
from skhpo.exceptions import AllFailedError, ExecutionError, SkhpoWarning
from skhpo.execution import end_idle_workers

linux = pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="only on Linux")

SEARCHES = [name for name in skhpo.__all__ if name.endswith("SearchCV")]


@pytest.fixture(autouse=True, scope="module")
def _no_idle_workers():
    yield
    end_idle_workers()


class Demanding(Anything):
    """Takes as long, or as much memory, as its value says."""

    def fit(self, X, y):
        if self.value == "time":
            time.sleep(60)
        if self.value == "memory":
            self.taken_ = np.ones(10**9)
        return super().fit(X, y)


def fitted(search, data):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        search.fit(*data)
    return [w for w in caught if w.category in (FitFailedWarning, SkhpoWarning)]


@linux
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_too_long_and_too_much(n_jobs, iris):
    values = ["fine", "time", "memory", "fine too"]
    search = RandomSearchCV(
        Demanding(),
        {"value": values},
        n_iter=4,
        initial_params=[{"value": value} for value in values],
        cv=[(range(60), range(60, 90))],
        n_jobs=n_jobs,
        trial_timeout=3.0,
        faults=FaultTolerance(memory_limit="500MB"),
        error_score=-1.0,
    )
    [summary] = fitted(search, iris)
    assert "2 fits failed out of a total of 4" in str(summary.message)
    results = search.cv_results_
    assert list(results["status"]) == ["completed", "timeout", "failed", "completed"]
    assert list(results["mean_test_score"][1:3]) == [-1.0, -1.0]
    assert results["error"].dtype == object
    assert [error is None for error in results["error"]] == [True, False, False, True]
    assert results["error"][1] == (
        "trial 1 on fold 0 has taken longer than trial_timeout=3 seconds: its worker process was "
        "ended"
    )
    assert "MemoryError" in results["error"][2]
    [measurement] = search.history_.folds(2)
    assert "more memory than memory_limit leaves to it: 0.5 GB" in measurement.error
    assert [m.attempts for m in search.history_.measurements] == [1] * 4


def test_too_long_in_threads(iris):
    is_over = threading.Event()

    class Waiting(Anything):
        def fit(self, X, y):
            if self.value:
                is_over.wait(60)
            return super().fit(X, y)

    search = RandomSearchCV(
        Waiting(),
        {"value": [True, False]},
        n_iter=2,
        cv=2,
        trial_timeout=2,
        random_state=0,
        initial_params=[{"value": True}],
    )
    with joblib.parallel_config("threading", n_jobs=2):
        caught = fitted(search, iris)
    is_over.set()
    assert [w.category for w in caught] == [SkhpoWarning, FitFailedWarning]
    assert caught[0].filename == __file__
    assert list(search.cv_results_["status"]) == ["timeout", "completed"]
    assert "goes on in the background" in search.cv_results_["error"][0]


def test_threads_cannot_limit_memory(iris):
    search = RandomSearchCV(
        Anything(), {"value": [1]}, n_iter=1, faults=FaultTolerance(memory_limit="1GB")
    )
    before = Anything.n_fits
    with (
        joblib.parallel_config("threading", n_jobs=2),
        pytest.raises(ExecutionError, match="threads share their memory"),
    ):
        search.fit(*iris)
    assert Anything.n_fits == before


@pytest.mark.parametrize(("max_retries", "status"), [(0, "worker-died"), (1, "completed")])
def test_retries(max_retries, status, iris, tmp_path):
    once = str(tmp_path / "killed")
    search = RandomSearchCV(
        make_pipeline(Killer(), SVC()),
        {"killer__kills": [once]},
        n_iter=1,
        cv=[(range(60), range(60, 90)), (range(30, 90), range(30))],
        n_jobs=2,
        faults=FaultTolerance(max_retries=max_retries),
    )
    fitted(search, iris)
    assert Path(once).exists()
    assert list(search.cv_results_["status"]) == [status]
    attempts = [measurement.attempts for measurement in search.history_.folds(0)]
    # both may have died of it at the same time
    assert set(attempts) <= {1, 1 + max_retries}
    for measurement in search.history_.measurements:
        retried = measurement.attempts > 1
        assert (measurement.deaths is not None) == retried
        if retried:
            assert measurement.deaths.startswith("attempt 1: worker process")
            assert "SIGKILL" in measurement.deaths
        assert (measurement.error is None) == (measurement.status == "completed")


# --------------------------------------------------------------------------- nothing works

BROKEN = Pupil(bad_from=1)
SPACE = {"value": list(np.linspace(0, 1, 101))}

HOPELESS = {
    "random": lambda **s: RandomSearchCV(BROKEN, SPACE, n_iter=40, **s),
    "racing": lambda **s: RandomSearchCV(BROKEN, SPACE, n_iter=40, racing=True, **s),
    "bayes": lambda **s: BayesSearchCV(BROKEN, SPACE, n_iter=40, **s),
    "halving": lambda **s: HalvingSearchCV(
        BROKEN, SPACE, n_candidates=27, resource="epochs", max_resources=9, **s
    ),
    "asha": lambda **s: HalvingASHASearchCV(
        BROKEN, SPACE, n_candidates=40, resource="epochs", max_resources=9, **s
    ),
    "hyperband": lambda **s: HyperbandSearchCV(
        BROKEN, SPACE, resource="epochs", max_resources=27, **s
    ),
    "pbt": lambda **s: PBTSearchCV(
        BROKEN, SPACE, population_size=20, resource="epochs", max_resources=4, **s
    ),
}


@pytest.mark.parametrize("kind", HOPELESS)
def test_ten_failures_are_enough(kind, iris):
    search = HOPELESS[kind](cv=3, random_state=0)
    with pytest.raises(AllFailedError, match="The first 10 trials have all failed") as caught:
        search.fit(*iris)
    assert isinstance(caught.value, ValueError)
    assert "ValueError: diverged" in str(caught.value)
    assert len(search.history_.evaluations) == 10
    assert list(search.cv_results_["status"]) == ["failed"] * 10
    assert set(search.cv_results_["error"]) == {"ValueError: diverged"}
    assert not hasattr(search, "best_params_")
    assert not hasattr(search, "stop_reason_")


@pytest.mark.parametrize("kind", HOPELESS)
def test_or_as_many_as_are_allowed(kind, iris):
    allowed = FaultTolerance(max_failures=3)
    with pytest.raises(AllFailedError, match="The first 3 trials"):
        HOPELESS[kind](cv=3, random_state=0, faults=allowed).fit(*iris)


def test_with_fewer_configurations_it_is_scikit_learns_own_error(iris):
    search = RandomSearchCV(BROKEN, SPACE, n_iter=9, cv=3, random_state=0)
    with pytest.raises(ValueError, match="All the 27 fits failed"):
        search.fit(*iris)


def test_without_a_limit_too(iris):
    never = FaultTolerance(max_failures=None)
    search = RandomSearchCV(BROKEN, SPACE, n_iter=12, cv=3, random_state=0, faults=never)
    with pytest.raises(ValueError, match="All the 36 fits failed"):
        search.fit(*iris)


def test_error_score_raise_raises_the_first(iris):
    search = HOPELESS["random"](cv=3, error_score="raise", faults=FaultTolerance(max_failures=1))
    with pytest.raises(ValueError, match=r"^diverged$"):
        search.fit(*iris)


def test_one_that_works_is_enough(iris):
    values = [{"value": value} for value in (-1.0, 0.5)]
    search = RandomSearchCV(
        OnlyIfPositive(),
        {"value": [-1.0, 0.5, *(-float(n) for n in range(2, 20))]},
        n_iter=20,
        initial_params=values,
        cv=2,
        random_state=0,
    )
    [summary] = fitted(search, iris)
    assert "38 fits failed out of a total of 40" in str(summary.message)
    assert search.best_params_ == {"value": 0.5}


class OnlyIfPositive(Pupil):
    def fit(self, X, y):
        if self.value < 0:
            raise ValueError("no")
        return super().fit(X, y)


# --------------------------------------------------------------------------- error texts


def test_the_text_of_an_error_is_its_last_line_or_its_first(iris):
    class Talkative(Anything):
        def fit(self, X, y):
            if self.value == "plain":
                raise KeyError("x")
            if self.value == "long":
                raise ValueError("first\nsecond\n  third")
            if self.value == "caused":
                try:
                    raise KeyError("the cause")
                except KeyError as error:
                    raise RuntimeError("the consequence") from error
            if self.value == "by fold":
                raise ValueError(f"{len(X)} samples")
            return super().fit(X, y)

    values = ["fine", "plain", "long", "caused", "by fold"]
    search = RandomSearchCV(
        Talkative(),
        {"value": values},
        n_iter=5,
        initial_params=[{"value": value} for value in values],
        cv=[(range(60), range(60, 90)), (range(50), range(60, 90))],
    )
    fitted(search, iris)
    assert list(search.cv_results_["error"]) == [
        None,
        "KeyError: 'x'",
        "ValueError: first",
        "RuntimeError: the consequence",
        "ValueError: 60 samples\nValueError: 50 samples",
    ]


def test_no_error_no_text(iris):
    search = HalvingSearchCV(SVC(), {"C": [0.1, 1, 10]}, n_candidates=3, cv=2).fit(*iris)
    results = search.cv_results_
    assert results["error"].dtype == object
    assert list(results["error"]) == [None] * len(results["status"])


def test_a_scorer_that_fails_is_told_of(iris):
    def broken(estimator, X, y):
        raise RuntimeError("cannot score")

    scoring = {"fine": lambda estimator, X, y: 1.0, "broken": broken}
    search = RandomSearchCV(
        Anything(), {"value": [1]}, n_iter=1, cv=2, scoring=scoring, refit="fine"
    )
    fitted(search, iris)
    assert list(search.cv_results_["status"]) == ["completed"]
    assert list(search.cv_results_["error"]) == ["RuntimeError: cannot score"]


# --------------------------------------------------------------------------- settings


@pytest.mark.parametrize("name", SEARCHES)
def test_every_search_has_these_settings(name):
    given = {"trial_timeout": 2.5, "faults": FaultTolerance(2), "deterministic": 8}
    search = getattr(skhpo, name)(SVC(), {"C": [1]}, **given)
    assert given.items() <= search.get_params(deep=False).items()
    search = getattr(skhpo, name)(SVC(), {"C": [1]})
    defaults = {name: search.get_params(deep=False)[name] for name in given}
    assert defaults == dict.fromkeys(given)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"trial_timeout": 0}, "'trial_timeout'"),
        ({"trial_timeout": "1h"}, "'trial_timeout'"),
        ({"faults": 3}, "'faults'"),
        ({"deterministic": 0}, "'deterministic'"),
        ({"deterministic": True}, r"deterministic=8.* so many fits"),
    ],
)
def test_bad_settings(settings, told, iris):
    before = Anything.n_fits
    search = RandomSearchCV(Anything(), {"value": [1]}, **settings)
    with pytest.raises(ValueError, match=told):
        search.fit(*iris)
    assert Anything.n_fits == before
