"""Base of the searches that train every configuration completely."""

from __future__ import annotations

import numbers
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from joblib import effective_n_jobs

from skhpo._sklearn import Interval, SearchEvents
from skhpo.callbacks import Callback
from skhpo.early_stopping import EarlyStopping
from skhpo.evaluation import FoldEvaluator
from skhpo.exceptions import ResourceError, warn_user
from skhpo.faults import FaultTolerance
from skhpo.resources import Folds, ResourceAdapter
from skhpo.rounds import check_boosters, of_rounds
from skhpo.schedulers import FoldRacing, FullBudget, Plan, Scheduler
from skhpo.search.base import TunerSearchCV
from skhpo.search.recipe import Problem, Recipe
from skhpo.space import Space
from skhpo.stopping import StoppingRule
from skhpo.storage import Checkpoints
from skhpo.trial import Params, Resource

__all__ = ["FullBudgetSearchCV"]

_RACED = 2  # folds that a configuration is measured on before it can be given up


class FullBudgetSearchCV(TunerSearchCV):
    """Base of the searches that train each of ``n_iter`` configurations completely.

    With ``racing``, not all of them on every fold; with ``early_stopping``, no booster for longer
    than it pays.
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **TunerSearchCV._parameter_constraints,
        "n_iter": [Interval(numbers.Integral, 1, None, closed="left")],
        "racing": ["boolean"],
        "early_stopping": [EarlyStopping, "boolean", None],
    }

    def __init__(
        self,
        estimator: Any,
        param_distributions: Any,
        *,
        n_iter: int = 10,
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
        racing: bool = False,
        early_stopping: EarlyStopping | bool | None = None,
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
        self.n_iter = n_iter
        self.racing = racing
        self.early_stopping = early_stopping

    def _is_race(self, problem: Problem | None) -> bool:
        """Whether there are folds that could be spared."""
        if self.racing and problem is None:
            raise ResourceError(
                "how many folds there are to race over depends on the data: write plan(X, y)"
            )
        return problem is not None and self.racing and len(problem.splits) > _RACED

    def _make_resource(self, space: Space, problem: Problem | None) -> ResourceAdapter | None:
        if self._is_race(problem):
            return Folds()
        if self.racing and problem is not None:
            warn_user(
                f"{type(self).__name__}: racing=True has no effect with {len(problem.splits)} "
                f"folds: nothing is given up before it was measured on {_RACED}. Write cv=5 or "
                f"more, or racing=False."
            )
        return None

    def _full_resource(self, problem: Problem | None, adapter: ResourceAdapter) -> int | None:
        return None if problem is None else len(problem.splits)

    def _make_scheduler(
        self, space: Space, problem: Problem | None, adapter: ResourceAdapter | None
    ) -> Scheduler:
        if problem is not None and self._is_race(problem):
            return FoldRacing(self.n_iter, n_folds=len(problem.splits), min_folds=_RACED)
        return FullBudget(self.n_iter)

    def _planned(
        self,
        space: Space,
        scheduler: Scheduler,
        adapter: ResourceAdapter | None,
        full: Resource,
    ) -> Plan:
        return super()._planned(space, scheduler, adapter, full).limited(space.size)

    @property
    def _concurrency(self) -> int | None:
        # A race goes fold by fold: other workers are only busy with other configurations.
        return (self.deterministic or effective_n_jobs(self.n_jobs)) if self.racing else None

    # ------------------------------------------------------------------ boosters

    def _checked_recipe(self, space: Space, problem: Problem) -> Recipe:
        if self._early_stopping is not None:
            check_boosters(type(self).__name__, self.estimator, space, problem.fit_params)
        return super()._checked_recipe(space, problem)

    def _make_evaluator(
        self,
        problem: Problem,
        recipe: Recipe,
        events: SearchEvents,
        checkpoints: Checkpoints | None,
    ) -> FoldEvaluator:
        evaluator = super()._make_evaluator(problem, recipe, events, checkpoints)
        return replace(evaluator, early_stopping=self._early_stopping)

    @property
    def _early_stopping(self) -> EarlyStopping | None:
        """When boosters have had enough, if that is asked; True stands for the defaults."""
        given = self.early_stopping
        if isinstance(given, EarlyStopping):
            return given
        return EarlyStopping() if given else None

    def _trained(
        self, estimator: Any, problem: Problem, recipe: Recipe, evaluator: FoldEvaluator
    ) -> Any:
        """Train on all data; a booster for as many rounds as the folds have found it to need."""
        if self._early_stopping is not None:
            self.rounds_ = max(1, round(self.cv_results_["mean_rounds"][self.best_index_]))
            estimator.set_params(**of_rounds(estimator, self.rounds_))
        return super()._trained(estimator, problem, recipe, evaluator)

    def _named(self, n_trials: int) -> str:
        return f"n_iter={n_trials}"
