"""Syne Tune's MOBSTER: ASHA with promotion, and a Gaussian process over all its rungs.

Syne Tune 0.14 has it among its legacy, 0.15 not any more. 0.13 needs numpy < 2, and so an
environment of its own.
"""

from __future__ import annotations

import logging
from datetime import datetime, timezone

from syne_tune.backend.trial_status import Trial
from syne_tune.config_space import Domain, lograndint, loguniform, randint, uniform
from syne_tune.optimizer.baselines import MOBSTER

from benchmarks.lcbench.contestants import FACTOR
from benchmarks.lcbench.curves import MAX_RESOURCE
from benchmarks.lcbench.simulation import Cluster
from skhpo import Float, Int, Space
from skhpo.trial import Task

__all__ = ["Mobster"]

logging.getLogger("syne_tune").setLevel(logging.ERROR)

_EPOCHS = "epochs"  # where a suggestion is to end
_EPOCH = "epoch"  # where a report was made
_ACCURACY = "accuracy"


class Mobster:
    """The scheduler as Syne Tune's tuner calls it; a promoted trial goes on where it was paused."""

    def __init__(self, space: Space, seed: int, cluster: Cluster) -> None:
        (domains,) = space.branches
        self._names = list(domains)
        self._scheduler = MOBSTER(
            {**{name: _domain(each) for name, each in domains.items()}, _EPOCHS: MAX_RESOURCE},
            metric=_ACCURACY,
            mode="max",
            resource_attr=_EPOCH,
            max_resource_attr=_EPOCHS,
            type="promotion",
            grace_period=1,
            reduction_factor=FACTOR,
            random_seed=seed,
        )
        self._n_trials = 0
        self._reached: dict[int, int] = {}

    def ask(self) -> Task:
        """Return a paused trial that may go on to the next rung, or else a new one."""
        suggestion = self._scheduler.suggest(self._n_trials)
        number, config = suggestion.checkpoint_trial_id, suggestion.config
        if suggestion.spawn_new_trial_id:
            number = self._n_trials
            self._n_trials += 1
        trial = Trial(number, config, datetime.now(timezone.utc))
        if suggestion.spawn_new_trial_id:
            self._scheduler.on_trial_add(trial)
        params = {name: config[name] for name in self._names}
        reached = self._reached.get(number)
        return Task(number, 0, config[_EPOCHS], params, reached, companion=trial)

    def tell(self, task: Task, accuracy: float) -> None:
        """Report the accuracy at the rung, where every trial is paused or ends."""
        self._reached[task.trial] = int(task.resource)
        trial = task.companion
        self._scheduler.on_trial_result(trial, {_EPOCH: task.resource, _ACCURACY: accuracy})
        self._scheduler.on_trial_remove(trial)


def _domain(domain: Float | Int) -> Domain:
    if domain.is_continuous:
        return (loguniform if domain.log else uniform)(domain.low, domain.high)
    return (lograndint if domain.log else randint)(domain.low, domain.high)
