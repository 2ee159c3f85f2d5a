"""Settings, checked where they are made."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Integral, Real
from operator import ge, gt, le, lt
from typing import Any, Literal

from skhpo.exceptions import did_you_mean

__all__ = ["check_count", "check_instance", "check_number", "named"]


def check_count(
    owner: str, name: str, value: Any, *, least: int = 1, or_none: bool = False
) -> None:
    """Raise an error unless a setting is an integer that is large enough.

    Parameters
    ----------
    owner, name : str
        Whose setting, and which.
    value : object
        What was given.
    least : int, default=1
        The smallest that will do.
    or_none : bool, default=False
        Whether None will do, too.

    Raises
    ------
    ValueError
        Saying what to write instead.
    """
    if or_none and value is None:
        return
    is_integer = isinstance(value, Integral) and not isinstance(value, bool)
    if not is_integer or value < least:
        raise ValueError(
            f"{owner}: {name} must be an integer of {least} or more{_or_none(or_none)}, "
            f"got {value!r}"
        )


def check_number(
    owner: str,
    name: str,
    value: Any,
    *,
    least: float = 0.0,
    most: float = math.inf,
    closed: Literal["both", "left", "right", "neither"] = "both",
    or_none: bool = False,
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
    closed : {"both", "left", "right", "neither"}, default="both"
        Which of the bounds will do themselves.
    or_none : bool, default=False
        Whether None will do, too.

    Raises
    ------
    ValueError
        Saying what to write instead.
    """
    if or_none and value is None:
        return
    with_least, with_most = closed in ("both", "left"), closed in ("both", "right")
    above, below = ge if with_least else gt, le if with_most else lt
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not (is_number and above(value, least) and below(value, most)):
        bounds = f"{least:g} or more" if with_least else f"greater than {least:g}"
        if most < math.inf:
            bounds += f" and {'at most' if with_most else 'less than'} {most:g}"
        raise ValueError(
            f"{owner}: {name} must be a number {bounds}{_or_none(or_none)}, got {value!r}"
        )


def check_instance(
    owner: str, name: str, value: Any, cls: type, example: str, *, or_none: bool = False
) -> None:
    """Raise an error unless a setting is an object of the right kind.

    Parameters
    ----------
    owner, name : str
        Whose setting, and which.
    value : object
        What was given.
    cls : type
        What it must be an instance of.
    example : str
        What could be written.
    or_none : bool, default=False
        Whether None will do, too.

    Raises
    ------
    TypeError
        Saying what to write instead.
    """
    if not (isinstance(value, cls) or (or_none and value is None)):
        raise TypeError(
            f"{owner}: {name} must be a {cls.__name__} such as {example}{_or_none(or_none)}, "
            f"got {value!r}"
        )


def named(name: str, value: Any, known: Mapping[str, Callable[[], Any]], home: str) -> Any:
    """Return what a setting names; what is no name, as it is.

    Parameters
    ----------
    name : str
        Which setting.
    value : object
        What was given.
    known : mapping of str to callable
        What there is by name, and how it is made.
    home : str
        Where to find objects to be given instead, such as ``"skhpo.samplers"``.

    Raises
    ------
    ValueError
        If nothing has that name, with the nearest that something has.
    """
    if not isinstance(value, str):
        return value
    if value not in known:
        raise ValueError(
            f"{name}={value!r} is not known.{did_you_mean(value, known)} "
            f"Write one of {list(known)}, or an object of {home}."
        )
    return known[value]()


def _or_none(or_none: bool) -> str:
    return ", or None" if or_none else ""
