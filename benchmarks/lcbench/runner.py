"""Runs every contestant on every task with every seed that is not in the results yet."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from zlib import crc32

from benchmarks.lcbench.contestants import CONTESTANTS
from benchmarks.lcbench.curves import Task
from benchmarks.lcbench.results import Results, Run
from benchmarks.lcbench.simulation import Cluster, Start, Trace, simulate

__all__ = ["run_all", "run_one"]


def run_all(
    tasks: Sequence[Task],
    contestants: Sequence[str],
    seeds: int,
    clusters: Sequence[Cluster],
    results: Results,
) -> None:
    """Run what is missing: seed after seed, in each one contestant after the other.

    Parameters
    ----------
    tasks : sequence of Task
        The data sets.
    contestants : sequence of str
        Their names.
    seeds : int
        How many; they are numbered from 0.
    clusters : sequence of Cluster
        On which to run.
    results : Results
        Where runs are looked up and added.
    """
    started = {name: CONTESTANTS[name].load() for name in contestants}
    known = results.runs()
    for seed in range(seeds):
        for cluster in clusters:
            for name in contestants:
                for task in tasks:
                    run = known.get((name, task.name, seed, cluster.n_workers))
                    if run is not None and (run.error or run.budget >= cluster.budget):
                        continue
                    run = run_one(name, started[name], task, seed, cluster)
                    results.add(run)
                    print(_line(run), flush=True)


def run_one(name: str, start: Start, task: Task, seed: int, cluster: Cluster) -> Run:
    """Search once. What a contestant raises ends the run and is kept in it.

    Parameters
    ----------
    name : str
        The contestant's name.
    start : callable
        Begins the search.
    task : Task
        The data set.
    seed : int
        Of the run. The search gets another one, which no other task shares: what one lucky
        sequence of random configurations is worth must not be counted once for each task.
    cluster : Cluster
        The workers.
    """
    error = None
    try:
        own_seed = crc32(f"{task.name}/{seed}".encode()) % 2**31
        trace = simulate(start, task, own_seed, cluster)
    except Exception:  # whatever a peer may raise: the others go on
        trace, error = Trace([], [], 0, 0, 0.0), traceback.format_exc()
    return Run(
        name,
        task.name,
        seed,
        cluster.n_workers,
        cluster.budget,
        **vars(trace),
        versions=CONTESTANTS[name].versions(),
        error=error,
    )


def _line(run: Run) -> str:
    what = (
        f"{run.contestant:>24} {run.task:>7} seed {run.seed}, {run.n_workers:>2} workers: "
        f"{run.regret(run.budget):7.3f} {run.cpu_seconds:8.1f} s"
    )
    return what if run.error is None else f"{what}  FAILED: {run.error.splitlines()[-1]}"
