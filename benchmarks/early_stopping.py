"""Training time for the same held-out score: HalvingASHASearchCV against RandomizedSearchCV.

A multi-layer perceptron and gradient boosting, on digits and on generated data like covtype (54
features, 7 classes); a quarter of the data is held out, and both search on the rest with the same
folds, in turns in one process. RandomizedSearchCV trains 27 configurations completely;
HalvingASHASearchCV begins more of them, with a model over all rungs, and continues the best.

    python benchmarks/early_stopping.py [--seeds 3] [--problems mlp-digits ...]
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.stats import loguniform, randint, uniform
from sklearn.datasets import load_digits, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import RandomizedSearchCV, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhpo import HalvingASHASearchCV

TIME_TARGET = 0.25  # of RandomizedSearchCV's
N_RANDOM = 27  # configurations, trained completely
N_CANDIDATES = 54  # configurations begun
FULL = 81  # epochs, or iterations of boosting
SMALLEST = 3

MLP_SPACE = {
    "mlpclassifier__alpha": loguniform(1e-6, 1.0),
    "mlpclassifier__learning_rate_init": loguniform(1e-4, 1e-1),
    "mlpclassifier__hidden_layer_sizes": [(16,), (32,), (64,), (128,), (64, 64)],
    "mlpclassifier__batch_size": [32, 64, 128],
}
BOOSTING_SPACE = {
    "learning_rate": loguniform(0.01, 1.0),
    "max_leaf_nodes": randint(4, 32),
    "min_samples_leaf": randint(1, 60),
    "l2_regularization": loguniform(1e-6, 10.0),
    "max_features": uniform(0.1, 0.9),
}


@dataclass(frozen=True)
class Problem:
    """An estimator that trains completely, its resource, its space, and data."""

    estimator: Any
    resource: str
    space: dict[str, Any]
    data: Callable[[], tuple[np.ndarray, np.ndarray]]


def digits() -> tuple[np.ndarray, np.ndarray]:
    """Return 1797 images of 8 x 8."""
    X, y = load_digits(return_X_y=True)
    return X / 16, y


def covtype_like() -> tuple[np.ndarray, np.ndarray]:
    """Return 3000 generated samples with covtype's number of features and classes."""
    return make_classification(
        n_samples=3000, n_features=54, n_informative=12, n_redundant=10, n_classes=7,
        n_clusters_per_class=2, class_sep=1.2, flip_y=0.02, random_state=0,
    )  # fmt: skip


def mlp() -> Any:
    """Return a perceptron that makes all its epochs."""
    net = MLPClassifier(max_iter=FULL, tol=0.0, n_iter_no_change=FULL, random_state=0)
    return make_pipeline(StandardScaler(), net)


def boosting() -> Any:
    """Return boosting that makes all its iterations."""
    return HistGradientBoostingClassifier(max_iter=FULL, early_stopping=False, random_state=0)


PROBLEMS = {
    "mlp-digits": Problem(mlp(), "epochs", MLP_SPACE, digits),
    "mlp-covtype": Problem(mlp(), "epochs", MLP_SPACE, covtype_like),
    "boosting-digits": Problem(boosting(), "max_iter", BOOSTING_SPACE, digits),
    "boosting-covtype": Problem(boosting(), "max_iter", BOOSTING_SPACE, covtype_like),
}


def measure(problem: Problem, seed: int) -> dict[str, tuple[float, float]]:
    """Return seconds of training and the held-out score of each search."""
    X, y = problem.data()
    X, X_out, y, y_out = train_test_split(X, y, stratify=y, random_state=seed)
    searches = {
        "RandomizedSearchCV": RandomizedSearchCV(
            problem.estimator, problem.space, n_iter=N_RANDOM, cv=3, random_state=seed
        ),
        "HalvingASHASearchCV": HalvingASHASearchCV(
            problem.estimator,
            problem.space,
            sampler="bayes",
            resource=problem.resource,
            min_resources=SMALLEST,
            max_resources=FULL,
            n_candidates=N_CANDIDATES,
            cv=3,
            random_state=seed,
        ),
    }
    outcome = {}
    for name, search in searches.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            search.fit(X, y)
        spent = float(np.nansum(search.cv_results_["mean_fit_time"])) * search.n_splits_
        outcome[name] = (spent, float(search.score(X_out, y_out)))
    return outcome


def main() -> None:
    """Measure, and print ratios of time and differences of scores."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--problems", nargs="+", choices=list(PROBLEMS), default=list(PROBLEMS))
    arguments = parser.parse_args()
    print(f"{'':>17}  training s: random, ASHA  ratio   held out: random, ASHA  difference")
    ratios, differences = [], []
    for name in arguments.problems:
        rows = [measure(PROBLEMS[name], seed) for seed in range(arguments.seeds)]
        random, asha = (
            np.array([row[which] for row in rows])
            for which in ("RandomizedSearchCV", "HalvingASHASearchCV")
        )
        ratios.append(float(statistics.median(asha[:, 0] / random[:, 0])))
        gains = asha[:, 1] - random[:, 1]
        differences += list(gains)
        print(
            f"{name:>17}  {random[:, 0].mean():14.1f} {asha[:, 0].mean():6.1f} {ratios[-1]:8.2f}"
            f"  {random[:, 1].mean():16.4f} {asha[:, 1].mean():.4f} {gains.mean():+10.4f}",
            flush=True,
        )
    error = float(np.std(differences, ddof=1)) / math.sqrt(len(differences))
    mean = statistics.mean(differences)
    is_met = max(ratios) <= TIME_TARGET and mean >= -error
    print(f"held-out difference {mean:+.4f} +- {error:.4f} (standard error)")
    print(
        f"target: the same score in at most {TIME_TARGET} of the training time: "
        f"{'met' if is_met else 'MISSED'}"
    )
    sys.exit(not is_met)


if __name__ == "__main__":
    main()
