"""Finds what no derivation gives: values of the median random configuration, best known values."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from benchmarks.samplers.problem import REFERENCE, Problem
from benchmarks.samplers.results import Results
from skhpo import Space

__all__ = ["find_reference"]

N_RANDOM = 200  # of models; functions cost nothing
N_RANDOM_OF_FUNCTIONS = 2000
N_STEPS = 600
SCALES = (0.3, 0.1, 0.03, 0.01)


def find_reference(problems: Sequence[Problem], results: Results) -> None:
    """Write the table of values that are known from search.

    Best known is the best of: random configurations, a local search from the best of them, and
    the incumbents of all runs there are.

    Parameters
    ----------
    problems : sequence of Problem
        Those whose rows are written anew; other rows are kept.
    results : Results
        Runs that may have found something better.
    """
    table = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else {}
    runs = results.runs().values()
    for problem in problems:
        row = table.get(problem.name) or _searched(problem)
        if problem.optimum is None:
            found = [
                run.incumbents[-1] for run in runs if run.problem == problem.name and run.incumbents
            ]
            row["best"] = max([row["best"], *found])
        table[problem.name] = row
        print(f"{problem.name:>24} {row}", flush=True)
        REFERENCE.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


def _searched(problem: Problem) -> dict[str, float]:
    if problem.optimum is not None:
        return {"median": float(np.median(problem.random_values(N_RANDOM_OF_FUNCTIONS)))}
    rng, space = np.random.default_rng(0), Space(problem.space)
    found = [space.sample(rng) for _ in range(N_RANDOM)]
    values = [problem.true_value(params) for params in found]
    at = int(np.argmax(values))
    return {
        "median": float(np.median(values)),
        "best": _climb(problem, space, found[at], values[at]),
    }


def _climb(problem: Problem, space: Space, params: dict, best: float) -> float:
    """Walk to neighbours that are no worse, in ever smaller steps."""
    rng, encoding = np.random.default_rng(1), space.encoding
    (row,) = encoding.encode([params])
    for scale in np.repeat(SCALES, N_STEPS // len(SCALES)):
        (candidate,) = encoding.neighbours(row, rng, n=1, scale=float(scale))
        value = problem.true_value(encoding.decode(candidate))
        if value >= best:
            row, best = candidate, value
    return best
