"""scikit-optimize: one flat space with the branch as a category."""

from __future__ import annotations

import warnings
from typing import Any

import skopt
from skopt.space import Categorical, Integer, Real

from benchmarks.samplers.contestant import BRANCH, FlatSpace, Variable
from benchmarks.samplers.problem import Params

__all__ = ["ScikitOptimize"]


class ScikitOptimize:
    """An ``Optimizer`` as it comes: a Gaussian process, and a portfolio of acquisitions."""

    def __init__(self, space: Any, seed: int, n_trials: int) -> None:
        self._space = FlatSpace(space)
        dimensions = [_dimension(variable) for variable in self._space.variables]
        if self._space.n_branches > 1:
            dimensions.insert(0, Categorical(range(self._space.n_branches), name=BRANCH))
        self._labels = [dimension.name for dimension in dimensions]
        self._optimizer = skopt.Optimizer(dimensions, random_state=seed)

    def ask(self) -> Params:
        """Return the next configuration."""
        self._point = self._optimizer.ask()
        return self._space.params(dict(zip(self._labels, self._point, strict=True)))

    def tell(self, params: Params, score: float) -> None:
        """Bring its score."""
        with warnings.catch_warnings():  # of hyperparameters at their bounds
            warnings.simplefilter("ignore")
            self._optimizer.tell(self._point, -score)


def _dimension(variable: Variable) -> Any:
    label, domain, values = variable.label, variable.domain, variable.values
    if variable.is_ordered:
        return Integer(0, len(values) - 1, name=label)
    if values is not None:
        return Categorical(range(len(values)), name=label)
    kind = Real if domain.is_continuous else Integer
    prior = "log-uniform" if domain.log else "uniform"
    return kind(domain.low, domain.high, prior=prior, name=label)
