"""What one parameter may be.

Every domain maps its values into columns of the unit cube and back. Most need one column; a list
of unordered values needs one for each value (one-hot), a constant needs none.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.exceptions import SpaceError
from skhpo.space.values import ValueIndex, is_number, same_value

__all__ = ["Categorical", "Domain", "Float", "Int", "UnitIntervalDomain"]

Array = NDArray[np.float64]


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
    def neighbours(self, columns: Array, rng: np.random.Generator, scale: float) -> Array:
        """Columns of other values, one for each row of ``columns``, of shape (n, n_columns).

        Where there is an order they are about ``scale`` away in the unit interval, and at least
        the next value.
        """

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

    def neighbours(self, columns: Array, rng: np.random.Generator, scale: float) -> Array:
        """Gaussian steps of standard deviation ``scale``, but at least to the next value."""
        if not self.n_columns:
            return columns
        positions = columns[:, 0]
        moved = self.snap(np.clip(positions + rng.normal(0.0, scale, len(positions)), 0.0, 1.0))
        if not self.is_continuous:
            stuck = moved == positions
            moved[stuck] = self.shift(positions[stuck], rng.choice((-1, 1), int(stuck.sum())))
        return self._as_columns(moved)

    def _as_columns(self, positions: Array) -> Array:
        return positions[:, None] if self.n_columns else np.empty((len(positions), 0))

    @abstractmethod
    def snap(self, positions: Array) -> Array:
        """Positions, of shape (n,), of the values nearest to ``positions``."""

    @abstractmethod
    def shift(self, positions: Array, steps: NDArray[np.int_]) -> Array:
        """Positions of the values ``steps`` values further; reflected at the ends."""


def level_at(position: Any, size: float) -> Any:
    """Return which of ``size`` equal parts of the unit interval holds a position."""
    return np.minimum(np.floor(np.asarray(position) * size), size - 1).astype(int)


def middle_of(level: Any, size: float) -> Any:
    """Return the middle of the given one of ``size`` equal parts of the unit interval."""
    return (np.asarray(level) + 0.5) / size


def shift_levels(levels: NDArray[np.int_], steps: NDArray[np.int_], size: float) -> Any:
    """Add ``steps`` to ``levels``; a step that would leave 0 … size - 1 is taken inwards."""
    moved = levels + steps
    moved = np.where((moved < 0) | (moved > size - 1), levels - steps, moved)
    return np.clip(moved, 0, size - 1)


def _not_a_number(value: Any) -> bool:
    return not is_number(value) or not math.isfinite(value)


def _validate_bounds(domain: Float | Int, name: str) -> None:
    """The one voice for bounds that cannot be meant."""
    kind, low, high = type(domain).__name__, domain.low, domain.high
    for label, bound in (("low", low), ("high", high)):
        if _not_a_number(bound):
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
        if self.step is None:
            return
        if self.log:
            raise SpaceError(
                f"Parameter {name!r}: log and step exclude each other; leave one out, or write "
                f"the values as a list: list(numpy.geomspace({self.low!r}, {self.high!r}, 10))."
            )
        if _not_a_number(self.step) or not 0 < self.step <= self.high - self.low:
            raise SpaceError(
                f"Parameter {name!r}: step={self.step!r} must be positive and at most "
                f"high - low = {self.high - self.low!r}."
            )

    @property
    def size(self) -> float:  # type: ignore[override]
        """Number of values: infinite without a step."""
        if self.step is None:
            return math.inf
        # the tolerance lets 0.1, 0.2, … reach a bound that is only nearly a multiple of the step
        return math.floor((self.high - self.low) / self.step + 1e-9) + 1

    @property
    def is_continuous(self) -> bool:  # type: ignore[override]
        """True without a step."""
        return self.step is None

    def __contains__(self, value: Any) -> bool:
        if _not_a_number(value) or not self.low <= value <= self.high:
            return False
        return self.step is None or math.isclose(
            self._at(self._level(value)), value, rel_tol=1e-9, abs_tol=1e-12
        )

    def _level(self, value: float) -> int:
        """Number of the step a value is on."""
        assert self.step is not None
        return round((value - self.low) / self.step)

    def _at(self, level: int) -> float:
        assert self.step is not None
        return float(min(self.low + level * self.step, self.high))

    def to_unit(self, value: Any) -> float:
        """Position of a value, clipped into [0, 1]."""
        if self.step is not None:
            position = middle_of(self._level(value), self.size)
        elif self.log:
            position = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            position = (value - self.low) / (self.high - self.low)
        return min(max(float(position), 0.0), 1.0)

    def from_unit(self, position: float) -> float:
        """The value at a position; never outside the bounds by rounding."""
        if self.step is not None:
            return self._at(int(level_at(position, self.size)))
        if self.log:
            value = self.low * math.exp(position * math.log(self.high / self.low))
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
            if not is_number(number) or number != int(number):
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

    @property
    def size(self) -> float:  # type: ignore[override]
        """Number of values."""
        return (int(self.high) - int(self.low)) // int(self.step) + 1

    def __contains__(self, value: Any) -> bool:
        return (
            is_number(value)
            and value == int(value)
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


@dataclass(frozen=True, eq=False)
class Categorical(UnitIntervalDomain):
    """One of a list of values, which may be anything.

    A plain list in a search space means this: ``[2, 8]`` is 2 or 8, never something between.

    Parameters
    ----------
    choices : sequence of object
        The values. One that stands in the list twice is drawn twice as often.
    ordered : bool or None, default=None
        Whether the order of the list carries meaning for a model (``["small", "medium",
        "large"]``). None: lists of numbers are ordered by value, others are not.

    Examples
    --------
    >>> from skhpo import Categorical
    >>> Categorical(["small", "medium", "large"], ordered=True)
    Categorical(choices=['small', 'medium', 'large'], ordered=True)
    """

    choices: Sequence[Any]
    ordered: bool | None = None
    is_continuous = False

    def validate(self, name: str) -> None:
        """Raise a SpaceError for a list that cannot be meant."""
        choices: Any = self.choices
        if isinstance(choices, (str, bytes)) or not hasattr(choices, "__len__"):
            raise SpaceError(
                f"Parameter {name!r}: the values must come as a list, got {choices!r}; "
                f"write [{choices!r}] for a single value."
            )
        if len(choices) == 0:
            raise SpaceError(
                f"Parameter {name!r}: the list of values is empty; give at least one value, or "
                f"leave the parameter out."
            )

    @cached_property
    def _distinct(self) -> list[Any]:
        """The different values: by size where they are ordered numbers, else as listed."""
        distinct: list[Any] = []
        if all(is_number(value) for value in self.choices):
            distinct = list(dict.fromkeys(self.choices))
        else:
            for value in self.choices:
                if not any(same_value(value, other) for other in distinct):
                    distinct.append(value)
        if self.ordered is None and all(is_number(v) and v == v for v in distinct):
            distinct.sort()
        return distinct

    @cached_property
    def _index(self) -> ValueIndex:
        return ValueIndex(self._distinct)

    @cached_property
    def is_ordered(self) -> bool:
        """Whether one column serves: ordered, or only two values."""
        if len(self._distinct) <= 2:
            return True
        if self.ordered is not None:
            return self.ordered
        return all(is_number(value) and value == value for value in self._distinct)

    @property
    def size(self) -> float:  # type: ignore[override]
        """Number of different values."""
        return len(self._distinct)

    @property
    def n_columns(self) -> int:  # type: ignore[override]
        """None for a constant, one with an order, else one for each value."""
        if len(self._distinct) == 1:
            return 0
        return 1 if self.is_ordered else len(self._distinct)

    def sample(self, rng: np.random.Generator) -> Any:
        """Draw one of the values as listed."""
        return self.choices[int(rng.integers(len(self.choices)))]

    def __contains__(self, value: Any) -> bool:
        return self._index.find(value) is not None

    def key(self, value: Any) -> Hashable:
        """Position among the different values."""
        return self._find(value)

    def _find(self, value: Any) -> int:
        position = self._index.find(value)
        if position is None:
            raise SpaceError(f"{value!r} is not one of {list(self.choices)!r}")
        return position

    def to_unit(self, value: Any) -> float:
        """Position of a value of an ordered list: by rank, so that any spacing is even."""
        return float(middle_of(self._find(value), self.size))

    def from_unit(self, position: float) -> Any:
        """The value at a position of an ordered list."""
        return self._distinct[int(level_at(position, self.size))]

    def snap(self, positions: Array) -> Array:
        """The position of the nearest rank."""
        return np.asarray(middle_of(level_at(positions, self.size), self.size))

    def shift(self, positions: Array, steps: NDArray[np.int_]) -> Array:
        """Go ``steps`` ranks further."""
        moved = shift_levels(level_at(positions, self.size), steps, self.size)
        return np.asarray(middle_of(moved, self.size))

    def encode(self, value: Any) -> Array:
        """Rank or one-hot."""
        if self.is_ordered:
            return super().encode(value)
        columns = np.zeros(self.n_columns)
        columns[self._find(value)] = 1.0
        return columns

    def decode(self, columns: Array) -> Any:
        """The value of that rank, or of the highest column."""
        if self.is_ordered:
            return super().decode(columns)
        return self._distinct[int(np.argmax(columns))]

    def sample_columns(self, n: int, rng: np.random.Generator) -> Array:
        """Any rank or value, each as likely."""
        if self.is_ordered:
            return super().sample_columns(n, rng)
        return np.eye(self.n_columns)[rng.integers(self.n_columns, size=n)]

    def neighbours(self, columns: Array, rng: np.random.Generator, scale: float) -> Array:
        """A step in rank, or any other value."""
        if self.is_ordered:
            return super().neighbours(columns, rng, scale)
        steps = rng.integers(1, self.n_columns, size=len(columns))
        moved = (np.argmax(columns, axis=1) + steps) % self.n_columns
        return np.asarray(np.eye(self.n_columns)[moved])

    def values(self) -> Iterator[Any]:
        """The different values."""
        return iter(self._distinct)

    def signature(self) -> Hashable:
        """The values by identity: lists shared between branches are usually the same objects."""
        return (type(self), self.ordered, tuple(self._signature_of(v) for v in self._distinct))

    @staticmethod
    def _signature_of(value: Any) -> Hashable:
        simple = is_number(value) or value is None or isinstance(value, (bool, str, bytes))
        return (type(value), value) if simple else id(value)
