"""Linear models trained together, in one program, against each of them alone.

First an epoch of 8 and of 16 models that differ in learning rate and penalty: the same classifiers,
by ``partial_fit_together`` and by as many calls of ``partial_fit``. Then whole searches, with
``Epochs(together="auto")`` and ``Epochs(together=1)``. Fashion-MNIST where it is, else digits. CPU
time of this process, one thread, interleaved; medians. Scores are means over the seeds.

    OMP_NUM_THREADS=1 python benchmarks/population_training.py [--data FOLDER] [--repeats 5]

FOLDER has FashionMNIST/raw in it, see docs/datasets.rst.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from sklearn.base import clone
from sklearn.model_selection import StratifiedShuffleSplit

from skhpo import Float, HalvingASHASearchCV, HalvingSearchCV, PBTSearchCV
from skhpo.datasets import load_example_images
from skhpo.neural import ElasticNetSGDClassifier, RFFSVMClassifier, SoftmaxClassifier
from skhpo.resources import Epochs

TARGET = 5.0  # times as fast
N_SAMPLES = 3615
MODELS = {
    "softmax": (SoftmaxClassifier(), {}),
    "elastic net": (ElasticNetSGDClassifier(), {"alpha": Float(1e-6, 1e-2, log=True)}),
    "RFF, 1000 features": (RFFSVMClassifier(), {"C": Float(0.1, 100.0, log=True)}),
}
STEPS = {"lr": Float(0.5, 2.0, log=True), "momentum": Float(0.0, 0.95)}  # times the default lr

SEARCHES = {
    "HalvingSearchCV": (HalvingSearchCV, {"n_candidates": 27}),
    "HalvingASHASearchCV": (HalvingASHASearchCV, {"n_candidates": 27}),
    "PBTSearchCV": (PBTSearchCV, {"population_size": 16, "perturbation_interval": 1}),
}
SPACE = {
    "lr": Float(1e-4, 1.0, log=True),
    "momentum": Float(0.0, 0.95),
    "weight_decay": Float(1e-6, 1e-2, log=True),
}


def members(model: Any, own: dict[str, Float], batch_size: int, n: int) -> list[Any]:
    """Return models that differ in all that members of a population may search."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(n):
        params = {name: domain.sample(rng) for name, domain in {**STEPS, **own}.items()}
        params["lr"] *= model.lr
        found.append(clone(model).set_params(batch_size=batch_size, random_state=0, **params))
    return found


def seconds(action: Callable[[], Any]) -> float:
    """Return the CPU time of an action."""
    started = time.process_time()
    action()
    return time.process_time() - started


def epoch(model: Any, own: Any, size: int, n: int, X: Any, y: Any, repeats: int) -> list[float]:
    """Return ms of an epoch alone, and together, and the median ratio."""
    each, group = (members(model, own, size, n) for _ in range(2))

    def alone() -> None:
        for member in each:
            member.partial_fit(X, y)

    def together() -> None:
        errors = type(model).partial_fit_together(group, X, y)
        assert not any(errors), errors

    for action in (alone, together):  # the first epoch also makes the nets
        action()
    pairs = [(seconds(alone), seconds(together)) for _ in range(repeats)]
    medians = [1e3 * statistics.median(column) for column in zip(*pairs, strict=True)]
    return [*medians, statistics.median(one / other for one, other in pairs)]


def search(cls: Any, settings: Any, together: Any, X: Any, y: Any, seed: int) -> Any:
    """Return a finished search."""
    return cls(
        SoftmaxClassifier(random_state=seed),
        SPACE,
        resource=Epochs(together=together),
        max_resources=9,
        cv=StratifiedShuffleSplit(1, test_size=0.25, random_state=seed),
        refit=False,
        random_state=seed,
        **settings,
    ).fit(X, y)


def main() -> None:
    """Print two small tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", default=None)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    images = load_example_images(data_home=arguments.data)
    X, y = images.X_train.reshape(len(images.X_train), -1)[:N_SAMPLES], images.y_train[:N_SAMPLES]
    print(f"{images.name}; {len(X)} samples\n")
    missed = 0
    print(f"{'model':20} {'batch':>5} {'models':>6} {'alone ms':>8} {'together':>8} {'ratio':>6}")
    for name, (model, own) in MODELS.items():
        for size in (32, 256):
            for n in (8, 16):
                alone, together, ratio = epoch(model, own, size, n, X, y, arguments.repeats)
                missed += ratio < TARGET
                verdict = "met" if ratio >= TARGET else "MISSED"
                line = f"{name:20} {size:5} {n:6} {alone:8.0f} {together:8.0f} {ratio:6.1f}"
                print(f"{line}  target {TARGET}: {verdict}", flush=True)
    print(f"\n{'search':20} {'alone s':>8} {'together':>8} {'ratio':>6} {'scores':>8}")
    for name, (cls, settings) in SEARCHES.items():
        rows = []
        for seed in range(max(1, arguments.repeats // 2)):
            found, times = [], []
            for how in (1, "auto"):
                started = time.process_time()
                found.append(search(cls, settings, how, X, y, seed).best_score_)
                times.append(time.process_time() - started)
            rows.append((*times, times[0] / times[1], *found))
        *costs, first, second = zip(*rows, strict=True)
        alone, together, ratio = map(statistics.median, costs)
        scores = f"{statistics.mean(first):.4f} {statistics.mean(second):.4f}"
        print(f"{name:20} {alone:8.1f} {together:8.1f} {ratio:6.1f}   {scores}", flush=True)
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
