"""What is needed of joblib's semi-private names, in one place (joblib 1.3 to 1.6).

Everything is imported where it is used: joblib leaves loky out on platforms without processes.
"""

from __future__ import annotations

import contextlib
import os
from typing import Any, TypeAlias

import joblib
import joblib.parallel

__all__ = [
    "NestedBackend",
    "active_backend",
    "default_nested_backend",
    "forget_folder",
    "idle_worker_timeout",
    "nested_parallelism",
    "process_context",
    "start_trackers",
    "temp_folder",
    "track_folder",
    "was_reaped",
    "worker_environment",
]

#: What a joblib backend gives as ``get_nested_backend()``: a backend and its ``n_jobs``.
NestedBackend: TypeAlias = tuple[Any, int | None]

_THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)


# --------------------------------------------------------------------------- what was chosen


def active_backend() -> Any:
    """Return the backend instance that ``joblib.parallel_config`` has made active here."""
    return joblib.parallel.get_active_backend()[0]


def temp_folder() -> str | None:
    """Return the folder joblib was told to keep temporary files in, or None.

    ``parallel_config(temp_folder=...)`` comes before the variable ``JOBLIB_TEMP_FOLDER``.
    """
    try:
        folder = joblib.parallel._get_active_backend()[1]["temp_folder"]
    except (AttributeError, KeyError, IndexError, TypeError):
        folder = None
    if isinstance(folder, (str, os.PathLike)):  # not set: joblib has a sentinel there
        return os.fspath(folder)
    return os.environ.get("JOBLIB_TEMP_FOLDER")


def idle_worker_timeout(backend: Any, default: float) -> float:
    """Return how long workers of ``backend`` wait for another call, in seconds.

    ``parallel_config("loky", idle_worker_timeout=...)`` says it, from joblib 1.5 on.
    """
    timeout = getattr(backend, "backend_kwargs", {}).get("idle_worker_timeout")
    return default if timeout is None else float(timeout)


# --------------------------------------------------------------------------- nested parallelism


def default_nested_backend() -> NestedBackend:
    """Return what joblib nests below a first level of workers: threads."""
    return joblib.parallel.ThreadingBackend(nesting_level=1), None


def nested_parallelism(nested: NestedBackend) -> Any:
    """Make ``nested`` the backend of every ``Parallel`` inside the returned context."""
    backend, n_jobs = nested
    return joblib.parallel_config(backend=backend, n_jobs=n_jobs)


def worker_environment(n_slots: int, backend: Any = None) -> dict[str, str]:
    """Return the environment variables that keep ``n_slots`` processes off each other's cores.

    Parameters
    ----------
    n_slots : int
        Number of processes that share the machine.
    backend : joblib backend or None
        Asked for its ``inner_max_num_threads``, if it has one.
    """
    try:
        backend = joblib.parallel.LokyBackend() if backend is None else backend
        return dict(backend._prepare_worker_env(n_jobs=n_slots))
    except AttributeError:
        n_threads = getattr(backend, "inner_max_num_threads", None)
        default = str(n_threads or max(1, joblib.cpu_count() // n_slots))
        return {
            name: default if n_threads else os.environ.get(name, default) for name in _THREAD_LIMITS
        }


# --------------------------------------------------------------------------- loky's processes


def process_context() -> Any:
    """Return loky's multiprocessing context.

    Its processes are fresh interpreters that never import the user's main script, so that nobody
    needs an ``if __name__ == "__main__"`` guard, and they take an environment of their own.
    """
    from joblib.externals.loky.backend import get_context

    return get_context("loky")


def was_reaped(process: Any) -> bool:
    """Return whether the exit code of ``process`` was collected, so that its id is free again."""
    return process._popen.returncode is not None


def start_trackers() -> None:
    """Start the helper processes in which loky and multiprocessing keep track of resources."""
    from multiprocessing import resource_tracker as standard_tracker

    from joblib.externals.loky.backend import resource_tracker

    resource_tracker.ensure_running()
    if os.name == "posix":
        standard_tracker.ensure_running()


def track_folder(path: str) -> None:
    """Have ``path`` deleted when this process and its workers are gone, however they ended."""
    from joblib.externals.loky.backend import resource_tracker

    with contextlib.suppress(ValueError):  # a name the tracker cannot take: very long, not ASCII
        resource_tracker.register(path, "folder")


def forget_folder(path: str) -> None:
    """Undo :func:`track_folder`."""
    from joblib.externals.loky.backend import resource_tracker

    with contextlib.suppress(ValueError):
        resource_tracker.unregister(path, "folder")
