"""How often importance has the right order, and its limits the truth, on functions of known parts.

    OMP_NUM_THREADS=1 python benchmarks/importance.py
    OMP_NUM_THREADS=1 python benchmarks/importance.py --cost

A hundred random trials each. Of the order: with twenty seeds, ``skhpo.inspection.importance`` has
to name the parameters that matter in the order of their parts of the variance, learnt by a Gaussian
process (``"fanova"``) and by a forest. Of the limits: with a hundred seeds, how many of those
parameters are between ``low`` and ``high``, of which nine in ten would be if the model were right.
What is true is computed anew for the space that the trials span. ``--cost`` prints the CPU seconds
of each method instead, for small and large searches: the median of three.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from skhpo import Float, Tuner
from skhpo.inspection import importance

N_TRIALS, N_SEEDS, N_SEEDS_OF_LIMITS = 100, 20, 100

#: Parts of the variance that matter, and how far off a limit may be: by so little analyses of the
#: same function differ.
MATTERS, NEAR = 0.01, 0.005

#: Points for what is true, a power of two.
N_POINTS = 2**14

Array = NDArray[np.float64]

Method: TypeAlias = Literal["fanova", "permutation", "forest"]
METHODS: tuple[Method, ...] = ("fanova", "permutation", "forest")

#: Those that ask what a parameter does alone, of which the order is known.
ALONE: tuple[Method, ...] = ("fanova", "forest")


def ishigami(X: Array) -> Array:
    """Ishigami and Homma 1990, with a = 7 and b = 0.1: the second, the first, the third."""
    a, b, c = (math.pi * (2 * u - 1) for u in X.T[:3])
    return np.asarray(np.sin(a) + 7 * np.sin(b) ** 2 + 0.1 * c**4 * np.sin(a))


def sobol_g(X: Array) -> Array:
    """Sobol's g: the smaller the weight, the more it matters."""
    weights = np.array([0, 1, 4.5, 9, 99, 99, 99, 99])
    return np.asarray(np.prod((np.abs(4 * X - 2) + weights) / (1 + weights), axis=1))


def weighted_sum(X: Array) -> Array:
    """Each matters by the square of its weight."""
    return np.asarray(X @ [8.0, 5.0, 3.0, 2.0, 1.0, 0.0, 0.0, 0.0])


@dataclass(frozen=True)
class Case:
    """A function, and how it is measured.

    Parameters
    ----------
    function : callable
        Takes points of shape (n, d).
    d : int
        Number of parameters.
    order : list of int
        Those that matter in order of their main effects.
    noise : float, default=0.0
        Standard deviation of what is added to each score, in units of the function's own.
    """

    function: Callable[[Array], Array]
    d: int
    order: list[int]
    noise: float = 0.0


CASES = {
    "Ishigami": Case(ishigami, 3, [1, 0, 2]),
    "Ishigami, and 5 that do nothing": Case(ishigami, 8, [1, 0]),
    "Sobol's g": Case(sobol_g, 8, [0, 1, 2]),
    "a sum": Case(weighted_sum, 8, [0, 1, 2, 3, 4]),
}

#: Measured with noise, nobody can expect the order of what matters little.
NOISY = {
    "Ishigami, noise 0.3": Case(ishigami, 3, [1, 0, 2], 0.3),
    "Sobol's g, noise 0.3": Case(sobol_g, 8, [0, 1, 2], 0.3),
    "a sum, noise 0.3": Case(weighted_sum, 8, [0, 1, 2, 3, 4], 0.3),
    "a sum, noise 1": Case(weighted_sum, 8, [0, 1, 2, 3, 4], 1.0),
}


def measured(case: Case, seed: int) -> tuple[Tuner, Array]:
    """Return a random search, and its trials as points."""
    rng = np.random.default_rng(seed)
    spread = case.noise * float(case.function(rng.random((N_POINTS, case.d))).std())

    def objective(params: dict[str, Any]) -> float:
        (score,) = case.function(np.array([[params[f"x{k}"] for k in range(case.d)]]))
        return float(score + spread * rng.normal())

    space = {f"x{k}": Float(0, 1) for k in range(case.d)}
    tuner = Tuner(space, objective, random_state=seed).run(n_trials=N_TRIALS)
    rows = [[t.params[f"x{k}"] for k in range(case.d)] for t in tuner.history.trials]
    return tuner, np.array(rows)


def true_parts(case: Case, X: Array) -> dict[str, Array]:
    """Return main and total effects over the box that points span.

    A. Saltelli et al.: Variance Based Sensitivity Analysis of Model Output. Computer Physics
    Communications 181, 2010; table 2, the second and the last estimator.
    """
    low, high = X.min(axis=0), X.max(axis=0)
    points = qmc.Sobol(2 * case.d, seed=0).random(N_POINTS)
    A, B = (low + (high - low) * half for half in np.split(points, 2, axis=1))
    f_A, f_B = case.function(A), case.function(B)
    variance = np.concatenate([f_A, f_B]).var()
    main, total = np.empty(case.d), np.empty(case.d)
    for k in range(case.d):
        mixed = A.copy()
        mixed[:, k] = B[:, k]
        f_mixed = case.function(mixed)
        main[k] = np.mean((f_B - f_B.mean()) * (f_mixed - f_A)) / variance
        total[k] = np.mean((f_A - f_mixed) ** 2) / 2 / variance
    return {"fanova": main, "permutation": total, "forest": main}


def told(tuner: Tuner, d: int, method: Method) -> Array:
    """Return importance, low and high by parameter, of shape (3, d)."""
    table = importance(tuner, method)
    places = np.argsort([int(str(name)[1:]) for name in table["parameter"]])
    assert len(places) == d
    return np.array([table[name][places] for name in ("importance", "low", "high")])


def cost() -> None:
    """Print what each method takes."""
    for n_trials, d in ((30, 2), (100, 8), (400, 20)):
        space = {f"x{k}": Float(0, 1) for k in range(d)}
        tuner = Tuner(space, lambda params: sum(params.values()), random_state=0).run(n_trials)
        for method in METHODS:
            seconds = []
            for _ in range(3):
                before = time.process_time()
                importance(tuner, method)
                seconds.append(time.process_time() - before)
            print(f"{n_trials} trials of {d} parameters, {method:<12} {np.median(seconds):.2f} s")


def main() -> None:
    """Print how many of the seeds have the order, and how many of the limits the truth."""
    if "--cost" in sys.argv[1:]:
        cost()
        return
    for name, case in CASES.items():
        n_right = dict.fromkeys(ALONE, 0)
        for seed in range(N_SEEDS):
            tuner, _ = measured(case, seed)
            for method in ALONE:
                found = [int(str(p)[1:]) for p in importance(tuner, method)["parameter"]]
                n_right[method] += found[: len(case.order)] == case.order
        right = ", ".join(f"{method} {n}" for method, n in n_right.items())
        print(f"{name:<35} first {len(case.order)} of {case.d}: {right} of {N_SEEDS}", flush=True)
    for method in METHODS:
        print(f"\n{method:<35} inside  width  error of what is expected")
        for name, case in (CASES | NOISY).items():
            rows = []
            for seed in range(N_SEEDS_OF_LIMITS):
                tuner, X = measured(case, seed)
                true = true_parts(case, X)[method]
                expected, low, high = told(tuner, case.d, method)
                is_inside = (low - NEAR <= true) & (true <= high + NEAR)
                row = np.array([is_inside, high - low, (expected - true) ** 2])
                rows.append(row[:, true >= MATTERS])
            inside, width, square = np.concatenate(rows, axis=1).mean(axis=1)
            print(f"{name:<35} {inside:5.0%}  {width:6.2f}  {math.sqrt(square):.2f}", flush=True)


if __name__ == "__main__":
    main()
