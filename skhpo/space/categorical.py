"""One of a list of values, which may be anything."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.exceptions import SpaceError
from skhpo.space.domains import Array, UnitIntervalDomain
from skhpo.space.parts import level_at, middle_of, shift_levels
from skhpo.space.values import ValueIndex, is_integer, is_number

__all__ = ["Categorical"]


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
        """Raise a SpaceError for what is not a list of values, or an empty one."""
        choices: Any = self.choices
        if isinstance(choices, np.ndarray) and choices.ndim != 1:
            raise SpaceError(
                f"Parameter {name!r}: an array of values must have one dimension, got shape "
                f"{choices.shape}; write list(array) if each row is a value."
            )
        if not _is_listed(choices):
            raise SpaceError(
                f"Parameter {name!r}: expected a list of values, a scipy.stats distribution, "
                f"Float, Int or Categorical, got {choices!r}; write {_as_list(choices)}."
            )
        if len(choices) == 0:
            raise SpaceError(
                f"Parameter {name!r}: the list of values is empty; give at least one value, or "
                f"leave the parameter out."
            )

    @cached_property
    def _listed(self) -> list[Any]:
        """The values as listed, numpy's as plain ones: these print and travel better."""
        choices: Any = self.choices
        return list(choices.tolist() if hasattr(choices, "tolist") else choices)

    @cached_property
    def _distinct(self) -> ValueIndex:
        """The different values, in the order of the list."""
        return ValueIndex(self._listed)

    @cached_property
    def _are_numbers(self) -> bool:
        return all(is_number(value) and value == value for value in self._distinct)

    @cached_property
    def _ranked(self) -> ValueIndex:
        """The different values in the order that means something: by size for plain numbers."""
        if self.ordered is not None or not self._are_numbers:
            return self._distinct
        by_size = sorted(self._distinct)
        return self._distinct if by_size == list(self._distinct) else ValueIndex(by_size)

    @cached_property
    def is_ordered(self) -> bool:
        """Whether one column serves: ordered, or only two values."""
        if self.size <= 2:
            return True
        return self._are_numbers if self.ordered is None else self.ordered

    @property
    def size(self) -> float:  # type: ignore[override]
        """Number of different values."""
        return len(self._distinct)

    @property
    def n_columns(self) -> int:  # type: ignore[override]
        """None for a constant, one with an order, else one for each value."""
        if self.size == 1:
            return 0
        return 1 if self.is_ordered else len(self._distinct)

    def sample(self, rng: np.random.Generator) -> Any:
        """Draw one of the values as listed."""
        return self._listed[int(rng.integers(len(self._listed)))]

    def __contains__(self, value: Any) -> bool:
        return self._ranked.find(value) is not None

    def key(self, value: Any) -> int:
        """Rank among the different values."""
        rank = self._ranked.find(value)
        if rank is None:
            raise SpaceError(f"{value!r} is not one of {self._listed!r}")
        return rank

    def to_plain(self, value: Any) -> int:
        """Position among the different values, which may be anything."""
        position = self._distinct.find(value)
        if position is None:
            raise SpaceError(f"{value!r} is not one of {self._listed!r}")
        return position

    def from_plain(self, plain: Any) -> Any:
        """The value at a position."""
        if not is_integer(plain) or not 0 <= plain < len(self._distinct):
            raise SpaceError(f"{plain!r:.200} is not a position in {self._listed!r:.200}")
        return self._distinct[plain]

    def to_unit(self, value: Any) -> float:
        """Position of a value of an ordered list: by rank, so that any spacing is even."""
        return float(middle_of(self.key(value), self.size))

    def from_unit(self, position: float) -> Any:
        """The value at a position of an ordered list."""
        return self._ranked[int(level_at(position, self.size))]

    def snap(self, positions: Array) -> Array:
        """The position of the nearest rank."""
        return np.asarray(middle_of(level_at(positions, self.size), self.size))

    def shift(self, positions: Array, steps: NDArray[np.int_]) -> Array:
        """Go ``steps`` ranks further."""
        moved = shift_levels(level_at(positions, self.size), steps, self.size)
        return np.asarray(middle_of(moved, self.size))

    def scaled(self, value: Any, factor: float) -> Any:
        """The next value of an ordered list."""
        is_fixed = not self.is_ordered or self.size == 1 or factor == 1
        return value if is_fixed else self.next_to(value, up=factor > 1)

    def encode(self, value: Any) -> Array:
        """Rank or one-hot."""
        if self.is_ordered:
            return super().encode(value)
        columns = np.zeros(self.n_columns)
        columns[self.key(value)] = 1.0
        return columns

    def decode(self, columns: Array) -> Any:
        """The value of that rank, or of the highest column."""
        if self.is_ordered:
            return super().decode(columns)
        return self._ranked[int(np.argmax(columns))]

    def sample_columns(self, n: int, rng: np.random.Generator) -> Array:
        """Any rank or value, each as likely."""
        if self.is_ordered:
            return super().sample_columns(n, rng)
        return np.eye(self.n_columns)[rng.integers(self.n_columns, size=n)]

    def neighbours(self, columns: Array, rng: np.random.Generator, scale: Array | float) -> Array:
        """A step in rank, or any other value."""
        if self.is_ordered:
            return super().neighbours(columns, rng, scale)
        steps = rng.integers(1, self.n_columns, size=len(columns))
        moved = (np.argmax(columns, axis=1) + steps) % self.n_columns
        return np.asarray(np.eye(self.n_columns)[moved])

    def values(self) -> Iterator[Any]:
        """The different values, in the order of the list."""
        return iter(self._distinct)

    def signature(self) -> Hashable:
        """The values by identity: lists shared between branches are usually the same objects."""
        return (type(self), self.ordered, tuple(self._signature_of(v) for v in self._ranked))

    @staticmethod
    def _signature_of(value: Any) -> Hashable:
        simple = is_number(value) or value is None or isinstance(value, (bool, str, bytes))
        return (type(value), value) if simple else id(value)


def _is_listed(choices: Any) -> bool:
    """Whether these are several values in an order: a list, an array, a pandas Series."""
    if isinstance(choices, (str, bytes, np.generic)):
        return False
    return isinstance(choices, Sequence) or hasattr(choices, "tolist")


def _as_list(choices: Any) -> str:
    """What to write in the place of something that is not a list."""
    if isinstance(choices, Set):
        return f"sorted({choices!r})"
    return f"list({choices!r})" if isinstance(choices, Iterator) else f"[{choices!r}]"
