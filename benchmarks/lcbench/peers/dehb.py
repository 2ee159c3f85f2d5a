"""DEHB: Hyperband whose configurations come of differential evolution.

It needs numpy < 2, and so an environment of its own.
"""

from __future__ import annotations

import tempfile

from dehb import DEHB
from loguru import logger

from benchmarks.lcbench.contestants import FACTOR
from benchmarks.lcbench.curves import MAX_RESOURCE
from benchmarks.lcbench.peers.config_space import configuration_space
from benchmarks.lcbench.simulation import Cluster
from skhpo import Space
from skhpo.trial import Task

__all__ = ["Dehb"]


class Dehb:
    """The optimizer, asked and told: a new bracket begins where the others would have to wait.

    A configuration that is promoted goes on where it was left. Promoted are only those of the first
    round of brackets, and only until the second round begins: after that every one is new at its
    fidelity. With many workers the second round begins early.
    """

    def __init__(self, space: Space, seed: int, cluster: Cluster) -> None:
        with tempfile.TemporaryDirectory() as folder:
            self._optimizer = DEHB(
                cs=configuration_space(space, seed),
                min_fidelity=1,
                max_fidelity=MAX_RESOURCE,
                eta=FACTOR,
                seed=seed,
                n_workers=1,  # of its own; here the cluster has them
                save_freq="end",  # which does not come
                output_path=folder,
            )
            logger.remove()  # ends the thread that writes to a file in the folder
        self._reached: dict[int, int] = {}

    def ask(self) -> Task:
        """Return the next configuration and its fidelity, in whole epochs."""
        job = self._optimizer.ask()
        number, resource = int(job["config_id"]), max(1, round(job["fidelity"]))
        reached = self._reached.get(number)
        return Task(number, 0, resource, dict(job["config"]), reached, companion=job)

    def tell(self, task: Task, accuracy: float) -> None:
        """Bring the accuracy."""
        self._reached[task.trial] = int(task.resource)
        self._optimizer.tell(task.companion, {"fitness": -accuracy, "cost": task.resource})
