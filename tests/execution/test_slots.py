"""Worker processes: what they are given, and what happens when they die."""

from __future__ import annotations

import os

import joblib
import numpy as np
import psutil
import pytest
from execution_tasks import (
    PATIENCE,
    Data,
    DeadlyToLoad,
    Rude,
    Unloadable,
    act,
    complete,
    describe_worker,
    gone,
    slot_pids,
    task,
    workers,
)

from skhpo.exceptions import ExecutionError
from skhpo.execution import SlotExecutor, end_idle_workers


@pytest.fixture
def shared(tmp_path, monkeypatch):
    """The folder for shared data; nothing may be left in it, nor any process."""
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path / "shared"))
    before = workers()
    yield tmp_path / "shared"
    end_idle_workers()
    assert not set(workers()) - set(before)
    assert not os.listdir(tmp_path / "shared")


@pytest.fixture(scope="module")
def slots():
    """One executor for all the faults, which it has to survive one after the other."""
    executor = SlotExecutor(2)
    executor.start(act)
    yield executor
    processes = workers()
    executor.close()
    end_idle_workers()
    assert processes
    assert gone(processes)


def run_one(executor, deed, **params):
    [(_, report)] = complete(executor, [task(5, deed, **params)])
    return report


# --------------------------------------------------------------------------- tasks that fail


@pytest.mark.parametrize(
    ("deed", "text", "exception"),
    [
        ("raise", "ValueError: a bad value", ValueError),
        ("exit", "SystemExit: 3", SystemExit),
        ("interrupt", "KeyboardInterrupt", KeyboardInterrupt),
        ("memory", "MemoryError: no more", MemoryError),
        ("recursion", "RecursionError", RecursionError),
        ("stubborn", "StubbornError: one and two", type(None)),
        ("heavy", "ValueError", type(None)),
        ("rude", "result cannot be pickled", type(None)),
        ("fragile", "cannot be\nunpickled", type(None)),
    ],
)
def test_failing_task_leaves_the_process_alone(slots, deed, text, exception):
    before = slot_pids(slots)
    report = run_one(slots, deed)
    assert report.status == "failed"
    assert text.replace("\n", " ") in report.error
    assert type(report.exception) is exception
    assert run_one(slots, "nothing").scores["pid"] in before


def test_task_that_cannot_be_pickled(slots):
    report = run_one(slots, "nothing", value=Rude())
    assert report.status == "failed"
    assert "task cannot be pickled" in report.error


# --------------------------------------------------------------------------- processes that die


@pytest.mark.parametrize(
    ("deed", "text"),
    [
        ("kill", "was killed by signal 9 (SIGKILL) while measuring trial 5 on fold 0"),
        ("segfault", "was killed by signal 11 (SIGSEGV) while measuring trial 5 on fold 0"),
        ("_exit", "exited with code 7 while measuring trial 5 on fold 0"),
    ],
)
def test_dying_process_costs_its_own_task_only(slots, tmp_path, deed, text):
    slots.submit(task(0, "wait", path=str(tmp_path / "go")))
    slots.submit(task(5, deed))
    done, report = slots.next_completed(PATIENCE)
    assert done.trial == 5
    assert report.status == "worker-died"
    assert text in report.error
    assert report.started_at <= report.finished_at
    if deed == "segfault":  # and it says where
        assert "string_at" in report.error
    (tmp_path / "go").touch()
    done, report = slots.next_completed(PATIENCE)
    assert (done.trial, report.status) == (0, "completed")
    assert run_one(slots, "nothing").status == "completed"


def test_all_processes_die_at_once(slots):
    completions = complete(slots, [task(0, "kill"), task(1, "_exit")])
    assert {report.status for _, report in completions} == {"worker-died"}
    assert {r.status for _, r in complete(slots, [task(n) for n in range(4)])} == {"completed"}


def test_first_and_last_task_die(slots):
    deeds = ["kill", "nothing", "nothing", "nothing", "kill"]
    completions = complete(slots, [task(n, deed) for n, deed in enumerate(deeds)])
    died = sorted(t.trial for t, report in completions if report.status == "worker-died")
    assert died == [0, 4]


@pytest.mark.skipif(
    not hasattr(os, "waitid"), reason="cannot wait for a process without reaping it"
)
def test_idle_process_that_dies_is_replaced(slots):
    complete(slots, [task(n) for n in range(4)])
    for process in workers():
        process.kill()
        # Until the last of its threads is gone, one could still write to it.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    completions = complete(slots, [task(n) for n in range(4)])
    assert {report.status for _, report in completions} == {"completed"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_what_a_dead_process_has_started_dies_too(slots, tmp_path):
    report = run_one(slots, "fork", path=str(tmp_path / "pid"))
    assert report.status == "worker-died"
    pid = int((tmp_path / "pid").read_text())
    assert not psutil.pid_exists(pid) or gone([psutil.Process(pid)])


def test_a_task_need_not_wait_for_a_slot_that_starts(slots):
    complete(slots, [task(0, "kill")])
    completions = complete(slots, [task(n) for n in range(20)])
    assert {report.status for _, report in completions} == {"completed"}


# --------------------------------------------------------------------------- no work possible


def test_evaluate_that_cannot_be_pickled(shared):
    executor = SlotExecutor(2)
    with pytest.raises(ExecutionError, match="cannot be pickled"):
        executor.start(Rude())


def test_evaluate_that_cannot_be_loaded(shared):
    executor = SlotExecutor(2)
    executor.start(Unloadable())
    executor.submit(task(0))
    with pytest.raises(ExecutionError, match="cannot load") as info:
        executor.next_completed(PATIENCE)
    assert "not in this process" in str(info.value)
    executor.close()


def test_processes_that_die_before_they_are_ready(shared):
    executor = SlotExecutor(1)
    executor.start(DeadlyToLoad())
    executor.submit(task(0))
    with pytest.raises(ExecutionError, match="again and again") as info:
        executor.next_completed(PATIENCE)
    assert "exited with code 9" in str(info.value)
    executor.close()


def test_no_process_to_be_had(monkeypatch, shared):
    def launch(self):
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("skhpo.execution.slot.Slot.launch", launch)
    with pytest.raises(ExecutionError, match="smaller `n_jobs`"):
        SlotExecutor(2).start(act)


# --------------------------------------------------------------------------- what workers are given


def test_environment_of_a_worker(monkeypatch, shared):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    executor = SlotExecutor(2)
    executor.start(describe_worker)
    try:
        [(_, report)] = complete(executor, [task(0)])
    finally:
        executor.close()
    seen = report.scores
    assert seen["omp"] == str(max(1, joblib.cpu_count() // 2))
    assert seen["backend"] == "ThreadingBackend"
    assert seen["nesting_level"] == 1
    assert seen["nested_pids"] == {seen["pid"]}
    assert seen["children"] == 0
    assert seen["sigint"]


def test_large_data_after_an_earlier_parallel_call(shared):
    X = np.ones((2_500, 2_500))
    joblib.Parallel(n_jobs=2)(joblib.delayed(np.sum)(X) for _ in range(2))
    executor = SlotExecutor(2, temp_folder=str(shared))
    executor.start(Data(X=X, again=X, small=np.ones((2, 3))))
    [folder] = shared.iterdir()
    files = list(folder.glob("*.npy"))
    assert [file.stat().st_size - X.nbytes < 1000 for file in files] == [True]
    assert sum(f.stat().st_size for f in folder.iterdir()) < X.nbytes + 10_000
    try:
        for _, report in complete(executor, [task(n) for n in range(4)]):
            assert report.scores["X"] == (np.memmap, False, 2_500.0)
            assert report.scores["again"] == (np.memmap, False, 2_500.0)
            assert report.scores["small"] == (np.ndarray, True, 3.0)
        assert list(folder.glob("*.npy")) == files
    finally:
        executor.close()


def test_close_hands_over_what_waits_in_the_pipes(shared):
    executor = SlotExecutor(2)
    executor.start(act)
    complete(executor, [task(0), task(1)])
    for number in (2, 3):
        executor.submit(task(number))
    assert all(slot.connection.poll(PATIENCE) for slot in executor._slots if slot.is_busy)
    n_busy = sum(slot.is_busy for slot in executor._slots)
    n_heard = len(executor._completed)  # by `submit`, while the other slot was still starting
    left = executor.close()
    assert len(left) == n_busy + n_heard >= 1
    assert {report.status for _, report in left} == {"completed"}


def test_no_slots():
    with pytest.raises(ValueError, match="n_slots must be at least 1, got 0"):
        SlotExecutor(0)
