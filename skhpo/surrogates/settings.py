"""Settings of models and rules, checked where they are made."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["check_count", "check_number"]


def check_count(owner: str, name: str, value: Any, *, least: int = 1) -> None:
    """Raise an error unless a setting is an integer that is large enough.

    Parameters
    ----------
    owner, name : str
        Whose setting, and which.
    value : object
        What was given.
    least : int, default=1
        The smallest that will do.

    Raises
    ------
    ValueError
        Saying what to write instead.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{owner}: {name} must be an integer of {least} or more, got {value!r}")


def check_number(
    owner: str,
    name: str,
    value: Any,
    *,
    least: float = 0.0,
    most: float = math.inf,
    exclusive: bool = False,
) -> None:
    """Raise an error unless a setting is a number within its bounds.

    Parameters
    ----------
    owner, name : str
        Whose setting, and which.
    value : object
        What was given.
    least, most : float
        The bounds, default 0 and infinity.
    exclusive : bool, default=False
        Whether ``least`` itself will not do.

    Raises
    ------
    ValueError
        Saying what to write instead.
    """
    is_number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
    if not is_number or not (value > least if exclusive else value >= least) or value > most:
        bound = f"greater than {least:g}" if exclusive else f"{least:g} or more"
        if most < math.inf:
            bound += f" and at most {most:g}"
        raise ValueError(f"{owner}: {name} must be a number {bound}, got {value!r}")
