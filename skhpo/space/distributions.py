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
from skhpo.space.parts import shift_levels
from skhpo.space.values import is_finite, is_integer, simple_key

__all__ = ["Continuous", "Discrete", "Opaque", "distribution_domain"]

#: Integers with less probability than this on their side may share a position.
_TAIL = 1e-9

#: Positions nearer to the ends than this mean the same far value, where a tail has no end.
_FAR = 1e-6

#: Longest stretch of integers whose probabilities are summed up in a table.
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
    """Name and arguments where these say everything, else the distribution's identity."""
    dist = getattr(distribution, "dist", None)
    name = getattr(dist, "name", None)
    if dist is None or type(getattr(stats, str(name), None)) is not type(dist):
        return id(distribution)  # a histogram, a list of probabilities, somebody's own
    return (name, repr(distribution.args), repr(sorted(distribution.kwds.items())))


def _describe(distribution: Any) -> str:
    """Name a distribution as its user wrote it."""
    if not hasattr(distribution, "dist"):
        return f"{distribution.name}()"
    arguments = [repr(argument) for argument in distribution.args]
    arguments += [f"{name}={argument!r}" for name, argument in distribution.kwds.items()]
    return f"{distribution.dist.name}({', '.join(arguments)})"


def _validate(distribution: Any, name: str) -> None:
    """Refuse what cannot be drawn from; with arguments that make no sense the support is NaN."""
    missing = [] if hasattr(distribution, "dist") else list(_arguments(distribution))
    if missing:
        raise SpaceError(
            f"Parameter {name!r}: the distribution {distribution.name} lacks its arguments; "
            f"write {distribution.name}({', '.join(missing)}) with numbers."
        )
    with np.errstate(invalid="ignore"):
        low, high = distribution.support()
    if np.ndim(low) or math.isnan(low) or math.isnan(high):
        raise SpaceError(
            f"Parameter {name!r}: there are no numbers to draw from {_describe(distribution)}; "
            f"check its arguments (signs, order, one number each), or write Float(low, high)."
        )


def _arguments(distribution: Any) -> Iterator[str]:
    """Names of the arguments without which a distribution is not one."""
    return (name.strip() for name in (distribution.shapes or "").split(",") if name.strip())


class Continuous(UnitIntervalDomain):
    """A continuous distribution; its cumulative distribution function is the way to the unit cube.

    Parameters
    ----------
    distribution : scipy.stats frozen continuous distribution
        Bounded or not.

    Notes
    -----
    A model often goes to the ends of the unit interval. Those of a bounded distribution are values
    its user has named. Where there is a tail without an end, a far quantile stands for it, and on
    the other side as well: ``expon()`` is never 0.
    """

    size = math.inf
    is_continuous = True

    def __init__(self, distribution: Any) -> None:
        self.distribution = distribution

    @cached_property
    def _margin(self) -> float:
        """Positions nearer to the ends mean the same as this far from them."""
        return 0.0 if np.isfinite(self.distribution.support()).all() else _FAR

    @property
    def lowest(self) -> float:
        """Where the support begins."""
        return float(self.distribution.support()[0])

    def validate(self, name: str) -> None:
        """Raise a SpaceError if the arguments of the distribution make no sense."""
        _validate(self.distribution, name)

    def sample(self, rng: np.random.Generator) -> float:
        """Draw by the distribution's own method."""
        return float(self.distribution.rvs(random_state=rng))

    def __contains__(self, value: Any) -> bool:
        low, high = self.distribution.support()
        return is_finite(value) and bool(low <= value <= high)

    def to_unit(self, value: Any) -> float:
        """Cumulative probability of the value."""
        return float(self.distribution.cdf(value))

    def from_unit(self, position: float) -> float:
        """Quantile; of an unbounded distribution none that is further out than a far one."""
        return float(self.distribution.ppf(min(max(position, self._margin), 1.0 - self._margin)))

    def snap(self, positions: Array) -> Array:
        """Every position is one of a value, but for the ends of what has none."""
        return np.clip(positions, self._margin, 1.0 - self._margin)

    def shift(self, positions: Array, steps: NDArray[np.int_]) -> Array:
        """There is no next value in a continuum."""
        raise NotImplementedError

    def key(self, value: Any) -> Hashable:
        """The value itself."""
        return float(value)

    def values(self) -> Iterator[Any]:
        """There are infinitely many."""
        raise _infinitely_many(self.distribution)

    def signature(self) -> Hashable:
        """Name and arguments."""
        return (type(self), _signature(self.distribution))


class Discrete(UnitIntervalDomain):
    """A discrete distribution; a value's position is the middle of its step of the CDF.

    Values with hardly any probability (less than 1e-9 on their side) may share a position.

    Parameters
    ----------
    distribution : scipy.stats frozen discrete distribution
        Bounded or not.
    """

    is_continuous = False

    def __init__(self, distribution: Any) -> None:
        self.distribution = distribution

    @property
    def lowest(self) -> float:
        """Where the support begins."""
        return float(self.distribution.support()[0])

    def validate(self, name: str) -> None:
        """Raise a SpaceError if the arguments of the distribution make no sense."""
        _validate(self.distribution, name)
        values = getattr(getattr(self.distribution, "dist", self.distribution), "xk", ())
        if not all(map(is_integer, values)):
            raise SpaceError(
                f"Parameter {name!r}: a discrete distribution draws integers, got the values "
                f"{np.asarray(values).tolist()}; write them as a list, likelier ones repeatedly."
            )

    @cached_property
    def _steps(self) -> _Table | _Formula:
        """The steps of the CDF: from a table if one can hold (nearly) all of them."""
        low, high = self.distribution.support()
        median = int(self.distribution.median())
        first, last = max(low, median - _MANY // 2), min(high, median + _MANY // 2)
        values = np.arange(int(first), int(last) + 1)
        pmf = self.distribution.pmf(values)
        if pmf.sum() < 0.99:
            return _Formula(self.distribution)
        occurs = pmf > 0
        if math.isinf(high - low):
            below = np.cumsum(pmf) - pmf
            occurs &= (below + pmf > _TAIL) & (below < pmf.sum() - _TAIL)
        return _Table(values[occurs], pmf[occurs])

    @cached_property
    def size(self) -> float:  # type: ignore[override]
        """Number of values that can occur; infinite for an unbounded support."""
        low, high = self.distribution.support()
        if high - low > _MANY:
            return math.inf if math.isinf(high - low) else int(high - low) + 1
        return sum(1 for _ in self.values())

    def sample(self, rng: np.random.Generator) -> int:
        """Draw by the distribution's own method."""
        return int(self.distribution.rvs(random_state=rng))

    def __contains__(self, value: Any) -> bool:
        return is_integer(value) and bool(self.distribution.pmf(value) > 0)

    def to_unit(self, value: Any) -> float:
        """Middle of the value's step."""
        return float(self._steps.positions(np.array([int(value)]))[0])

    def from_unit(self, position: float) -> int:
        """Quantile."""
        return int(self._steps.values(np.array([position]))[0])

    def snap(self, positions: Array) -> Array:
        """The position of the nearest value."""
        return self._steps.positions(self._steps.values(positions))

    def shift(self, positions: Array, steps: NDArray[np.int_]) -> Array:
        """Go ``steps`` values further."""
        return self._steps.positions(self._steps.shift(self._steps.values(positions), steps))

    def key(self, value: Any) -> Hashable:
        """The value as a plain int."""
        return int(value)

    def values(self) -> Iterator[int]:
        """Every value that can occur."""
        low, high = self.distribution.support()
        if math.isinf(high - low):
            raise _infinitely_many(self.distribution)
        support = np.arange(int(low), int(high) + 1)
        return (int(value) for value in support[self.distribution.pmf(support) > 0])

    def signature(self) -> Hashable:
        """Name and arguments."""
        return (type(self), _signature(self.distribution))


class _Table:
    """Steps of a CDF, summed up once: scipy.stats adds up some of them anew for each value.

    Parameters
    ----------
    values : ndarray of shape (k,)
        Those that can occur, ascending. Others are taken for the nearest one.
    pmf : ndarray of shape (k,)
        Their probabilities.
    """

    def __init__(self, values: NDArray[np.int_], pmf: Array) -> None:
        self._support = values
        self._cdf = np.cumsum(pmf / pmf.sum())
        self._middles = self._cdf - 0.5 * np.diff(self._cdf, prepend=0.0)

    def positions(self, values: NDArray[np.int_]) -> Array:
        """Middle of the step of each value."""
        return np.asarray(self._middles[self._places(values)])

    def values(self, positions: Array) -> NDArray[np.int_]:
        """Value whose step holds each position."""
        places = np.searchsorted(self._cdf, positions)
        return np.asarray(self._support[np.minimum(places, len(self._support) - 1)])

    def shift(self, values: NDArray[np.int_], steps: NDArray[np.int_]) -> NDArray[np.int_]:
        """Values ``steps`` steps further, reflected at the ends."""
        places = shift_levels(self._places(values), steps, len(self._support))
        return np.asarray(self._support[places])

    def _places(self, values: NDArray[np.int_]) -> NDArray[np.int_]:
        return np.minimum(np.searchsorted(self._support, values), len(self._support) - 1)


class _Formula:
    """Steps of the CDF of a distribution over too many integers for a table.

    Parameters
    ----------
    distribution : scipy.stats frozen discrete distribution
        Whose CDF is a formula, and every integer in whose support can occur.
    """

    def __init__(self, distribution: Any) -> None:
        self._distribution = distribution

    def positions(self, values: NDArray[np.int_]) -> Array:
        """Middle of the step of each value."""
        distribution = self._distribution
        return np.asarray(distribution.cdf(values) - 0.5 * distribution.pmf(values))

    def values(self, positions: Array) -> NDArray[np.int_]:
        """Value whose step holds each position."""
        values = self._distribution.ppf(np.clip(positions, _TAIL, 1.0 - _TAIL))
        return np.asarray(values).astype(int)

    def shift(self, values: NDArray[np.int_], steps: NDArray[np.int_]) -> NDArray[np.int_]:
        """Values ``steps`` integers further, reflected at the ends."""
        low, high = self._distribution.support()
        moved = values + steps
        return np.where((moved < low) | (moved > high), values - steps, moved)


def _infinitely_many(distribution: Any) -> SpaceError:
    return SpaceError(
        f"{_describe(distribution)} has infinitely many values; write a list of those to try."
    )


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
        key = simple_key(value)
        if key is not None:
            return key
        try:
            hash(value)
        except TypeError:
            return repr(value)
        return value  # type: ignore[no-any-return]

    def check_encodable(self, name: str) -> None:
        """There is none."""
        raise SpaceError(f"Parameter {name!r}: {self._refuse()}")

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

    def neighbours(self, columns: Array, rng: np.random.Generator, scale: Array | float) -> Array:
        """Not possible."""
        raise self._refuse()

    def values(self) -> Iterator[Any]:
        """Not possible."""
        raise SpaceError(f"{self.source!r} can only be drawn from; write a list of values to try.")

    def signature(self) -> Hashable:
        """Identity."""
        return id(self.source)
