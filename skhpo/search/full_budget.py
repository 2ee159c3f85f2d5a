"""Base of the searches that train every configuration completely."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from typing import Any

import numpy as np
from joblib import effective_n_jobs

from skhpo._sklearn import Interval
from skhpo.exceptions import warn_user
from skhpo.resources import Folds, ResourceAdapter
from skhpo.schedulers import FoldRacing, FullBudget, Scheduler
from skhpo.search.base import TunerSearchCV
from skhpo.search.recipe import Problem
from skhpo.space import Space
from skhpo.stopping import StoppingRule
from skhpo.trial import Params

__all__ = ["FullBudgetSearchCV"]

_RACED = 2  # folds that a configuration is measured on before it can be given up


class FullBudgetSearchCV(TunerSearchCV):
    """Base of the searches that train each of ``n_iter`` configurations completely.

    With ``racing``, not all of them on every fold.
    """

    _parameter_constraints: dict[str, list[Any]] = {  # noqa: RUF012 - scikit-learn's protocol
        **TunerSearchCV._parameter_constraints,
        "n_iter": [Interval(numbers.Integral, 1, None, closed="left")],
        "racing": ["boolean"],
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
        racing: bool = False,
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
        )
        self.n_iter = n_iter
        self.racing = racing

    def _is_race(self, problem: Problem) -> bool:
        """Whether there are folds that could be spared."""
        return self.racing and len(problem.splits) > _RACED

    def _make_resource(self, space: Space, problem: Problem) -> ResourceAdapter | None:
        if self._is_race(problem):
            return Folds()
        if self.racing:
            warn_user(
                f"{type(self).__name__}: racing=True has no effect with {len(problem.splits)} "
                f"folds: nothing is given up before it was measured on {_RACED}. Write cv=5 or "
                f"more, or racing=False."
            )
        return None

    def _full_resource(self, problem: Problem, adapter: ResourceAdapter) -> int:
        return len(problem.splits)

    def _make_scheduler(
        self, space: Space, problem: Problem, adapter: ResourceAdapter | None
    ) -> Scheduler:
        if self._is_race(problem):
            return FoldRacing(self.n_iter, n_folds=len(problem.splits), min_folds=_RACED)
        return FullBudget(self.n_iter)

    @property
    def _concurrency(self) -> int | None:
        # A race goes fold by fold: other workers are only busy with other configurations.
        return effective_n_jobs(self.n_jobs) if self.racing else None

    def _named(self, n_trials: int) -> str:
        return f"n_iter={n_trials}"
