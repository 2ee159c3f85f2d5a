"""One search of 400 trials on two workers, half of which go wrong in every way there is."""

from __future__ import annotations

import ctypes
import os
import signal
import tempfile
import threading
import time
import warnings
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin

from skhpo import FaultTolerance, RandomSearchCV
from skhpo.execution import end_idle_workers
from skhpo.testing import outcomes

N_TRIALS = 400

#: Of each kind that costs a worker process; the others make up for the rest of 200. Each process
#: costs an ``import sklearn``, so that 28, a seventh, take some minutes.
N_DEADLY = int(os.environ.get("SKHPO_TEST_DEADLY_FAULTS", "4"))

#: Seconds; only the hangs take any. On a busy machine the others are to have time enough.
TIMEOUT = 10.0

DEADLY = ["killed", "killed once", "segfault", "hang", "memory", "memory, bit by bit"]
HARMLESS = ["exception", "nan", "exception that cannot be pickled", "and not be unpickled"]

STATUS = {
    "killed": "worker-died",
    "segfault": "worker-died",
    "hang": "timeout",
    "memory": "failed",
    "memory, bit by bit": "failed",
    "exception": "failed",
    "exception that cannot be pickled": "failed",
    "and not be unpickled": "failed",
}
ERROR = {
    "killed": "SIGKILL",
    "segfault": "SIGSEGV",
    "hang": "has taken longer than trial_timeout",
    "memory": "MemoryError",
    "memory, bit by bit": "MemoryError",
    "exception": "ZeroDivisionError: division by zero",
    "exception that cannot be pickled": "RudeError: no pickling",
    "and not be unpickled": "StubbornError: one and two",
}


def kinds():
    """What goes wrong, by the number that a configuration has; the odd ones are fine."""
    deadly = [kind for kind in DEADLY for _ in range(N_DEADLY)]
    n_harmless = N_TRIALS // 2 - len(deadly)
    harmless = [HARMLESS[number % len(HARMLESS)] for number in range(n_harmless)]
    return dict(zip(range(0, N_TRIALS, 2), deadly + harmless, strict=True))


class RudeError(Exception):
    def __reduce__(self):
        raise TypeError("no, thank you")


class StubbornError(Exception):
    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


class Faulty(ClassifierMixin, BaseEstimator):
    """Scores its number, if it comes to that."""

    def __init__(self, number=0, folder=None):
        self.number = number
        self.folder = folder

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.lock_ = threading.Lock()  # a model that cannot be pickled is nobody's business
        match kinds().get(self.number):
            case "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            case "killed once":
                path = Path(self.folder) / f"{self.number}"
                if not path.exists():
                    path.touch()
                    os.kill(os.getpid(), signal.SIGKILL)
            case "segfault":
                ctypes.string_at(0)
            case "hang":
                while True:
                    time.sleep(1)
            case "memory":
                self.taken_ = np.ones(10**9)
            case "memory, bit by bit":
                self.taken_ = []
                for size in (10**7, 10**6, 10**5):  # most of it at once, and without touching it
                    with suppress(MemoryError):
                        while True:
                            self.taken_.append(bytes(size))
                while True:  # until there is nothing left at all
                    self.taken_.append(bytes(1000))
            case "exception":
                1 / 0  # noqa: B018
            case "exception that cannot be pickled":
                raise RudeError("no pickling")
            case "and not be unpickled":
                raise StubbornError("one", "two")
        return self

    def score(self, X, y):
        return np.nan if kinds().get(self.number) == "nan" else self.number / N_TRIALS


def workers():
    children = psutil.Process().children(recursive=True)
    return {child.pid for child in children if "tracker" not in " ".join(child.cmdline())}


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="memory is limited on Linux")
@pytest.mark.timeout(1200 + 120 * N_DEADLY)
def test_two_hundred_faults(iris, tmp_path, monkeypatch):
    temporary, once = tmp_path / "temporary", tmp_path / "once"
    temporary.mkdir()
    once.mkdir()
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(temporary))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    end_idle_workers()
    before = workers()
    search = RandomSearchCV(
        Faulty(folder=str(once)),
        {"number": list(range(N_TRIALS))},
        n_iter=N_TRIALS,
        cv=[(range(60), range(60, 90))],
        n_jobs=2,
        random_state=0,
        trial_timeout=TIMEOUT,
        faults=FaultTolerance(max_retries=1, memory_limit="500MB"),
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        search.fit(*iris)
    assert search.stop_reason_ == "budget"
    assert search.best_params_ == {"number": N_TRIALS - 1}

    faults, results = kinds(), search.cv_results_
    assert len(faults) == N_TRIALS // 2
    assert len(results["params"]) == N_TRIALS
    by_trial = {m.trial: m for m in search.history_.measurements}
    assert len(by_trial) == len(search.history_.measurements) == N_TRIALS
    told = Counter()
    for trial, params in enumerate(results["params"]):
        number = params["number"]
        kind, score, error = faults.get(number), results["mean_test_score"][trial], None
        if kind is None or kind in ("killed once", "nan"):
            expected = np.nan if kind == "nan" else number / N_TRIALS
            np.testing.assert_equal(score, expected)
            assert results["status"][trial] == "completed"
            assert results["error"][trial] is None
        else:
            assert np.isnan(score)
            assert results["status"][trial] == STATUS[kind]
            error = results["error"][trial]
            assert ERROR[kind] in by_trial[trial].error
            assert error in by_trial[trial].error
        tried_again = kind in ("killed", "killed once", "segfault")
        assert by_trial[trial].attempts == 1 + tried_again
        if kind == "killed once":
            assert "SIGKILL" in by_trial[trial].deaths
        told[kind] += 1
    assert told[None] == N_TRIALS // 2
    assert {kind: told[kind] for kind in DEADLY} == dict.fromkeys(DEADLY, N_DEADLY)
    assert len(outcomes(search.history_)) == 3 * N_TRIALS

    end_idle_workers()
    assert workers() <= before
    assert not list(temporary.iterdir())
