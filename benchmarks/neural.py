"""Cost of the trainer of ``skhpo.neural``: epochs, rung steps, checkpoints.

An epoch against a bare torch loop over slices of tensors, with the same layers, optimiser and
batches, and against the loop of tutorials, with ToTensor and a DataLoader, where torchvision can be
imported; a rung step, which is one call of ``partial_fit``, beyond its epoch; and a fitted
state, pickled and read. CPU time of this process, one thread, interleaved; medians.

    OMP_NUM_THREADS=1 python benchmarks/neural.py [--repeats 15] [--device cpu]

On a GPU time is that of the clock, when all work that was given to it is done; the targets are
those of a CPU.
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

from skhpo._torchvision import import_torchvision
from skhpo.exceptions import MissingExtraError
from skhpo.neural import LeNetClassifier, RFFSVMClassifier, SoftmaxClassifier

N_SAMPLES, N_LENET = 3615, 1024
SMALL, LARGE, STEP = 1.5, 1.25, 2.0  # ratios at batches of 32 and above; ms
FASTER = 10.0  # than tutorials, for linear models at batches of 256 and above
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


def cases(device: str) -> list[Case]:
    """Return all of them, to be trained on a device."""
    models = {
        "softmax": (SoftmaxClassifier(), N_SAMPLES, (32, 256, 512)),
        "rff-100": (RFFSVMClassifier(n_components=100), N_SAMPLES, (32, 256, 512)),
        "lenet": (LeNetClassifier(variant="classic", optimizer="sgd"), N_LENET, (32, 256)),
    }
    return [
        Case(name, model.set_params(device=device, random_state=0, max_epochs=10_000), n, size)
        for name, (model, n, sizes) in models.items()
        for size in sizes
    ]


def images(n: int) -> tuple[Any, Any]:
    """Return pictures of noise, as large as those of Fashion-MNIST."""
    rng = np.random.default_rng(0)
    return rng.random((n, 784), dtype=np.float32), rng.integers(10, size=n)


def bare_epoch(module: nn.Module, criterion: nn.Module, optimizer: Any, X: Any, y: Any, size: int):
    """Train for one epoch as simply as it can be written."""
    order = torch.randperm(len(X)).to(X.device)
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


def milliseconds(action: Callable[[], Any], device: str) -> float:
    """Return the CPU time of an action, or with a GPU the time until that is done, too."""
    if torch.device(device).type != "cuda":
        started = time.process_time()
        action()
        return 1e3 * (time.process_time() - started)
    torch.cuda.synchronize(device)
    started = time.perf_counter()
    action()
    torch.cuda.synchronize(device)
    return 1e3 * (time.perf_counter() - started)


def epochs(case: Case) -> dict[str, Callable[[], Any]]:
    """Return an epoch of each kind, with the same layers, loss, optimiser and batches."""
    X, y = images(case.n_samples)
    pixels = (255 * X).astype(np.uint8).reshape(-1, 28, 28)
    model = case.model.set_params(batch_size=case.batch_size).partial_fit(X, y)
    net, device = model.net_, model.device
    # the same penalty costs the same in all
    other = pickle.loads(pickle.dumps(net))
    module, penalty, criterion = other.module_, model._penalty(len(X)), other.criterion_
    tensors = torch.from_numpy(X).to(device), torch.from_numpy(y).to(device)

    def loss(outputs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        plain = criterion(outputs, labels)
        return plain if penalty is None else plain + penalty(module)

    def bare() -> None:
        bare_epoch(module, loss, other.optimizer_, *tensors, case.batch_size)

    def tutorial() -> None:
        from tutorial_loop import images_by, train  # needs torchvision

        train(module, loss, other.optimizer_, images_by(case.batch_size, pixels, y))

    def ours() -> None:
        net.fit_loop(*tensors, epochs=1)

    return {"bare": bare, "tutorial": tutorial, "ours": ours}


def ratio(case: Case, peer: str, repeats: int) -> tuple[float, float, float]:
    """Return ms of an epoch of theirs, of one of ours, and the median of ours / theirs."""
    device, every = case.model.device, epochs(case)
    theirs, ours = every[peer], every["ours"]
    for action in (theirs, ours):
        action()
    pairs = [(milliseconds(theirs, device), milliseconds(ours, device)) for _ in range(repeats)]
    peers, mine = (statistics.median(column) for column in zip(*pairs, strict=True))
    return peers, mine, statistics.median(b / a for a, b in pairs)


def step_cost(repeats: int, device: str) -> float:
    """Return the ms that ``partial_fit`` takes beyond its epoch: softmax on 1000 samples."""
    X, y = images(1000)
    model = SoftmaxClassifier(batch_size=250, device=device, random_state=0).partial_fit(X, y)
    tensors = torch.from_numpy(X).to(device), torch.from_numpy(y).to(device)
    costs = [
        milliseconds(lambda: model.partial_fit(X, y), device)
        - milliseconds(lambda: model.net_.fit_loop(*tensors, epochs=1), device)
        for _ in range(5 * repeats)
    ]
    return statistics.median(costs)


def checkpoint(case: Case, repeats: int) -> tuple[float, float, int]:
    """Return the ms that a fitted state takes to pickle and to read, and its bytes."""
    model = case.model.partial_fit(*images(256))
    content = cloudpickle.dumps(model)
    pairs = [
        (
            milliseconds(lambda: cloudpickle.dumps(model), model.device),
            milliseconds(lambda: pickle.loads(content), model.device),
        )
        for _ in range(5 * repeats)
    ]
    written, read = (statistics.median(column) for column in zip(*pairs, strict=True))
    return written, read, len(content)


def main() -> None:
    """Print four small tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--device", default="cpu", help="as torch calls it; by default the CPU")
    arguments = parser.parse_args()
    repeats, device = arguments.repeats, arguments.device
    torch.set_num_threads(1)
    missed = 0

    def verdict(is_met: bool) -> str:
        nonlocal missed
        missed += not is_met
        return "met" if is_met else "MISSED"

    print(f"{'epoch':10} {'batch':>5} {'bare ms':>8} {'ours ms':>8} {'ratio':>6} {'target':>6}")
    for case in cases(device):
        theirs, mine, found = ratio(case, "bare", repeats)
        line = f"{case.name:10} {case.batch_size:5} {theirs:8.1f} {mine:8.1f} {found:6.2f}"
        print(f"{line} {case.target:6} {verdict(found <= case.target)}")
    print(f"\n{'epoch':10} {'batch':>5} {'tutorial':>8} {'ours ms':>8} {'faster':>6}")
    try:
        import_torchvision("ToTensor and its pictures")
    except MissingExtraError as error:
        print(f"skipped: {error}")
    else:
        for case in cases(device):
            theirs, mine, found = ratio(case, "tutorial", max(repeats // 3, 1))
            line = f"{case.name:10} {case.batch_size:5} {theirs:8.0f} {mine:8.1f} {1 / found:5.1f}x"
            has_target = case.name != "lenet" and case.batch_size >= 256
            print(line, f"{FASTER:g}x {verdict(1 / found >= FASTER)}" if has_target else "")
    cost = step_cost(repeats, device)
    print(f"\na step beyond its epoch {cost:.2f} ms; target {STEP}: {verdict(cost <= STEP)}")
    print(f"\n{'state':10} {'written ms':>10} {'read ms':>8} {'kB':>5}")
    for case in {case.name: case for case in cases(device)}.values():
        written, read, size = checkpoint(case, repeats)
        is_met = written <= CHECKPOINT[case.name]
        line = f"{case.name:10} {written:10.2f} {read:8.2f} {size / 1e3:5.0f}"
        print(f"{line}  target {CHECKPOINT[case.name]}: {verdict(is_met)}")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
