"""Runs every sampler on every problem with every seed that is not in the results yet."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Mapping, Sequence

from benchmarks.samplers.contestants import Contestant
from benchmarks.samplers.problem import Problem
from benchmarks.samplers.results import Results, Run

__all__ = ["run_all", "run_one"]


def run_all(
    problems: Sequence[Problem],
    contestants: Mapping[str, Contestant],
    seeds: int,
    n_trials: int,
    results: Results,
) -> None:
    """Run what is missing: seed after seed, in each one sampler after the other.

    Parameters
    ----------
    problems : sequence of Problem
        What to search.
    contestants : mapping of str to Contestant
        The samplers, by name.
    seeds : int
        How many; they are numbered from 0.
    n_trials : int
        Trials of a run.
    results : Results
        Where runs are looked up and added.
    """
    known = results.runs()
    for seed in range(seeds):
        for name, contestant in contestants.items():
            for problem in problems:
                run = known.get((problem.name, name, seed))
                if run is not None and (run.error or len(run.scores) >= n_trials):
                    continue
                run = run_one(problem, name, contestant, seed, n_trials)
                results.add(run)
                print(_line(run), flush=True)


def run_one(problem: Problem, name: str, contestant: Contestant, seed: int, n_trials: int) -> Run:
    """Search once. What a sampler raises ends the run and is kept in it.

    Parameters
    ----------
    problem : Problem
        What to search.
    name : str
        The sampler's name.
    contestant : Contestant
        The sampler.
    seed : int
        Of the sampler and of the noise.
    n_trials : int
        Trials.
    """
    rng = problem.noise_rng(seed)
    run = Run(problem.name, name, seed, [], [], [], contestant.versions())
    best = -math.inf
    try:
        search = contestant.load()(problem.space, seed, n_trials)
        for _ in range(n_trials):
            asked = time.process_time()
            params = search.ask()
            proposed = time.process_time()
            score = problem.evaluate(params, rng)
            evaluated = time.process_time()
            search.tell(params, score)
            told = time.process_time()
            if score > best:
                best = score
                incumbent = problem.true_value(params) if problem.noise else score
            run.scores.append(score)
            run.incumbents.append(incumbent)
            run.cpu_seconds.append(round(proposed - asked + told - evaluated, 6))
    except Exception:  # whatever a peer may raise: the others go on
        return Run(**{**vars(run), "error": traceback.format_exc()})
    return run


def _line(run: Run) -> str:
    seconds = sum(run.cpu_seconds)
    end = run.incumbents[-1] if run.incumbents else math.nan
    what = f"{run.sampler:>18} {run.problem:>24} seed {run.seed}: {end:12.6g} {seconds:8.1f} s"
    return what if run.error is None else f"{what}  FAILED: {run.error.splitlines()[-1]}"
