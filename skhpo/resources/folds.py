"""Folds: how many of them a configuration is measured on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from skhpo.exceptions import ResourceError
from skhpo.resources.base import Limits, ResourceAdapter, Trained, TrainingSet
from skhpo.space import Space
from skhpo.trial import Resource

__all__ = ["Folds"]


class Folds(ResourceAdapter):
    """Folds of the cross-validation, from the first one on; each is fitted completely.

    A promotion measures the folds that are missing. The score is the mean over all folds measured
    so far.
    """

    name = "folds"
    depends_on_data = True

    def check(self, estimator: Any, space: Space) -> None:
        """Every estimator can be cross-validated."""

    def limits(self, estimator: Any, X: Any, y: Any, splits: Sequence[tuple[Any, Any]]) -> Limits:
        """From one fold to all of them."""
        return Limits(smallest=1, full=len(splits), ceiling=len(splits))

    def check_range(self, owner: str, least: Any, most: Any, limits: Limits) -> None:
        """Refuse as well what would leave out folds: nobody's score would be complete."""
        super().check_range(owner, least, most, limits)
        if most < limits.full:
            raise ResourceError(
                f"{owner}: max_resources={most}, but the best must be measured on all "
                f"{limits.full} folds; write max_resources='auto', or cv={most}"
            )

    def train(
        self, estimator: Any, data: TrainingSet, resource: float, before: Trained | None = None
    ) -> Trained:
        """Fit; that is one fold, however many there are with it."""
        return replace(super().train(estimator, data, resource, before), spent=1)

    def folds(self, n_folds: int, resource: Resource, reached: Resource) -> Sequence[int]:
        """Return the folds that are not measured yet."""
        end = n_folds if resource is None else int(resource)
        return range(0 if reached is None else int(reached), end)

    def pays_increments(self, estimator: Any) -> bool:
        """No fold is measured twice."""
        return True
