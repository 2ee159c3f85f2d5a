"""Held-out accuracy of neural models whose hyperparameters a search has found.

Fashion-MNIST, all images there are, split 80/20 with each label alike. HalvingASHASearchCV trains
configurations drawn at random on 80 % of the training part and scores them on the rest of it; the
best one is trained once more on all of it, and scored once on what was held out. A seed is that
of the splits, of the search and of the model.

    OMP_NUM_THREADS=1 python benchmarks/neural_accuracy.py --data FOLDER --results FOLDER
        [--seeds 0 1 2] [--models softmax …]

FOLDER has FashionMNIST/raw in it, see docs/datasets.rst; what is in the results is not run again.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from sklearn.model_selection import StratifiedShuffleSplit

from skhpo import Float, HalvingASHASearchCV
from skhpo.datasets import load_fashion_mnist
from skhpo.inspection import savings
from skhpo.neural import (
    ElasticNetSGDClassifier,
    LeNetClassifier,
    RFFSVMClassifier,
    SoftmaxClassifier,
)

SHARED = {"batch_size": [16, 32, 64, 128, 256], "schedule": ["constant", "cosine"]}
LENET = {
    **SHARED,
    "lr": Float(1e-4, 1.0, log=True),
    "optimizer": ["sgd", "adam"],
    "weight_decay": Float(1e-6, 1e-2, log=True),
}


@dataclass(frozen=True)
class Problem:
    """A model, where to search, and what accuracy is expected."""

    model: Any
    space: dict[str, Any]
    max_epochs: int
    n_candidates: int
    target: float | None


PROBLEMS = {
    "softmax": Problem(
        SoftmaxClassifier(),
        {**SHARED, "lr": Float(1e-4, 1.0, log=True), "optimizer": ["sgd", "adam"]},
        max_epochs=20,
        n_candidates=27,
        target=0.83,
    ),
    "elastic-net": Problem(
        ElasticNetSGDClassifier(),
        {
            **SHARED,
            "lr": Float(1e-4, 1.0, log=True),
            "alpha": Float(1e-7, 1e-1, log=True),
            "l1_ratio": Float(0.0, 1.0),
            "optimizer": ["sgd", "adam"],
        },
        max_epochs=20,
        n_candidates=27,
        target=0.83,
    ),
    "rff-svm": Problem(
        RFFSVMClassifier(),
        {
            **SHARED,
            "lr": Float(1e-3, 1e1, log=True),
            "C": Float(1e-2, 1e2, log=True),
            "gamma": Float(1e-4, 1.0, log=True),
            "n_components": [250, 500, 1000],
            "optimizer": ["sgd", "adam"],
        },
        max_epochs=10,
        n_candidates=27,
        target=0.81,
    ),
    "lenet-classic": Problem(LeNetClassifier(variant="classic"), LENET, 20, 16, target=0.79),
    "lenet-modern": Problem(LeNetClassifier(variant="modern"), LENET, 20, 16, target=None),
}


def run(name: str, seed: int, folder: str) -> dict[str, Any]:
    """Search, train the best once more, and score it on what was held out."""
    problem = PROBLEMS[name]
    split: dict[str, Any] = {"test_size": 0.2, "random_state": seed, "data_home": folder}
    split |= {"as_images": True, "return_X_y": True}
    X, y = load_fashion_mnist(subset="train", **split)
    X_test, y_test = load_fashion_mnist(subset="test", **split)
    model = clone(problem.model).set_params(
        max_epochs=problem.max_epochs, device="cpu", random_state=seed
    )
    search = HalvingASHASearchCV(
        model,
        problem.space,
        resource="epochs",
        min_resources=2,
        max_resources=problem.max_epochs,
        n_candidates=problem.n_candidates,
        cv=StratifiedShuffleSplit(1, test_size=0.2, random_state=seed),
        random_state=seed,
    )
    started = time.process_time()
    search.fit(X, y)
    return {
        "model": name,
        "seed": seed,
        "n_train": len(X),
        "n_test": len(X_test),
        "validation": float(search.best_score_),
        "accuracy": float(search.score(X_test, y_test)),
        "params": dict(search.best_params_),
        "epochs": savings(search).spent,
        "seconds": time.process_time() - started,
    }


def read(path: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the results there are."""
    lines = path.read_text().splitlines() if path.exists() else []
    return {(row["model"], row["seed"]): row for row in map(json.loads, lines)}


def report(rows: dict[tuple[str, int], dict[str, Any]]) -> bool:
    """Print means over seeds; return whether all targets are met."""
    missed = False
    print(f"{'model':14} {'seeds':>5} {'accuracy':>17} {'epochs':>6} {'CPU s':>6}  target")
    for name, problem in PROBLEMS.items():
        mine = [row for (model, _), row in rows.items() if model == name]
        if not mine:
            continue
        accuracy = np.array([row["accuracy"] for row in mine])
        error = accuracy.std(ddof=1) / np.sqrt(len(mine)) if len(mine) > 1 else np.nan
        epochs, seconds = (np.mean([row[key] for row in mine]) for key in ("epochs", "seconds"))
        verdict = "-"
        if problem.target is not None:
            is_met = accuracy.mean() >= problem.target
            missed |= not is_met
            verdict = f"{problem.target} {'met' if is_met else 'MISSED'}"
        print(
            f"{name:14} {len(mine):5} {accuracy.mean():8.4f} +- {error:.4f} {epochs:6.0f} "
            f"{seconds:6.0f}  {verdict}"
        )
    return not missed


def main() -> None:
    """Run what is missing, and print all."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", required=True, metavar="FOLDER")
    parser.add_argument("--results", required=True, type=Path, metavar="FOLDER")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--models", nargs="+", choices=PROBLEMS, default=list(PROBLEMS))
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.results.mkdir(parents=True, exist_ok=True)
    path = options.results / "neural_accuracy.jsonl"
    for name, seed in product(options.models, options.seeds):
        if (name, seed) in read(path):
            continue
        row = run(name, seed, options.data)
        with path.open("a") as file:
            file.write(json.dumps(row) + "\n")
        print(f"{name}, seed {seed}: {row['accuracy']:.4f}", file=sys.stderr, flush=True)
    sys.exit(not report(read(path)))


if __name__ == "__main__":
    main()
