from __future__ import annotations

import joblib
import pytest

from skhpo.exceptions import ExecutionError
from skhpo.execution import InlineExecutor, SlotExecutor, ThreadExecutor, _joblib, executor_for


@pytest.mark.parametrize(
    ("backend", "n_jobs", "expected", "n_slots"),
    [
        (None, None, InlineExecutor, 1),
        (None, 1, InlineExecutor, 1),
        (None, 3, SlotExecutor, 3),
        ("loky", 2, SlotExecutor, 2),
        ("loky", None, InlineExecutor, 1),
        ("multiprocessing", 2, SlotExecutor, 2),
        ("threading", 2, ThreadExecutor, 2),
        ("threading", 1, InlineExecutor, 1),
        ("sequential", 4, InlineExecutor, 1),
    ],
)
def test_follows_joblib(backend, n_jobs, expected, n_slots):
    if backend is None:
        executor = executor_for(n_jobs)
    else:
        with joblib.parallel_config(backend):
            executor = executor_for(n_jobs)
    assert type(executor) is expected
    assert executor.n_slots == n_slots


def test_n_jobs_of_the_context_and_all_cores():
    with joblib.parallel_config("threading", n_jobs=3):
        assert executor_for(None).n_slots == 3
        assert executor_for(-1).n_slots == joblib.cpu_count()
    with joblib.parallel_config(n_jobs=2):
        assert type(executor_for(None)) is SlotExecutor


def test_shared_memory_required():
    with joblib.parallel_config(require="sharedmem"):
        assert type(executor_for(2)) is ThreadExecutor


def test_zero_jobs():
    with pytest.raises(ValueError, match="n_jobs == 0"):
        executor_for(0)


class Cluster(joblib.parallel.LokyBackend):
    """A subclass of a backend that is known may run its tasks anywhere."""


def test_one_job_needs_no_backend():
    with joblib.parallel_config(Cluster()):
        assert isinstance(executor_for(1), InlineExecutor)


@pytest.mark.parametrize("n_jobs", [None, 2])
def test_unknown_backend(n_jobs):
    with (
        joblib.parallel_config(Cluster()),
        pytest.raises(ExecutionError, match=r"Cluster.*parallel_config\('loky'\)"),
    ):
        executor_for(n_jobs)


def kind_here():
    return type(executor_for(None)).__name__


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_inside_a_joblib_worker(backend):
    with joblib.parallel_config(backend):
        kinds = joblib.Parallel(n_jobs=2)(joblib.delayed(kind_here)() for _ in range(2))
    assert kinds == ["InlineExecutor"] * 2


def test_inner_max_num_threads():
    with joblib.parallel_config("loky", inner_max_num_threads=3):
        env = _joblib.worker_environment(2, _joblib.active_backend())
    assert env["OMP_NUM_THREADS"] == "3"


def test_environment_without_joblibs_help(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setenv("MKL_NUM_THREADS", "5")
    env = _joblib.worker_environment(10_000, backend=object())
    assert env["OMP_NUM_THREADS"] == "1"
    assert env["MKL_NUM_THREADS"] == "5"


def test_temp_folder(monkeypatch):
    monkeypatch.delenv("JOBLIB_TEMP_FOLDER", raising=False)
    assert _joblib.temp_folder() is None
    monkeypatch.setenv("JOBLIB_TEMP_FOLDER", "/variable")
    assert _joblib.temp_folder() == "/variable"
    with joblib.parallel_config(temp_folder="/context"):
        assert _joblib.temp_folder() == "/context"
