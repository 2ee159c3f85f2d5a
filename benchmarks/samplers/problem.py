"""What a problem is: a space, a function of its configurations, and what is known of its values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias
from zlib import crc32

import numpy as np

from skhpo import Space

__all__ = ["FAMILIES", "REFERENCE", "Family", "Params", "Problem", "Split"]

Params: TypeAlias = Mapping[str, Any]
Family: TypeAlias = Literal[
    "smooth", "noisy", "mixed", "conditional", "high-dimensional", "sklearn"
]
Split: TypeAlias = Literal["development", "claim"]

FAMILIES: tuple[Family, ...] = (
    "smooth",
    "noisy",
    "mixed",
    "conditional",
    "high-dimensional",
    "sklearn",
)

#: Values that were searched for, not derived: ``python -m benchmarks.samplers reference``.
REFERENCE = Path(__file__).with_name("reference.json")


@dataclass(frozen=True)
class Problem:
    """Something to maximise.

    Parameters
    ----------
    name : str
        What it is called in results and tables.
    family : str
        One of :data:`FAMILIES`.
    split : {"development", "claim"}
        Samplers are tuned on the one and judged on the other.
    space : dict or list of dicts
        What may be tried, in skhpo's language.
    true_value : callable
        ``true_value(params)``: the value without noise; greater is better.
    noise : float, default=0.0
        Standard deviation of what is added to it in an evaluation.
    optimum : dict or None, default=None
        The best configuration, where it is known by derivation.
    """

    name: str
    family: Family
    split: Split
    space: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    true_value: Callable[[Params], float]
    noise: float = 0.0
    optimum: Params | None = None

    def evaluate(self, params: Params, rng: np.random.Generator) -> float:
        """Return what a search observes: the true value and noise."""
        return self.true_value(params) + self.noise * rng.standard_normal()

    def noise_rng(self, seed: int) -> np.random.Generator:
        """Return the random numbers of the noise: the same for every sampler with that seed."""
        return np.random.default_rng([crc32(self.name.encode()), seed])

    def random_values(self, n: int, seed: int = 0) -> np.ndarray:
        """Return the true values of ``n`` random configurations, of shape (n,)."""
        rng, space = np.random.default_rng(seed), Space(self.space)
        return np.array([self.true_value(space.sample(rng)) for _ in range(n)])

    @cached_property
    def best(self) -> float:
        """The best value there is, or the best that was ever seen."""
        if self.optimum is not None:
            return self.true_value(self.optimum)
        return float(_reference()[self.name]["best"])

    @cached_property
    def median(self) -> float:
        """The value of the median random configuration."""
        return float(_reference()[self.name]["median"])

    def regret(self, values: np.ndarray) -> np.ndarray:
        """Return normalised regrets: 0 the best known value, 1 the median random one."""
        return (self.best - np.asarray(values, dtype=float)) / (self.best - self.median)


@cache
def _reference() -> dict[str, dict[str, float]]:
    return json.loads(REFERENCE.read_text())
