"""With how many bits a net is trained: float32 for all, or 16 bits where they are enough."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import nn

from skhpo.exceptions import did_you_mean

__all__ = ["PRECISIONS", "Arithmetic", "Mixed", "Single", "check_precision"]

#: The oldest GPUs that compute with bfloat16, by CUDA's "compute capability".
_AMPERE = (8, 0)


class Arithmetic(Protocol):
    """How outputs and steps are computed while a net is trained."""

    def outputs(self, module: nn.Module, X: torch.Tensor, **params: Any) -> torch.Tensor:
        """Return what a module makes of samples, in float32."""

    def step(self, loss: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
        """Let an optimiser make a step along the gradient of a loss."""

    def state_dict(self) -> dict[str, Any]:
        """Return what has to be known to go on."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state that :meth:`state_dict` returned, here or on another device."""


class Single:
    """All in float32; nothing is remembered.

    Parameters
    ----------
    device : torch.device
        Any.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def outputs(self, module: nn.Module, X: torch.Tensor, **params: Any) -> torch.Tensor:
        """Return what a module makes of samples.

        Parameters
        ----------
        module : Module
            Any.
        X : Tensor of shape (n_samples, ...)
            The samples.
        **params : object
            More of its arguments.
        """
        outputs: torch.Tensor = module(X, **params)
        return outputs

    def step(self, loss: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
        """Make a step along the gradient.

        Parameters
        ----------
        loss : Tensor of shape ()
            What to reduce.
        optimizer : Optimizer
            Of the weights, whose gradients are zero or None.
        """
        loss.backward()
        optimizer.step()

    def state_dict(self) -> dict[str, Any]:
        """Return nothing."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Do nothing.

        Parameters
        ----------
        state : dict
            Of any arithmetic.
        """


class Mixed:
    """Products of matrices and convolutions with 16 bits; weights, sums and losses in float32.

    The 16 bits are those of bfloat16, on CPUs and on GPUs that know it (from NVIDIA's Ampere on),
    and else of float16. That has small numbers but no very small ones, so losses are multiplied
    by a factor before gradients are computed, as great as can be without these being infinite;
    a step for which it was too great is left out. The factor is what is remembered.

    Parameters
    ----------
    device : torch.device
        A CPU or a GPU of CUDA.

    Raises
    ------
    ValueError
        If the device is of another kind.

    References
    ----------
    Micikevicius, P. et al. (2018). Mixed precision training. ICLR. Sections 3.1 and 3.2.
    """

    def __init__(self, device: torch.device) -> None:
        if device.type not in ("cpu", "cuda"):
            raise ValueError(
                f"precision='mixed' is for CPUs and GPUs of CUDA, not for {str(device)!r}; "
                f"write precision='single'"
            )
        self.device = device
        self.dtype = _short_dtype(device)
        self._scaler = torch.amp.GradScaler(device.type, enabled=self.dtype is torch.float16)

    def outputs(self, module: nn.Module, X: torch.Tensor, **params: Any) -> torch.Tensor:
        """Return what a module makes of samples, in float32.

        Parameters
        ----------
        module : Module
            With weights in float32.
        X : Tensor of shape (n_samples, ...)
            The samples.
        **params : object
            More of its arguments.
        """
        with torch.autocast(self.device.type, self.dtype):
            outputs: torch.Tensor = module(X, **params)
        return outputs.float()

    def step(self, loss: torch.Tensor, optimizer: torch.optim.Optimizer) -> None:
        """Make a step along the gradient, unless that is infinite by the factor's fault.

        Parameters
        ----------
        loss : Tensor of shape ()
            What to reduce.
        optimizer : Optimizer
            Of the weights, whose gradients are zero or None.
        """
        self._scaler.scale(loss).backward()
        self._scaler.step(optimizer)
        self._scaler.update()

    def state_dict(self) -> dict[str, Any]:
        """Return the factor, and since when it has been what it is; nothing with bfloat16."""
        state: dict[str, Any] = self._scaler.state_dict()
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on with that factor, if it has one and this device needs one.

        Parameters
        ----------
        state : dict
            From any device.
        """
        if state and self._scaler.is_enabled():
            self._scaler.load_state_dict(state)


def _short_dtype(device: torch.device) -> torch.dtype:
    """Return the type of 16 bits that a device is good at."""
    is_old = device.type == "cuda" and torch.cuda.get_device_capability(device) < _AMPERE
    return torch.float16 if is_old else torch.bfloat16


#: Arithmetics by name, made of a device.
PRECISIONS: Mapping[str, type[Single] | type[Mixed]] = {"single": Single, "mixed": Mixed}


def check_precision(owner: str, value: Any) -> None:
    """Raise an error unless there is such a precision.

    Parameters
    ----------
    owner : str
        Whose setting it is.
    value : str
        What was given.

    Raises
    ------
    ValueError
        With the nearest that there is.
    """
    if not isinstance(value, str) or value not in PRECISIONS:
        raise ValueError(
            f"{owner}: precision={value!r} is not known.{did_you_mean(str(value), PRECISIONS)} "
            f"Write one of {list(PRECISIONS)}."
        )
