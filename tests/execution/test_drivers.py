"""Whole programs: scripts without a main guard, Ctrl-C, and drivers that are killed."""

from __future__ import annotations

import os
import signal
import time

import psutil
import pytest
from execution_tasks import PATIENCE, gone, script, workers

pytestmark = pytest.mark.skipif(os.name != "posix", reason="sends signals")

HEAD = """
import os, sys, time
import numpy as np
from skhpo.execution import SlotExecutor
from skhpo.trial import Report, Task

class Custom(Exception):
    pass

class Evaluate:
    def __init__(self, X):
        self.X = X
    def __call__(self, task):
        deed = task.params["deed"]
        if deed == "raise":
            raise Custom("of the main script")
        if deed == "sleep":
            open(task.params["path"], "w").close()
            time.sleep(600)
        if deed == "spin":
            open(task.params["path"], "w").close()
            while True:
                pass
        print("printed by a worker")
        return Report(scores={"x": float(self.X[0])})

executor = SlotExecutor(2)
"""

MAIN = """
executor.start(Evaluate(np.ones(200_000)))
executor.submit(Task(0, 0, None, {"deed": "nothing"}))
executor.submit(Task(1, 0, None, {"deed": "raise"}))
reports = [report for _, report in sorted((executor.next_completed() for _ in range(2)), key=lambda c: c[0].trial)]
assert reports[0].scores == {"x": 1.0}, reports
assert type(reports[1].exception) is Custom, reports
"""

BUSY = """
executor.start(Evaluate(np.ones(200_000)))
try:
    for number, deed in enumerate(["sleep", "spin"]):
        executor.submit(Task(number, 0, None, {"deed": deed, "path": sys.argv[0] + deed}))
    executor.next_completed()
finally:
    executor.close()
"""


def wait_until(condition):
    until = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < until, "not in time"
        time.sleep(0.02)


@pytest.fixture
def shared(tmp_path):
    folder = tmp_path / "shared"
    folder.mkdir()
    return folder


def test_script_without_main_guard_and_without_close(tmp_path, shared):
    driver = script(HEAD + MAIN, tmp_path / "script.py", JOBLIB_TEMP_FOLDER=str(shared))
    out, err = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 0, err
    assert out == "printed by a worker\n"
    assert err == ""
    assert not os.listdir(shared)


def start_busy_driver(tmp_path, shared):
    path = tmp_path / "script.py"
    driver = script(HEAD + BUSY, path, JOBLIB_TEMP_FOLDER=str(shared))
    wait_until(lambda: all(os.path.exists(f"{path}{deed}") for deed in ("sleep", "spin")))
    found = workers(driver.pid)
    assert len(found) == 2
    assert os.listdir(shared)
    return driver, found


def test_ctrl_c(tmp_path, shared):
    driver, found = start_busy_driver(tmp_path, shared)
    driver.send_signal(signal.SIGINT)
    _, err = driver.communicate(timeout=PATIENCE)
    assert driver.returncode != 0
    assert "KeyboardInterrupt" in err
    assert err.count("Traceback") == 1  # the driver's own; the workers are silent
    assert gone(found)
    assert not os.listdir(shared)


def test_ctrl_c_while_the_workers_start(tmp_path, shared):
    text = (
        HEAD + "print('up', flush=True)\n" + BUSY.replace("try:", "print('on', flush=True)\ntry:")
    )
    driver = script(text, tmp_path / "script.py", JOBLIB_TEMP_FOLDER=str(shared))
    assert driver.stdout.readline() == "up\n"
    assert driver.stdout.readline() == "on\n"
    found = workers(driver.pid)
    for process in [*found, driver]:
        process.send_signal(signal.SIGINT)
    _, err = driver.communicate(timeout=PATIENCE)
    assert err.count("Traceback") == 1, err
    assert gone(found)
    assert not os.listdir(shared)


def test_killed_driver_leaves_nothing_behind(tmp_path, shared):
    driver, found = start_busy_driver(tmp_path, shared)
    everything = [*found, *psutil.Process(driver.pid).children(recursive=True)]
    driver.kill()
    driver.communicate(timeout=PATIENCE)
    assert gone(everything)
    wait_until(lambda: not os.listdir(shared))


FORK = """
executor.start(Evaluate(np.ones(200_000)))
pid = os.fork()
if pid == 0:
    executor.close()
    os._exit(0)
os.waitpid(pid, 0)
executor.submit(Task(0, 0, None, {"deed": "nothing"}))
assert executor.next_completed()[1].status == "completed"
executor.close()
"""


def test_forked_child_leaves_its_parents_workers_alone(tmp_path, shared):
    driver = script(HEAD + FORK, tmp_path / "script.py", JOBLIB_TEMP_FOLDER=str(shared))
    _, err = driver.communicate(timeout=PATIENCE)
    assert driver.returncode == 0, err
    assert not os.listdir(shared)
