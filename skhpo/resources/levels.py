"""Levels of fidelity: several resources at once, as a ladder of named settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from skhpo.exceptions import ResourceError
from skhpo.resources.base import Limits, ResourceAdapter, Trained, TrainingSet, is_integer
from skhpo.resources.changes import can_change, retune
from skhpo.resources.epochs import Epochs
from skhpo.resources.names import check_name
from skhpo.resources.parameter import Parameter
from skhpo.resources.samples import Samples, count_samples, nested_part
from skhpo.space import Space
from skhpo.space.values import same_value

__all__ = ["Levels"]


class Levels(ResourceAdapter):
    """A ladder of levels, each a dict of settings; the unit is the level's number, from 1.

    Parameters
    ----------
    levels : sequence of dict
        The cheapest first; all with the same keys:

        - ``"epochs"``: passes made in all;
        - ``"n_samples"``: share of the training part (a float up to 1.0), or number of samples
          out of all there are (an integer);
        - any parameter of the estimator, such as ``"image__size"`` or ``"net__batch_size"``.
    carried : sequence of str, default=("batch_size",)
        Parameters (names in full, or their last part) of the last step that may change while
        training goes on. Where any other changes from one level to the next, such as the width
        of a model, the next level is trained anew.

    Raises
    ------
    ResourceError
        If the levels do not make a ladder.

    Notes
    -----
    A promotion pays the passes that are missing, on the larger part of the data. ``refit`` trains
    by the last level alone, on all data. Plans and savings count levels, whatever these cost.

    Examples
    --------
    >>> Levels([{"epochs": 3, "n_samples": 0.2},
    ...         {"epochs": 8, "n_samples": 0.5},
    ...         {"epochs": 15, "n_samples": 1.0}]).n_levels
    3
    """

    name = "level"

    def __init__(
        self, levels: Sequence[Mapping[str, Any]], *, carried: Sequence[str] = ("batch_size",)
    ) -> None:
        self.levels = [dict(level) for level in _checked(levels)]
        self.carried = tuple(carried)
        for name in ("epochs", "n_samples"):
            if name in self.levels[0]:
                _check_amounts(name, [level[name] for level in self.levels])

    @property
    def n_levels(self) -> int:
        """How many levels there are."""
        return len(self.levels)

    @property
    def bounds_iterations(self) -> bool:  # type: ignore[override]
        """Whether one of the settings is a number of iterations."""
        return any(name.split("__")[-1] == "max_iter" for name in self.levels[0])

    @property
    def depends_on_data(self) -> bool:  # type: ignore[override]
        """Whether levels ask for samples, of which there may be too few."""
        return "n_samples" in self.levels[0]

    def check(self, estimator: Any, space: Space) -> None:
        """Refuse settings the estimator does not have, or that are searched."""
        for name in self.levels[0]:
            if name == "epochs":
                Epochs().check(estimator, space)
            elif name == "folds":
                raise ResourceError(
                    "levels cannot set 'folds', for each is measured on all of them; leave it out "
                    "of the levels, or write resource='folds'"
                )
            elif name != "n_samples":
                label, others = f"levels: {name!r}", ("epochs", "n_samples")
                check_name(name, estimator, space, label=label, others=others)

    def limits(self, estimator: Any, X: Any, y: Any, splits: Sequence[tuple[Any, Any]]) -> Limits:
        """All of them; none below the first that has enough samples."""
        if not self.depends_on_data:
            return Limits(smallest=1, full=self.n_levels, ceiling=self.n_levels)
        n_samples, needed = count_samples(X), Samples().limits(estimator, X, y, splits).floor
        amounts = [level["n_samples"] for level in self.levels]
        counts = [amount if is_integer(amount) else amount * n_samples for amount in amounts]
        if not needed <= counts[-1] <= n_samples:
            raise ResourceError(
                f"levels: the last one has n_samples={amounts[-1]}, but with fewer than {needed} "
                f"samples some fold cannot be trained, and there are {n_samples}"
            )
        floor = 1 + sum(count < needed for count in counts)
        return Limits(smallest=1, full=self.n_levels, floor=floor, ceiling=self.n_levels)

    def positions(
        self, train: Any, labels: Any, n_samples: int, resource: float, rng: np.random.Generator
    ) -> Any:
        """Return the part of the training part that the level asks for."""
        amount = self._level(resource).get("n_samples", 1.0)
        train = np.asarray(train)
        share = amount / n_samples if is_integer(amount) else amount
        # a share like 0.3 of 10 samples is three of them, in spite of rounding
        return nested_part(train, labels, max(1, int(share * len(train) + 1e-9)), rng)

    def settings(self, resource: float) -> dict[str, Any]:
        """What the level sets."""
        level = self._level(resource)
        return {name: level[name] for name in level if name not in ("epochs", "n_samples")}

    def continues(self, estimator: Any) -> bool:
        """Whether something in a level counts."""
        return self._way(estimator, self.levels[0]) is not None

    def can_change(self, estimator: Any, name: str) -> bool:
        """Where something in a level counts, what no level sets."""
        sets = self.levels[0]
        return self.continues(estimator) and name not in sets and can_change(estimator, name)

    def train(
        self, estimator: Any, data: TrainingSet, resource: float, before: Trained | None = None
    ) -> Trained:
        """Train as the level says, on from a lower one where that is possible."""
        level = self._level(resource)
        settings = self.settings(resource)
        way = self._way(estimator, level)
        if way is None:
            return super().train(estimator.set_params(**settings), data, resource)
        settings.pop(way.name, None)
        estimator.set_params(**settings)
        reached, start = None, 0.0
        if before is not None and self._goes_on(before, level, way):
            start = before.resource
            reached = replace(before, resource=self._level(start)[way.name])
            carried = {name: value for name, value in settings.items() if self._carries(name)}
            retune(reached.estimator, carried)
        trained = way.train(estimator, data, level[way.name], reached)
        return replace(trained, resource=resource, spent=resource - start)

    def _level(self, resource: float) -> dict[str, Any]:
        return self.levels[int(resource) - 1]

    def _carries(self, name: str) -> bool:
        return name in self.carried or name.split("__")[-1] in self.carried

    def _way(self, estimator: Any, level: Mapping[str, Any]) -> Epochs | Parameter | None:
        """Return what of a level training goes on by; None if it has to begin anew."""
        if "epochs" in level:
            return Epochs()
        counted = (Parameter(name) for name in filter(_counts, level))
        return next((way for way in counted if way.continues(estimator)), None)

    def pays_increments(self, estimator: Any) -> bool | None:
        """Where something in a level counts, and each level leads on to the next one."""
        way = self._way(estimator, self.levels[0])
        if way is None:
            return False
        steps = {self._leads_on(estimator, *pair, way) for pair in pairwise(self.levels)}
        return None if len(steps) == 2 else steps != {False}

    def _goes_on(self, before: Trained, level: Mapping[str, Any], way: Epochs | Parameter) -> bool:
        """Whether a lower level's state is on the way to a level."""
        lower = self._level(before.resource)
        # What transformers made only for their own training samples cannot be had for more.
        has_inputs = before.inputs is None or lower.get("n_samples") == level.get("n_samples")
        return has_inputs and self._leads_on(before.estimator, lower, level, way)

    def _leads_on(
        self,
        estimator: Any,
        lower: Mapping[str, Any],
        level: Mapping[str, Any],
        way: Epochs | Parameter,
    ) -> bool:
        """Whether what trained at a lower level can go on at another one."""
        changed = [name for name in level if not same_value(lower[name], level[name])]
        settings = [name for name in changed if name not in ("epochs", "n_samples", way.name)]
        if not all(self._carries(name) and can_change(estimator, name) for name in settings):
            return False
        # Passes may go over more data; trees grown on fewer would stay.
        return isinstance(way, Epochs) or "n_samples" not in changed


def _counts(name: str) -> bool:
    return name.split("__")[-1] in ("epochs", "n_estimators", "max_iter")


def _checked(levels: Any) -> Sequence[Mapping[str, Any]]:
    """Refuse what is no list of dicts with the same keys."""
    if isinstance(levels, (str, Mapping)) or not isinstance(levels, Sequence) or not levels:
        raise ResourceError(
            f"levels of fidelity are a list of dicts, such as [{{'epochs': 3}}, {{'epochs': 9}}]; "
            f"got {levels!r}"
        )
    for number, level in enumerate(levels, start=1):
        if not isinstance(level, Mapping) or not level:
            raise ResourceError(f"level {number} must be a dict that sets something, got {level!r}")
        if level.keys() != levels[0].keys():
            odd = sorted(level.keys() ^ levels[0].keys(), key=str)
            raise ResourceError(
                f"levels 1 and {number} do not set the same: {odd[0]!r} is only in one of them; "
                f"write it in every level"
            )
    for number, (lower, level) in enumerate(pairwise(levels), start=1):
        if all(same_value(lower[name], level[name]) for name in level):
            raise ResourceError(
                f"levels {number} and {number + 1} are the same, {dict(level)!r}: leave out one "
                f"of them, or let the later one train more"
            )
    return levels


def _check_amounts(name: str, amounts: list[Any]) -> None:
    """Refuse amounts that do not rise, or are none."""
    integers = all(is_integer(amount) and amount >= 1 for amount in amounts)
    shares = all(isinstance(amount, float) and 0 < amount <= 1 for amount in amounts)
    if not (integers or (shares and name == "n_samples")):
        what = (
            "all integers of 1 or more"
            if name == "epochs"
            else ("all integers (samples), or all floats up to 1.0 (shares)")
        )
        raise ResourceError(f"levels: {name!r} must be {what}, got {amounts}")
    if sorted(amounts) != amounts:
        raise ResourceError(f"levels: {name!r} must not fall from level to level, got {amounts}")
