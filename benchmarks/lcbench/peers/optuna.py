"""Optuna: a sampler, and a pruner that is asked at each of its own rungs."""

from __future__ import annotations

import warnings
from collections import deque

import optuna

from benchmarks.lcbench.contestants import FACTOR
from benchmarks.lcbench.curves import MAX_RESOURCE
from benchmarks.lcbench.simulation import Cluster
from skhpo import Space
from skhpo.trial import Task

__all__ = ["Optuna"]

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)

#: Where its pruners decide: powers of the factor.
_RUNGS = [*(FACTOR**k for k in range(4)), MAX_RESOURCE]

_PRUNERS = {
    "SuccessiveHalvingPruner": {"min_resource": 1, "reduction_factor": FACTOR},
    "HyperbandPruner": {
        "min_resource": 1,
        "max_resource": MAX_RESOURCE,
        "reduction_factor": FACTOR,
    },
}


class Optuna:
    """A study whose trials go on from rung to rung until they are pruned."""

    def __init__(
        self, space: Space, seed: int, cluster: Cluster, *, sampler: str, pruner: str
    ) -> None:
        (self._domains,) = space.branches
        self._study = optuna.create_study(
            study_name=str(seed),  # by which Hyperband's pruner chooses brackets
            direction="maximize",
            sampler=getattr(optuna.samplers, sampler)(seed=seed),
            pruner=getattr(optuna.pruners, pruner)(**_PRUNERS[pruner]),
        )
        self._trials: dict[int, optuna.Trial] = {}
        self._going: deque[Task] = deque()

    def ask(self) -> Task:
        """Let a trial that was not pruned go on, or start a new one."""
        if self._going:
            return self._going.popleft()
        trial = self._study.ask()
        self._trials[trial.number] = trial
        params = {
            name: (trial.suggest_float if domain.is_continuous else trial.suggest_int)(
                name, domain.low, domain.high, log=domain.log
            )
            for name, domain in self._domains.items()
        }
        return Task(trial.number, 0, _RUNGS[0], params)

    def tell(self, task: Task, accuracy: float) -> None:
        """Report the accuracy, and ask whether to prune."""
        trial = self._trials[task.trial]
        trial.report(accuracy, step=int(task.resource))
        if task.resource == MAX_RESOURCE:
            self._study.tell(trial, accuracy)
        elif trial.should_prune():
            self._study.tell(trial, state=optuna.trial.TrialState.PRUNED)
        else:
            rung = _RUNGS[_RUNGS.index(task.resource) + 1]
            self._going.append(Task(task.trial, 0, rung, task.params, task.resource))
