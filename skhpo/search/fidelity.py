"""Base of the searches that spend training where it pays."""

from __future__ import annotations

import numbers
import os
from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

import numpy as np

from skhpo._sklearn import Interval, printed_as_estimator
from skhpo.callbacks import Callback
from skhpo.exceptions import ResourceError, warn_user
from skhpo.faults import FaultTolerance
from skhpo.resources import Folds, Levels, ResourceAdapter
from skhpo.resources.base import is_integer
from skhpo.samplers import Sampler
from skhpo.schedulers import Plan, Scheduler, rungs
from skhpo.schedulers.rungs import exact, n_divisions
from skhpo.search.divided import DividedSearchCV
from skhpo.search.informative import warn_of_uninformative_rungs
from skhpo.search.recipe import Problem, Recipe
from skhpo.search.sampler_names import chosen_sampler
from skhpo.space import Space
from skhpo.stopping import StoppingRule
from skhpo.storage import n_stored
from skhpo.trial import Params, Resource

__all__ = ["FidelitySearchCV"]


@printed_as_estimator
class FidelitySearchCV(DividedSearchCV):
    """Base of the searches in which many configurations begin, and few are trained to the end."""

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **DividedSearchCV._parameter_constraints,
        # read, or refused, before the search
        "sampler": [object],
        "min_resources": [Interval(numbers.Integral, 1, None, closed="left"), str],
        "factor": [Interval(numbers.Real, 2, None, closed="left")],
    }

    def __init__(
        self,
        estimator: Any,
        param_distributions: Any,
        *,
        sampler: Sampler | str = "random",
        resource: str | Sequence[Mapping[str, Any]] | ResourceAdapter = "n_samples",
        min_resources: int | str = "smallest",
        max_resources: int | str = "auto",
        factor: float = 3,
        scoring: Any = None,
        n_jobs: int | None = None,
        refit: Any = True,
        cv: Any = None,
        verbose: int = 0,
        pre_dispatch: Any = "2*n_jobs",
        random_state: int | np.random.RandomState | None = None,
        error_score: Any = np.nan,
        return_train_score: bool = False,
        initial_params: Sequence[Params] | None = None,
        warm_start_from: Any = None,
        stopping: StoppingRule | Sequence[StoppingRule] | None = None,
        storage: str | os.PathLike[str] | None = None,
        trial_timeout: float | None = None,
        faults: FaultTolerance | None = None,
        deterministic: int | None = None,
        callbacks: Callback | Sequence[Callback] | None = None,
        max_concurrent_trials: int | None = None,
        refit_from: str = "scratch",
    ) -> None:
        super().__init__(
            estimator,
            param_distributions,
            scoring=scoring,
            n_jobs=n_jobs,
            refit=refit,
            cv=cv,
            verbose=verbose,
            pre_dispatch=pre_dispatch,
            random_state=random_state,
            error_score=error_score,
            return_train_score=return_train_score,
            initial_params=initial_params,
            warm_start_from=warm_start_from,
            stopping=stopping,
            storage=storage,
            trial_timeout=trial_timeout,
            faults=faults,
            deterministic=deterministic,
            callbacks=callbacks,
            resource=resource,
            max_resources=max_resources,
            max_concurrent_trials=max_concurrent_trials,
            refit_from=refit_from,
        )
        self.sampler = sampler
        self.min_resources = min_resources
        self.factor = factor

    # ------------------------------------------------------------------ the recipe

    def _make_sampler(self, space: Space, adapter: ResourceAdapter | None) -> Sampler:
        return chosen_sampler(self.sampler)

    def _checked_recipe(self, space: Space, problem: Problem) -> Recipe:
        recipe = super()._checked_recipe(space, problem)
        self._check_single(space, recipe)
        self._check_reach(space, problem, recipe)
        return recipe

    def _planned(
        self,
        space: Space,
        scheduler: Scheduler,
        adapter: ResourceAdapter | None,
        full: Resource,
    ) -> Plan:
        return super()._planned(space, scheduler, adapter, full).limited(space.size)

    def _check_number_of_trials(self, space: Space, n_trials: int) -> None:
        # what was asked for, of which a scheduler is told no more than there are
        super()._check_number_of_trials(space, self._n_asked_for or n_trials)

    @property
    def _n_asked_for(self) -> int | None:
        """How many candidates are given as a number."""
        given: Any = getattr(self, "n_candidates", None)
        return int(given) if is_integer(given) else None

    def _check_single(self, space: Space, recipe: Recipe) -> None:
        """Say that there is nothing to choose from, where nobody asked for that."""
        assert recipe.adapter is not None
        if recipe.plan.n_trials > 1 or space.size <= 1 or self._n_asked_for is not None:
            return
        ways = [*self._ways_to_more, "a smaller min_resources", "a greater max_resources"]
        warn_user(
            f"{type(self).__name__}: a single candidate is planned, and there is nothing to choose "
            f"from: up to max_resources={recipe.full} ({recipe.adapter.name}) there is one rung at "
            f"factor {self.factor:g}. Write {', or '.join(ways)}."
        )

    def _check_reach(self, space: Space, problem: Problem, recipe: Recipe) -> None:
        """Say that nobody will come to the highest rung, where too few candidates begin."""
        assert recipe.adapter is not None
        ladder = self._ladder(problem, recipe.adapter)
        # a search that is gone on with is not made smaller
        n_trials = int(min(max(recipe.plan.n_trials, n_stored(self.storage)), space.size))
        n_enough = ceil(exact(self.factor) ** (len(ladder) - 1))
        reached, possible = (
            self._reached(n, problem, recipe.adapter) for n in (n_trials, max(n_trials, n_enough))
        )
        if reached >= possible:
            return
        ways_up = [f"min_resources={ladder[-1 - n_divisions(n_trials, self.factor)]}"]
        if space.size >= n_enough:
            ways_up.insert(0, f"n_candidates={n_enough}")
        short = "the search space has" if space.size <= n_trials else "n_candidates is"
        refitted = f", and refitted with {recipe.full}" if self.refit else ""
        if self.refit and self.refit_from == "checkpoint":
            refitted = ", and taken as it is then (refit_from='checkpoint')"
        warn_user(
            f"{type(self).__name__}: the last rung will be at {reached} ({recipe.adapter.name}), "
            f"not at max_resources={recipe.full}: it takes {n_enough} candidates to come through "
            f"{len(ladder)} rungs at factor {self.factor:g}, and {short} {n_trials}. The best will "
            f"be chosen by scores after {reached}{refitted}. Write "
            f"{', or '.join([*ways_up, *self._other_ways_up])}."
        )

    def _reached(self, n_trials: int, problem: Problem, adapter: ResourceAdapter) -> int:
        """Return the highest rung that one of so many candidates is planned to come to."""
        return self._bounds(problem, adapter)[1]

    # ------------------------------------------------------------------ what was found

    def _keep_results(self, problem: Problem, recipe: Recipe) -> None:
        super()._keep_results(problem, recipe)
        assert recipe.adapter is not None
        warn_of_uninformative_rungs(self.history_, type(self).__name__, recipe.adapter.name)

    # ------------------------------------------------------------------ the resource

    def _bounds(self, problem: Problem | None, adapter: ResourceAdapter) -> tuple[int, int]:
        """Return the smallest and the full amount of the resource, checked."""
        owner = type(self).__name__
        limits = self._limits(problem, adapter)
        least = self.min_resources
        if isinstance(least, str):
            if least not in self._smallest_by_name:
                names = " or ".join(map(repr, self._smallest_by_name))
                raise ResourceError(
                    f"{owner}: min_resources must be an integer or {names}, got {least!r}"
                )
            least = limits.smallest
        most = self._most(limits, adapter)
        adapter.check_range(owner, least, most, limits)
        return int(least), int(most)

    @property
    def _has_amounts(self) -> bool:
        return super()._has_amounts and not isinstance(self.min_resources, str)

    def _ladder(self, problem: Problem | None, adapter: ResourceAdapter) -> tuple[int, ...]:
        """Return the rungs, counted from the top; of levels that were named, every one."""
        least, most = self._bounds(problem, adapter)
        if isinstance(adapter, Levels):
            return tuple(range(least, most + 1))
        return rungs(least, most, self.factor)

    def _span(self, problem: Problem | None, adapter: ResourceAdapter) -> tuple[int, int]:
        """Return the bounds in a unit in which each rung is ``factor`` times the one before.

        For most resources it is their own. Levels are as far apart as the user likes, and of
        folds all have to be measured, be their number a power or not.
        """
        if isinstance(adapter, (Folds, Levels)):
            return 1, ceil(self.factor ** (len(self._ladder(problem, adapter)) - 1))
        return self._bounds(problem, adapter)

    #: What ``min_resources`` may be called.
    _smallest_by_name: tuple[str, ...] = ("smallest",)

    #: What else makes more than one candidate begin.
    _ways_to_more: tuple[str, ...] = ("n_candidates=9",)

    #: What else makes few candidates come to the highest rung.
    _other_ways_up: tuple[str, ...] = ()
