"""Cost of the trainer of ``skhpo.neural``: epochs, rung steps, checkpoints.

An epoch against a bare torch loop over slices of tensors, with the same layers, optimiser and
batches; a rung step, which is one call of ``partial_fit``, beyond its epoch; and a fitted
state, pickled and read. CPU time of this process, one thread, interleaved; medians.

    OMP_NUM_THREADS=1 python benchmarks/neural.py [--repeats 15]
"""

from __future__ import annotations

import argparse
import pickle
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cloudpickle
import numpy as np
import torch
from torch import nn

from skhpo.neural import LeNetClassifier, RFFSVMClassifier, SoftmaxClassifier

N_SAMPLES, N_LENET = 3615, 1024
SMALL, LARGE, STEP = 1.5, 1.25, 2.0  # ratios at batches of 32 and above; ms
CHECKPOINT = {"softmax": 1.0, "rff-100": 1.0, "lenet": 3.0}  # ms


@dataclass(frozen=True)
class Case:
    """A model, how many samples it is shown, and in batches of which size."""

    name: str
    model: Any
    n_samples: int
    batch_size: int

    @property
    def target(self) -> float:
        """Return the ratio to meet."""
        return SMALL if self.batch_size == 32 and self.name != "lenet" else LARGE


def cases() -> list[Case]:
    """Return all of them."""
    models = {
        "softmax": (SoftmaxClassifier(), N_SAMPLES, (32, 256, 512)),
        "rff-100": (RFFSVMClassifier(n_components=100), N_SAMPLES, (32, 256, 512)),
        "lenet": (LeNetClassifier(variant="classic", optimizer="sgd"), N_LENET, (32, 256)),
    }
    return [
        Case(name, model.set_params(device="cpu", random_state=0, max_epochs=10_000), n, size)
        for name, (model, n, sizes) in models.items()
        for size in sizes
    ]


def images(n: int) -> tuple[Any, Any]:
    """Return pictures of noise, as large as those of Fashion-MNIST."""
    rng = np.random.default_rng(0)
    return rng.random((n, 784), dtype=np.float32), rng.integers(10, size=n)


def bare_epoch(module: nn.Module, criterion: nn.Module, optimizer: Any, X: Any, y: Any, size: int):
    """Train for one epoch as simply as it can be written."""
    order = torch.randperm(len(X))
    X, y = X[order], y[order]
    module.train()
    total = 0.0
    for first in range(0, len(X), size):
        optimizer.zero_grad()
        loss = criterion(module(X[first : first + size]), y[first : first + size])
        loss.backward()
        optimizer.step()
        total += loss.detach()
    return float(total)


def milliseconds(action: Callable[[], Any]) -> float:
    """Return the CPU time of an action."""
    started = time.process_time()
    action()
    return 1e3 * (time.process_time() - started)


def ratio(case: Case, repeats: int) -> tuple[float, float, float]:
    """Return ms of a bare epoch, of one of ours, and the median of their ratios."""
    X, y = images(case.n_samples)
    model = case.model.set_params(batch_size=case.batch_size).partial_fit(X, y)
    net = model.net_
    # the same penalty costs the same in both
    other = pickle.loads(pickle.dumps(net))
    module, penalty, criterion = other.module_, model._penalty(len(X)), other.criterion_
    tensors = torch.from_numpy(X), torch.from_numpy(y)

    def loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        plain = criterion(outputs, labels)
        return plain if penalty is None else plain + penalty(module)

    def bare() -> None:
        bare_epoch(module, loss, other.optimizer_, *tensors, case.batch_size)

    def ours() -> None:
        net.fit_loop(*tensors, epochs=1)

    for action in (bare, ours):
        action()
    pairs = [(milliseconds(bare), milliseconds(ours)) for _ in range(repeats)]
    theirs, mine = (statistics.median(column) for column in zip(*pairs, strict=True))
    return theirs, mine, statistics.median(b / a for a, b in pairs)


def step_cost(repeats: int) -> float:
    """Return the ms that ``partial_fit`` takes beyond its epoch: softmax on 1000 samples."""
    X, y = images(1000)
    model = SoftmaxClassifier(batch_size=250, device="cpu", random_state=0).partial_fit(X, y)
    tensors = torch.from_numpy(X), torch.from_numpy(y)
    costs = [
        milliseconds(lambda: model.partial_fit(X, y))
        - milliseconds(lambda: model.net_.fit_loop(*tensors, epochs=1))
        for _ in range(5 * repeats)
    ]
    return statistics.median(costs)


def checkpoint(case: Case, repeats: int) -> tuple[float, float, int]:
    """Return the ms that a fitted state takes to pickle and to read, and its bytes."""
    model = case.model.partial_fit(*images(256))
    content = cloudpickle.dumps(model)
    pairs = [
        (
            milliseconds(lambda: cloudpickle.dumps(model)),
            milliseconds(lambda: pickle.loads(content)),
        )
        for _ in range(5 * repeats)
    ]
    written, read = (statistics.median(column) for column in zip(*pairs, strict=True))
    return written, read, len(content)


def main() -> None:
    """Print three small tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    missed = 0

    def verdict(is_met: bool) -> str:
        nonlocal missed
        missed += not is_met
        return "met" if is_met else "MISSED"

    print(f"{'epoch':10} {'batch':>5} {'bare ms':>8} {'ours ms':>8} {'ratio':>6} {'target':>6}")
    for case in cases():
        theirs, mine, found = ratio(case, repeats)
        line = f"{case.name:10} {case.batch_size:5} {theirs:8.1f} {mine:8.1f} {found:6.2f}"
        print(f"{line} {case.target:6} {verdict(found <= case.target)}")
    cost = step_cost(repeats)
    print(f"\na step beyond its epoch {cost:.2f} ms; target {STEP}: {verdict(cost <= STEP)}")
    print(f"\n{'state':10} {'written ms':>10} {'read ms':>8} {'kB':>5}")
    for case in {case.name: case for case in cases()}.values():
        written, read, size = checkpoint(case, repeats)
        is_met = written <= CHECKPOINT[case.name]
        line = f"{case.name:10} {written:10.2f} {read:8.2f} {size / 1e3:5.0f}"
        print(f"{line}  target {CHECKPOINT[case.name]}: {verdict(is_met)}")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
