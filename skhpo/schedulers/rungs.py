"""Integer rungs, counted by multiplying.

``floor(log(243, 3))`` is 4: a logarithm of an exact power may fall just short of the integer it
stands for. Here powers are multiplied out, exactly, for factors that are no integers too.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import isfinite
from numbers import Real
from typing import Any

from skhpo.settings import check_count, check_number

__all__ = ["check_factor", "check_resources", "exact", "halved", "n_divisions", "rungs"]


def check_factor(owner: str, factor: Any) -> None:
    """Raise an error unless ``factor`` is a finite number of 2 or more.

    Parameters
    ----------
    owner : str
        Whose setting it is.
    factor : object
        What was given.

    Raises
    ------
    ValueError
        Saying what to write instead.
    """
    check_number(owner, "factor", factor, least=2, most=float("inf"), closed="left")
    if not isfinite(factor):
        raise ValueError(f"{owner}: factor must be a finite number of 2 or more, got {factor!r}")


def check_resources(owner: str, resources: Any) -> tuple[float, ...]:
    """Return the rungs as a tuple, if they ascend from a number above 0.

    Parameters
    ----------
    owner : str
        Whose setting they are.
    resources : object
        What was given.

    Raises
    ------
    ValueError
        Saying what to write instead.
    """
    is_sequence = isinstance(resources, Sequence) and not isinstance(resources, str)
    ladder = tuple(resources) if is_sequence else ()
    are_numbers = all(isinstance(r, Real) and not isinstance(r, bool) for r in ladder)
    ascends = are_numbers and all(low < high for low, high in pairwise((0, *ladder)))
    if not (ladder and ascends and isfinite(ladder[-1])):
        raise ValueError(
            f"{owner}: resources must be numbers above 0 that grow from rung to rung, such as "
            f"(1, 3, 9) or rungs(1, 9, factor=3), got {resources!r}"
        )
    return ladder


def exact(factor: float) -> int | Fraction:
    """Return a factor as the integer or fraction it is, whose powers and quotients are not rounded.

    Parameters
    ----------
    factor : float
        Any finite number.
    """
    step = Fraction(float(factor))
    return int(step) if step.denominator == 1 else step


def n_divisions(number: float | Fraction, factor: float) -> int:
    """Return how often ``number`` can be divided by ``factor`` with 1 or more left.

    This is ``floor(log(number, factor))`` without its error at exact powers.

    Parameters
    ----------
    number : float or Fraction
        1 or more.
    factor : float
        2 or more.

    Examples
    --------
    >>> n_divisions(243, 3), n_divisions(242, 3), n_divisions(1000, 10)
    (5, 4, 3)
    """
    step = exact(factor)
    power: int | Fraction = step
    n = 0
    while power <= number:
        power, n = power * step, n + 1
    return n


def rungs(min_resource: int, max_resource: int, factor: float = 3) -> tuple[int, ...]:
    """Return the rungs between two resources, counted from the top: ``max // factor**k``.

    Parameters
    ----------
    min_resource : int
        No rung is lower.
    max_resource : int
        The top rung, always.
    factor : float, default=3
        From rung to rung, 2 or more.

    Returns
    -------
    tuple of int
        Total resource at each rung, ascending.

    Raises
    ------
    ValueError
        If one of them is no such number, or ``min_resource`` is above ``max_resource``.

    Examples
    --------
    >>> rungs(1, 243, factor=3)
    (1, 3, 9, 27, 81, 243)
    >>> rungs(5, 100, factor=2)
    (6, 12, 25, 50, 100)
    """
    check_count("rungs", "min_resource", min_resource)
    check_count("rungs", "max_resource", max_resource)
    check_factor("rungs", factor)
    if min_resource > max_resource:
        raise ValueError(
            f"rungs: min_resource must not be greater than max_resource, got {min_resource!r} and "
            f"{max_resource!r}"
        )
    top, step = int(max_resource), exact(factor)
    n = n_divisions(Fraction(top, int(min_resource)), factor)
    return tuple(top // step**k for k in range(n, -1, -1))


def halved(n_trials: int, n_rungs: int, factor: float) -> tuple[int, ...]:
    """Return how many trials are left at each rung if one in ``factor``, rounded down, goes on.

    Parameters
    ----------
    n_trials : int
        Trials at the first rung.
    n_rungs : int
        Number of rungs.
    factor : float
        2 or more.
    """
    return tuple(int(n_trials // exact(factor) ** k) for k in range(n_rungs))
