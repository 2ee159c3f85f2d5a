"""Base of the searches in which training is divided, and continued."""

from __future__ import annotations

import numbers
import os
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from skhpo._sklearn import Interval, StrOptions, printed_as_estimator
from skhpo.callbacks import Callback
from skhpo.evaluation import FoldEvaluator
from skhpo.exceptions import ResourceError, SkhpoError
from skhpo.faults import FaultTolerance
from skhpo.groups import GroupEvaluator
from skhpo.resources import Limits, ResourceAdapter, resource_for
from skhpo.schedulers import Scheduler
from skhpo.search.base import TunerSearchCV
from skhpo.search.recipe import Problem, Recipe
from skhpo.search.results import results_rows
from skhpo.space import Space
from skhpo.stopping import StoppingRule
from skhpo.trial import Params, Task

__all__ = ["DividedSearchCV"]


@printed_as_estimator
class DividedSearchCV(TunerSearchCV):
    """Base of the searches that spend a resource on each configuration bit by bit."""

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **TunerSearchCV._parameter_constraints,
        # read, or refused, before the search
        "resource": [object],
        "max_resources": [Interval(numbers.Integral, 1, None, closed="left"), str],
        "max_concurrent_trials": [Interval(numbers.Integral, 1, None, closed="left"), None],
        "refit_from": [StrOptions({"scratch", "checkpoint"})],
    }

    _evaluator = GroupEvaluator

    def __init__(
        self,
        estimator: Any,
        param_distributions: Any,
        *,
        resource: str | Sequence[Mapping[str, Any]] | ResourceAdapter,
        max_resources: int | str = "auto",
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
        )
        self.resource = resource
        self.max_resources = max_resources
        self.max_concurrent_trials = max_concurrent_trials
        self.refit_from = refit_from

    def __repr__(self, N_CHAR_MAX: int = 700) -> str:
        shown: str = super().__repr__(N_CHAR_MAX)
        # Where the plan depends on data, or the settings are wrong, there is none to show.
        with suppress(SkhpoError, ValueError, TypeError):
            shown += f"\n{self.plan()}"
        return shown

    # ------------------------------------------------------------------ the recipe

    @property
    def _concurrency(self) -> int | None:
        return self.max_concurrent_trials

    def _make_resource(self, space: Space, problem: Problem | None) -> ResourceAdapter | None:
        return self._adapter(space)

    def _adapter(self, space: Space) -> ResourceAdapter:
        """Return the resource, checked."""
        return resource_for(self.estimator, self.resource, space)

    def _checked_recipe(self, space: Space, problem: Problem) -> Recipe:
        if self.refit_from == "checkpoint" and len(problem.splits) != 1:
            raise ValueError(
                f"refit_from='checkpoint' takes the winner as it was trained on the training part "
                f"of a single split, but there are {len(problem.splits)} splits; write "
                f"cv=ShuffleSplit(n_splits=1), or refit_from='scratch'"
            )
        return super()._checked_recipe(space, problem)

    def _full_resource(self, problem: Problem | None, adapter: ResourceAdapter) -> int:
        return self._bounds(problem, adapter)[1]

    @abstractmethod
    def _make_scheduler(
        self, space: Space, problem: Problem | None, adapter: ResourceAdapter | None
    ) -> Scheduler:
        """Return the scheduler; without a problem, only if it does not depend on the data."""

    # ------------------------------------------------------------------ what was found

    def _keep_results(self, problem: Problem, recipe: Recipe) -> None:
        super()._keep_results(problem, recipe)
        self.plan_ = recipe.plan
        amounts = (amount for bracket in recipe.plan.brackets for amount in bracket.resources)
        ladder = sorted({int(amount) for amount in amounts if amount is not None})
        measured = Counter(evaluation.resource for evaluation in self.history_.evaluations)
        reached = [resource for resource in ladder if measured[resource]]
        self.min_resources_, self.max_resources_ = ladder[0], int(recipe.full or ladder[-1])
        self.n_resources_ = reached
        self.n_candidates_ = [measured[resource] for resource in reached]
        self.n_iterations_ = len(reached)

    def _trained(
        self, estimator: Any, problem: Problem, recipe: Recipe, evaluator: FoldEvaluator
    ) -> Any:
        """Train the best configuration as it was measured: on all data, or where it stopped."""
        assert recipe.adapter is not None
        assert recipe.full is not None
        if self.refit_from == "checkpoint":
            best = results_rows(self.history_, recipe.adapter)[self.best_index_]
            params = dict(self.history_.trials[best.trial].params)
            state = self.history_.state(best.trial, 0, best.resource)
            task = Task(best.trial, 0, best.resource, params, reached=best.resource, state=state)
            return evaluator.trained(task)
        X, y, params = problem.X, problem.y, dict(problem.fit_params)
        return recipe.adapter.refit(estimator, X, y, params, recipe.full)

    # ------------------------------------------------------------------ the resource

    @abstractmethod
    def _bounds(self, problem: Problem | None, adapter: ResourceAdapter) -> tuple[int, int]:
        """Return the smallest and the full amount of the resource, checked."""

    @property
    def _has_amounts(self) -> bool:
        """Whether all amounts of the resource are given as numbers."""
        return not isinstance(self.max_resources, str)

    def _most(self, limits: Limits, adapter: ResourceAdapter) -> int:
        """Return what ``max_resources`` means."""
        if not isinstance(self.max_resources, str):
            return self.max_resources
        owner = type(self).__name__
        if self.max_resources != "auto":
            raise ResourceError(
                f"{owner}: max_resources must be an integer or 'auto', got {self.max_resources!r}"
            )
        if limits.full is None:
            raise ResourceError(
                f"{owner}: nothing tells how many {adapter.name} complete training has; write "
                f"max_resources=81, for example"
            )
        return limits.full

    def _limits(self, problem: Problem | None, adapter: ResourceAdapter) -> Limits:
        """Return how much of the resource there can be."""
        if problem is not None:
            return adapter.limits(self.estimator, problem.X, problem.y, problem.splits)
        if not adapter.depends_on_data:
            return adapter.limits(self.estimator, None, None, ())
        if self._has_amounts:
            return Limits(smallest=1, full=None)
        raise ResourceError(
            f"how much of {adapter.name!r} there is depends on the data: write plan(X, y), or "
            f"min_resources and max_resources as numbers"
        )
