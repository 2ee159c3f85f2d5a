"""How long a task may take, and how much memory."""

from __future__ import annotations

import os
import threading

import joblib
import pytest
from execution_tasks import PATIENCE, act, complete, gone, task, workers

from skhpo.exceptions import ExecutionError, SkhpoWarning
from skhpo.execution import (
    InlineExecutor,
    SlotExecutor,
    ThreadExecutor,
    end_idle_workers,
    executor_for,
    memory,
)
from skhpo.trial import Report

linux = pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="only on Linux")

#: Seconds; less than a worker process needs to start.
SHORT = 0.3

MANY = 400_000_000  # bytes


@pytest.fixture(scope="module")
def slots():
    """One executor for all, which has to survive each of them."""
    executor = SlotExecutor(2, trial_timeout=SHORT, memory_limit=MANY)
    executor.start(act)
    yield executor
    processes = workers()
    executor.close()
    end_idle_workers()
    assert gone(processes)


def run_one(executor, deed, **params):
    [(_, report)] = complete(executor, [task(5, deed, **params)])
    return report


# --------------------------------------------------------------------------- time, of processes


def test_a_task_that_takes_too_long_is_ended(slots, tmp_path):
    pid = run_one(slots, "nothing").scores["pid"]
    before = {process.pid: process for process in workers()}
    assert pid in before
    slots.submit(task(1, "wait", path=str(tmp_path / "never")))
    slots.submit(task(2, "wait", path=str(tmp_path / "never")))
    for _ in range(2):
        done, report = slots.next_completed(PATIENCE)
        assert report.status == "timeout"
        assert (
            f"trial {done.trial} on fold 0 has taken longer than trial_timeout=0.3 seconds"
            in report.error
        )
        assert report.finished_at - report.started_at >= SHORT
    assert gone(before.values())
    assert slots.next_completed() is None


def test_the_start_of_a_process_does_not_count(slots, tmp_path):
    """Both are dead now, so that each of these has to wait for one to start."""
    complete(slots, [task(number, "kill") for number in range(2)])
    completions = complete(slots, [task(number) for number in range(6)])
    assert {report.status for _, report in completions} == {"completed"}


def test_only_what_is_overdue_is_ended(slots, tmp_path):
    slots.submit(task(1, "wait", path=str(tmp_path / "never")))
    complete_others = {}
    while 1 not in complete_others:
        slots.submit(task(len(complete_others) + 2))
        done, report = slots.next_completed(PATIENCE)
        complete_others[done.trial] = report.status
    if slots.next_completed() is not None:
        complete_others[-1] = "completed"
    assert complete_others.pop(1) == "timeout"
    assert set(complete_others.values()) <= {"completed"}


def test_a_report_that_came_in_time_counts_however_late_it_is_heard(slots, tmp_path):
    path = tmp_path / "go"
    path.touch()
    complete(slots, [task(0), task(1)])
    slots.submit(task(2, "wait", path=str(path)))
    [busy] = [slot for slot in slots._slots if slot.is_busy]
    assert busy.connection.poll(PATIENCE)
    busy.due_at = 0.0  # nobody has listened for long
    assert slots.next_completed(PATIENCE)[1].status == "completed"


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
@pytest.mark.parametrize("executor", [SlotExecutor, ThreadExecutor])
def test_senseless_times(executor, seconds):
    with pytest.raises(ValueError, match="trial_timeout must be a number of seconds or None"):
        executor(2, trial_timeout=seconds)


# --------------------------------------------------------------------------- memory


@linux
@pytest.mark.parametrize("deed", ["allocate", "hoard"])
def test_a_task_that_takes_too_much_memory_fails(deed):
    executor = SlotExecutor(1, memory_limit=MANY // 4, patience=0)
    executor.start(act)
    try:
        pid = run_one(executor, "nothing").scores["pid"]
        report = run_one(executor, deed, n_bytes=MANY)
        assert report.status == "failed"
        assert "MemoryError" in report.error
        assert report.error.endswith(
            "more memory than memory_limit leaves to it: 0.1 GB, beside what its worker process "
            "takes by itself, and the data."
        )
        after = run_one(executor, "allocate", n_bytes=MANY // 10)
        assert after.status == "completed"
        assert after.scores["pid"] != pid, "nobody knows what state the old one is in"
    finally:
        executor.close()


@linux
def test_the_limit_is_that_of_its_search():
    """A process that waits for the next search takes nothing of the last one along."""
    pids = []
    for limit, status in ((MANY // 4, "failed"), (None, "completed"), (MANY * 2, "completed")):
        executor = SlotExecutor(1, env={}, memory_limit=limit)
        executor.start(act)
        report = run_one(executor, "allocate", n_bytes=MANY)
        assert report.status == status
        pids.append(run_one(executor, "nothing").scores["pid"])
        executor.close()
    assert len(set(pids)) == 1
    end_idle_workers()


def test_an_ordinary_failure_is_not_explained_by_memory(slots):
    report = run_one(slots, "raise")
    assert "memory_limit" not in report.error


def test_systems_that_cannot_limit_memory(monkeypatch):
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    assert SlotExecutor(2).n_slots == 2
    with pytest.raises(ExecutionError, match=r"cannot be kept on this system \(darwin\)"):
        SlotExecutor(2, memory_limit=MANY)


# --------------------------------------------------------------------------- time, of threads


def test_a_thread_that_takes_too_long_is_left_to_itself():
    go, ended = threading.Event(), threading.Event()

    def evaluate(task):
        if task.params["deed"] == "hang":
            go.wait(PATIENCE)
            ended.set()
        return Report(scores={"score": task.trial})

    executor = ThreadExecutor(2, trial_timeout=SHORT)
    executor.start(evaluate)
    executor.submit(task(0, "hang"))
    executor.submit(task(1))
    assert executor.next_completed()[0].trial == 1
    with pytest.warns(SkhpoWarning, match="goes on in the background") as caught:
        done, report = executor.next_completed()
    assert (done.trial, report.status) == (0, "timeout")
    assert "its thread cannot be ended" in report.error
    assert len(caught) == 1
    late = [thread for thread in threading.enumerate() if thread.name == "skhpo-slot-0"]
    assert len(late) == 2  # it, and the one that has its place
    # told once; and there are two places as before
    executor.submit(task(2, "hang"))
    done, report = executor.next_completed()
    assert (done.trial, report.status) == (2, "timeout")
    completions = complete(executor, [task(number) for number in range(3, 9)])
    assert {report.status for _, report in completions} == {"completed"}
    assert executor.close() == []  # does not wait for those
    assert not ended.is_set()
    go.set()
    for thread in threading.enumerate():
        if thread.name.startswith("skhpo"):
            thread.join(PATIENCE)
    assert ended.is_set()
    assert not [t for t in threading.enumerate() if t.name.startswith("skhpo")]


def test_a_late_result_is_ignored():
    go, done = threading.Event(), threading.Semaphore(0)

    def evaluate(task):
        if task.params["deed"] == "hang":
            go.wait(PATIENCE)
            done.release()
        return Report(scores={"score": task.trial})

    executor = ThreadExecutor(1, trial_timeout=SHORT)
    executor.start(evaluate)
    executor.submit(task(0, "hang"))
    with pytest.warns(SkhpoWarning):
        assert executor.next_completed()[1].status == "timeout"
    go.set()
    done.acquire()
    for thread in [t for t in threading.enumerate() if t.name == "skhpo-slot-0"]:
        thread.join(0.1)  # the one that was late ends, its successor waits for work
    [(last, report)] = complete(executor, [task(1)])
    assert (last.trial, report.scores) == (1, {"score": 1})
    assert executor.next_completed() is None
    assert executor.close() == []


# --------------------------------------------------------------------------- which executor


@pytest.mark.parametrize(
    ("backend", "n_jobs", "limits", "expected"),
    [
        ("loky", 1, {}, InlineExecutor),
        ("loky", 1, {"trial_timeout": 5}, SlotExecutor),
        ("loky", None, {"trial_timeout": 5}, SlotExecutor),
        ("loky", 3, {"trial_timeout": 5, "memory_limit": MANY}, SlotExecutor),
        ("multiprocessing", 1, {"trial_timeout": 5}, SlotExecutor),
        ("sequential", 4, {"trial_timeout": 5}, SlotExecutor),
        ("threading", 1, {"trial_timeout": 5}, ThreadExecutor),
        ("threading", 2, {"trial_timeout": 5}, ThreadExecutor),
        ("loky", 1, {"memory_limit": MANY}, SlotExecutor),
    ],
)
def test_who_keeps_a_limit(backend, n_jobs, limits, expected):
    with joblib.parallel_config(backend):
        executor = executor_for(n_jobs, **limits)
    assert type(executor) is expected
    assert executor.n_slots == (1 if backend == "sequential" else n_jobs or 1)


def kind_here():
    return type(executor_for(None, trial_timeout=5, memory_limit=MANY)).__name__


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_inside_a_joblib_worker_nobody_has_asked_for_threads(backend):
    with joblib.parallel_config(backend):
        kinds = joblib.Parallel(n_jobs=2)(joblib.delayed(kind_here)() for _ in range(2))
    assert kinds == ["SlotExecutor"] * 2


def test_threads_cannot_limit_memory():
    with (
        joblib.parallel_config("threading"),
        pytest.raises(
            ExecutionError, match=r"threads share their memory.*parallel_config\('loky'\)"
        ),
    ):
        executor_for(2, memory_limit=MANY)
