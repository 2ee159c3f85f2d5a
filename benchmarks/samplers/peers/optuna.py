"""Optuna, define-by-run: the branch is suggested first, then what is active in it."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import optuna

from benchmarks.samplers.contestant import BRANCH, FlatSpace, Variable
from benchmarks.samplers.problem import Params

__all__ = ["Optuna", "OptunaFlat"]

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)


class Optuna:
    """A study with one of Optuna's samplers."""

    def __init__(
        self,
        sampler: Callable[[int], optuna.samplers.BaseSampler],
        space: Any,
        seed: int,
        n_trials: int,
    ) -> None:
        self._space = FlatSpace(space)
        self._study = optuna.create_study(direction="maximize", sampler=sampler(seed))

    def ask(self) -> Params:
        """Return the next configuration."""
        self._trial = self._study.ask()
        values = {}
        branch = 0
        if self._space.n_branches > 1:
            branch = self._trial.suggest_categorical(BRANCH, list(range(self._space.n_branches)))
            values[BRANCH] = branch
        for variable in self._wanted(branch):
            values[variable.label] = self._suggest(variable)
        return self._space.params(values)

    def _wanted(self, branch: int) -> list[Variable]:
        return self._space.active(branch)

    def _suggest(self, variable: Variable) -> Any:
        label, domain, values = variable.label, variable.domain, variable.values
        if variable.is_ordered:
            return self._trial.suggest_int(label, 0, len(values) - 1)
        if values is not None:
            return self._trial.suggest_categorical(label, list(range(len(values))))
        if domain.is_continuous:
            return self._trial.suggest_float(label, domain.low, domain.high, log=domain.log)
        return self._trial.suggest_int(label, domain.low, domain.high, log=domain.log)

    def tell(self, params: Params, score: float) -> None:
        """Bring its score."""
        self._study.tell(self._trial, score)


class OptunaFlat(Optuna):
    """A study in which every trial has all variables, for samplers that know of no branches.

    Defined by run, those would draw whatever hangs on a branch at random.
    """

    def _wanted(self, branch: int) -> list[Variable]:
        return self._space.variables
