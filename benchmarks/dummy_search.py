"""CPU time of a whole search whose fits cost nothing: BayesSearchCV against OptunaSearchCV.

40 candidates of a ``DummyClassifier``, five folds, one process: what is left is the suggestions
and the search around them. OptunaSearchCV has Optuna's default sampler, TPE, which is far cheaper
than a Gaussian process; each is run in turns in fresh interpreters, imports not counted.

    python benchmarks/dummy_search.py [--repeats 11] [--candidates 40]
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys

TARGET = 1.0

ONE_PROCESS = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier

name, n_iter = sys.argv[1], int(sys.argv[2])
X, y = load_iris(return_X_y=True)
estimator = DummyClassifier(strategy="uniform")
if name == "OptunaSearchCV":
    import optuna
    from optuna.distributions import CategoricalDistribution, IntDistribution
    from optuna_integration import OptunaSearchCV
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    space = {"random_state": IntDistribution(0, 10**6),
             "strategy": CategoricalDistribution(["uniform", "stratified"])}
    search = OptunaSearchCV(estimator, space, n_trials=n_iter, cv=5, random_state=0)
else:
    import skhpo
    space = {"random_state": skhpo.Int(0, 10**6), "strategy": ["uniform", "stratified"]}
    search = getattr(skhpo, name)(estimator, space, n_iter=n_iter, cv=5, random_state=0)
started = time.process_time()
search.fit(X, y)
print(json.dumps(time.process_time() - started))
"""


def measure(name: str, n_iter: int) -> float:
    """Return the CPU seconds of a search in a fresh interpreter."""
    command = [sys.executable, "-c", ONE_PROCESS, name, str(n_iter)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return float(json.loads(output))


def main() -> None:
    """Interleave them, and print medians and ratios to Optuna's."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=11)
    parser.add_argument("--candidates", type=int, default=40)
    arguments = parser.parse_args()
    names = ("BayesSearchCV", "TPESearchCV", "OptunaSearchCV")
    runs = [
        {name: measure(name, arguments.candidates) for name in names}
        for _ in range(arguments.repeats)
    ]
    print(f"CPU s for {arguments.candidates} candidates of DummyClassifier, cv=5, one process")
    ratios = {}
    for name in names:
        ratios[name] = statistics.median(run[name] / run["OptunaSearchCV"] for run in runs)
        print(f"{name:>15} {statistics.median(run[name] for run in runs):6.2f} {ratios[name]:6.2f}")
    is_met = ratios["BayesSearchCV"] <= TARGET
    print(f"target for BayesSearchCV: at most {TARGET}: {'met' if is_met else 'MISSED'}")
    sys.exit(not is_met)


if __name__ == "__main__":
    main()
