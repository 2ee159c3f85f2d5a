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


def executor_for(n_jobs: int | None) -> Executor:
    """Return an executor for the active joblib backend.

    Parameters
    ----------
    n_jobs : int or None
        How many tasks to run at once; None and negative numbers mean what they mean in joblib.

    Returns
    -------
    Executor
        Inline for one task at a time, processes for ``"loky"`` (joblib's default) and
        ``"multiprocessing"``, threads for ``"threading"``.

    Raises
    ------
    ExecutionError
        If the active backend is another one.
    ValueError
        If ``n_jobs`` is 0.

    Examples
    --------
    >>> import joblib
    >>> with joblib.parallel_config("threading", n_jobs=2):
    ...     executor_for(None)  # doctest: +ELLIPSIS
    <skhpo.execution.threads.ThreadExecutor object at ...>
    """
    if n_jobs == 1:  # whatever the backend, one worker is this one
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
    if n_slots == 1 or kind is joblib.parallel.SequentialBackend:
        return InlineExecutor()
    nested = backend.get_nested_backend()
    if kind in in_threads:
        return ThreadExecutor(n_slots, nested_backend=nested)
    env = _joblib.worker_environment(n_slots, backend)
    patience = _joblib.idle_worker_timeout(backend, default=PATIENCE)
    return SlotExecutor(n_slots, env=env, nested_backend=nested, patience=patience)
