"""Workers that die, Ctrl-C, and what is left behind (nothing)."""

from __future__ import annotations

import ctypes
import json
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from pathlib import Path

import joblib
import numpy as np
import psutil
import pytest
from search_parts import Anything, Killer, untimed
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

from skhpo import BayesSearchCV, RandomSearchCV, TPESearchCV
from skhpo.evaluation import CrossValidation, FoldEvaluator
from skhpo.exceptions import TrialError
from skhpo.execution import end_idle_workers
from skhpo.trial import Trial

posix = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")


@posix
def test_killed_workers_cost_no_other_result(iris, tmp_path):
    """One process dies always (a candidate), another once (one fit), the others never."""
    once = str(tmp_path / "killed")
    model = make_pipeline(Killer(), SVC())
    candidates = [{"killer__kills": kills} for kills in (None, "always", once)]
    space = {"killer__kills": [None, "always", once]}
    search = RandomSearchCV(
        model, space, n_iter=3, initial_params=candidates, cv=2, n_jobs=2, error_score=-1.0
    )
    with pytest.warns(FitFailedWarning, match=r"(?s)2 fits failed out of a total of 6.*SIGKILL"):
        search.fit(*iris)
    assert Path(once).exists()
    results = search.cv_results_
    assert list(results["status"]) == ["completed", "worker-died", "completed"]
    expected = GridSearchCV(model, {"killer__kills": [None]}, cv=2).fit(*iris).cv_results_
    for column in ("split0_test_score", "split1_test_score", "mean_test_score"):
        (score,) = expected[column]
        assert list(results[column]) == [score, -1.0, score]
    died = [m for m in search.history_.measurements if m.status == "worker-died"]
    assert [measurement.attempts for measurement in died] == [2, 2]
    assert search.best_index_ == 0


class Unfortunate(Anything):
    """Ends badly, in the way its value says."""

    def fit(self, X, y):
        if self.value == "segfault":
            ctypes.string_at(0)
        if self.value == "exit":
            os._exit(3)
        if self.value == "exception":
            raise ValueError("a bad value")
        if self.value == "stubborn":
            raise StubbornError("one", "two")
        return super().fit(X, y)


class StubbornError(Exception):
    """Cannot be unpickled: it wants two arguments, and remembers one."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


@posix
@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV])
def test_every_fault_costs_its_own_result_only(search, iris):
    """With several metrics, and a model that has to live with the gaps."""
    values = ["fine", "segfault", "exception", "stubborn", "exit", "fine too"]
    tuned = search(
        Unfortunate(),
        {"value": values},
        n_iter=len(values),
        initial_params=[{"value": value} for value in values],
        scoring={"one": lambda estimator, X, y: 1.0, "two": lambda estimator, X, y: 2.0},
        refit="two",
        cv=2,
        n_jobs=2,
    )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tuned.fit(*iris)
    [summary] = [str(w.message) for w in caught if w.category is FitFailedWarning]
    assert "8 fits failed out of a total of 12" in summary
    assert "SIGSEGV" in summary
    status = dict(zip(values, tuned.cv_results_["status"], strict=True))
    assert status == {
        "fine": "completed",
        "segfault": "worker-died",
        "exception": "failed",
        "stubborn": "failed",
        "exit": "worker-died",
        "fine too": "completed",
    }
    np.testing.assert_array_equal(
        tuned.cv_results_["mean_test_two"], [2, np.nan, np.nan, np.nan, np.nan, 2]
    )
    errors = {m.trial: m.error for m in tuned.history_.measurements if m.error}
    assert "a bad value" in errors[2]
    assert "StubbornError: one and two" in errors[3]
    assert tuned.best_params_ == {"value": "fine"}


def test_data_do_not_travel_with_the_tasks(iris):
    """They reach each worker once, by what is shipped to it; a task is small."""
    X = np.tile(iris[0], (1, 400))
    evaluator = FoldEvaluator(SVC(), X, iris[1], [(range(60), range(60, 90))], None, {}, {})
    (task,) = CrossValidation(evaluator).tasks(Trial(0, {"C": 1.0}), None, None)
    assert len(pickle.dumps(task)) < 1000 < X.nbytes


@posix
def test_raise_when_a_worker_died(iris):
    search = RandomSearchCV(
        make_pipeline(Killer(), SVC()),
        {"killer__kills": ["always"]},
        n_iter=1,
        cv=[(range(60), range(60, 90))],
        n_jobs=2,
        error_score="raise",
    )
    with pytest.raises(TrialError, match="SIGKILL"):
        search.fit(*iris)
    assert list(search.cv_results_["status"]) == ["worker-died"]


# --------------------------------------------------------------------------- Ctrl-C


class Interrupted(Anything):
    """Is interrupted in one fit."""

    def fit(self, X, y):
        if self.value == "interrupt":
            raise KeyboardInterrupt
        return super().fit(X, y)


@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV])
def test_interrupt_keeps_what_was_finished(search, iris):
    values = [{"value": value} for value in (1, 2, "interrupt", 3)]
    space = {"value": [1, 2, 3, "interrupt"]}
    tuned = search(Interrupted(), space, n_iter=4, initial_params=values, cv=3)
    with pytest.raises(KeyboardInterrupt):
        tuned.fit(*iris)
    assert tuned.cv_results_["params"] == values[:2]
    assert list(tuned.cv_results_["status"]) == ["completed"] * 2
    assert len(tuned.history_.trials) == 3
    assert len(tuned.history_.measurements) == 6
    assert tuned.best_params_ in values[:2]
    assert not hasattr(tuned, "best_estimator_")


def test_interrupt_before_anything_was_finished(iris):
    search = RandomSearchCV(Interrupted(), {"value": ["interrupt"]}, n_iter=1)
    with pytest.raises(KeyboardInterrupt):
        search.fit(*iris)
    assert len(search.history_.trials) == 1
    assert not hasattr(search, "cv_results_")


def test_failing_refit_keeps_the_results(iris):
    class FailsOnAllData(Anything):
        def fit(self, X, y):
            if len(X) == 90:
                raise ValueError("too much")
            return super().fit(X, y)

    search = RandomSearchCV(FailsOnAllData(), {"value": [1, 2]}, n_iter=2, random_state=0)
    with pytest.raises(ValueError, match="too much"):
        search.fit(*iris)
    assert list(search.cv_results_["status"]) == ["completed"] * 2
    assert search.best_params_ in ({"value": 1}, {"value": 2})
    assert not hasattr(search, "best_estimator_")


def test_warnings_do_not_take_the_place_of_an_interrupt(iris):
    values = [{"value": value} for value in (None, "interrupt")]
    search = RandomSearchCV(
        InterruptedOrFailing(), {"value": [None, "interrupt"]}, n_iter=2, initial_params=values
    )
    with pytest.raises(KeyboardInterrupt):  # the test suite makes errors of warnings
        search.fit(*iris)
    assert list(search.cv_results_["status"]) == ["failed"]


class InterruptedOrFailing(Interrupted):
    def fit(self, X, y):
        if self.value is None:
            raise ValueError("no")
        return super().fit(X, y)


SCRIPT = """
import json, signal, sys
import psutil
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from skhpo import RandomSearchCV

class Hangs(BaseEstimator):
    def __init__(self, value=0):
        self.value = value

    def fit(self, X, y):
        if self.value == 2:
            print("hangs", flush=True)
            while True:
                signal.pause()
        return self

    def score(self, X, y):
        return float(self.value)

values = [0, 1, 2, 3]
search = RandomSearchCV(
    Hangs(), {"value": values}, n_iter=4, initial_params=[{"value": v} for v in values],
    cv=2, n_jobs=int(sys.argv[1]),
)
try:
    search.fit(*load_iris(return_X_y=True))
except KeyboardInterrupt:
    children = [" ".join(child.cmdline()) for child in psutil.Process().children(recursive=True)]
    print(json.dumps({
        "scores": list(search.cv_results_["mean_test_score"]),
        "measured": len(search.history_.measurements),
        "children": [line for line in children if "tracker" not in line],
    }))
"""


@posix
@pytest.mark.parametrize("n_jobs", [1, 2])
def test_ctrl_c(n_jobs, tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(n_jobs)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
            "TMPDIR": str(tmp_path),
            "JOBLIB_TEMP_FOLDER": str(tmp_path),
        },
    )
    try:
        for _ in range(n_jobs):  # all workers hang in the third trial
            assert process.stdout.readline() == "hangs\n"
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does
        outcome, _ = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert json.loads(outcome) == {"scores": [0.0, 1.0], "measured": 4, "children": []}
    assert process.returncode == 0
    assert not list(tmp_path.glob("skhpo*"))


# --------------------------------------------------------------------------- nothing left


def command(process):
    """The command line of a process; empty for one that was not reaped."""
    try:
        return " ".join(process.cmdline())
    except psutil.ZombieProcess:
        return ""


class Settings:
    """What a search must leave as it was."""

    def __init__(self):
        kind, keys, *rest = np.random.get_state()
        self.random_state = (kind, keys.tolist(), *rest)
        self.filters = list(warnings.filters)
        self.environment = dict(os.environ)
        self.n_threads = threading.active_count()
        self.children = {
            child.pid
            for child in psutil.Process().children(recursive=True)
            if "tracker" not in command(child)
        }


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("fails", [False, True], ids=["completed", "failed"])
def test_nothing_is_left_behind(n_jobs, fails, iris, tmp_path, monkeypatch):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    X = np.tile(iris[0], (1, 400))  # large enough to be mapped
    end_idle_workers()
    before = Settings()
    search = BayesSearchCV(
        InterruptedOrFailing(),
        {"value": [None] if fails else [1, 2, 3]},
        n_iter=1,
        cv=2,
        n_jobs=n_jobs,
        random_state=0,
        error_score="raise",
    )
    if fails:
        with pytest.raises(ValueError, match="no"):
            search.fit(X, iris[1])
    else:
        search.fit(X, iris[1])
    end_idle_workers()
    assert vars(Settings()) == vars(before)
    assert not list(tmp_path.iterdir())


# --------------------------------------------------------------------------- the same again


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("search", "n_jobs"),
    [(RandomSearchCV, 3), (BayesSearchCV, 2)],  # more workers than folds, and as many
)
def test_same_seed_same_results_for_any_number_of_workers(search, n_jobs, iris):
    space = {"C": [0.1, -1.0, 1.0, 10.0], "gamma": [0.01, 0.1, 1.0]}  # some fail
    tuned = search(SVC(), space, n_iter=9, cv=2, random_state=3)
    one, several = [untimed(tuned.set_params(n_jobs=n).fit(*iris).cv_results_) for n in (1, n_jobs)]
    assert one == several
    assert len(set(one["status"])) == 2


@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV, TPESearchCV])
def test_same_results_in_threads(search, iris):
    space = {"C": [0.1, 1.0, 10.0], "gamma": [0.01, 0.1, 1.0]}
    tuned = search(SVC(), space, n_iter=6, cv=2, random_state=3)
    one = untimed(tuned.fit(*iris).cv_results_)
    with joblib.parallel_config("threading", n_jobs=2):
        assert untimed(tuned.fit(*iris).cv_results_) == one


@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV, TPESearchCV])
def test_fitting_again_starts_anew(search, iris):
    X, y = iris
    tuned = search(SVC(), {"C": list(range(1, 101))}, n_iter=3, cv=2, random_state=0)
    first = untimed(tuned.fit(X, y).cv_results_)
    tuned.fit(X[:, :2], y)
    assert tuned.n_features_in_ == 2
    assert len(tuned.history_.trials) == 3
    assert untimed(tuned.fit(X, y).cv_results_) == first
    generator = np.random.RandomState(0)
    tuned.set_params(random_state=generator).fit(X, y)
    assert untimed(tuned.cv_results_) == first
    assert untimed(tuned.fit(X, y).cv_results_)["params"] != first["params"]  # it moves on


@pytest.mark.skipif(sys.version_info < (3, 11), reason="exceptions take no notes there")
def test_a_failing_refit_says_that_the_search_is_over(iris):
    class Refuses(Anything):
        def fit(self, X, y):
            if len(X) == 90:
                raise RuntimeError("not all of them")
            return super().fit(X, y)

    search = RandomSearchCV(Refuses(), {"value": [1, 2]}, n_iter=2, cv=2)
    with pytest.raises(RuntimeError, match="not all of them") as caught:
        search.fit(*iris)
    assert "the refit of the best configuration" in caught.value.__notes__[0]
    assert len(search.cv_results_["params"]) == 2
