"""One writes, and the others are told who it is."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

from skhpo import Float, Tuner
from skhpo.exceptions import StorageError, StorageLockedError
from skhpo.storage.lock import FileLock

HOLDING = """
import sys
from skhpo.storage.lock import FileLock
lock = FileLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "journal.lock")


@pytest.fixture
def process(path):
    """Another process, which holds the lock."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        yield other
        other.kill()


def test_it_is_taken_and_let_go(path):
    lock = FileLock(path)
    assert FileLock.holder(path) is None, "there is no file yet"
    lock.acquire()
    assert f"process {os.getpid()}" in FileLock.holder(path)
    lock.release()
    lock.release()
    assert FileLock.holder(path) is None
    assert os.path.exists(path), "to delete it would let in two"


def test_two_in_one_process(path):
    first, second = FileLock(path), FileLock(path)
    first.acquire()
    with pytest.raises(StorageLockedError, match=f"process {os.getpid()}"):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_the_second_process_is_told_who_it_is(path, process):
    with pytest.raises(StorageLockedError) as told:
        FileLock(path).acquire()
    message = str(told.value)
    assert f"process {process.pid} on '{socket.gethostname()}', since 20" in message
    assert "write another storage" in message


@pytest.mark.skipif(os.name != "posix", reason="no SIGKILL")
def test_it_dies_with_its_owner(path, process):
    assert f"process {process.pid}" in FileLock.holder(path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert FileLock.holder(path) is None
    lock = FileLock(path)
    lock.acquire()
    lock.release()


def test_who_looks_disturbs_nobody(path, process):
    for _ in range(20):
        assert f"process {process.pid}" in FileLock.holder(path)
    process.stdin.close()
    process.wait()
    assert FileLock.holder(path) is None


@pytest.mark.skipif(os.name != "posix", reason="by flock")
def test_who_looks_is_waited_for(path):
    """For the instant that it takes to look: it is no reason to refuse a search."""
    import fcntl
    import threading

    with open(path, "w+b") as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        timer = threading.Timer(0.1, fcntl.flock, (looking, fcntl.LOCK_UN))
        timer.start()
        lock = FileLock(path)
        lock.acquire()
        lock.release()
        timer.join()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pid": "x"}', b"\xff" * 5000])
def test_whatever_the_file_says(path, content):
    """It is there for people: nothing depends on it."""
    first = FileLock(path)
    first.acquire()
    with open(path, "wb") as file:
        file.write(content)
    with pytest.raises(StorageLockedError, match="in use by another process"):
        FileLock(path).acquire()
    first.release()


def test_no_place_for_it(tmp_path):
    with pytest.raises(StorageError, match="cannot be written"):
        FileLock(str(tmp_path / "missing" / "journal.lock")).acquire()


# --------------------------------------------------------------------------- searches


def tuner_of(storage):
    return Tuner({"x": Float(0, 1)}, len, random_state=0, storage=storage)


def test_two_tuners_in_one_process_take_turns(tmp_path):
    """The folder is held while something is run or asked for, and free in between."""
    first, second = tuner_of(tmp_path), tuner_of(tmp_path)
    first.run(3)
    second.run(5)
    assert len(first.run(6).history.trials) == 6
    task = second.ask()
    assert task.trial == 6
    with pytest.raises(StorageLockedError, match="in use by process"):
        first.run(7)
    with pytest.raises(StorageLockedError, match="in use by process"):
        tuner_of(tmp_path)
    second.tell(task, 0.5)
    second.close()
    assert len(first.run(8).history.trials) == 8


def test_a_tuner_that_is_gone_holds_nothing(tmp_path):
    tuner = tuner_of(tmp_path)
    tuner.tell(tuner.ask(), 0.5)
    del tuner
    assert len(tuner_of(tmp_path).history.measurements) == 1


AS_SOMEBODY = """
import os, sys, warnings
from skhpo import Float, Tuner
os.setuid(65534)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    try:
        tuner = Tuner({"x": Float(0, 1)}, len, random_state=0, storage=sys.argv[1])
        tuner.run(5)
        print(len(tuner.history.trials), "trials")
    except Exception as error:
        print(type(error).__name__, error)
for each in caught:
    print("warned:", each.message)
"""


def as_somebody(path):
    """Run a search as a user who owns nothing, and return what it prints."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    command = [sys.executable, "-c", AS_SOMEBODY, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    if "PermissionError" in ended.stderr or "ModuleNotFoundError" in ended.stderr:
        pytest.skip("nobody else can read this package")
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


@pytest.fixture
def everybodys(tmp_path):
    """A folder that others can come to."""
    for parent in [tmp_path, *tmp_path.parents]:
        if parent.owner() == "root" and parent.name.startswith(("pytest-", tmp_path.name)):
            parent.chmod(0o755)
    return tmp_path


def test_a_folder_that_cannot_be_written(everybodys):
    """Refused before anything is measured."""
    printed = as_somebody(everybodys)
    assert printed.startswith("StorageError")
    assert "journal.lock cannot be written" in printed


def test_files_that_can_only_be_read(everybodys):
    """A search that is there is gone on with in memory, and that is said."""
    tuner_of(everybodys).run(3)
    for name in ("journal.jsonl", "journal.lock"):
        os.chmod(everybodys / name, 0o444)
    before = (everybodys / "journal.jsonl").read_bytes()
    printed = as_somebody(everybodys)
    assert "5 trials" in printed
    assert "cannot be written any more" in printed
    assert (everybodys / "journal.jsonl").read_bytes() == before


def test_a_journal_that_cannot_be_read(everybodys):
    tuner_of(everybodys).run(3)
    (everybodys / "journal.lock").chmod(0o444)
    printed = as_somebody(everybodys)
    assert printed.startswith("StorageError the journal")
    assert "Permission denied" in printed


def test_a_folder_in_the_place_of_the_journal(tmp_path):
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(StorageError, match="cannot be read"):
        tuner_of(tmp_path)
