"""SMAC's facade for hyperparameter optimisation, in a ConfigSpace with conditions."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from ConfigSpace import (
    CategoricalHyperparameter,
    ConfigurationSpace,
    InCondition,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory import TrialValue

from benchmarks.samplers.contestant import BRANCH, FlatSpace, Variable
from benchmarks.samplers.problem import Params

__all__ = ["Smac"]


class Smac:
    """Random forest, a Sobol design that knows the budget, one evaluation per configuration."""

    def __init__(self, space: Any, seed: int, n_trials: int) -> None:
        self._space = FlatSpace(space)
        self._folder = tempfile.TemporaryDirectory()
        scenario = Scenario(
            self._configuration_space(seed),
            deterministic=True,
            n_trials=n_trials,
            seed=seed,
            output_directory=Path(self._folder.name),
        )
        self._facade = HyperparameterOptimizationFacade(
            scenario, _elsewhere, overwrite=True, logging_level=False
        )

    def _configuration_space(self, seed: int) -> ConfigurationSpace:
        space = ConfigurationSpace(seed=seed)
        numbers = range(self._space.n_branches)
        branch = CategoricalHyperparameter(BRANCH, list(numbers))
        if self._space.n_branches > 1:
            space.add(branch)
        for variable in self._space.variables:
            hyperparameter = _hyperparameter(variable)
            space.add(hyperparameter)
            if len(variable.branches) < len(numbers):
                space.add(InCondition(hyperparameter, branch, list(variable.branches)))
        return space

    def ask(self) -> Params:
        """Return the next configuration."""
        self._info = self._facade.ask()
        return self._space.params(dict(self._info.config))

    def tell(self, params: Params, score: float) -> None:
        """Bring its score."""
        self._facade.tell(self._info, TrialValue(cost=-score))


def _elsewhere(config: Any, seed: int = 0) -> float:
    """Stand in for the objective: it is evaluated by whoever asks."""
    raise NotImplementedError


def _hyperparameter(variable: Variable) -> Any:
    label, domain, values = variable.label, variable.domain, variable.values
    if variable.is_ordered:
        return OrdinalHyperparameter(label, list(range(len(values))))
    if values is not None:
        return CategoricalHyperparameter(label, list(range(len(values))))
    kind = UniformFloatHyperparameter if domain.is_continuous else UniformIntegerHyperparameter
    return kind(label, lower=domain.low, upper=domain.high, log=domain.log)
