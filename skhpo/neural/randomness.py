"""Random numbers as a function of a seed and of what they are for.

Nothing is drawn from a stream that goes on and on: each epoch has streams of its own. So whatever
was drawn in between, and wherever training was interrupted, an epoch gets the same numbers, and
torch's own stream, which threads share, is left as it was found.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from numbers import Integral
from typing import Any

import numpy as np
import torch
from torch import nn

__all__ = ["Dropout", "Purpose", "fixed_globals", "seed_from", "seed_layers", "stream"]

#: torch has one stream for all threads: they take turns.
_TURN = threading.RLock()


class Purpose(IntEnum):
    """What random numbers are for."""

    WEIGHTS = 0
    ORDER = 1
    NOISE = 2
    VALIDATION = 3


def seed_from(random_state: Any) -> int:
    """Return the seed that scikit-learn's ``random_state`` stands for.

    Parameters
    ----------
    random_state : int, RandomState instance, Generator or None
        None: a fresh seed, which is not taken from numpy's global stream.
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0])
    if isinstance(random_state, Integral) and int(random_state) >= 0:
        return int(random_state)
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31 - 1))
    raise ValueError(
        f"random_state must be an integer of 0 or more, a numpy RandomState or Generator, or "
        f"None, got {random_state!r}"
    )


def stream(seed: int, purpose: Purpose, epoch: int = 0) -> int:
    """Return the seed of a stream of its own.

    Parameters
    ----------
    seed : int
        The seed of all.
    purpose : Purpose
        What it is for.
    epoch : int, default=0
        How many epochs there have been.
    """
    key = np.random.SeedSequence([seed, purpose, epoch])
    return int(key.generate_state(1, np.uint64)[0] >> np.uint64(1))


@contextmanager
def fixed_globals(seed: int, device: torch.device | None = None) -> Iterator[None]:
    """Let torch's global streams begin at a seed, and put them back afterwards.

    The type of new tensors is float32, and put back, too.

    Parameters
    ----------
    seed : int
        Where they begin.
    device : torch.device or None, default=None
        Where numbers are drawn besides the CPU.
    """
    generators = [torch.default_generator]
    if device is not None and device.type == "cuda":
        number = torch.cuda.current_device() if device.index is None else device.index
        generators.append(torch.cuda.default_generators[number])
    with _TURN:
        states, dtype = (
            [generator.get_state() for generator in generators],
            torch.get_default_dtype(),
        )
        try:
            torch.set_default_dtype(torch.float32)
            for generator in generators:
                generator.manual_seed(seed)
            yield
        finally:
            torch.set_default_dtype(dtype)
            for generator, state in zip(generators, states, strict=True):
                generator.set_state(state)


class Dropout(nn.Module):  # type: ignore[misc]  # torch is not looked into
    """Dropout that draws from a stream of its own.

    Parameters
    ----------
    p : float
        Probability that a value is left out.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Leave values out, and scale the others, while training.

        Parameters
        ----------
        X : Tensor
            Of any shape.
        """
        if not self.training or self.p == 0:
            return X
        kept = torch.empty_like(X).bernoulli_(1 - self.p, generator=self.generator)
        return X * kept.div_(1 - self.p)


def seed_layers(module: nn.Module, seed: int, device: torch.device) -> None:
    """Let the layers that draw random numbers begin at a seed, together.

    Parameters
    ----------
    module : Module
        Whose layers.
    seed : int
        Where they begin.
    device : torch.device
        Where they draw.
    """
    layers = [layer for layer in module.modules() if isinstance(layer, Dropout)]
    if layers:
        generator = torch.Generator(device).manual_seed(seed)
        for layer in layers:
            layer.generator = generator
