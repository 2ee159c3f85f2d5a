"""hyperopt: a choice between branches, each with labels of its own."""

from __future__ import annotations

import logging
import math
from typing import Any

import hyperopt
import numpy as np
from hyperopt import hp, tpe
from hyperopt.base import JOB_STATE_DONE, Domain, spec_from_misc

from benchmarks.samplers.contestant import BRANCH, FlatSpace, Variable
from benchmarks.samplers.problem import Params

__all__ = ["Hyperopt"]

logging.getLogger("hyperopt").setLevel(logging.WARNING)


class Hyperopt:
    """The tree-structured Parzen estimator, as ``fmin`` would call it."""

    def __init__(self, space: Any, seed: int, n_trials: int) -> None:
        self._space = FlatSpace(space)
        branches = [
            {BRANCH: number} | {v.label: _expression(v, number) for v in self._space.active(number)}
            for number in range(self._space.n_branches)
        ]
        choice = branches[0] if len(branches) == 1 else hp.choice(BRANCH, branches)
        self._expression = choice
        self._domain = Domain(lambda values: 0.0, choice)
        self._trials = hyperopt.Trials()
        self._rng = np.random.default_rng(seed)

    def ask(self) -> Params:
        """Return the next configuration."""
        ids = self._trials.new_trial_ids(1)
        self._trials.refresh()
        seed = int(self._rng.integers(2**31 - 1))
        (self._document,) = tpe.suggest(ids, self._domain, self._trials, seed, verbose=False)
        values = hyperopt.space_eval(self._expression, spec_from_misc(self._document["misc"]))
        return self._space.params(values)

    def tell(self, params: Params, score: float) -> None:
        """Bring its score."""
        self._document["state"] = JOB_STATE_DONE
        self._document["result"] = {"status": hyperopt.STATUS_OK, "loss": -score}
        self._trials.insert_trial_docs([self._document])
        self._trials.refresh()


def _expression(variable: Variable, branch: int) -> Any:
    label, domain, values = f"{branch}.{variable.label}", variable.domain, variable.values
    if variable.is_ordered:
        return hp.uniformint(label, 0, len(values) - 1)
    if values is not None:
        return hp.choice(label, list(range(len(values))))
    if domain.is_continuous:
        if domain.log:
            return hp.loguniform(label, math.log(domain.low), math.log(domain.high))
        return hp.uniform(label, domain.low, domain.high)
    if domain.log:
        return hp.qloguniform(label, math.log(domain.low), math.log(domain.high), 1)
    return hp.uniformint(label, domain.low, domain.high)
