"""Where a net is trained: what ``device`` means here and now, and what a pickle's means."""

from __future__ import annotations

from typing import Any

import torch

from skhpo.exceptions import did_you_mean
from skhpo.execution import devices

__all__ = ["at_hand", "device_for"]


def device_for(owner: str, value: Any) -> str:
    """Return the device that is meant, as torch calls it.

    ``"auto"`` is a GPU of CUDA, if there is one: that which this thread of a search is to use, or
    the one that is current. It is never Apple's "mps", which is there for who asks for it.

    Parameters
    ----------
    owner : str
        Whose setting it is.
    value : str or torch.device
        What was given.

    Raises
    ------
    ValueError
        If there is no such device here, with those that there are.
    """
    if value == "auto":
        n_gpus, number = torch.cuda.device_count(), devices.current()
        if not n_gpus:
            return "cpu"
        return "cuda" if number is None else f"cuda:{number % n_gpus}"
    try:
        device = torch.device(value)
    except (RuntimeError, TypeError) as error:
        names = ["auto", "cpu", "cuda", "mps"]
        raise ValueError(
            f"{owner}: device={value!r} is not known.{did_you_mean(str(value), names)} "
            f"Write 'auto', or a device of torch such as 'cpu' or 'cuda:0'."
        ) from error
    if not _is_there(device):
        raise ValueError(
            f"{owner}: device={value!r}, but torch finds {_found()}; write device='auto'"
        )
    return str(device)


def at_hand(device: str) -> str:
    """Return where a net is to be that was on a device when it was pickled.

    Parameters
    ----------
    device : str
        Where it was.

    Returns
    -------
    str
        The same, if it is here, too; else another one of its kind, or else the CPU.
    """
    same_kind = torch.device(device).type
    return next((name for name in (device, same_kind) if _is_there(torch.device(name))), "cpu")


def _is_there(device: torch.device) -> bool:
    if device.type == "cuda":  # asked without using it
        return bool((device.index or 0) < torch.cuda.device_count())
    if device.type == "meta":  # has shapes, but no numbers
        return False
    try:
        torch.empty(0, device=device)
    except (AssertionError, NotImplementedError, RuntimeError):
        return False
    return True


def _found() -> str:
    """Say which devices there are."""
    n_gpus = torch.cuda.device_count()
    gpus = [f"'cuda:{number}'" for number in range(n_gpus)]
    others = ["'mps'"] if torch.backends.mps.is_available() else []
    return " and ".join(gpus + others) or "no GPU"
