"""Domains as distributions of Optuna, and values as it can hold them.

Optuna keeps numbers as numbers, and of a list of values None, bools, numbers and texts. Of one
name all trials must have the same kind of distribution, and the same list.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Integral
from typing import Any

import numpy as np

from skhpo.exchange._packages import package
from skhpo.space import Categorical, Domain, Float, Int, Space
from skhpo.space.distributions import Continuous, Discrete
from skhpo.space.values import ValueIndex, is_finite
from skhpo.trial import Params

__all__ = ["Translation", "translations"]

#: Quantiles that stand for the ends of a distribution that has none.
_TAILS = (0.001, 0.999)

#: Names of what scipy.stats draws from a logarithmic scale.
_LOGARITHMIC = ("loguniform", "reciprocal")

#: Characters of a text that stands for a value.
_LONGEST = 200


@dataclass(frozen=True)
class Translation:
    """What one parameter is for Optuna.

    Parameters
    ----------
    distribution : optuna.distributions.BaseDistribution
        What it may be.
    choices : ValueIndex or None
        The values of a list, each where Optuna's is; None for numbers.
    """

    distribution: Any
    choices: ValueIndex | None = None

    def __call__(self, value: Any) -> Any:
        """Return a value as Optuna holds it."""
        if self.choices is not None:
            position = self.choices.find(value)
            assert position is not None, "what was tried is among the choices"
            return self.distribution.choices[position]
        return int(value) if type(self.distribution.low) is int else float(value)

    @property
    def is_told_in_words(self) -> bool:
        """Whether texts stand for values that Optuna cannot hold."""
        if self.choices is None:
            return False
        pairs = zip(self.choices, self.distribution.choices, strict=True)
        return any(isinstance(held, str) and not isinstance(value, str) for value, held in pairs)


def translations(space: Space | None, configurations: Sequence[Params]) -> dict[str, Translation]:
    """Return what each parameter is for Optuna.

    Parameters
    ----------
    space : Space or None
        What could be tried; None where nobody knows: then what was.
    configurations : sequence of mapping of str to object
        What was tried.
    """
    domains: dict[str, list[Domain]] = {}
    for branch in space.branches if space is not None else ():
        for name, domain in branch.items():
            domains.setdefault(name, []).append(domain)
    tried: dict[str, list[Any]] = {name: [] for name in domains}
    for params in configurations:
        for name, value in params.items():
            tried.setdefault(name, []).append(value)
    return {name: _translation(domains.get(name, []), tried[name]) for name in tried}


@dataclass(frozen=True)
class _Range:
    """Numbers between two ends."""

    low: float
    high: float
    is_integer: bool
    log: bool = False
    step: float | None = None

    def joined(self, other: _Range | None) -> _Range | None:
        """Return the range of both; None if they are of different kinds."""
        if other is None or (other.is_integer, other.log) != (self.is_integer, self.log):
            return None
        low, high = min(self.low, other.low), max(self.high, other.high)
        step = self.step if self == other else None
        return replace(self, low=low, high=high, step=step)

    def distribution(self) -> Any:
        """Return it as Optuna's."""
        found = package("optuna.distributions", "to_optuna", "optuna")
        if not self.is_integer:
            return found.FloatDistribution(self.low, self.high, log=self.log, step=self.step)
        low, high = int(self.low), int(self.high)
        return found.IntDistribution(low, high, log=self.log, step=int(self.step or 1))


def _translation(domains: Sequence[Domain], tried: Sequence[Any]) -> Translation:
    first, *others = [_range(domain, tried) for domain in domains] or [_seen(tried)]
    joined = first
    for other in others:
        joined = None if joined is None else joined.joined(other)
    if joined is not None:
        return Translation(joined.distribution())
    listed = [domain.values() for domain in domains if isinstance(domain, Categorical)]
    choices = ValueIndex([value for values in [*listed, tried] for value in values])
    found = package("optuna.distributions", "to_optuna", "optuna")
    return Translation(found.CategoricalDistribution(_held(choices)), choices)


def _range(domain: Domain, tried: Sequence[Any]) -> _Range | None:
    """Return a domain as a range of numbers; None if it is a list of values."""
    if isinstance(domain, Categorical):
        return None
    if isinstance(domain, (Float, Int)):
        high = domain.high
        if domain.step is not None:  # the last one there is, as written: Optuna counts in decimals
            n_steps = int(domain.size) - 1
            high = float(Decimal(str(domain.low)) + n_steps * Decimal(str(domain.step)))
        step = None if domain.log else domain.step
        return _Range(domain.low, high, isinstance(domain, Int), domain.log, step)
    if not isinstance(domain, (Continuous, Discrete)):
        return _seen(tried)
    drawn = domain.distribution
    ends = [
        float(end if math.isfinite(end) else quantile)
        for end, quantile in zip(drawn.support(), drawn.ppf(_TAILS), strict=True)
    ]
    ends += [float(value) for value in tried if value in domain]
    low, high = min(ends), max(ends)
    name = getattr(getattr(drawn, "dist", None), "name", "")
    is_log = isinstance(domain, Continuous) and low > 0 and name in _LOGARITHMIC
    return _Range(low, high, isinstance(domain, Discrete), is_log)


def _seen(tried: Sequence[Any]) -> _Range | None:
    """Return the range of values of which nothing else is known; None if they are no numbers."""
    if not tried or not all(map(is_finite, tried)):
        return None
    are_integers = all(isinstance(value, Integral) for value in tried)
    return _Range(min(tried), max(tried), are_integers)


def _held(values: Iterable[Any]) -> tuple[Any, ...]:
    """Return values as Optuna can hold them, no two of them equal: others as texts."""
    held: list[Any] = []
    for value in values:
        plain = value.item() if isinstance(value, np.generic) else value
        is_simple = plain is None or isinstance(plain, (bool, int, float, str))
        if not is_simple or plain != plain or plain in held:
            plain = " ".join(repr(value).split())[:_LONGEST]
        held.append(f"{plain} ({len(held)})" if plain in held else plain)
    return tuple(held)
