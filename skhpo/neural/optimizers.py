"""Optimisers by name, and the settings they share."""

from __future__ import annotations

import inspect
from typing import Any

import torch

from skhpo.exceptions import did_you_mean

__all__ = ["OPTIMIZERS", "optimizer_class", "optimizer_settings", "set_optimizer"]

#: Optimisers by name.
OPTIMIZERS: dict[str, type[torch.optim.Optimizer]] = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
}


def optimizer_class(owner: str, value: Any) -> type[torch.optim.Optimizer]:
    """Return the optimiser that is meant.

    Parameters
    ----------
    owner : str
        Whose setting it is.
    value : str or type
        A name, or a class of torch's kind.

    Raises
    ------
    ValueError
        If nothing has that name, with the nearest that something has.
    TypeError
        If it is neither a name nor a class.
    """
    if isinstance(value, str):
        if value not in OPTIMIZERS:
            raise ValueError(
                f"{owner}: optimizer={value!r} is not known.{did_you_mean(value, OPTIMIZERS)} "
                f"Write one of {list(OPTIMIZERS)}, or a class of torch.optim."
            )
        return OPTIMIZERS[value]
    if isinstance(value, type) and issubclass(value, torch.optim.Optimizer):
        return value
    raise TypeError(
        f"{owner}: optimizer must be one of {list(OPTIMIZERS)} or a class such as "
        f"torch.optim.NAdam, got {value!r}"
    )


def optimizer_settings(cls: type[torch.optim.Optimizer], **settings: float) -> dict[str, float]:
    """Return those of the settings that an optimiser has: Adam has no ``momentum``.

    Parameters
    ----------
    cls : type
        The optimiser.
    **settings : float
        What may be set.
    """
    known = inspect.signature(cls).parameters
    return {name: value for name, value in settings.items() if name in known}


def set_optimizer(optimizer: torch.optim.Optimizer, **settings: float) -> None:
    """Let an optimiser go on with other settings; those that it does not have are left out.

    Parameters
    ----------
    optimizer : Optimizer
        Of any class, whatever it remembers.
    **settings : float
        What may be set.
    """
    for group in optimizer.param_groups:
        group.update({name: value for name, value in settings.items() if name in group})
        if isinstance(optimizer, torch.optim.RMSprop) and group["momentum"]:
            # It makes room for momenta at its first step only, if it has any then.
            for state in filter(None, map(optimizer.state.get, group["params"])):
                state.setdefault("momentum_buffer", torch.zeros_like(state["square_avg"]))
