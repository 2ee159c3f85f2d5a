"""Cost of the search itself: RandomSearchCV against scikit-learn's RandomizedSearchCV.

200 candidates of a classifier that costs next to nothing, five folds: what is left is the search.
With two workers the first search in a process also pays for starting them: ``cold`` is a search
in a fresh interpreter (imports not counted), ``warm`` the next one in the same interpreter.
The workers of both wait for the next search for a while.

    python benchmarks/search_overhead.py [--repeats 5] [--candidates 200]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys

TARGET = 1.0

ONE_PROCESS = """
import json, sys, time
import numpy as np
from scipy.stats import randint
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.model_selection import RandomizedSearchCV
from skhpo import RandomSearchCV

name, n_jobs, n_iter = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
X, y = load_iris(return_X_y=True)
cls = {"skhpo": RandomSearchCV, "scikit-learn": RandomizedSearchCV}[name]
seconds = []
for _ in range(2):
    search = cls(DummyClassifier(strategy="uniform"), {"random_state": randint(0, 10**6)},
                 n_iter=n_iter, cv=5, n_jobs=n_jobs, random_state=0)
    started = time.perf_counter()
    search.fit(X, y)
    seconds.append(time.perf_counter() - started)
    assert len(search.cv_results_["params"]) == n_iter
print(json.dumps(seconds))
"""


def measure(name: str, n_jobs: int, n_iter: int) -> list[float]:
    """Return the seconds of a cold and of a warm search in a fresh interpreter."""
    command = [sys.executable, "-c", ONE_PROCESS, name, str(n_jobs), str(n_iter)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(output)


def main() -> None:
    """Interleave the two, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--candidates", type=int, default=200)
    arguments = parser.parse_args()
    print(f"{arguments.candidates} candidates of DummyClassifier, cv=5, {arguments.repeats} runs")
    is_met = True
    print(f"{'n_jobs':>6} {'search':>6} {'skhpo s':>9} {'sklearn s':>10} {'ratio (min..max)':>22}")
    for n_jobs in (1, 2):
        runs = [
            (measure("skhpo", n_jobs, arguments.candidates),
             measure("scikit-learn", n_jobs, arguments.candidates))
            for _ in range(arguments.repeats)
        ]  # fmt: skip
        for which, label in enumerate(("cold", "warm")):
            ours = [ours[which] for ours, _ in runs]
            theirs = [theirs[which] for _, theirs in runs]
            ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
            print(
                f"{n_jobs:>6} {label:>6} {statistics.median(ours):9.2f} "
                f"{statistics.median(theirs):10.2f} {statistics.median(ratios):10.2f} "
                f"({min(ratios):.2f}..{max(ratios):.2f})"
            )
            is_met &= statistics.median(ratios) <= TARGET
    print(f"target {TARGET} in every row: {'met' if is_met else 'MISSED'}")
    sys.exit(not is_met)


if __name__ == "__main__":
    main()
