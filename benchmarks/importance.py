"""How often the order of importance is right, on functions of which it is known.

    OMP_NUM_THREADS=1 python benchmarks/importance.py

A hundred random trials each, with twenty seeds: ``skhpo.inspection.importance`` has to name the
parameters that matter in the order of their parts of the variance.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from skhpo import Float, Tuner
from skhpo.inspection import importance

N_TRIALS, N_SEEDS = 100, 20


def ishigami(x: Sequence[float]) -> float:
    """Ishigami and Homma 1990, with a = 7 and b = 0.1: the second, the first, the third."""
    a, b, c = (math.pi * (2 * u - 1) for u in x[:3])
    return math.sin(a) + 7 * math.sin(b) ** 2 + 0.1 * c**4 * math.sin(a)


def sobol_g(x: Sequence[float]) -> float:
    """Sobol's g: the smaller the weight, the more it matters."""
    weights = (0, 1, 4.5, 9, 99, 99, 99, 99)
    return math.prod((abs(4 * u - 2) + w) / (1 + w) for u, w in zip(x, weights, strict=True))


def weighted_sum(x: Sequence[float]) -> float:
    """Each matters by the square of its weight."""
    return sum(w * u for u, w in zip(x, (8, 5, 3, 2, 1, 0, 0, 0), strict=True))


#: Function, number of parameters, and those that matter in order of their main effects.
CASES: dict[str, tuple[Callable[[Sequence[float]], float], int, list[int]]] = {
    "Ishigami": (ishigami, 3, [1, 0, 2]),
    "Ishigami, and 5 that do nothing": (ishigami, 8, [1, 0]),
    "Sobol's g": (sobol_g, 8, [0, 1, 2]),
    "a sum": (weighted_sum, 8, [0, 1, 2, 3, 4]),
}


def main() -> None:
    """Print how many of the seeds have the order."""
    for name, (function, d, order) in CASES.items():
        n_right = 0
        for seed in range(N_SEEDS):
            space = {f"x{k}": Float(0, 1) for k in range(d)}

            def objective(params: dict[str, Any], d: int = d, f: Any = function) -> float:
                return float(f([params[f"x{k}"] for k in range(d)]))

            tuner = Tuner(space, objective, random_state=seed).run(n_trials=N_TRIALS)
            found = [int(str(p)[1:]) for p in importance(tuner)["parameter"]]
            n_right += found[: len(order)] == order
        print(f"{name:<35} first {len(order)} of {d}: {n_right} of {N_SEEDS}", flush=True)


if __name__ == "__main__":
    main()
