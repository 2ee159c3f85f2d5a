"""GPUs are dealt to slots; which there are, a program says that here only claims to be nvidia-smi."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from types import SimpleNamespace

import joblib
import pytest
from execution_tasks import PATIENCE, complete, slot_pids, task

from skhpo.execution import SlotExecutor, ThreadExecutor, devices, end_idle_workers, executor_for
from skhpo.trial import Report

VARIABLE = "CUDA_VISIBLE_DEVICES"

TWO = """
GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-aaaa-1)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-bbbb-2)
"""

DIVIDED = """
GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-aaaa-1)
  MIG 3g.20gb     Device  0: (UUID: MIG-1111)
  MIG 3g.20gb     Device  1: (UUID: MIG-2222)
GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-bbbb-2)
"""

needs_scripts = pytest.mark.skipif(os.name != "posix", reason="writes a shell script")


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    """Put a program of that name on the path, alone; it prints and does what it is told."""

    def install(listing="", then="exit 0"):
        folder = tmp_path / "bin"
        folder.mkdir()
        program = folder / "nvidia-smi"
        calls = tmp_path / "calls"
        program.write_text(
            f'#!/bin/sh\necho "$@" >> {calls}\ncat <<END\n{listing.strip()}\nEND\n{then}\n'
        )
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
        return calls

    return install


def see(task):
    """Report which GPU a task is shown, when as many have begun as it is told."""
    if task.params["deed"] == "_exit":
        os._exit(7)
    folder, n_tasks = (task.params.get(name) for name in ("folder", "n_tasks"))
    if folder is not None:
        open(os.path.join(folder, str(task.trial)), "w").close()
        until = time.monotonic() + PATIENCE
        while len(os.listdir(folder)) < n_tasks:
            assert time.monotonic() < until
            time.sleep(0.005)
    shown = {"variable": os.environ.get(VARIABLE), "gpu": devices.current()}
    return Report(scores={"pid": os.getpid(), **shown})


def seen(executor, folder):
    """Return what each slot sees."""
    folder.mkdir()
    n_tasks = executor.n_slots
    tasks = [task(n, folder=str(folder), n_tasks=n_tasks) for n in range(n_tasks)]
    reports = [report for _, report in complete(executor, tasks)]
    assert {report.status for report in reports} == {"completed"}
    return [report.scores for report in reports]


def by_slot(executor, folder):
    shown = {scores["pid"]: scores["variable"] for scores in seen(executor, folder)}
    return [shown[slot._process.pid] for slot in executor._slots]


# --------------------------------------------------------------------------- which there are


@needs_scripts
@pytest.mark.parametrize(
    ("listing", "names"),
    [
        (TWO, ("0", "1")),
        (DIVIDED, ("MIG-1111", "MIG-2222", "GPU-bbbb-2")),
        ("No devices found.", ()),
        ("", ()),
    ],
    ids=["two", "divided", "none", "silent"],
)
def test_listing(nvidia_smi, listing, names):
    calls = nvidia_smi(listing)
    assert devices.visible() == names
    assert devices.visible() == names
    assert calls.read_text() == "-L\n"  # asked once


@needs_scripts
@pytest.mark.parametrize("then", ["exit 9", "kill -9 $$", "printf '\\377\\376'"])
def test_driver_out_of_order(nvidia_smi, then):
    """It may have printed something before it failed; strange bytes are no failure."""
    nvidia_smi(TWO, then)
    assert devices.visible() == (("0", "1") if "printf" in then else ())


@needs_scripts
def test_driver_that_hangs(nvidia_smi, monkeypatch):
    monkeypatch.setattr(devices, "_LONGEST_LISTING", 0.2)
    nvidia_smi(TWO, "exec sleep 60")
    assert devices.visible() == ()


def test_no_driver(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert devices.visible() == ()


@needs_scripts
@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("", ()),
        ("-1", ()),
        ("3", ("3",)),
        ("2, 0", ("2", "0")),
        ("0,-1,1", ("0",)),  # as CUDA reads it
        ("GPU-5f2c,MIG-77", ("GPU-5f2c", "MIG-77")),
        ("MIG-GPU-5f2c/1/0", ("MIG-GPU-5f2c/1/0",)),
        ("none", ()),
    ],
)
def test_the_variable_comes_first(nvidia_smi, monkeypatch, value, names):
    calls = nvidia_smi(TWO)
    monkeypatch.setenv(VARIABLE, value)
    assert devices.visible() == names
    assert devices.visible({VARIABLE: "7"}) == ("7",)
    assert not calls.exists()


# --------------------------------------------------------------------------- processes


@needs_scripts
def test_slots_share_the_gpus_whoever_dies_and_comes_next(nvidia_smi, tmp_path):
    nvidia_smi(TWO)
    executor = SlotExecutor(4, env={})
    executor.start(see)
    try:
        assert by_slot(executor, tmp_path / "first") == ["0", "1", "0", "1"]
        before = slot_pids(executor)
        died = [report for _, report in complete(executor, [task(n, "_exit") for n in range(2)])]
        assert {report.status for report in died} == {"worker-died"}
        assert by_slot(executor, tmp_path / "second") == ["0", "1", "0", "1"]
        assert len(before & slot_pids(executor)) == 2
        before = slot_pids(executor)
    finally:
        executor.close()
    executor = SlotExecutor(2, env={})
    executor.start(see)  # takes one that waits on each GPU, not two that happen to come first
    try:
        assert by_slot(executor, tmp_path / "third") == ["0", "1"]
        assert slot_pids(executor) < before
    finally:
        executor.close()
        end_idle_workers()


@needs_scripts
@pytest.mark.parametrize("case", ["one", "none", "hidden", "env"])
def test_left_alone(nvidia_smi, monkeypatch, case):
    """With one GPU or none, and where the variable is among those that were given."""
    nvidia_smi({"one": TWO.strip().splitlines()[0], "none": ""}.get(case, TWO))
    env = {VARIABLE: "5,6"} if case == "env" else {}
    if case == "hidden":
        monkeypatch.setenv(VARIABLE, "")
    assert devices.deal(3, env) == [env] * 3
    executor = SlotExecutor(1, env=env)
    executor.start(see)
    try:
        [(_, report)] = complete(executor, [task(0)])
    finally:
        executor.close()
        end_idle_workers()
    assert report.scores["variable"] == {"hidden": "", "env": "5,6"}.get(case)


def test_named_gpus_are_dealt(monkeypatch):
    monkeypatch.setenv(VARIABLE, "GPU-a,GPU-b,GPU-c")
    dealt = devices.deal(5, {"A": "b"})
    assert [env[VARIABLE] for env in dealt] == ["GPU-a", "GPU-b", "GPU-c", "GPU-a", "GPU-b"]
    assert {env["A"] for env in dealt} == {"b"}


@needs_scripts
def test_a_search_in_this_thread_asks_nobody(nvidia_smi):
    calls = nvidia_smi(TWO)
    executor = executor_for(1)
    executor.start(see)
    executor.submit(task(0))
    _, report = executor.next_completed()
    executor.close()
    assert (report.scores["variable"], report.scores["gpu"]) == (None, None)
    assert not calls.exists()


# --------------------------------------------------------------------------- threads


def stand_in_for_torch(n_gpus, fail=False):
    """What is used of torch, on a machine with GPUs; each thread has one that is current."""
    chosen = {}

    def set_device(number):
        if fail:
            raise RuntimeError("CUDA error: out of memory")
        chosen[threading.current_thread().name] = number

    cuda = SimpleNamespace(
        device_count=lambda: n_gpus, set_device=set_device, is_initialized=lambda: False
    )
    return SimpleNamespace(cuda=cuda, chosen=chosen)


def run_in_threads(tmp_path):
    with joblib.parallel_config("threading"):
        executor = executor_for(4)
    assert type(executor) is ThreadExecutor
    executor.start(see)
    try:
        return seen(executor, tmp_path / "threads")
    finally:
        executor.close()


@pytest.mark.parametrize("torch", [None, stand_in_for_torch(2), stand_in_for_torch(2, fail=True)])
def test_threads_share_the_gpus(monkeypatch, tmp_path, torch):
    """As this process counts them, whatever they are called; torch may have no use for them."""
    monkeypatch.setenv(VARIABLE, "5,7")
    monkeypatch.setitem(sys.modules, "torch", torch)
    found = run_in_threads(tmp_path)
    assert Counter(scores["gpu"] for scores in found) == {0: 2, 1: 2}
    assert {scores["variable"] for scores in found} == {"5,7"}
    assert devices.current() is None
    if torch is not None:
        chosen = {} if not torch.chosen else {f"skhpo-slot-{n}": n % 2 for n in range(4)}
        assert torch.chosen == chosen


def test_torch_that_sees_fewer(monkeypatch, tmp_path):
    """Of a GPU that is divided, one process gets only one part."""
    torch = stand_in_for_torch(1)
    monkeypatch.setenv(VARIABLE, "MIG-1,MIG-2")
    monkeypatch.setitem(sys.modules, "torch", torch)
    run_in_threads(tmp_path)
    assert torch.chosen == {"skhpo-slot-0": 0, "skhpo-slot-2": 0}


@pytest.mark.parametrize("value", ["", "3"])
def test_threads_are_free_where_there_is_nothing_to_deal(monkeypatch, tmp_path, value):
    monkeypatch.setenv(VARIABLE, value)
    assert {scores["gpu"] for scores in run_in_threads(tmp_path)} == {None}


def test_assigned_is_over_when_it_is_over():
    with devices.assigned(3):
        assert devices.current() == 3
        with devices.assigned(None):
            assert devices.current() is None
        assert devices.current() == 3
    assert devices.current() is None
