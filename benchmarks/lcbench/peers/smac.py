"""SMAC's facade for several fidelities: Hyperband with a random forest."""

from __future__ import annotations

import tempfile
import weakref
from pathlib import Path
from typing import Any

from smac import MultiFidelityFacade, Scenario
from smac.runhistory import TrialValue

from benchmarks.lcbench.contestants import FACTOR
from benchmarks.lcbench.curves import MAX_RESOURCE
from benchmarks.lcbench.peers.config_space import configuration_space
from benchmarks.lcbench.simulation import Cluster
from skhpo import Space
from skhpo.trial import Task

__all__ = ["Smac"]

_N_TRIALS = 100_000  # without an end: the cluster has one

#: Tasks in the time of one full training, over Hyperband's first round of brackets.
_TASKS_PER_TRAINING = 5


class Smac:
    """The facade, asked and told; training goes on where it was left.

    The number of random configurations before the first model is its own: ten for each parameter,
    but a quarter of all evaluations at most. How many those will be is planned with the cluster.
    """

    def __init__(self, space: Space, seed: int, cluster: Cluster) -> None:
        folder = tempfile.TemporaryDirectory()
        weakref.finalize(self, folder.cleanup)
        configurations = configuration_space(space, seed)
        scenario = Scenario(
            configurations,
            deterministic=True,
            n_trials=_N_TRIALS,
            min_budget=1,
            max_budget=MAX_RESOURCE,
            seed=seed,
            n_workers=1,  # of its own; here the cluster has them
            output_directory=Path(folder.name),
        )
        n_planned = _TASKS_PER_TRAINING * cluster.n_workers * cluster.budget
        n_random = max(1, min(10 * len(configurations), int(n_planned / 4)))
        self._facade = MultiFidelityFacade(
            scenario,
            _elsewhere,
            initial_design=MultiFidelityFacade.get_initial_design(scenario, n_configs=n_random),
            intensifier=MultiFidelityFacade.get_intensifier(scenario, eta=FACTOR),
            overwrite=True,
            logging_level=False,
        )
        self._numbers: dict[Any, int] = {}
        self._reached: dict[int, int] = {}

    def ask(self) -> Task:
        """Return the next configuration and its budget, in whole epochs."""
        info = self._facade.ask()
        number = self._numbers.setdefault(info.config, len(self._numbers))
        resource = max(1, round(info.budget))
        reached = self._reached.get(number)
        return Task(number, 0, resource, dict(info.config), reached, companion=info)

    def tell(self, task: Task, accuracy: float) -> None:
        """Bring the accuracy."""
        self._reached[task.trial] = int(task.resource)
        self._facade.tell(task.companion, TrialValue(cost=-accuracy), save=False)


def _elsewhere(config: Any, seed: int = 0, budget: float = 0.0) -> float:
    """Stand in for the objective: it is evaluated by whoever asks."""
    raise NotImplementedError
