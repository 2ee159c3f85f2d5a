"""What a search has found, and what becomes of it: results, the best, the refit."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skhpo._sklearn import BaseSearchCV, MultimetricScorer, SearchEvents
from skhpo.evaluation import SINGLE, FoldEvaluator
from skhpo.history import History
from skhpo.inspection.frames import trials_dataframe
from skhpo.search.recipe import Problem, Recipe
from skhpo.search.results import best_row, cv_results, metric_names
from skhpo.status import SearchStatus, status

__all__ = ["SearchOutcome"]


class SearchOutcome(BaseSearchCV):  # type: ignore[misc]  # scikit-learn has no types
    """The attributes of a fitted search, as scikit-learn has them, out of its ``history_``."""

    #: Tells how far the search is, while one runs; it knows of all data, and travels nowhere.
    _watch: Callable[[], SearchStatus] | None = None
    #: How far it was when it ended last.
    _last_status: SearchStatus | None = None

    def __getstate__(self) -> dict[str, Any]:
        """Return what is pickled, or copied: a copy is not the one that runs."""
        return {name: own for name, own in super().__getstate__().items() if name != "_watch"}

    def status(self) -> SearchStatus:
        """Return how far the search is. May be called from any thread, also while ``fit`` runs.

        Returns
        -------
        SearchStatus
            As of now; after the end, how it ended. Its state is ``"new"`` before ``fit`` has begun
            to search.
        """
        watch = self._watch
        if watch is not None:
            return watch()
        if self._last_status is not None:
            return self._last_status
        # The copy of one that runs has its history, and does not know how it ends.
        return status(self.history_) if hasattr(self, "history_") else SearchStatus("new")

    def trials_dataframe(self) -> Any:
        """Return what came of each configuration, for pandas.

        Returns
        -------
        DataFrame
            One row for each configuration and resource, as :func:`~skhpo.inspection.trials` has
            them.

        Raises
        ------
        NotFittedError
            If there was no search yet.
        MissingExtraError
            If pandas is not there.
        """
        self._check_searched()
        return trials_dataframe(self)

    def report(self, file: str | os.PathLike[str]) -> None:
        """Write what was found as one HTML file, which any browser opens without a network.

        Parameters
        ----------
        file : path-like
            Its name; see :func:`skhpo.dashboard.report`.

        Raises
        ------
        NotFittedError
            If there was no search yet.
        MissingExtraError
            If plotly is not there.
        """
        from skhpo.dashboard import report

        self._check_searched()
        report(self, file)

    def _check_searched(self) -> None:
        if not hasattr(self, "history_"):
            raise NotFittedError(f"this {type(self).__name__} has no trials yet: call fit() first")

    def _keep_results(self, problem: Problem, recipe: Recipe) -> None:
        history: History = self.history_
        if recipe.adapter is not None:
            self.resource_ = recipe.adapter.name
        names = metric_names(problem.scorer, history)
        error_score = np.nan if self.error_score == "raise" else self.error_score
        results = cv_results(self, history, self.n_splits_, names, error_score, recipe.adapter)
        if results:
            self.cv_results_ = results
            self.multimetric_ = isinstance(problem.scorer, MultimetricScorer) or names != [SINGLE]

    def _choose_best(self, problem: Problem) -> None:
        refit_metric = problem.refit_metric
        if self.multimetric_ and callable(self.scoring):
            # only now it is known that this callable reports several metrics
            self._check_refit_for_multimetric(metric_names(problem.scorer, self.history_))
            refit_metric = self.refit
        if not self.refit and self.multimetric_:
            return
        results = self.cv_results_
        self.best_index_ = self._select_best_index(self.refit, refit_metric, results)
        if not callable(self.refit):
            self.best_score_ = results[f"mean_test_{refit_metric}"][self.best_index_]
        self.best_params_ = results["params"][self.best_index_]

    @staticmethod
    def _select_best_index(refit: Any, refit_metric: str, results: Mapping[str, Any]) -> Any:
        """Choose as scikit-learn does; where training is divided, among the rivals only."""
        if callable(refit) or "n_resources" not in results:
            return BaseSearchCV._select_best_index(refit, refit_metric, results)
        return best_row(results, refit_metric)

    def _refit_best(
        self, problem: Problem, recipe: Recipe, events: SearchEvents, evaluator: FoldEvaluator
    ) -> None:
        # Parameters may be estimators themselves: fit copies, so that best_params_ stays unfitted.
        estimator = clone(self.estimator).set_params(**clone(self.best_params_, safe=False))
        started = time.time()
        with events.refit(estimator):
            try:
                estimator = self._trained(estimator, problem, recipe, evaluator)
            except Exception as error:
                if hasattr(error, "add_note"):  # from Python 3.11 on
                    error.add_note(
                        f"This was the refit of the best configuration, {self.best_params_!r}. The "
                        f"search itself is finished: cv_results_, best_params_ and history_ are "
                        f"there; with refit=False it ends without this."
                    )
                raise
            self.best_estimator_ = estimator
            self.refit_time_ = time.time() - started
            if hasattr(estimator, "feature_names_in_"):
                self.feature_names_in_ = estimator.feature_names_in_

    def _trained(
        self, estimator: Any, problem: Problem, recipe: Recipe, evaluator: FoldEvaluator
    ) -> Any:
        """Train the best configuration on all data."""
        args = (problem.X,) if problem.y is None else (problem.X, problem.y)
        return estimator.fit(*args, **problem.fit_params)
