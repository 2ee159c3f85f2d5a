"""Training time for the same held-out score: HalvingSearchCV against RandomizedSearchCV.

A multi-layer perceptron and gradient boosting, on digits and on generated data like covtype (54
features, 7 classes). Both search on a small part with the same three folds, and what they choose
is trained on it once more and scored on the rest, which is larger, so that small differences show.
RandomizedSearchCV trains 27 configurations to the end, which for the perceptron is where
scikit-learn's own rule finds that the loss no longer falls, or 27 epochs; HalvingSearchCV
begins 36, drawn at random, too, and goes on with the best third of them after 1, 3 and 9 epochs.

Time is CPU time of the whole search, so that it does not grow while other processes run; epochs
(iterations of boosting) are counted. For comparison: what random search has found after a quarter
of its configurations.

    OMP_NUM_THREADS=1 python benchmarks/early_stopping.py [--seeds 0 1] [--problems mlp-digits …]
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from paired import interval, summary
from scipy.stats import loguniform, randint, uniform
from sklearn.base import clone
from sklearn.datasets import load_digits, make_classification
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import RandomizedSearchCV, StratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhpo import HalvingSearchCV
from skhpo.inspection import savings

TIME_TARGET = 0.25  # of RandomizedSearchCV's
N_RANDOM = 27  # configurations, trained completely
N_CANDIDATES = 36  # configurations begun
FULL = 27  # epochs, or iterations of boosting

MLP_SPACE = {
    "mlpclassifier__alpha": loguniform(1e-6, 1.0),
    "mlpclassifier__learning_rate_init": loguniform(1e-4, 1e-1),
    "mlpclassifier__hidden_layer_sizes": [(16,), (32,), (64,), (32, 32)],
    "mlpclassifier__batch_size": [16, 32, 64],
}
BOOSTING_SPACE = {
    "learning_rate": loguniform(0.03, 1.0),
    "max_depth": randint(2, 6),
    "min_samples_leaf": randint(1, 30),
    "max_features": uniform(0.05, 0.25),
    "subsample": uniform(0.4, 0.6),
}


@dataclass(frozen=True)
class Problem:
    """An estimator, its resource, its space, and data of which some are searched on."""

    estimator: Any
    resource: str
    space: dict[str, Any]
    data: Callable[[], tuple[np.ndarray, np.ndarray]]
    n_samples: int


@dataclass(frozen=True)
class Outcome:
    """What a search cost, and what its choice scores."""

    seconds: float
    epochs: float
    held_out: float


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return 1797 images of 8 x 8."""
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def covtype_like() -> tuple[np.ndarray, np.ndarray]:
    """Return generated samples with covtype's number of features and classes."""
    return make_classification(
        n_samples=6000, n_features=54, n_informative=12, n_redundant=10, n_classes=7,
        n_clusters_per_class=2, class_sep=1.2, flip_y=0.02, random_state=0,
    )  # fmt: skip


def mlp() -> Any:
    """Return a perceptron that stops as scikit-learn's does, or after all its epochs."""
    return make_pipeline(StandardScaler(), MLPClassifier(max_iter=FULL, random_state=0))


def boosting() -> Any:
    """Return boosting that makes all its iterations."""
    return GradientBoostingClassifier(n_estimators=FULL, random_state=0)


PROBLEMS = {
    "mlp-digits": Problem(mlp(), "epochs", MLP_SPACE, digits, 900),
    "mlp-covtype": Problem(mlp(), "epochs", MLP_SPACE, covtype_like, 1000),
    "boosting-digits": Problem(boosting(), "n_estimators", BOOSTING_SPACE, digits, 600),
    "boosting-covtype": Problem(boosting(), "n_estimators", BOOSTING_SPACE, covtype_like, 1000),
}


def epochs_made(estimator: Any, X: Any, y: Any) -> float:
    """Return how many there were, as if it were a score."""
    last = estimator[-1] if hasattr(estimator, "steps") else estimator
    return float(getattr(last, "n_estimators_", None) or last.n_iter_)


def measure(problem: Problem, seed: int) -> tuple[Outcome, Outcome, Outcome]:
    """Return what came of random search, of a quarter of it, and of halving."""
    X, y = problem.data()
    X, X_out, y, y_out = train_test_split(
        X, y, train_size=problem.n_samples, stratify=y, random_state=seed
    )
    folds = StratifiedKFold(3, shuffle=True, random_state=seed)

    def held_out(params: dict[str, Any]) -> float:
        return float(clone(problem.estimator).set_params(**params).fit(X, y).score(X_out, y_out))

    random = RandomizedSearchCV(
        problem.estimator,
        problem.space,
        n_iter=N_RANDOM,
        scoring={"accuracy": "accuracy", "epochs": epochs_made},
        refit=False,
        cv=folds,
        random_state=seed,
    )
    halving = HalvingSearchCV(
        problem.estimator,
        problem.space,
        resource=problem.resource,
        min_resources=1,
        max_resources=FULL,
        n_candidates=N_CANDIDATES,
        refit=False,
        cv=folds,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        seconds = [cpu_seconds(search, X, y) for search in (random, halving)]
        found = random.cv_results_
        epochs = np.cumsum(found["mean_test_epochs"]) * folds.n_splits
        outcomes = []
        for n in (N_RANDOM, N_RANDOM // 4):
            best = found["params"][int(np.argmax(found["mean_test_accuracy"][:n]))]
            share = epochs[n - 1] / epochs[-1]
            outcomes.append(Outcome(seconds[0] * share, epochs[n - 1], held_out(best)))
        spent = savings(halving).spent
        outcomes.append(Outcome(seconds[1], spent, held_out(halving.best_params_)))
    return tuple(outcomes)


def cpu_seconds(search: Any, X: Any, y: Any) -> float:
    """Fit, and return the CPU time of this process that it took."""
    started = time.process_time()
    search.fit(X, y)
    return time.process_time() - started


def ratio(ours: list[Outcome], theirs: list[Outcome], cost: str) -> float:
    """Return the ratio of what was spent over all seeds."""
    return sum(getattr(each, cost) for each in ours) / sum(getattr(each, cost) for each in theirs)


def main() -> None:
    """Measure, and print ratios of costs and differences of scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--problems", nargs="+", choices=list(PROBLEMS), default=list(PROBLEMS))
    arguments = parser.parse_args()
    print(f"seeds {arguments.seeds}; part of RandomizedSearchCV's time and epochs; held-out scores")
    print(f"{'':>17}     CPU s   time  epochs   random   halving         a quarter of random")
    times, gains, quarters = [], [], []
    for name in arguments.problems:
        rows = [measure(PROBLEMS[name], seed) for seed in arguments.seeds]
        random, quarter, halving = (list(column) for column in zip(*rows, strict=True))
        base = np.array([each.held_out for each in random])
        times.append(ratio(halving, random, "seconds"))
        gains.append([each.held_out for each in halving] - base)
        quarters.append([each.held_out for each in quarter] - base)
        seconds = sum(each.seconds for each in random) / len(rows)
        print(
            f"{name:>17}  {seconds:8.1f}  {times[-1]:5.2f}  {ratio(halving, random, 'epochs'):6.2f}"
            f"   {base.mean():.4f}   {gains[-1].mean():+.4f}         {quarters[-1].mean():+.4f}",
            flush=True,
        )
    for label, differences in (("halving", gains), ("a quarter of random", quarters)):
        print(f"{label}: {summary(np.array(differences))}")
    is_met = max(times) <= TIME_TARGET and interval(np.array(gains))[1] >= 0
    print(
        f"target: the same score, within noise, in at most {TIME_TARGET} of the training time: "
        f"{'met' if is_met else 'MISSED'}"
    )
    sys.exit(not is_met)


if __name__ == "__main__":
    main()
