"""Ranges of numbers."""

from __future__ import annotations

import math
import sys
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.exceptions import SpaceError
from skhpo.space.domains import Array, UnitIntervalDomain
from skhpo.space.parts import level_at, middle_of, shift_levels
from skhpo.space.values import is_finite, is_integer

__all__ = ["Float", "Int"]

#: Part of a step by which a value may miss its place, so that 0.1, 0.2, … reach their bound.
_ROUNDING = 1e-9

#: Larger integers are not told apart by positions in the unit interval.
_LARGEST_INTEGER = 10**15


def _validate_bounds(domain: Float | Int, name: str) -> None:
    """The one voice for bounds that cannot be meant."""
    kind, low, high = type(domain).__name__, domain.low, domain.high
    for label, bound in (("low", low), ("high", high)):
        if not is_finite(bound):
            raise SpaceError(
                f"Parameter {name!r}: {label}={bound!r} of {kind} is not a finite number; "
                f"write {kind}(low, high) with two numbers."
            )
    if low >= high:
        remedy = f"write {kind}({high!r}, {low!r})" if low > high else f"write [{low!r}]"
        raise SpaceError(
            f"Parameter {name!r}: low={low!r} of {kind} is not smaller than high={high!r}; "
            f"{remedy}{'' if low > high else ' for a constant'}."
        )
    if domain.log and low <= 0:
        raise SpaceError(
            f"Parameter {name!r}: a logarithmic {kind} needs low > 0, but low={low!r}; write a "
            f"small positive number, or log=False."
        )


@dataclass(frozen=True)
class Float(UnitIntervalDomain):
    """A real number between two bounds, both included.

    Parameters
    ----------
    low, high : float
        The bounds.
    log : bool, default=False
        Search on a logarithmic scale, for parameters whose order of magnitude matters.
    step : float or None, default=None
        Only ``low, low + step, low + 2 * step, …`` up to ``high``. Not together with ``log``.

    Examples
    --------
    >>> from skhpo import Float
    >>> Float(1e-4, 1e2, log=True)
    Float(low=0.0001, high=100.0, log=True, step=None)
    """

    low: float
    high: float
    log: bool = False
    step: float | None = None

    def validate(self, name: str) -> None:
        """Raise a SpaceError if bounds or step make no sense."""
        _validate_bounds(self, name)
        if max(abs(self.low), abs(self.high)) > sys.float_info.max:  # integers may be
            raise SpaceError(
                f"Parameter {name!r}: the bounds of Float are too large for a real number; write "
                f"a list of the values to try."
            )
        if self.step is None:
            return
        if self.log:
            raise SpaceError(
                f"Parameter {name!r}: log and step exclude each other; leave one out, or write "
                f"the values as a list: list(numpy.geomspace({self.low!r}, {self.high!r}, 10))."
            )
        if not is_finite(self.step) or not 0 < self.step <= self.high - self.low:
            raise SpaceError(
                f"Parameter {name!r}: step={self.step!r} must be positive and at most "
                f"high - low = {self.high - self.low!r}."
            )
        if max(abs(self.low), abs(self.high)) > _LARGEST_INTEGER * self.step:
            raise SpaceError(
                f"Parameter {name!r}: step={self.step!r} is too small for the values of {self!r} "
                f"to be told apart; write a greater one, or leave it out."
            )

    @property
    def size(self) -> float:  # type: ignore[override]
        """Number of values: infinite without a step."""
        if self.step is None:
            return math.inf
        return math.floor((self.high - self.low) / self.step + _ROUNDING) + 1

    @property
    def is_continuous(self) -> bool:  # type: ignore[override]
        """True without a step."""
        return self.step is None

    @property
    def lowest(self) -> float:
        """The lower bound."""
        return self.low

    def __contains__(self, value: Any) -> bool:
        if not is_finite(value) or not self.low <= value <= self.high:
            return False
        if self.step is None:
            return True
        return bool(abs(self._at(self._level(value)) - value) <= _ROUNDING * self.step)

    def _level(self, value: float) -> int:
        """Number of the step nearest to a value."""
        assert self.step is not None
        return int(min(round((value - self.low) / self.step), self.size - 1))

    def _at(self, level: int) -> float:
        assert self.step is not None
        return float(min(self.low + level * self.step, self.high))

    def to_unit(self, value: Any) -> float:
        """Position of a value, clipped into [0, 1]."""
        if self.step is not None:
            position = middle_of(self._level(value), self.size)
        elif self.log:
            low, high = math.log(self.low), math.log(self.high)
            position = (math.log(value) - low) / (high - low)
        else:
            position = (value - self.low) / (self.high - self.low)
        return min(max(float(position), 0.0), 1.0)

    def from_unit(self, position: float) -> float:
        """The value at a position; never outside the bounds by rounding."""
        if self.step is not None:
            return self._at(int(level_at(position, self.size)))
        if self.log:
            # the weighted geometric mean of the bounds: exact at both, and it cannot overflow
            value = float(self.low) ** (1.0 - position) * float(self.high) ** position
        else:
            value = self.low + position * (self.high - self.low)
        return float(min(max(value, self.low), self.high))

    def key(self, value: Any) -> Hashable:
        """The value, or the number of its level."""
        return float(value) if self.step is None else self._level(value)

    def snap(self, positions: Array) -> Array:
        """The middle of the step; any position without one."""
        if self.step is None:
            return positions
        return np.asarray(middle_of(level_at(positions, self.size), self.size))

    def shift(self, positions: Array, steps: NDArray[np.int_]) -> Array:
        """Go ``steps`` steps further."""
        moved = shift_levels(level_at(positions, self.size), steps, self.size)
        return np.asarray(middle_of(moved, self.size))

    def values(self) -> Iterator[float]:
        """Every value of a stepped range."""
        if self.step is None:
            raise SpaceError(f"{self!r} has infinitely many values; give a step, or write a list.")
        return (self._at(level) for level in range(int(self.size)))

    def signature(self) -> Hashable:
        """Bounds and scale."""
        return (type(self), self.low, self.high, self.log, self.step)


@dataclass(frozen=True)
class Int(UnitIntervalDomain):
    """An integer between two bounds, both included.

    Parameters
    ----------
    low, high : int
        The bounds.
    log : bool, default=False
        Search on a logarithmic scale.
    step : int, default=1
        Only ``low, low + step, low + 2 * step, …`` up to ``high``. Not together with ``log``.

    Examples
    --------
    >>> from skhpo import Int
    >>> Int(1, 256, log=True)
    Int(low=1, high=256, log=True, step=1)
    """

    low: int
    high: int
    log: bool = False
    step: int = 1
    is_continuous = False

    def validate(self, name: str) -> None:
        """Raise a SpaceError if bounds or step make no sense."""
        _validate_bounds(self, name)
        for label, number in (("low", self.low), ("high", self.high), ("step", self.step)):
            if not is_integer(number):
                raise SpaceError(
                    f"Parameter {name!r}: {label}={number!r} of Int is not an integer; "
                    f"write Float({self.low!r}, {self.high!r}) for real numbers."
                )
        if not 0 < self.step <= self.high - self.low:
            raise SpaceError(
                f"Parameter {name!r}: step={self.step!r} must be positive and at most "
                f"high - low = {self.high - self.low!r}."
            )
        if self.log and self.step != 1:
            raise SpaceError(
                f"Parameter {name!r}: log and step exclude each other; leave one out, or write "
                f"the values as a list."
            )
        if max(abs(self.low), abs(self.high)) > _LARGEST_INTEGER:
            raise SpaceError(
                f"Parameter {name!r}: the bounds of {self!r} are too large for integers to be told "
                f"apart; write a list of those to try, or Float({self.low!r}, {self.high!r})."
            )

    @property
    def size(self) -> float:  # type: ignore[override]
        """Number of values."""
        return (int(self.high) - int(self.low)) // int(self.step) + 1

    @property
    def lowest(self) -> float:
        """The lower bound."""
        return self.low

    def __contains__(self, value: Any) -> bool:
        return (
            is_integer(value)
            and self.low <= value <= self.high
            and (int(value) - int(self.low)) % int(self.step) == 0
        )

    def _positions(self, values: Any) -> Any:
        """Positions of values: linear ones in the middle of the part that means them."""
        if self.log:
            low, high = self.low - 0.5, self.high + 0.5
            return np.log(np.maximum(values, low) / low) / math.log(high / low)
        return middle_of((np.asarray(values) - self.low) / self.step, self.size)

    def _values(self, positions: Any) -> Any:
        """Values at positions; every value owns a part of the interval."""
        if self.log:
            low, high = self.low - 0.5, self.high + 0.5
            values = np.rint(low * np.exp(np.asarray(positions) * math.log(high / low)))
            return np.clip(values, self.low, self.high)
        return self.low + level_at(positions, self.size) * self.step

    def to_unit(self, value: Any) -> float:
        """Position of a value, clipped into [0, 1]."""
        return min(max(float(self._positions(value)), 0.0), 1.0)

    def from_unit(self, position: float) -> int:
        """The value at a position."""
        return int(self._values(position))

    def snap(self, positions: Array) -> Array:
        """The position of the nearest integer."""
        return np.asarray(self._positions(self._values(positions)))

    def shift(self, positions: Array, steps: NDArray[np.int_]) -> Array:
        """Go ``steps`` integers further."""
        levels = np.rint((self._values(positions) - self.low) / self.step).astype(int)
        moved = shift_levels(levels, steps, self.size)
        return np.asarray(self._positions(self.low + moved * self.step))

    def key(self, value: Any) -> Hashable:
        """The value as a plain int."""
        return int(value)

    def values(self) -> Iterator[int]:
        """Every value."""
        return iter(range(int(self.low), int(self.high) + 1, int(self.step)))

    def signature(self) -> Hashable:
        """Bounds and scale."""
        return (type(self), self.low, self.high, self.log, self.step)
