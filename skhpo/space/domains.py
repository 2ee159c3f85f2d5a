"""What one parameter may be: the contract of a domain.

Every domain maps its values into columns of the unit cube and back. Most need one column; a list
of unordered values needs one for each value (one-hot), a constant needs none.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skhpo.exceptions import SpaceError

__all__ = ["Array", "Domain", "UnitIntervalDomain"]

Array: TypeAlias = NDArray[np.float64]


class Domain(ABC):
    """What one parameter may be, and where that lies in the unit cube.

    Attributes
    ----------
    n_columns : int
        Width of the encoding.
    size : int or float
        Number of distinct values; ``math.inf`` for a continuum.
    is_continuous : bool
        Whether every position in the unit interval means another value.
    """

    n_columns: int
    size: float
    is_continuous: bool

    @abstractmethod
    def validate(self, name: str) -> None:
        """Raise a :class:`SpaceError` that names the parameter if the domain makes no sense."""

    @abstractmethod
    def sample(self, rng: np.random.Generator) -> Any:
        """Draw a value."""

    @abstractmethod
    def __contains__(self, value: Any) -> bool:
        """Whether ``value`` may be tried."""

    @abstractmethod
    def key(self, value: Any) -> Hashable:
        """A hashable that two values share exactly if they are the same value."""

    @abstractmethod
    def encode(self, value: Any) -> Array:
        """Columns of a value, of shape (n_columns,), each in [0, 1]."""

    @abstractmethod
    def decode(self, columns: Array) -> Any:
        """The value nearest to ``columns``, of shape (n_columns,)."""

    @abstractmethod
    def sample_columns(self, n: int, rng: np.random.Generator) -> Array:
        """Columns of ``n`` values, of shape (n, n_columns), each value about as likely."""

    @abstractmethod
    def neighbours(self, columns: Array, rng: np.random.Generator, scale: Array | float) -> Array:
        """Columns of other values, one for each row of ``columns``, of shape (n, n_columns).

        Where there is an order they are about ``scale`` (one for all, or one for each) away in the
        unit interval, and at least the next value.
        """

    def scaled(self, value: Any, factor: float) -> Any:
        """The value about ``factor`` times as large, as far as there is one.

        Where values may be zero or less, the one further up or down by the same part of half of
        the range; where they have an order only, the next one; without an order the value itself.
        """
        return value

    def to_plain(self, value: Any) -> Any:
        """The value as JSON can hold it, for :meth:`from_plain`.

        Raises
        ------
        SpaceError
            If it cannot: then it cannot be stored.
        """
        if hasattr(value, "item"):
            value = value.item()
        if value is None or isinstance(value, (bool, int, float, str)):
            return value
        raise SpaceError(
            f"{value!r:.200} cannot be stored: only numbers and texts can, and what stands in a "
            f"list of values. Write a list, or leave storage out."
        )

    def from_plain(self, plain: Any) -> Any:
        """The value that :meth:`to_plain` has written."""
        return plain

    def check_encodable(self, name: str) -> None:
        """Raise a :class:`SpaceError` that names the parameter if there is no way to columns."""

    @abstractmethod
    def values(self) -> Iterator[Any]:
        """Every value, in order, if there are finitely many.

        Raises
        ------
        SpaceError
            If there are not.
        """

    @abstractmethod
    def signature(self) -> Hashable:
        """What makes two domains of one name in two branches the same domain."""


class UnitIntervalDomain(Domain):
    """A domain with an order: one column, by a monotone map onto the unit interval."""

    @property
    def n_columns(self) -> int:  # type: ignore[override]
        """One column, or none for a constant."""
        return 0 if self.size == 1 else 1

    @property
    def lowest(self) -> float:
        """A number that no value is below; minus infinity where there is none."""
        return -math.inf

    def scaled(self, value: Any, factor: float) -> Any:
        """Multiplied where all values are positive; at least the next value of a discrete one."""
        if not self.n_columns:
            return value
        home = self.to_unit(value)
        moved = self.to_unit(value * factor) if self.lowest > 0 else home + (factor - 1.0) / 2.0
        (there,) = self.snap(np.clip([moved], 0.0, 1.0))
        if not self.is_continuous and (there - home) * (factor - 1.0) <= 0:
            return self.next_to(value, up=factor > 1)
        return self.from_unit(float(there))

    def next_to(self, value: Any, up: bool) -> Any:
        """The next value of a discrete domain in one direction; at the end the value itself."""
        home = self.snap(np.array([self.to_unit(value)]))
        (there,) = self.shift(home, np.array([1 if up else -1]))
        is_reflected = (there > home[0]) != up
        return value if is_reflected else self.from_unit(float(there))

    @abstractmethod
    def to_unit(self, value: Any) -> float:
        """Position of a value in [0, 1]."""

    @abstractmethod
    def from_unit(self, position: float) -> Any:
        """The value at a position in [0, 1]; the inverse of :meth:`to_unit`."""

    def sample(self, rng: np.random.Generator) -> Any:
        """Draw a value: a uniform position, mapped back."""
        return self.from_unit(rng.random())

    def key(self, value: Any) -> Hashable:
        """The value itself, a number."""
        return float(value)

    def encode(self, value: Any) -> Array:
        """Position of the value."""
        return np.array([self.to_unit(value)] if self.n_columns else [])

    def decode(self, columns: Array) -> Any:
        """The value at that position."""
        return self.from_unit(float(columns[0]) if self.n_columns else 0.5)

    def sample_columns(self, n: int, rng: np.random.Generator) -> Array:
        """Uniform positions, moved to the nearest value."""
        return self._as_columns(self.snap(rng.random(n)))

    def neighbours(self, columns: Array, rng: np.random.Generator, scale: Array | float) -> Array:
        """Gaussian steps of standard deviation ``scale``, but always to another value."""
        if not self.n_columns:
            return columns
        home = self.snap(columns[:, 0])
        steps = scale * rng.standard_normal(len(home))
        moved = self.snap(np.clip(home + steps, 0.0, 1.0))
        stuck = moved == home
        if not stuck.any():
            return self._as_columns(moved)
        if self.is_continuous:  # at an end, and pointing outwards
            moved[stuck] = np.clip(home - steps, 0.0, 1.0)[stuck]
        else:
            moved[stuck] = self.shift(home[stuck], 2 * rng.integers(2, size=int(stuck.sum())) - 1)
        return self._as_columns(moved)

    def _as_columns(self, positions: Array) -> Array:
        return positions[:, None] if self.n_columns else np.empty((len(positions), 0))

    @abstractmethod
    def snap(self, positions: Array) -> Array:
        """Positions, of shape (n,), of the values nearest to ``positions``."""

    @abstractmethod
    def shift(self, positions: Array, steps: NDArray[np.int_]) -> Array:
        """Positions of the values ``steps`` values further; reflected at the ends."""
