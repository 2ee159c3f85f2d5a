"""Workers that wait for the next search: who gets them, and what they remember."""

from __future__ import annotations

import os
import signal
import sys
import warnings

import joblib
import numpy as np
import psutil
import pytest
import sklearn
from execution_tasks import (
    Data,
    act,
    complete,
    describe_worker,
    gone,
    script,
    slot_pids,
    task,
    workers,
)

from skhpo.execution import SlotExecutor, end_idle_workers, executor_for
from skhpo.trial import Report


@pytest.fixture(autouse=True)
def no_idle_workers():
    end_idle_workers()
    assert not workers()
    yield
    end_idle_workers()
    assert not workers()


def run(evaluate=act, deeds=("nothing",), executor=None):
    """Run tasks until each process has had one; return the reports."""
    executor = SlotExecutor(2) if executor is None else executor
    executor.start(evaluate)
    try:
        reports, pids = [], set()
        while len(pids) < executor.n_slots:
            found = [report for _, report in complete(executor, [task(n) for n in range(2)])]
            pids.update(report.scores.get("pid", len(pids)) for report in found)
            reports += found
        reports += [report for _, report in complete(executor, [task(9, d) for d in deeds])]
        return reports
    finally:
        executor.close()


def pids():
    return {process.pid for process in workers()}


def test_next_search_takes_the_processes_of_the_last_one():
    run()
    before = pids()
    assert len(before) == 2
    run()
    assert pids() == before
    seen = {report.scores["pid"] for report in run(deeds=[])}
    assert seen == before


def test_none_waits_if_none_is_to():
    run(executor=SlotExecutor(2, patience=0))
    assert not workers()


def test_process_ends_by_itself_when_it_has_waited_long_enough():
    run(executor=SlotExecutor(2, patience=0.01))
    assert gone(workers())
    run()  # and the next search is not disturbed
    assert len(pids()) == 2


@pytest.mark.skipif(
    not hasattr(joblib.parallel.LokyBackend(), "backend_kwargs"), reason="joblib has no such option"
)
def test_time_to_wait_is_joblibs_to_say():
    with joblib.parallel_config("loky", idle_worker_timeout=0):
        run(executor=executor_for(2))
    assert not workers()
    with joblib.parallel_config("loky"):
        run(executor=executor_for(2))
    assert len(pids()) == 2


@pytest.mark.parametrize("change", ["environment", "folder", "path", "threads"])
def test_process_that_would_be_started_otherwise_is_not_taken(change, tmp_path, monkeypatch):
    run()
    before = pids()
    executor = SlotExecutor(2)
    if change == "environment":
        monkeypatch.setenv("SKHPO_TEST", "something")
    elif change == "folder":
        monkeypatch.chdir(tmp_path)
    elif change == "path":
        monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    else:
        executor = SlotExecutor(2, env={"OMP_NUM_THREADS": "7"})
    run(executor=executor)
    after = pids()
    assert len(after) == 2
    assert not after & before


def test_fewer_are_taken_and_more_are_started_as_needed():
    run(executor=SlotExecutor(2, env={}))
    before = pids()
    run(executor=SlotExecutor(1, env={}))
    assert pids() == before  # the other one went on waiting
    executor = SlotExecutor(3, env={})
    executor.start(act)
    found = slot_pids(executor)
    executor.close()
    assert found > before
    assert len(found) == 3


def test_busy_process_is_killed_and_never_parked(tmp_path):
    run()
    before = pids()
    executor = SlotExecutor(2)
    executor.start(act)
    complete(executor, [task(0), task(1)])
    executor.submit(task(0, "wait", path=str(tmp_path / "never")))
    executor.close()
    assert len(before) - 1 >= len(pids()) >= 0
    assert pids() < before


def test_dead_one_is_not_taken():
    run()
    for process in workers():
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert {report.status for report in run()} == {"completed"}


def filters(task):
    """Report the warning filters of a worker."""
    return Report(
        scores={
            "pid": os.getpid(),
            "ignored": any(f[0] == "ignore" and f[2] is UserWarning for f in warnings.filters),
            "assume_finite": sklearn.get_config()["assume_finite"],
        }
    )


def test_each_search_has_its_own_settings():
    with sklearn.config_context(assume_finite=True), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        first = run(filters, deeds=[])
    with warnings.catch_warnings():
        warnings.resetwarnings()
        second = run(filters, deeds=[])
    assert {report.scores["pid"] for report in second} == {r.scores["pid"] for r in first}
    assert all(r.scores["ignored"] and r.scores["assume_finite"] for r in first)
    assert not any(r.scores["ignored"] or r.scores["assume_finite"] for r in second)


def test_nested_parallelism_is_the_new_searchs():
    run()
    before = pids()
    for backend in ("ThreadingBackend", "SequentialBackend"):
        nested = getattr(joblib.parallel, backend)(nesting_level=1), None
        reports = run(describe_worker, deeds=[], executor=SlotExecutor(2, nested_backend=nested))
        assert {report.scores["backend"] for report in reports} == {backend}
        assert {report.scores["pid"] for report in reports} == before


class Cyclic(Data):
    """Data that are part of a cycle, and so outlive the last reference to them."""

    def __init__(self, **arrays):
        super().__init__(**arrays)
        self.myself = self


@pytest.mark.skipif(sys.platform != "linux", reason="looks at /proc")
def test_nothing_of_the_last_search_is_held(tmp_path):
    executor = SlotExecutor(1, temp_folder=str(tmp_path / "shared"))
    executor.start(Cyclic(X=np.ones((1_000, 1_000))))
    complete(executor, [task(0)])
    [process] = workers()
    assert any("shared" in region.path for region in process.memory_maps())
    executor.close()
    assert not os.listdir(tmp_path / "shared")
    run(executor=SlotExecutor(1))  # once it has answered, it must have forgotten
    assert psutil.Process(process.pid) == process
    assert not any("shared" in region.path for region in process.memory_maps())
    assert not any("shared" in file.path for file in process.open_files())


def test_crash_is_told_as_in_a_fresh_process():
    run()
    before = pids()
    report = run(deeds=["segfault"])[-1]
    assert report.status == "worker-died"
    assert "string_at" in report.error
    assert len(before & pids()) == 1


SEARCHES = """
import os, sys, time
from skhpo.execution import SlotExecutor
from skhpo.trial import Report, Task
executor = SlotExecutor(2)
for _ in range(2):
    executor.start(lambda task: Report(scores={"pid": os.getpid()}))
    pids = set()
    while len(pids) < 2:
        for number in range(2):
            executor.submit(Task(number, 0, None, {}))
        pids |= {executor.next_completed()[1].scores["pid"] for _ in range(2)}
    executor.close()
"""


@pytest.mark.skipif(os.name != "posix", reason="sends signals")
def test_killed_driver_takes_its_idle_workers_along(tmp_path):
    text = SEARCHES + "print(*pids, flush=True)\ntime.sleep(600)\n"
    driver = script(text, tmp_path / "script.py")
    idle = [psutil.Process(int(pid)) for pid in driver.stdout.readline().split()]
    assert len(idle) == 2
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    assert gone(idle)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_forked_child_does_not_touch_its_parents_idle_workers(tmp_path):
    text = SEARCHES + (
        "from skhpo.execution import idle\n"
        "parents = set(pids)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    assert idle._idle == []\n"
        "    idle.end_idle_workers()\n"
        "    os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
        "executor.start(lambda task: Report(scores={'pid': os.getpid()}))\n"
        "executor.submit(Task(0, 0, None, {}))\n"
        "assert executor.next_completed()[1].scores['pid'] in parents\n"
    )
    driver = script(text, tmp_path / "script.py")
    _, err = driver.communicate()
    assert (driver.returncode, err) == (0, "")
