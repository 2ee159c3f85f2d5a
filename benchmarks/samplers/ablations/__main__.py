"""Run variants on the development problems, and compare; see ``--help``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.samplers.ablations.variants import VARIANTS
from benchmarks.samplers.comparison import compare
from benchmarks.samplers.contestants import ours
from benchmarks.samplers.problem import Problem
from benchmarks.samplers.problems import PROBLEMS
from benchmarks.samplers.results import Key, Results, Run
from benchmarks.samplers.runner import run_all
from benchmarks.samplers.tables import interval, number, table

__all__ = ["main", "report"]

_DEVELOPMENT = {name: p for name, p in PROBLEMS.items() if p.split == "development"}


def report(
    runs: Mapping[Key, Run], variants: Sequence[str], problems: Sequence[Problem], n_trials: int
) -> str:
    """Return a table: regret of each variant as a part of its baseline's, and its CPU time.

    Parameters
    ----------
    runs : mapping of (problem, variant, seed) to Run
        All there are.
    variants : sequence of str
        Names; those of baselines have no row of their own.
    problems : sequence of Problem
        Those to compare on, as far as both have runs of them.
    n_trials : int
        After how many trials.
    """
    header = ["variant", "to", "problems", "runs", f"geometric @{n_trials}", "mean", "CPU ms"]
    rows = []
    for name in variants:
        baseline = VARIANTS[name].baseline
        usable = [problem for problem in problems if VARIANTS[name].is_for(problem)]
        if name == baseline or not usable:
            continue
        compared = compare(runs, [name, baseline], usable, n_trials)
        end = compared.at(n_trials)
        times = [_milliseconds(runs, each, compared.regrets) for each in (name, baseline)]
        rows.append(
            [
                name,
                baseline,
                str(len(compared.regrets)),
                str(compared.n_runs),
                interval(end.geometric_ratio(name, baseline)),
                interval(end.arithmetic_ratio(name, baseline)),
                " to ".join(number(each) for each in times),
            ]
        )
    return table(header, rows)


def _milliseconds(runs: Mapping[Key, Run], variant: str, problems: Mapping[str, object]) -> float:
    """CPU time of the mean proposal."""
    times = [run.cpu_seconds for (p, v, _), run in runs.items() if p in problems and v == variant]
    return 1e3 * float(np.mean(np.concatenate(times)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line, run what is not in the results yet, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.samplers.ablations",
        description="What parts of skhpo's samplers are worth, and others that were left out.",
    )
    parser.add_argument("--results", type=Path, required=True, metavar="FOLDER")
    parser.add_argument("--variants", nargs="+", choices=list(VARIANTS), default=list(VARIANTS))
    parser.add_argument(
        "--problems", nargs="+", choices=list(_DEVELOPMENT), default=list(_DEVELOPMENT)
    )
    parser.add_argument("--seeds", type=int, default=4, help="0: only the table of what is there")
    parser.add_argument("--trials", type=int, default=60)
    options = parser.parse_args(arguments)
    problems, results = [_DEVELOPMENT[name] for name in options.problems], Results(options.results)
    # baselines first
    names = list(dict.fromkeys([VARIANTS[name].baseline for name in options.variants]))
    names += [name for name in options.variants if name not in names]
    for n_seeds in range(1, options.seeds + 1):  # seed after seed, so that it can be stopped
        for problem in problems:
            contestants = {
                name: ours(partial(VARIANTS[name].sampler, problem))
                for name in names
                if VARIANTS[name].is_for(problem)
            }
            run_all([problem], contestants, n_seeds, options.trials, results)
    print(report(results.runs(), names, problems, options.trials))


if __name__ == "__main__":
    main()
