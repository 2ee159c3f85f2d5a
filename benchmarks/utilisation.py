"""How busy workers are kept: heavy-tailed task times, four workers, no task that computes.

Tasks sleep for times drawn from a Pareto distribution (shape 1.5, mean 0.5 s, at most 5 s), so
that cores do not matter. ``busy`` is the part of the workers' time, between the first start and
the last dispatch, that they spent in tasks. The peer is one ``joblib.Parallel`` call for each
batch of four: what a search with a barrier does.

    python benchmarks/utilisation.py [--trials 60] [--workers 4]
"""

from __future__ import annotations

import argparse
import time

import joblib
import numpy as np

from skhpo import Tuner
from skhpo.schedulers import FullBudget


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


def busy(spans: list[tuple[float, float]], n_workers: int) -> float:
    """Return the busy part of the workers' time until the last task was dispatched."""
    first = min(start for start, _ in spans)
    last_dispatch = max(start for start, _ in spans)
    worked = sum(min(end, last_dispatch) - start for start, end in spans if start < last_dispatch)
    return worked / (n_workers * (last_dispatch - first))


def with_tuner(times: np.ndarray, n_workers: int, backend: str) -> list[tuple[float, float]]:
    """Run the tasks through a Tuner; return when each began and ended, on the worker's clock."""
    from skhpo.samplers import GridSampler

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
    print(f"{'workers are':>12} {'skhpo':>8} {'batches':>8}")
    for backend in ("loky", "threading"):
        ours = busy(with_tuner(times, arguments.workers, backend), arguments.workers)
        theirs = busy(with_barriers(times, arguments.workers, backend), arguments.workers)
        print(f"{backend:>12} {ours:8.1%} {theirs:8.1%}")


if __name__ == "__main__":
    main()
