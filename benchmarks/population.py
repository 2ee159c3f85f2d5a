"""Population based training: what it finds where a schedule pays, and what it costs.

A perceptron with two hidden layers on digits, in small batches: large learning rates are best
first, and small ones later. A quarter of the data is held out; the searches have the rest, of
which they score on a quarter. All train the same number of epochs: PBTSearchCV a population of
ten, random search ten configurations completely, HalvingASHASearchCV as many as its plan allows.

    python benchmarks/population.py [--seeds 10]
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from itertools import pairwise
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import ShuffleSplit, train_test_split
from sklearn.neural_network import MLPClassifier

from skhpo import Float, HalvingASHASearchCV, PBTSearchCV
from skhpo.resources import retune
from skhpo.storage import Checkpoints

POPULATION = 10
EPOCHS = 30
INTERVAL = 3
OVERHEAD_TARGET = 0.02  # of training, at a second for each interval
COPY_TARGET = 5.0  # ms
LENET = (784, 70, 84, 10)  # layers with about the 61,706 weights of LeNet-5

NET = MLPClassifier((64, 64), solver="sgd", batch_size=8, momentum=0.0, random_state=0)
SPACE = {"learning_rate_init": Float(1e-3, 1.0, log=True), "alpha": Float(1e-6, 1e-1, log=True)}


def searches(seed: int) -> dict[str, Any]:
    """Return the searches, of the same number of epochs."""
    common = {
        "resource": "epochs",
        "max_resources": EPOCHS,
        "scoring": "neg_log_loss",
        "cv": ShuffleSplit(n_splits=1, test_size=0.25, random_state=seed),
        "random_state": seed,
    }
    net = clone(NET).set_params(random_state=seed)
    budget = POPULATION * EPOCHS

    def asha(n_candidates: int, min_resources: int = INTERVAL) -> HalvingASHASearchCV:
        return HalvingASHASearchCV(
            net, SPACE, n_candidates=n_candidates, min_resources=min_resources, **common
        )

    population = {"population_size": POPULATION, "perturbation_interval": INTERVAL, **common}
    n_halving = max(n for n in range(POPULATION, 100) if (asha(n).plan().cost or 0) <= budget)
    return {
        "PBT": PBTSearchCV(net, SPACE, **population),
        "PB2": PBTSearchCV(net, SPACE, explore="bandit", **population),
        "random": asha(POPULATION, min_resources=EPOCHS),
        "ASHA": asha(n_halving),
    }


def compare(n_seeds: int) -> None:
    """Print held-out scores, and differences to PBT's."""
    X, y = load_digits(return_X_y=True)
    losses: dict[str, list[float]] = {}
    errors: dict[str, list[float]] = {}
    epochs: dict[str, list[float]] = {}
    for seed in range(n_seeds):
        parts = train_test_split(X / 16, y, test_size=0.25, random_state=seed, stratify=y)
        X_train, X_test, y_train, y_test = parts
        for name, search in searches(seed).items():
            search.fit(X_train, y_train)
            losses.setdefault(name, []).append(-search.score(X_test, y_test))
            error = 1 - search.best_estimator_.score(X_test, y_test)
            errors.setdefault(name, []).append(100 * error)
            spent = sum(measurement.spent for measurement in search.history_.measurements)
            epochs.setdefault(name, []).append(spent)
            print(f"seed {seed}, {name}: {losses[name][-1]:.4f}", file=sys.stderr, flush=True)
    print(f"{'search':8}  {'epochs':>6}  {'log loss':>8}  {'error %':>7}  difference to PBT")
    for name, values in losses.items():
        paired = np.array(values) - losses["PBT"]
        spread = paired.std(ddof=1) / np.sqrt(len(paired)) if len(paired) > 1 else np.nan
        print(
            f"{name:8}  {np.mean(epochs[name]):6.0f}  {np.mean(values):8.4f}  "
            f"{np.mean(errors[name]):7.2f}  {paired.mean():+.4f} +- {spread:.4f}"
        )


class Untrained(ClassifierMixin, BaseEstimator):
    """As large as a LeNet, and trained in no time: what is left is what the search takes."""

    def __init__(self, rate: float = 0.1) -> None:
        self.rate = rate

    def fit(self, X: Any, y: Any) -> Untrained:
        """Train once."""
        return self.partial_fit(X, y)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> Untrained:
        """Have weights."""
        self.classes_ = np.unique(y)
        if not hasattr(self, "coefs_"):
            rng = np.random.default_rng(0)
            self.coefs_ = [rng.random(shape) for shape in pairwise(LENET)]
        return self

    def score(self, X: Any, y: Any) -> float:
        """Return the setting."""
        return self.rate


def overhead() -> None:
    """Print what an interval costs besides training."""
    X, y = load_digits(return_X_y=True)
    for explore in ("perturb", "bandit"):
        search = PBTSearchCV(
            Untrained(), {"rate": Float(0, 1)}, population_size=20, resource="epochs",
            max_resources=50, perturbation_interval=1, explore=explore, refit=False,
            cv=ShuffleSplit(n_splits=1, random_state=0), random_state=0,
        )  # fmt: skip
        started = time.process_time()
        search.fit(X, y)
        seconds = (time.process_time() - started) / len(search.history_.measurements)
        verdict = "met" if seconds <= OVERHEAD_TARGET else "missed"
        print(
            f"{explore}: {1000 * seconds:.1f} ms beside an interval of one second, "
            f"{seconds:.1%} (target {OVERHEAD_TARGET:.0%}: {verdict})"
        )


def copy() -> None:
    """Print what it takes to copy a net: from disk, with other hyperparameters, and back."""
    X, y = load_digits(return_X_y=True)
    X = np.pad(X, ((0, 0), (0, LENET[0] - X.shape[1]))).astype(np.float32)
    net = MLPClassifier(LENET[1:-1], solver="sgd", random_state=0).partial_fit(
        X, y, classes=np.unique(y)
    )
    n_weights = sum(w.size for w in (*net.coefs_, *net.intercepts_))
    took = []
    with Checkpoints.temporary() as checkpoints:
        checkpoints.save(0, 0, 1, net)
        for number in range(1, 101):
            started = time.process_time()
            state = checkpoints.load(0, 0, 1)
            assert state is not None
            retune(state, {"learning_rate_init": 0.1 / number})
            checkpoints.save(number, 0, 1, state)
            took.append(1000 * (time.process_time() - started))
    median = float(np.median(took))
    verdict = "met" if median <= COPY_TARGET else "missed"
    print(f"copy of {n_weights} weights, and momenta: {median:.1f} ms ({COPY_TARGET:g}: {verdict})")


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=10)
    seeds = parser.parse_args().seeds
    warnings.simplefilter("ignore", ConvergenceWarning)
    overhead()
    copy()
    compare(seeds)


if __name__ == "__main__":
    main()
