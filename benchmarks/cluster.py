"""Simulated clusters with heavy-tailed training times: how busy, and what decisions cost.

A unit of the resource takes a time drawn from a Pareto distribution (shape 1.5), anew for each
task, on a virtual clock. ``busy`` is the part of the workers' time up to the last dispatch that
they spent in tasks. Scores are drawn at random, so that nothing depends on what is tuned.

First each search ends after so many tasks, in the middle of whatever it does, as one with a time
limit would; the asynchronous ones have no end of their own there. Then each is given so many
trials, and carries what is planned for them to its end: where no trial may be started any more,
promotions have to wait for each other in every scheduler. The decisions for 10,000 trials are timed
on 16 workers, in seconds of the processor.

    python benchmarks/cluster.py [--tasks 1500] [--trials 1000] [--decisions 10000]
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable

import numpy as np

from skhpo import Float, Tuner
from skhpo.history import History
from skhpo.schedulers import (
    AsynchronousHalving,
    AsynchronousHyperband,
    Bracket,
    Hyperband,
    Plan,
    Scheduler,
    StoppingHalving,
    SuccessiveHalving,
    rungs,
)
from skhpo.testing import VirtualExecutor
from skhpo.trial import Action, Stop, Task

TARGET_BUSY = 0.97
TARGET_SECONDS = 2.0
RUNGS = rungs(1, 81, factor=3)
CLUSTERS = (4, 16, 64)

#: Name -> (number of trials -> scheduler); without an end for None.
ASYNCHRONOUS: dict[str, Callable[[int | None], Scheduler]] = {
    "ASHA": lambda n: AsynchronousHalving(n, RUNGS),
    "ASHA, stopping": lambda n: StoppingHalving(n, RUNGS),
    "asynchronous Hyperband": lambda n: AsynchronousHyperband(n, RUNGS),
}
#: The same with barriers. A loop of Hyperband has 143 trials.
SYNCHRONOUS: dict[str, Callable[[int], Scheduler]] = {
    "successive halving": lambda n: SuccessiveHalving(Bracket.halving(n, RUNGS)),
    "Hyperband": lambda n: Hyperband(RUNGS, n_loops=-(-n // 143)),
}


class Timed(Scheduler):
    """A scheduler whose decisions are timed, and that ends after so many tasks."""

    def __init__(self, scheduler: Scheduler, n_tasks: float) -> None:
        self.scheduler = scheduler
        self.n_tasks = n_tasks
        self.seconds = 0.0

    def next(self, history: History, may_start: bool = True) -> Action:
        """Decide, and add up how long it took."""
        if history.n_pending + len(history.measurements) >= self.n_tasks:
            return Stop()
        began = time.process_time()
        action = self.scheduler.next(history, may_start)
        self.seconds += time.process_time() - began
        return action

    def plan(self) -> Plan | None:
        """The same."""
        return self.scheduler.plan()


def simulate(
    scheduler: Scheduler, n_workers: int, n_tasks: float = math.inf, seed: int = 0
) -> tuple[float, float]:
    """Return the busy part of the workers' time, and the seconds spent in decisions."""

    def duration(task: Task) -> float:
        rng = np.random.default_rng([seed, task.trial, int(task.resource or 0)])
        return float((rng.pareto(1.5) + 1) * ((task.resource or 0) - (task.reached or 0)))

    timed, executor = Timed(scheduler, n_tasks), VirtualExecutor(n_workers, duration=duration)
    tuner = Tuner(
        {"x": Float(0, 1)},
        lambda params, resource: params["x"],
        scheduler=timed,
        executor=executor,
        random_state=seed,
    )
    tuner.run(n_trials=10**6)  # the scheduler ends before that
    return executor.utilisation(), timed.seconds


def main() -> None:
    """Print a table, and whether the targets were met."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, default=1500)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--decisions", type=int, default=10_000)
    arguments = parser.parse_args()
    is_met = True
    print(f"rungs {RUNGS}; busy part of {', '.join(map(str, CLUSTERS))} workers")
    print(f"{'':24}{f'{arguments.tasks} tasks':>26}{f'{arguments.trials} trials':>26}   decisions")
    for name, make in (ASYNCHRONOUS | SYNCHRONOUS).items():
        n_trials = None if name in ASYNCHRONOUS else arguments.trials
        endless = [simulate(make(n_trials), n, arguments.tasks)[0] for n in CLUSTERS]
        to_the_end = [simulate(make(arguments.trials), n)[0] for n in CLUSTERS]
        _, seconds = simulate(make(arguments.decisions), 16)
        cells = "  ".join("".join(f"{s:8.1%}" for s in busy) for busy in (endless, to_the_end))
        print(f"{name:24}  {cells}{seconds:10.2f} s")
        is_met &= seconds <= TARGET_SECONDS
        if name == "ASHA":
            is_met &= min(endless) >= TARGET_BUSY
    print(
        f"targets: ASHA {TARGET_BUSY:.0%} busy, {TARGET_SECONDS:g} s for the decisions of "
        f"{arguments.decisions} trials: {'met' if is_met else 'MISSED'}"
    )
    sys.exit(not is_met)


if __name__ == "__main__":
    main()
