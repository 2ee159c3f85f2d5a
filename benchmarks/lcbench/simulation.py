"""One search on a simulated cluster: training takes virtual time, deciding takes none."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from benchmarks.lcbench import curves
from skhpo import Space
from skhpo.testing import VirtualExecutor
from skhpo.trial import Report, Task

__all__ = ["Cluster", "Search", "Start", "Trace", "simulate"]


class Search(Protocol):
    """A search that is asked for work whenever a worker is free."""

    def ask(self) -> Task | None:
        """Return what to train next, up to which resource, from which; None to wait."""

    def tell(self, task: Task, accuracy: float) -> None:
        """Bring the validation accuracy of a task that was asked for."""


@dataclass(frozen=True)
class Cluster:
    """Workers, and how long there are any.

    Parameters
    ----------
    n_workers : int
        How many.
    budget : float
        Wall-clock time in units of one full training.
    """

    n_workers: int
    budget: float


#: ``start(space, seed, cluster)`` begins a search; some peers plan with the budget.
Start: TypeAlias = Callable[[Space, int, Cluster], Search]


@dataclass(frozen=True)
class Trace:
    """What was found, and when.

    The incumbent is the configuration with the best accuracy at the highest resource that any has
    reached: accuracies after more training are worth more than any after less.

    Parameters
    ----------
    times : list of float
        When the incumbent changed, in units of one full training.
    regrets : list of float
        Its regret after full training, from then on.
    n_trials, n_tasks : int
        How many configurations were started, and how many tasks finished.
    cpu_seconds : float
        That deciding took in all.
    """

    times: list[float]
    regrets: list[float]
    n_trials: int
    n_tasks: int
    cpu_seconds: float


def simulate(start: Start, task: curves.Task, seed: int, cluster: Cluster) -> Trace:
    """Search until the budget is used up.

    Parameters
    ----------
    start : callable
        Begins the search.
    task : curves.Task
        The data set.
    seed : int
        Of the search.
    cluster : Cluster
        The workers.
    """
    known: dict[int, curves.Curve] = {}

    def duration(work: Task) -> float:
        if work.trial not in known:
            known[work.trial] = task.curve(work.params)
        return known[work.trial].duration(work.resource, work.reached) / task.full_training

    def evaluate(work: Task) -> Report:
        return Report(scores={"accuracy": known[work.trial].accuracy(work.resource)})

    executor = VirtualExecutor(cluster.n_workers, duration=duration)
    executor.start(evaluate)
    search = start(task.space, seed, cluster)
    best = (-math.inf, -math.inf)
    times, regrets, n_tasks, cpu_seconds = [], [], 0, 0.0
    while True:
        asked = time.process_time()
        while executor.n_in_flight < cluster.n_workers:
            work = search.ask()
            if work is None:
                break
            cpu_seconds += time.process_time() - asked
            executor.submit(work)
            asked = time.process_time()
        completed = executor.next_completed()
        if completed is None or executor.now > cluster.budget:
            break
        work, report = completed
        accuracy = report.scores["accuracy"]
        asked = time.process_time()
        search.tell(work, accuracy)
        cpu_seconds += time.process_time() - asked
        n_tasks += 1
        if (work.resource, accuracy) > best:
            best = (work.resource, accuracy)
            times.append(executor.now)
            regrets.append(task.regret(work.params))
    return Trace(times, regrets, len(known), n_tasks, cpu_seconds)
