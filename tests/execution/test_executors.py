"""What holds for every executor."""

from __future__ import annotations

import os
import threading

import joblib
import pytest
import sklearn
from execution_tasks import act, complete, describe_worker, task, workers

from skhpo.execution import (
    Executor,
    InlineExecutor,
    SlotExecutor,
    ThreadExecutor,
    end_idle_workers,
)

EXECUTORS = {
    "inline": InlineExecutor,
    "threads-1": lambda: ThreadExecutor(1),
    "threads-4": lambda: ThreadExecutor(4),
    "slots-2": lambda: SlotExecutor(2),
}


@pytest.fixture(params=EXECUTORS)
def executor(request, tmp_path, monkeypatch):
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", str(tmp_path / "shared"))
    executor = EXECUTORS[request.param]()
    yield executor
    executor.close()
    end_idle_workers()
    assert not workers()
    assert not [t for t in threading.enumerate() if t.name.startswith("skhpo")]
    assert not os.path.exists(tmp_path / "shared") or not os.listdir(tmp_path / "shared")


def test_is_an_executor(executor):
    assert isinstance(executor, Executor)
    assert executor.n_slots in (1, 2, 4)


def test_one_completion_per_submission_and_failures_are_reports(executor):
    executor.start(act)
    assert executor.next_completed(timeout=0) is None
    assert executor.next_completed() is None
    deeds = ["nothing", "raise", "no-report", "long", "memory", "recursion", "nothing"] * 3
    tasks = [task(number, deed) for number, deed in enumerate(deeds)]
    completions = complete(executor, tasks)
    assert sorted(t.trial for t, _ in completions) == list(range(len(tasks)))
    for done, report in completions:
        assert report.started_at <= report.finished_at
        if done.params["deed"] == "nothing":
            assert report.status == "completed", report.error
            assert report.scores["trial"] == done.trial
        else:
            assert report.status == "failed"
            assert report.error.startswith("Traceback")
            assert len(report.error) < 30_000
    by_deed = {t.params["deed"]: report for t, report in completions}
    assert isinstance(by_deed["raise"].exception, ValueError)
    assert "a bad value" in by_deed["raise"].error
    assert isinstance(by_deed["memory"].exception, MemoryError)
    assert isinstance(by_deed["recursion"].exception, RecursionError)
    assert "must return a Report, not NoneType" in by_deed["no-report"].error
    assert "left out" in by_deed["long"].error
    assert by_deed["long"].error.endswith("end\n")
    assert executor.next_completed(timeout=0) is None


def test_close_with_tasks_in_flight_and_twice_and_start_again(executor):
    executor.start(act)
    for number in range(executor.n_slots):
        executor.submit(task(number))
    executor.close()
    executor.close()
    executor.start(act)
    [(done, report)] = complete(executor, [task(7)])
    assert (done.trial, report.status) == (7, "completed")


def test_close_before_start(executor):
    executor.close()


def test_scikit_learn_configuration_and_nested_parallelism(executor):
    with sklearn.config_context(assume_finite=True), joblib.parallel_config("threading"):
        executor.start(describe_worker)
        [(_, report)] = complete(executor, [task(0)])
    assert report.status == "completed", report.error
    seen = report.scores
    assert seen["assume_finite"] is True
    assert seen["backend"] == "ThreadingBackend"
    assert seen["n_jobs"] in (None, 1)
    assert seen["nested_pids"] == {seen["pid"]}
