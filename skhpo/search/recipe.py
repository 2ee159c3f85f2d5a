"""What ``fit`` was given, and what a search class makes of it: plain data, checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skhpo.resources import ResourceAdapter
from skhpo.samplers import Sampler
from skhpo.schedulers import Plan, Scheduler
from skhpo.trial import Resource

__all__ = ["Problem", "Recipe"]


@dataclass(frozen=True)
class Problem:
    """What ``fit`` was given, checked: everything the search needs to know of its data."""

    X: Any
    y: Any
    splits: Sequence[tuple[Any, Any]]
    scorer: Any
    refit_metric: Any
    fit_params: Mapping[str, Any]
    score_params: Mapping[str, Any]
    metadata: Mapping[str, Any] | None


@dataclass(frozen=True)
class Recipe:
    """What a search class says of itself, checked against the data.

    ``full`` is the resource of complete training; None if training is not divided.
    """

    sampler: Sampler
    scheduler: Scheduler
    plan: Plan
    adapter: ResourceAdapter | None
    full: Resource
