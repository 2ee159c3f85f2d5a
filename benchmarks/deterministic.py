"""What it costs to have the same result for every number of workers: how busy they are.

With ``deterministic`` so many tasks are under way at a time, and results are taken in the order in
which the tasks were handed out: a long one holds up those after it. Tasks take times from a Pareto
distribution (shape 1.5, a mean of 3 before it is cut, ten times that at most) on a virtual clock,
so that the figures are exact, and the same on every machine. ``busy`` is the part of the workers'
time, until the last task was begun, that they spent in tasks; 400 trials, mean of ten seeds.

    python benchmarks/deterministic.py [--trials 400] [--seeds 10]
"""

from __future__ import annotations

import argparse

import numpy as np

from skhpo import Float, Tuner
from skhpo.schedulers import FullBudget
from skhpo.testing import VirtualExecutor, outcomes
from skhpo.trial import Task

WORKERS = (2, 4, 8)
LAGS = (None, 8, 16, 32, 64)


def run(n_trials: int, n_workers: int, lag: int | None, seed: int) -> tuple[float, list[str]]:
    """Return how busy the workers were, and what was recorded."""
    tail = np.minimum(np.random.default_rng(seed).pareto(1.5, size=n_trials) + 1.0, 30.0)

    def duration(task: Task) -> float:
        return float(tail[task.trial])

    executor = VirtualExecutor(n_workers, duration=duration)
    tuner = Tuner(
        {"x": Float(0, 1)},
        lambda params: params["x"],
        scheduler=FullBudget(n_trials),
        executor=executor,
        deterministic=lag,
        random_state=0,
    )
    history = tuner.run().history
    return executor.utilisation(), outcomes(history)


def main() -> None:
    """Print a table: a row for each lag, a column for each number of workers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=400)
    parser.add_argument("--seeds", type=int, default=10)
    arguments = parser.parse_args()
    print(f"{'deterministic':>14}" + "".join(f"{n:>4} workers" for n in WORKERS))
    for lag in LAGS:
        shares = []
        for n_workers in WORKERS:
            runs = [run(arguments.trials, n_workers, lag, s) for s in range(arguments.seeds)]
            shares.append(np.mean([busy for busy, _ in runs]))
            if lag is not None:
                assert runs[0][1] == run(arguments.trials, 1, lag, 0)[1], "another history"
        print(f"{lag!s:>14}" + "".join(f"{share:11.1%} " for share in shares))


if __name__ == "__main__":
    main()
