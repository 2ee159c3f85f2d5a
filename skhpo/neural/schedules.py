"""Learning-rate schedules: a factor, as a function of how far training has come.

A schedule has no state. What it depends on, the epochs so far and their losses, is part of every
fitted net, so that training which is interrupted goes on just as it would have without.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from skhpo.settings import check_count, check_number

__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "Exponential",
    "OneCycle",
    "Plateau",
    "Schedule",
    "Step",
]


class Schedule(ABC):
    """What the learning rate is multiplied by.

    Attributes
    ----------
    per_batch : bool
        Whether it is asked before every batch, and not only before every epoch.
    """

    per_batch: ClassVar[bool] = False

    @abstractmethod
    def factor(self, progress: float, losses: Sequence[float]) -> float:
        """Return what the learning rate is multiplied by.

        Parameters
        ----------
        progress : float
            Epochs so far, as a share of ``max_epochs``: 0 at the beginning, 1 at the end and, where
            training goes on, after it.
        losses : sequence of float
            Mean training loss of each epoch so far.
        """


@dataclass(frozen=True)
class Constant(Schedule):
    """The learning rate stays as it is."""

    def factor(self, progress: float, losses: Sequence[float]) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class Step(Schedule):
    """The learning rate falls by steps.

    Parameters
    ----------
    every : float, default=0.3
        After which share of training it falls, and again after the next.
    by : float, default=0.1
        What it is multiplied by each time.
    """

    every: float = 0.3
    by: float = 0.1

    def __post_init__(self) -> None:
        check_number("Step", "every", self.every, closed="right", most=1)
        check_number("Step", "by", self.by, closed="right", most=1)

    def factor(self, progress: float, losses: Sequence[float]) -> float:
        """Return the product of the steps so far."""
        steps = math.floor(min(progress, 1.0) / self.every + 1e-9)
        return float(self.by**steps)


@dataclass(frozen=True)
class Exponential(Schedule):
    """The learning rate falls by the same ratio in each epoch.

    Parameters
    ----------
    final : float, default=0.01
        What is left of it at the end.
    """

    final: float = 0.01

    def __post_init__(self) -> None:
        check_number("Exponential", "final", self.final, closed="right", most=1)

    def factor(self, progress: float, losses: Sequence[float]) -> float:
        """Return what is left."""
        return float(self.final ** min(progress, 1.0))


@dataclass(frozen=True)
class Cosine(Schedule):
    """The learning rate falls like half a wave.

    Parameters
    ----------
    final : float, default=0.01
        What is left of it at the end.

    References
    ----------
    Loshchilov, I. and Hutter, F. (2017). SGDR: stochastic gradient descent with warm restarts.
    ICLR. Equation 5, without restarts.
    """

    final: float = 0.01

    def __post_init__(self) -> None:
        check_number("Cosine", "final", self.final, most=1)

    def factor(self, progress: float, losses: Sequence[float]) -> float:
        """Return what is left."""
        return _between(1.0, self.final, min(progress, 1.0))


@dataclass(frozen=True)
class Plateau(Schedule):
    """The learning rate falls when the training loss does so no longer.

    Parameters
    ----------
    by : float, default=0.3
        What it is multiplied by each time.
    patience : int, default=2
        Epochs without an improvement that are borne.
    improvement : float, default=1e-3
        By which share of the least loss so far a loss must be less than it.
    """

    by: float = 0.3
    patience: int = 2
    improvement: float = 1e-3

    def __post_init__(self) -> None:
        check_number("Plateau", "by", self.by, closed="right", most=1)
        check_count("Plateau", "patience", self.patience, least=0)
        check_number("Plateau", "improvement", self.improvement, closed="left", most=1)

    def factor(self, progress: float, losses: Sequence[float]) -> float:
        """Return the product of the steps that the losses led to."""
        factor, least, waited = 1.0, math.inf, 0
        for loss in losses:
            if loss < least * (1 - self.improvement) or math.isinf(least):
                least, waited = loss, 0
            else:
                waited += 1
            if waited > self.patience:
                factor, waited = factor * self.by, 0
        return factor


@dataclass(frozen=True)
class OneCycle(Schedule):
    """The learning rate rises, and then falls to almost nothing, batch by batch.

    Parameters
    ----------
    rise : float, default=0.3
        The share of training in which it rises.
    initial : float, default=0.04
        Where it begins, as a share of the greatest.
    final : float, default=4e-6
        Where it ends, as a share of the greatest.

    References
    ----------
    Smith, L. N. and Topin, N. (2019). Super-convergence: very fast training of neural networks
    using large learning rates. Proc. SPIE 11006. Momentum is left as it is.
    """

    rise: float = 0.3
    initial: float = 0.04
    final: float = 4e-6

    per_batch: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_number("OneCycle", "rise", self.rise, closed="neither", most=1)
        check_number("OneCycle", "initial", self.initial, most=1)
        check_number("OneCycle", "final", self.final, most=1)

    def factor(self, progress: float, losses: Sequence[float]) -> float:
        """Return the height of the cycle."""
        if progress < self.rise:
            return _between(self.initial, 1.0, progress / self.rise)
        return _between(1.0, self.final, (min(progress, 1.0) - self.rise) / (1 - self.rise))


def _between(first: float, last: float, share: float) -> float:
    """Return where half a wave from one value to another is."""
    return last + (first - last) * (1 + math.cos(math.pi * share)) / 2


#: Schedules by name.
SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "step": Step,
    "cosine": Cosine,
    "exponential": Exponential,
    "plateau": Plateau,
    "onecycle": OneCycle,
}
