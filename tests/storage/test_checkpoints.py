"""States on disk: whole or not at all, and gone in the end."""

from __future__ import annotations

import os
import pickle
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


def test_the_last_two_are_kept(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    checkpoints.save(0, 1, 1, "other fold")
    checkpoints.save(0, 10, 1, "a fold whose number begins alike")
    for resource in (1, 3, 9, 27, 81.5):
        checkpoints.save(0, 1, resource, resource)
    kept = [resource for resource in (1, 3, 9, 27, 81.5) if checkpoints.load(0, 1, resource)]
    assert kept == [27, 81.5]
    assert checkpoints.load(0, 10, 1) is not None


def test_discard(tmp_path):
    checkpoints = Checkpoints(str(tmp_path))
    for trial in (1, 11):
        checkpoints.save(trial, 0, 1, trial)
    checkpoints.discard(1)
    checkpoints.discard(1)
    assert [checkpoints.load(trial, 0, 1) for trial in (1, 11)] == [None, 11]


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


@pytest.mark.skipif(sys.platform != "linux", reason="a device that is always full")
def test_a_full_disk(tmp_path, monkeypatch):
    checkpoints = Checkpoints(str(tmp_path))
    checkpoints.save(0, 0, 1, "before")
    original = open
    monkeypatch.setattr("builtins.open", lambda path, mode: original("/dev/full", mode))
    saved = checkpoints.save(0, 0, 3, b"x" * 100_000)
    monkeypatch.undo()
    assert not saved
    assert checkpoints.load(0, 0, 3) is None
    assert checkpoints.load(0, 0, 1) == "before"


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
