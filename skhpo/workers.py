"""Where the tasks of a search run, and under what limits: settings, checked before the first."""

from __future__ import annotations

from dataclasses import dataclass

from skhpo.execution import Executor, GroupingExecutor, OrderedExecutor, executor_for
from skhpo.faults import FaultTolerance
from skhpo.objective import Groupable, Objective
from skhpo.settings import check_count, check_instance, check_number
from skhpo.space import Space

__all__ = ["Workers"]


@dataclass(frozen=True)
class Workers:
    """Who does the work of a :class:`~skhpo.Tuner`, in whose words the settings are.

    Parameters
    ----------
    n_jobs : int or None
        How many.
    executor : Executor or None
        Where tasks run. None: chosen by ``n_jobs`` and joblib's configuration at each run.
    trial_timeout : float or None
        Seconds that one task may take.
    faults : FaultTolerance
        How much memory a worker may take.
    deterministic : int or None
        Tasks that are under way at a time and taken in order; None takes them as they come.

    Raises
    ------
    ValueError
        If one of them makes no sense, or limits are given that nobody would keep.
    TypeError
        If one of them is something else.
    """

    n_jobs: int | None
    executor: Executor | None
    trial_timeout: float | None
    faults: FaultTolerance
    deterministic: int | None

    def __post_init__(self) -> None:
        check_number("Tuner", "trial_timeout", self.trial_timeout, closed="neither", or_none=True)
        check_instance(
            "Tuner", "faults", self.faults, FaultTolerance, "FaultTolerance(max_retries=2)"
        )
        check_count("Tuner", "deterministic", self.deterministic, or_none=True)
        limits = {
            "trial_timeout": self.trial_timeout,
            "faults.memory_limit": self.faults.memory_limit,
        }
        given = [name for name, limit in limits.items() if limit is not None]
        if self.executor is not None and given:
            raise ValueError(
                f"Tuner: {' and '.join(given)} cannot be kept by an executor that was made "
                f"before; give the limits to the executor itself, as in SlotExecutor(2, "
                f"trial_timeout=60), or leave it to n_jobs"
            )

    def executor_for(self, objective: Objective, space: Space, learns: bool) -> Executor:
        """Return where tasks run: in order, or in groups, where that is asked for, or pays.

        Parameters
        ----------
        objective : Objective
            What they measure.
        space : Space
            What is searched.
        learns : bool
            Whether the configurations depend on what was measured before.

        Raises
        ------
        ExecutionError
            If the active joblib backend cannot do it.
        """
        executor = self.executor
        if executor is None:
            executor = executor_for(self.n_jobs, self.trial_timeout, self.faults.memory_bytes)
        if self.deterministic is not None:
            # Who is in a group depends on who was finished when, and the last digits on the group.
            return OrderedExecutor(executor, self.deterministic)
        n_together = objective.n_together(space, learns) if isinstance(objective, Groupable) else 1
        if n_together == 1 or self.trial_timeout is not None:  # a group has no time of its own
            return executor
        return GroupingExecutor(executor, n_together, n_together * objective.n_folds)
