"""HEBO: one flat space with the branch as a category."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO

from benchmarks.samplers.contestant import BRANCH, FlatSpace, Variable
from benchmarks.samplers.problem import Params

__all__ = ["Hebo"]


class Hebo:
    """HEBO as it comes. It draws from global random states, so these are seeded."""

    def __init__(self, space: Any, seed: int, n_trials: int) -> None:
        self._space = FlatSpace(space)
        parameters = [_parameter(variable) for variable in self._space.variables]
        if self._space.n_branches > 1:
            branches = list(range(self._space.n_branches))
            parameters.insert(0, {"name": BRANCH, "type": "cat", "categories": branches})
        np.random.seed(seed)
        torch.manual_seed(seed)
        self._optimizer = HEBO(DesignSpace().parse(parameters), scramble_seed=seed)

    def ask(self) -> Params:
        """Return the next configuration."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._suggestion = self._optimizer.suggest(n_suggestions=1)
        return self._space.params(self._suggestion.iloc[0].to_dict())

    def tell(self, params: Params, score: float) -> None:
        """Bring its score."""
        self._optimizer.observe(self._suggestion, np.array([[-score]]))


def _parameter(variable: Variable) -> dict[str, Any]:
    label, domain, values = variable.label, variable.domain, variable.values
    if variable.is_ordered:
        return {"name": label, "type": "int", "lb": 0, "ub": len(values) - 1}
    if values is not None:
        return {"name": label, "type": "cat", "categories": list(range(len(values)))}
    kinds = {  # by (is continuous, is logarithmic)
        (True, False): {"type": "num"},
        (True, True): {"type": "pow", "base": 10},
        (False, False): {"type": "int"},
        (False, True): {"type": "pow_int", "base": 10},
    }
    kind = kinds[domain.is_continuous, domain.log]
    return {"name": label, **kind, "lb": domain.low, "ub": domain.high}
