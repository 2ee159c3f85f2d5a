from __future__ import annotations

import os
import signal
import threading

import pytest
from execution_tasks import act, complete, task

from skhpo.execution import ThreadExecutor
from skhpo.trial import Report


@pytest.fixture
def executor():
    executor = ThreadExecutor(2)
    yield executor
    executor.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("skhpo")]


def test_shares_memory(executor):
    shared = object()
    executor.start(lambda task: Report(scores={"same": shared}))
    [(_, report)] = complete(executor, [task(0)])
    assert report.scores["same"] is shared


def test_runs_as_many_at_once_as_there_are_slots(executor):
    barrier = threading.Barrier(2, timeout=30)
    executor.start(lambda task: Report(scores={"n": barrier.wait()}))
    completions = complete(executor, [task(0), task(1)])
    assert {report.status for _, report in completions} == {"completed"}


@pytest.mark.parametrize("deed", ["exit", "interrupt"])
def test_a_thread_survives_everything(executor, deed):
    executor.start(act)
    completions = complete(executor, [task(n, deed) for n in range(5)])
    assert {report.status for _, report in completions} == {"failed"}


def test_timeout(executor, tmp_path):
    executor.start(act)
    executor.submit(task(0, "wait", path=str(tmp_path / "go")))
    assert executor.next_completed(timeout=0) is None
    assert executor.next_completed(timeout=0.01) is None
    (tmp_path / "go").touch()
    assert executor.next_completed()[1].status == "completed"


def test_close_gives_up_what_waits_and_waits_for_what_runs(executor, tmp_path):
    started, ended = [], []

    def evaluate(task):
        started.append(task)
        act(task)
        ended.append(task)
        return Report()

    executor.start(evaluate)
    for number in range(4):
        executor.submit(task(number, "wait", path=str(tmp_path / "go")))
    while len(started) < 2:
        assert executor.next_completed(timeout=0.01) is None
    timer = threading.Timer(0.05, (tmp_path / "go").touch)
    timer.start()
    executor.close()
    timer.join()
    assert len(started) == len(ended) == 2


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_gets_through(executor, tmp_path):
    executor.start(act)
    executor.submit(task(0, "wait", path=str(tmp_path / "go")))
    timer = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        executor.next_completed()
    timer.join()
    (tmp_path / "go").touch()


def test_close_hands_over_what_runs(executor):
    """It is waited for anyway, so that it should not be lost."""
    running = threading.Semaphore(0)

    def evaluate(task):
        running.release()
        return Report(scores={"score": task.trial})

    executor.start(evaluate)
    for number in range(2):
        executor.submit(task(number))
    assert all(running.acquire(timeout=30) for _ in range(2))
    assert sorted(task.trial for task, _ in executor.close()) == [0, 1]


def test_no_slots():
    with pytest.raises(ValueError, match="n_slots must be at least 1, got 0"):
        ThreadExecutor(0)
