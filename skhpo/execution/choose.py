"""Which executor: joblib's configuration decides, as it does for scikit-learn's own searches."""

from __future__ import annotations

import joblib
import joblib.parallel

from skhpo.exceptions import ExecutionError
from skhpo.execution import _joblib
from skhpo.execution.base import Executor
from skhpo.execution.inline import InlineExecutor
from skhpo.execution.slots import PATIENCE, SlotExecutor
from skhpo.execution.threads import ThreadExecutor

__all__ = ["executor_for"]


def executor_for(
    n_jobs: int | None, trial_timeout: float | None = None, memory_limit: int | None = None
) -> Executor:
    """Return an executor for the active joblib backend.

    Parameters
    ----------
    n_jobs : int or None
        How many tasks to run at once; None and negative numbers mean what they mean in joblib.
    trial_timeout : float or None, default=None
        Seconds a task may take.
    memory_limit : int or None, default=None
        Bytes the tasks of a process may allocate.

    Returns
    -------
    Executor
        Inline for one task at a time, processes for ``"loky"`` (joblib's default) and
        ``"multiprocessing"``, threads for ``"threading"``. With a limit, one task at a time runs
        in a process, or in a thread, of its own, too: where it could be told to stop.

    Raises
    ------
    ExecutionError
        If the active backend is another one, or cannot keep a limit.
    ValueError
        If ``n_jobs`` is 0.

    Examples
    --------
    >>> import joblib
    >>> with joblib.parallel_config("threading", n_jobs=2):
    ...     executor_for(None)  # doctest: +ELLIPSIS
    <skhpo.execution.threads.ThreadExecutor object at ...>
    """
    is_limited = trial_timeout is not None or memory_limit is not None
    if n_jobs == 1 and not is_limited:  # whatever the backend, one worker is this one
        return InlineExecutor()
    backend = _joblib.active_backend()
    kind = type(backend)  # exactly: a subclass may run its tasks anywhere
    in_processes = (joblib.parallel.LokyBackend, joblib.parallel.MultiprocessingBackend)
    in_threads = (joblib.parallel.ThreadingBackend,)
    if kind not in (joblib.parallel.SequentialBackend, *in_processes, *in_threads):
        raise ExecutionError(
            f"The active joblib backend is {kind.__module__}.{kind.__qualname__}, on which skhpo "
            "cannot run trials. Run the search under `with joblib.parallel_config('loky'):` or "
            "`with joblib.parallel_config('threading'):` instead."
        )
    n_slots = joblib.effective_n_jobs(n_jobs)
    if kind is joblib.parallel.SequentialBackend:
        n_slots = 1
    if n_slots == 1 and not is_limited:
        return InlineExecutor()
    # Inside another worker the backend is nobody's choice, and only a process can be limited.
    is_inside = n_slots == 1 and bool(backend.nesting_level)
    if kind in in_threads and not is_inside:
        if memory_limit is not None:
            raise ExecutionError(
                "memory_limit needs worker processes, but the active joblib backend is "
                "'threading', and threads share their memory. Run the search under "
                "`with joblib.parallel_config('loky'):`, or leave memory_limit out."
            )
        nested = backend.get_nested_backend()
        return ThreadExecutor(n_slots, nested_backend=nested, trial_timeout=trial_timeout)
    nested = None if kind is joblib.parallel.SequentialBackend else backend.get_nested_backend()
    env = _joblib.worker_environment(n_slots, backend)
    patience = _joblib.idle_worker_timeout(backend, default=PATIENCE)
    return SlotExecutor(
        n_slots,
        env=env,
        nested_backend=nested,
        patience=patience,
        trial_timeout=trial_timeout,
        memory_limit=memory_limit,
    )
