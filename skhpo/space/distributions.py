"""Frozen ``scipy.stats`` distributions as domains: scikit-learn's own language for ranges."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from skhpo.exceptions import SpaceError
from skhpo.space.domains import Array, Domain, UnitIntervalDomain
from skhpo.space.values import is_number

__all__ = ["Continuous", "Discrete", "Opaque", "distribution_domain"]

#: Positions nearer to the ends than this mean the ends, where a distribution has none.
_TAIL = 1e-9

#: Supports larger than this are not enumerated.
_MANY = 100_000


def distribution_domain(distribution: Any) -> Domain:
    """Return the domain of an object that draws values by ``rvs``.

    Parameters
    ----------
    distribution : object
        A frozen distribution of scipy.stats, or anything with ``rvs(random_state=...)``.
    """
    if not (hasattr(distribution, "cdf") and hasattr(distribution, "ppf")):
        return Opaque(distribution)
    discrete = isinstance(getattr(distribution, "dist", distribution), stats.rv_discrete)
    return Discrete(distribution) if discrete else Continuous(distribution)


def _signature(distribution: Any) -> Hashable:
    """Name and arguments where the distribution is a frozen one, else its identity."""
    name = getattr(getattr(distribution, "dist", None), "name", None)
    if name is None:
        return id(distribution)
    return (name, repr(distribution.args), repr(sorted(distribution.kwds.items())))


def _validate_support(distribution: Any, name: str) -> None:
    low, high = distribution.support()
    if math.isnan(low) or math.isnan(high):
        raise SpaceError(
            f"Parameter {name!r}: the distribution {distribution.dist.name!r} has no support with "
            f"the arguments {distribution.args or distribution.kwds}; check their signs and order."
        )


class Continuous(UnitIntervalDomain):
    """A continuous distribution; its cumulative distribution function is the way to the unit cube.

    Parameters
    ----------
    distribution : scipy.stats frozen continuous distribution
        Bounded or not.
    """

    size = math.inf
    is_continuous = True

    def __init__(self, distribution: Any) -> None:
        self.distribution = distribution

    def validate(self, name: str) -> None:
        """Raise a SpaceError if the arguments of the distribution make no sense."""
        _validate_support(self.distribution, name)

    def sample(self, rng: np.random.Generator) -> float:
        """Draw by the distribution's own method."""
        return float(self.distribution.rvs(random_state=rng))

    def __contains__(self, value: Any) -> bool:
        low, high = self.distribution.support()
        return is_number(value) and bool(low <= value <= high)

    def to_unit(self, value: Any) -> float:
        """Cumulative probability of the value."""
        return float(self.distribution.cdf(value))

    def from_unit(self, position: float) -> float:
        """Quantile; an infinite end is replaced by a far one."""
        value = float(self.distribution.ppf(position))
        if not math.isfinite(value):
            value = float(self.distribution.ppf(min(max(position, _TAIL), 1.0 - _TAIL)))
        return value

    def snap(self, positions: Array) -> Array:
        """Every position is one of a value."""
        return positions

    def shift(self, positions: Array, steps: NDArray[np.int_]) -> Array:
        """There is no next value in a continuum."""
        raise NotImplementedError

    def key(self, value: Any) -> Hashable:
        """The value itself."""
        return float(value)

    def values(self) -> Iterator[Any]:
        """There are infinitely many."""
        raise SpaceError(
            f"a {self.distribution.dist.name!r} distribution has infinitely many values; write a "
            f"list of those to try."
        )

    def signature(self) -> Hashable:
        """Name and arguments."""
        return (type(self), _signature(self.distribution))


class Discrete(UnitIntervalDomain):
    """A discrete distribution; a value's position is the middle of its step of the CDF.

    Parameters
    ----------
    distribution : scipy.stats frozen discrete distribution
        Bounded or not.
    """

    is_continuous = False

    def __init__(self, distribution: Any) -> None:
        self.distribution = distribution

    def validate(self, name: str) -> None:
        """Raise a SpaceError if the arguments of the distribution make no sense."""
        _validate_support(self.distribution, name)

    @cached_property
    def size(self) -> float:  # type: ignore[override]
        """Number of values that can occur; infinite for an unbounded support."""
        low, high = self.distribution.support()
        if not (math.isfinite(low) and math.isfinite(high)):
            return math.inf
        if high - low > _MANY:
            return int(high - low) + 1
        return sum(1 for _ in self.values())

    def sample(self, rng: np.random.Generator) -> int:
        """Draw by the distribution's own method."""
        return int(self.distribution.rvs(random_state=rng))

    def __contains__(self, value: Any) -> bool:
        return is_number(value) and value == int(value) and self.distribution.pmf(value) > 0

    def to_unit(self, value: Any) -> float:
        """Middle of the value's step."""
        return float(self._positions(value))

    def from_unit(self, position: float) -> int:
        """Quantile."""
        return int(self._values(position))

    def _positions(self, values: Any) -> Array:
        cdf, pmf = self.distribution.cdf(values), self.distribution.pmf(values)
        return np.asarray(cdf - 0.5 * pmf)

    def _values(self, positions: Any) -> Array:
        return np.asarray(self.distribution.ppf(np.clip(positions, _TAIL, 1.0 - _TAIL)))

    def snap(self, positions: Array) -> Array:
        """The position of the nearest value."""
        return self._positions(self._values(positions))

    def shift(self, positions: Array, steps: NDArray[np.int_]) -> Array:
        """Go ``steps`` integers further, and from there to the nearest that can occur."""
        values = self._values(positions)
        low, high = self.distribution.support()
        moved = np.where((values + steps < low) | (values + steps > high), -steps, steps)
        return self.snap(self._positions(values + moved))

    def key(self, value: Any) -> Hashable:
        """The value as a plain int."""
        return int(value)

    def values(self) -> Iterator[int]:
        """Every value that can occur."""
        low, high = self.distribution.support()
        if not (math.isfinite(low) and math.isfinite(high)):
            raise SpaceError(
                f"a {self.distribution.dist.name!r} distribution has infinitely many values; "
                f"write a list of those to try."
            )
        support = np.arange(int(low), int(high) + 1)
        return (int(value) for value in support[self.distribution.pmf(support) > 0])

    def signature(self) -> Hashable:
        """Name and arguments."""
        return (type(self), _signature(self.distribution))


class Opaque(Domain):
    """An object that can only be drawn from: enough for random search, not for a model.

    Parameters
    ----------
    source : object
        Anything with ``rvs(random_state=...)``, as scikit-learn allows it.
    """

    size = math.inf
    is_continuous = False
    n_columns = 0

    def __init__(self, source: Any) -> None:
        self.source = source

    def validate(self, name: str) -> None:
        """Nothing can be known about it."""

    def sample(self, rng: np.random.Generator) -> Any:
        """Draw with the kind of random state that scikit-learn hands out."""
        return self.source.rvs(random_state=np.random.RandomState(rng.integers(2**32)))

    def __contains__(self, value: Any) -> bool:
        return True

    def key(self, value: Any) -> Hashable:
        """The value if it can be hashed, else what it looks like."""
        return value if isinstance(value, Hashable) else repr(value)

    def _refuse(self) -> SpaceError:
        return SpaceError(
            f"{self.source!r} has rvs but neither cdf nor ppf, so no model can be built over it; "
            f"use RandomSearchCV, or write a scipy.stats distribution, Float, Int or a list."
        )

    def encode(self, value: Any) -> Array:
        """Not possible."""
        raise self._refuse()

    def decode(self, columns: Array) -> Any:
        """Not possible."""
        raise self._refuse()

    def sample_columns(self, n: int, rng: np.random.Generator) -> Array:
        """Not possible."""
        raise self._refuse()

    def neighbours(self, columns: Array, rng: np.random.Generator, scale: float) -> Array:
        """Not possible."""
        raise self._refuse()

    def values(self) -> Iterator[Any]:
        """Not possible."""
        raise SpaceError(f"{self.source!r} can only be drawn from; write a list of values to try.")

    def signature(self) -> Hashable:
        """Identity."""
        return id(self.source)
