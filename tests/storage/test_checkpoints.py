"""States on disk: whole or not at all, and gone in the end."""

from __future__ import annotations

import os
import pickle
import signal
import stat
import subprocess
import sys
import threading

import pytest

from skhpo.exceptions import ExecutionError
from skhpo.storage import Checkpoints


def files(folder):
    return sorted(name for _, _, names in os.walk(folder) for name in names)


def test_what_was_saved_is_loaded(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    assert checkpoints.save(3, 1, 9, {"a": 1})
    assert checkpoints.load(3, 1, 9.0) == {"a": 1}
    for other in ((3, 1, 3), (3, 0, 9), (2, 1, 9)):
        assert checkpoints.load(*other) is None


def test_classes_of_the_main_script_travel(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    assert checkpoints.save(0, 0, 1, lambda x: x + 1)
    assert checkpoints.load(0, 0, 1)(1) == 2


def test_workers_use_the_same_folder(tmp_path):
    there = pickle.loads(pickle.dumps(Checkpoints(str(tmp_path))))
    there.save(0, 0, 1, "state")
    assert Checkpoints(str(tmp_path)).load(0, 0, 1) == "state"


def test_discard_deletes_one_state_on_every_fold(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    states = [(trial, fold, amount) for trial in (1, 11) for fold in (0, 10) for amount in (1, 1.5)]
    for state in states:
        checkpoints.save(*state, "state")
    checkpoints.discard(1, 1)
    checkpoints.discard(1, 1)
    left = [state for state in states if checkpoints.load(*state) is not None]
    assert left == [state for state in states if state[::2] != (1, 1)]
    checkpoints.discard(1, 1.5)
    assert sorted(os.listdir(tmp_path)) == ["11"], "no folder is left empty"


def test_discard_deletes_what_a_killed_worker_left(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    checkpoints.save(0, 0, 3, "whole")
    (tmp_path / "0" / "1-3.0.pkl.0123abcd").write_bytes(b"half a st")
    checkpoints.discard(0, 3)
    assert files(tmp_path) == []


def test_size_is_that_of_all_folds(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    assert checkpoints.size(0, 1) == 0
    for fold in range(3):
        checkpoints.save(0, fold, 1, b"x" * 1000)
        checkpoints.save(0, fold, 3, b"x" * 5000)
    assert 3000 < checkpoints.size(0, 1) < 5000
    assert 15000 < checkpoints.size(0, 3) < 17000


def test_every_cut_of_a_file_reads_as_nothing(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    checkpoints.save(0, 0, 1, {"weights": list(range(20))})
    (path,) = (tmp_path / "0").iterdir()
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert checkpoints.load(0, 0, 1) is None
        path.write_bytes(whole[:size] + bytes(len(whole) - size))
        assert checkpoints.load(0, 0, 1) is None


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of this kind")
@pytest.mark.parametrize("limit", [100, 50_000])
def test_a_full_disk(limit, tmp_path):
    """Nothing of the state is left, at whichever byte there was no more space."""
    import resource

    checkpoints = Checkpoints(str(tmp_path))
    checkpoints.save(0, 0, 1, "before")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        saved = checkpoints.save(0, 0, 3, b"x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert saved is None
    assert files(tmp_path) == ["0-1.0.pkl"]
    assert checkpoints.load(0, 0, 3) is None
    assert checkpoints.load(0, 0, 1) == "before"
    assert checkpoints.save(0, 0, 3, b"x" * 100_000) is not None


def test_what_cannot_be_pickled_leaves_nothing(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    assert not checkpoints.save(0, 0, 1, threading.Lock())
    assert files(tmp_path) == []


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_the_folder_is_private():
    with Checkpoints.temporary() as checkpoints:
        assert stat.S_IMODE(os.stat(checkpoints.folder).st_mode) == 0o700


def test_the_folder_goes_whatever_happens():
    folders = []

    def interrupted():
        with Checkpoints.temporary() as checkpoints:
            folders.append(checkpoints)
            assert checkpoints.save(0, 0, 1, "state")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    (checkpoints,) = folders
    assert not os.path.exists(checkpoints.folder)
    assert not checkpoints.save(0, 0, 1, "of a worker that comes too late")
    assert not os.path.exists(checkpoints.folder)


def test_no_place_for_the_folder(tmp_path):
    temporary = Checkpoints.temporary(str(tmp_path / "missing"))
    with pytest.raises(ExecutionError, match="TMPDIR"):
        temporary.__enter__()


KILLED = """
import os, signal, sys
from skhpo.storage import Checkpoints
with Checkpoints.temporary() as checkpoints:
    checkpoints.save(0, 0, 1, "state")
    print(checkpoints.folder, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL")
def test_a_killed_process_leaves_no_folder():
    process = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED], capture_output=True, text=True, timeout=60
    )
    folder = process.stdout.strip()
    assert "skhpo-states-" in folder
    # the tracker holds the pipe of the output open until it has cleaned up
    assert not os.path.exists(folder)


SCRIPT = """
import sys, warnings
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import ShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from skhpo import Float, HalvingSearchCV
from skhpo.storage import Checkpoints

heavy = bytes(10**6)
n_fits = 0

class Scaler(StandardScaler):
    def fit(self, X, y=None, sample_weight=None):
        global n_fits
        n_fits += 1
        self.offset = lambda X: X
        return super().fit(X, y)

class Learner(SGDClassifier):
    def partial_fit(self, X, y, classes=None, sample_weight=None):
        assert heavy
        return super().partial_fit(X, y, classes=classes)

sizes, save = [], Checkpoints.save
def measured(self, trial, fold, resource, state):
    kept = save(self, trial, fold, resource, state)
    sizes.append(self.size(trial, resource))
    return kept
Checkpoints.save = measured

HalvingSearchCV(
    make_pipeline(Scaler(), Learner()), {"learner__alpha": Float(1e-4, 1)}, resource="epochs",
    max_resources=3, n_candidates=3, cv=2, random_state=0, refit=False,
).fit(*load_iris(return_X_y=True))
searched = HalvingSearchCV(
    Learner(), {"alpha": Float(1e-4, 1)}, resource="epochs", max_resources=3, n_jobs=2,
    cv=ShuffleSplit(1, random_state=0), random_state=0, refit_from="checkpoint",
).fit(*load_iris(return_X_y=True))
assert type(searched.best_estimator_) is Learner
assert Scaler.fit.__globals__ is globals()
assert Learner.partial_fit.__globals__ is globals()
assert n_fits == 3 * 2, n_fits
assert 0 < max(sizes) < 10**5, sizes
"""


def test_classes_of_the_main_script_stay_what_they_are(tmp_path):
    """They are found by name: neither replaced by what is read, nor written with their globals."""
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    ended = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr


def test_classes_known_by_value_alone_travel(tmp_path):
    """As those of the main script are in a worker."""
    known = type("Known", (), {"__module__": "__main__", "answer": lambda self: 42})
    state = known()
    state.weights = [1, 2]
    checkpoints = Checkpoints(str(tmp_path))
    assert checkpoints.save(0, 0, 1, state)
    again = checkpoints.load(0, 0, 1)
    assert again.answer() == 42
    assert again.weights == [1, 2]
