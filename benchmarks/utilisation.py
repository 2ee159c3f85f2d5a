"""How busy workers are kept: heavy-tailed task times, four workers, no task that computes.

Tasks sleep for times drawn from a Pareto distribution (shape 1.5, mean 0.5 s, at most 5 s), so
that cores do not matter. ``busy`` is the part of the workers' time, between the first start and
the last dispatch, that they spent in tasks. The peer is one ``joblib.Parallel`` call for each
batch of four: what a search with a barrier does. Processes are measured in the first search of this
interpreter, for which they are started, and in the next one, for which they wait, as the peer's do.

A model-based search waits for all folds of a trial before it starts the next: what that costs, and
what ``max_concurrent_trials`` wins back, is measured with five folds of such a task.

    python benchmarks/utilisation.py [--trials 60] [--workers 4]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence

import joblib
import numpy as np

from skhpo import Float, Tuner
from skhpo.samplers import BayesianSampler, GridSampler
from skhpo.schedulers import FullBudget
from skhpo.trial import Report, Resource, Task, Trial

TARGET = 0.97


def durations(n: int, seed: int = 0) -> np.ndarray:
    """Return ``n`` heavy-tailed times in seconds."""
    tail = np.random.default_rng(seed).pareto(1.5, size=n) + 1.0  # mean 3
    return np.minimum(tail * 0.5 / 3.0, 5.0)


def sleep(seconds: float) -> tuple[float, float]:
    """Sleep, and return when it began and ended."""
    started = time.time()
    time.sleep(seconds)
    return started, time.time()


class Sleeper:
    """An objective that sleeps for the time its ``position`` stands for."""

    def __init__(self, times: np.ndarray) -> None:
        self.times = times

    def __call__(self, params: dict[str, int]) -> float:
        """Sleep."""
        sleep(self.times[params["position"]])
        return 0.0


class Folds:
    """An objective with five folds, each of which sleeps for a time of its own."""

    n_folds = 5

    def __init__(self, times: np.ndarray) -> None:
        self.times = times

    def evaluate(self, task: Task) -> Report:
        """Sleep."""
        sleep(self.times[(task.trial * self.n_folds + task.fold) % len(self.times)])
        return Report(scores={"score": task.params["x"]})

    def tasks(self, trial: Trial, resource: Resource, reached: Resource) -> Sequence[Task]:
        """One for each fold."""
        return [Task(trial.number, k, resource, trial.params) for k in range(self.n_folds)]


def with_model(times: np.ndarray, n_workers: int, at_once: int | None) -> list[tuple[float, float]]:
    """Run a model-based search with folds; return when each began and ended."""
    tuner = Tuner(
        {"x": Float(0, 1)},
        Folds(times),
        sampler=BayesianSampler(),
        scheduler=FullBudget(len(times) // Folds.n_folds),
        max_concurrent_trials=at_once,
        random_state=0,
    )
    with joblib.parallel_config("threading", n_jobs=n_workers):
        tuner.run()
    return [(m.started_at, m.finished_at) for m in tuner.history.measurements]


def busy(spans: list[tuple[float, float]], n_workers: int) -> float:
    """Return the busy part of the workers' time until the last task was dispatched."""
    first = min(start for start, _ in spans)
    last_dispatch = max(start for start, _ in spans)
    worked = sum(min(end, last_dispatch) - start for start, end in spans if start < last_dispatch)
    return worked / (n_workers * (last_dispatch - first))


def with_tuner(times: np.ndarray, n_workers: int, backend: str) -> list[tuple[float, float]]:
    """Run the tasks through a Tuner; return when each began and ended, on the worker's clock."""
    tuner = Tuner(
        {"position": list(range(len(times)))},
        Sleeper(times),
        sampler=GridSampler(),
        scheduler=FullBudget(len(times)),
        random_state=0,
    )
    with joblib.parallel_config(backend, n_jobs=n_workers):
        tuner.run()
    return [(m.started_at, m.finished_at) for m in tuner.history.measurements]


def with_barriers(times: np.ndarray, n_workers: int, backend: str) -> list[tuple[float, float]]:
    """Run the tasks in batches, each a ``Parallel`` call."""
    spans: list[tuple[float, float]] = []
    with joblib.Parallel(n_workers, backend=backend) as parallel:
        parallel(joblib.delayed(sleep)(0.0) for _ in range(n_workers))  # workers are there
        for at in range(0, len(times), n_workers):
            spans += parallel(joblib.delayed(sleep)(t) for t in times[at : at + n_workers])
    return spans


def main() -> None:
    """Print the busy part for processes and threads."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=60)
    parser.add_argument("--workers", type=int, default=4)
    arguments = parser.parse_args()
    times = durations(arguments.trials)
    print(f"{arguments.trials} tasks, mean {times.mean():.2f} s, {arguments.workers} workers")
    print(f"{'workers are':>16} {'skhpo':>8} {'batches':>8}")
    is_met = True
    for label, backend in (
        ("new processes", "loky"),
        ("processes", "loky"),
        ("threads", "threading"),
    ):
        ours = busy(with_tuner(times, arguments.workers, backend), arguments.workers)
        theirs = busy(with_barriers(times, arguments.workers, backend), arguments.workers)
        print(f"{label:>16} {ours:8.1%} {theirs:8.1%}")
        is_met &= ours >= TARGET
    print("model-based search with five folds, trials open at a time:")
    for at_once in (None, 2, 3):
        share = busy(with_model(times, arguments.workers, at_once), arguments.workers)
        print(f"{at_once or 'default (1)':>16} {share:8.1%}")
    print(f"target {TARGET:.0%} without a model: {'met' if is_met else 'MISSED'}")
    sys.exit(not is_met)


if __name__ == "__main__":
    main()
