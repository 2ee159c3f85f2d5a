"""SMAC's facade for several fidelities: Hyperband with a random forest."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ConfigSpace import (
    ConfigurationSpace,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from smac import MultiFidelityFacade, Scenario
from smac.runhistory import TrialInfo, TrialValue

from benchmarks.lcbench.contestants import FACTOR
from benchmarks.lcbench.curves import MAX_RESOURCE
from benchmarks.lcbench.simulation import Cluster
from skhpo import Space
from skhpo.trial import Task

__all__ = ["Smac"]

_N_TRIALS = 100_000  # without an end: the cluster has one


class Smac:
    """The facade, asked and told; training goes on where it was left."""

    def __init__(self, space: Space, seed: int, cluster: Cluster) -> None:
        (domains,) = space.branches
        configurations = ConfigurationSpace(seed=seed)
        for name, domain in domains.items():
            kind = (
                UniformFloatHyperparameter if domain.is_continuous else UniformIntegerHyperparameter
            )
            configurations.add(kind(name, lower=domain.low, upper=domain.high, log=domain.log))
        self._folder = tempfile.TemporaryDirectory()
        scenario = Scenario(
            configurations,
            deterministic=True,
            n_trials=_N_TRIALS,
            min_budget=1,
            max_budget=MAX_RESOURCE,
            seed=seed,
            n_workers=1,  # of its own; here the cluster has them
            output_directory=Path(self._folder.name),
        )
        intensifier = MultiFidelityFacade.get_intensifier(scenario, eta=FACTOR)
        self._facade = MultiFidelityFacade(
            scenario, _elsewhere, intensifier=intensifier, overwrite=True, logging_level=False
        )
        self._numbers: dict[Any, int] = {}
        self._reached: dict[int, int] = {}
        self._asked: dict[tuple[int, int], TrialInfo] = {}

    def ask(self) -> Task:
        """Return the next configuration and its budget, in whole epochs."""
        info = self._facade.ask()
        number = self._numbers.setdefault(info.config, len(self._numbers))
        resource = max(1, round(info.budget))
        self._asked[number, resource] = info
        return Task(number, 0, resource, dict(info.config), self._reached.get(number))

    def tell(self, task: Task, accuracy: float) -> None:
        """Bring the accuracy."""
        self._reached[task.trial] = int(task.resource)
        info = self._asked.pop((task.trial, int(task.resource)))
        self._facade.tell(info, TrialValue(cost=-accuracy))


def _elsewhere(config: Any, seed: int = 0, budget: float = 0.0) -> float:
    """Stand in for the objective: it is evaluated by whoever asks."""
    raise NotImplementedError
