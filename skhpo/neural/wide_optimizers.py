"""torch's optimisers for many models at once, each with settings of its own.

A wide parameter holds those of all members, stacked: its first axis is the member. What a member's
own optimiser remembers is stacked in the same way, and given back to it in the end.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

import torch

__all__ = ["WIDE_OPTIMIZERS", "WideAdam", "WideAdamW", "WideOptimizer", "WideRMSprop", "WideSGD"]

Tensors = list[torch.Tensor]


class WideOptimizer(ABC):
    """Makes the steps of many optimisers of one class.

    Parameters
    ----------
    optimizers : sequence of torch.optim.Optimizer
        One for each member, with parameters of the same shapes.
    """

    #: What torch's optimiser remembers of each parameter.
    memories: ClassVar[tuple[str, ...]] = ()

    #: Whether it remembers how many steps it has made, too.
    counts: ClassVar[bool] = True

    def __init__(self, optimizers: Sequence[torch.optim.Optimizer]) -> None:
        self.optimizers = optimizers
        self.groups = [optimizer.param_groups[0] for optimizer in optimizers]
        self.settings = self.groups[0]  # what is nobody's to choose is the same for all
        parameters = list(zip(*(group["params"] for group in self.groups), strict=True))
        self.memory = {
            name: [self._remembered(name, own) for own in parameters] for name in self.memories
        }
        self.taken = [self._steps_of(number) for number in range(len(optimizers))]
        self.weight_decay = self._column([group["weight_decay"] for group in self.groups])
        self.momentum = self._column([group.get("momentum", 0.0) for group in self.groups])
        self.decays = bool(self.weight_decay.any())
        self.has_momentum = bool(self.momentum.any())

    @property
    def rates(self) -> list[float]:
        """The learning rate of each member, as its own optimiser has it now."""
        return [group["lr"] for group in self.groups]

    def step(self, parameters: Tensors, gradients: Tensors) -> None:
        """Make one step.

        Parameters
        ----------
        parameters : list of Tensor of shape (n_members, ..., ...)
            The wide ones, in the order of the members' own; changed in place.
        gradients : list of Tensor
            Of these; used up.
        """
        self.taken = [taken + 1 for taken in self.taken]
        self._set_sizes()
        for number, (parameter, gradient) in enumerate(zip(parameters, gradients, strict=True)):
            memory = [self.memory[name][number] for name in self.memories]
            update = self._update(parameter, gradient, memory)
            parameter.addcmul_(update, self.sizes, value=-1.0)

    def give_back(self) -> None:
        """Let each member's optimiser remember what is remembered of it here."""
        for number, (optimizer, group) in enumerate(zip(self.optimizers, self.groups, strict=True)):
            for place, parameter in enumerate(group["params"]):
                found = {
                    name: self.memory[name][place][number].reshape(parameter.shape).clone()
                    for name in self.memories
                    if name != "momentum_buffer" or group["momentum"] != 0
                }
                if self.counts:
                    found["step"] = torch.tensor(self.taken[number], dtype=torch.float32)
                if found:
                    optimizer.state[parameter].update(found)

    @abstractmethod
    def _update(
        self, parameter: torch.Tensor, gradient: torch.Tensor, memory: Tensors
    ) -> torch.Tensor:
        """Return what is to be taken away, times the step size; bring the memory up to date."""

    def _set_sizes(self) -> None:
        """Set what updates of this step are multiplied by."""
        self.sizes = self._column(self.rates)

    def _steps_of(self, number: int) -> float:
        state = self.optimizers[number].state.get(self.groups[number]["params"][0], {})
        return float(state.get("step", 0))

    def _remembered(self, name: str, own: Sequence[torch.Tensor]) -> torch.Tensor:
        """Stack what the members' optimisers remember of one parameter; at first it is nothing."""
        found = []
        for optimizer, parameter in zip(self.optimizers, own, strict=True):
            known = optimizer.state.get(parameter, {}).get(name)
            found.append(torch.zeros_like(parameter) if known is None else known)
        return stacked(found)

    def _column(self, values: Sequence[float]) -> torch.Tensor:
        """Return one number for each member, to be multiplied with wide parameters."""
        parameter = self.settings["params"][0]
        column = torch.tensor(values, dtype=parameter.dtype, device=parameter.device)
        return column.view(-1, 1, 1)

    def _with_decay(self, parameter: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
        return gradient.addcmul_(parameter, self.weight_decay) if self.decays else gradient


class WideSGD(WideOptimizer):
    """:class:`torch.optim.SGD`, with momentum."""

    memories = ("momentum_buffer",)
    counts = False

    def _update(
        self, parameter: torch.Tensor, gradient: torch.Tensor, memory: Tensors
    ) -> torch.Tensor:
        gradient = self._with_decay(parameter, gradient)
        (buffer,) = memory
        if not self.has_momentum:
            return gradient
        return torch.addcmul(gradient, buffer, self.momentum, out=buffer)


class WideAdam(WideOptimizer):
    """:class:`torch.optim.Adam`.

    References
    ----------
    Kingma, D. P. and Ba, J. (2015). Adam: a method for stochastic optimization. ICLR. Algorithm 1.
    """

    memories = ("exp_avg", "exp_avg_sq")

    def _set_sizes(self) -> None:
        # both averages begin at 0, and are too small at first
        first, second = self.settings["betas"]
        counted = zip(self.rates, self.taken, strict=True)
        self.sizes = self._column([rate / (1 - first**n) for rate, n in counted])
        self.root = self._column([math.sqrt(1 - second**n) for n in self.taken])

    def _update(
        self, parameter: torch.Tensor, gradient: torch.Tensor, memory: Tensors
    ) -> torch.Tensor:
        gradient = self._with_decay(parameter, gradient)
        (mean, square), (first, second) = memory, self.settings["betas"]
        mean.lerp_(gradient, 1 - first)
        square.mul_(second).addcmul_(gradient, gradient, value=1 - second)
        scale = square.sqrt().div_(self.root).add_(self.settings["eps"])
        return torch.div(mean, scale, out=scale)


class WideAdamW(WideAdam):
    """:class:`torch.optim.AdamW`: weights decay by themselves, and not by way of the gradient.

    References
    ----------
    Loshchilov, I. and Hutter, F. (2019). Decoupled weight decay regularization. ICLR. Algorithm 2.
    """

    def _with_decay(self, parameter: torch.Tensor, gradient: torch.Tensor) -> torch.Tensor:
        if self.decays:
            parameter.mul_(1 - self._column(self.rates) * self.weight_decay)
        return gradient


class WideRMSprop(WideOptimizer):
    """:class:`torch.optim.RMSprop`, with momentum."""

    memories = ("square_avg", "momentum_buffer")

    def _update(
        self, parameter: torch.Tensor, gradient: torch.Tensor, memory: Tensors
    ) -> torch.Tensor:
        gradient = self._with_decay(parameter, gradient)
        (square, buffer), smoothing = memory, self.settings["alpha"]
        square.mul_(smoothing).addcmul_(gradient, gradient, value=1 - smoothing)
        scale = square.sqrt().add_(self.settings["eps"])
        if not self.has_momentum:
            return torch.div(gradient, scale, out=scale)
        return buffer.mul_(self.momentum).addcdiv_(gradient, scale)


def stacked(tensors: Sequence[torch.Tensor]) -> torch.Tensor:
    """Return a wide tensor of shape (n_members, rows, columns); vectors are columns.

    Parameters
    ----------
    tensors : sequence of Tensor
        One for each member, of one shape.
    """
    return torch.stack([tensor.detach().reshape(len(tensor), -1) for tensor in tensors])


#: By the class that each member has when it is trained alone.
WIDE_OPTIMIZERS: dict[type[torch.optim.Optimizer], type[WideOptimizer]] = {
    torch.optim.SGD: WideSGD,
    torch.optim.Adam: WideAdam,
    torch.optim.AdamW: WideAdamW,
    torch.optim.RMSprop: WideRMSprop,
}
