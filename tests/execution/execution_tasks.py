"""What the tests of execution run in workers, and how they look at processes."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

import joblib
import numpy as np
import psutil
import sklearn

from skhpo.trial import Report, Task

PATIENCE = 60  # seconds until a test gives up waiting


class StubbornError(Exception):
    """Can be pickled, but not unpickled."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


class Rude:
    """Cannot be pickled."""

    def __reduce__(self):
        raise TypeError("no pickling, thank you")


class Fragile:
    """Can be pickled, but unpickled only in the process that made it."""

    def __reduce__(self):
        return _only_in, (os.getpid(),)


def _only_in(pid):
    if os.getpid() != pid:
        raise ImportError("not in this process")
    return Fragile()


def _recurse(n, text):
    return _recurse_back(n + 1, text) if n < 10**9 else n


def _recurse_back(n, text):
    return _recurse(n + 1, text) + 0


def _raise(exception):
    raise exception


def _fork_and_die(task):
    if os.fork() == 0:
        with open(task.params["path"], "w") as file:
            file.write(str(os.getpid()))
        time.sleep(PATIENCE)
    while not os.path.exists(task.params["path"]):
        time.sleep(0.005)
    os.kill(os.getpid(), signal.SIGKILL)


def _wait_for_file(task):
    until = time.monotonic() + PATIENCE
    while not os.path.exists(task.params["path"]):
        assert time.monotonic() < until
        time.sleep(0.005)


def _hoard(kept):
    while True:
        kept.append(bytes(1000))


DEEDS = {
    "nothing": lambda task: None,
    "raise": lambda task: _raise(ValueError("a bad value")),
    "stubborn": lambda task: _raise(StubbornError("one", "two")),
    "exit": lambda task: sys.exit(3),
    "memory": lambda task: _raise(MemoryError("no more")),
    "recursion": lambda task: _recurse(0, ""),
    "interrupt": lambda task: _raise(KeyboardInterrupt),
    "long": lambda task: _raise(ValueError("x" * 100_000 + "end")),
    "heavy": lambda task: _raise(ValueError(np.zeros(1_000_000))),
    "kill": lambda task: os.kill(os.getpid(), signal.SIGKILL),
    "segfault": lambda task: ctypes.string_at(0),
    "_exit": lambda task: os._exit(7),
    "fork": _fork_and_die,
    "wait": _wait_for_file,
    "allocate": lambda task: np.ones(task.params["n_bytes"] // 8),
    "hoard": lambda task: _hoard([]),
    "print": lambda task: print("hello from a worker"),
}


def act(task):
    """Do what ``params["deed"]`` says, then report from where."""
    deed = task.params.get("deed", "nothing")
    if deed == "rude":
        return Report(scores={"score": Rude()})
    if deed == "fragile":
        return Report(scores={"score": Fragile()})
    if deed == "no-report":
        return None
    DEEDS[deed](task)
    return Report(scores={"trial": task.trial, "pid": os.getpid()})


def describe_worker(task):
    """Report what a task sees of the world."""
    backend, n_jobs = joblib.parallel.get_active_backend()
    threads = joblib.Parallel(n_jobs=2)(joblib.delayed(where)() for _ in range(4))
    return Report(
        scores={
            "pid": os.getpid(),
            "backend": type(backend).__name__,
            "nesting_level": backend.nesting_level,
            "n_jobs": n_jobs,
            "nested_pids": {pid for pid, _ in threads},
            "children": len(psutil.Process().children(recursive=True)),
            "omp": os.environ.get("OMP_NUM_THREADS"),
            "assume_finite": sklearn.get_config()["assume_finite"],
            "daemon": threading.current_thread().daemon,
            "sigint": signal.getsignal(signal.SIGINT) == signal.SIG_IGN,
        }
    )


def where():
    return os.getpid(), threading.get_ident()


class Data:
    """An ``evaluate`` that holds arrays, and reports what became of them."""

    def __init__(self, **arrays):
        self.arrays = arrays

    def __call__(self, task):
        return Report(
            scores={
                name: (type(array), array.flags.writeable, float(array[-1].sum()))
                for name, array in self.arrays.items()
            }
        )


class Unloadable:
    """An ``evaluate`` no worker can load."""

    def __reduce__(self):
        return _only_in, (os.getpid(),)

    def __call__(self, task):
        return Report()


class DeadlyToLoad(Unloadable):
    """An ``evaluate`` that kills each worker that loads it."""

    def __reduce__(self):
        return os._exit, (9,)


def task(number, deed="nothing", **params):
    return Task(number, 0, None, {"deed": deed, **params})


def complete(executor, tasks):
    """Run ``tasks``, never more at once than there are slots; return completions in order."""
    todo, completions = list(tasks), []
    n_in_flight = 0
    while todo or n_in_flight:
        while todo and n_in_flight < executor.n_slots:
            executor.submit(todo.pop(0))
            n_in_flight += 1
        completion = executor.next_completed(timeout=PATIENCE)
        assert completion is not None, "no completion in time"
        completions.append(completion)
        n_in_flight -= 1
    return completions


def workers(of=None):
    """Return the worker processes below the process ``of``."""
    found = []
    for process in psutil.Process(of).children(recursive=True):
        try:
            if any("skhpo-slot" in argument for argument in process.cmdline()):
                found.append(process)
        except psutil.Error:
            pass
    return found


def slot_pids(executor):
    """Return the processes of an executor's slots, also those too young to have a command line."""
    return {slot._process.pid for slot in executor._slots}


def gone(processes):
    """Wait until ``processes`` have ended; return whether they have."""
    # One that was reparented may stay a zombie where process 1 does not collect.
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in _safe(processes)):
            return True
        time.sleep(0.02)
    return False


def _safe(processes):
    for process in processes:
        try:
            process.status()
        except psutil.NoSuchProcess:
            continue
        yield process


def script(text, path, **env):
    """Write ``text`` to a script and start it."""
    path.write_text(text)
    return subprocess.Popen(
        [sys.executable, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **env},
    )
