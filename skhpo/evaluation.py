"""Fit and score one trial on one fold: cross-validation as an objective."""

from __future__ import annotations

import numbers
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sklearn.base import clone

from skhpo._sklearn import EvaluationEvents, SearchEvents, check_method_params, safe_split
from skhpo.trial import Report, Resource, Task, Trial

__all__ = ["CrossValidation", "FoldEvaluator"]

#: What the score is called where there is only one.
SINGLE = "score"


@dataclass(frozen=True)
class FoldEvaluator:
    """Fits a configuration on a fold's training part and scores it. Shipped to the workers once.

    Parameters
    ----------
    estimator : estimator
        Cloned for each evaluation.
    X : array-like of shape (n_samples, n_features) or (n_samples, n_samples)
        The data.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
        The target.
    splits : sequence of (train, test)
        Indices of the training and test samples of each fold.
    scorer : callable
        ``scorer(estimator, X, y, **params)`` returning a number or a dict of numbers.
    fit_params, score_params : mapping of str to object
        Passed to ``fit`` and to the scorer; arrays with one value for each sample are cut.
    return_train_score : bool
        Whether to score on the training part as well.
    caller : object
        The search, as callbacks are shown it.
    """

    estimator: Any
    X: Any
    y: Any
    splits: Sequence[tuple[Any, Any]]
    scorer: Callable[..., Any]
    fit_params: Mapping[str, Any]
    score_params: Mapping[str, Any]
    return_train_score: bool = False
    caller: Any = None

    def __call__(self, task: Task) -> Report:
        """Fit and score.

        Parameters
        ----------
        task : Task
            Which configuration, on which fold.

        Returns
        -------
        Report
            ``"failed"`` if a scorer of several failed. All other exceptions pass.
        """
        train, test = self.splits[task.fold]
        # Parameters may be estimators themselves, which several trials share: clone them, too.
        estimator = clone(self.estimator).set_params(**clone(dict(task.params), safe=False))
        X_train, y_train = safe_split(estimator, self.X, self.y, train)
        X_test, y_test = safe_split(estimator, self.X, self.y, test, train)

        started = time.perf_counter()
        stop = self._fit(estimator, X_train, y_train, train, task.companion)
        fitted = time.perf_counter()
        scores, error = self._score(estimator, X_test, y_test, test)
        scored = time.perf_counter()

        train_scores = None
        if self.return_train_score:
            train_scores, train_error = self._score(estimator, X_train, y_train, train)
            error = error or train_error
        return Report(
            scores=scores,
            train_scores=train_scores,
            fit_time=fitted - started,
            score_time=scored - fitted,
            status="failed" if error else "completed",
            error=error,
            stop=stop,
        )

    def _fit(
        self, estimator: Any, X: Any, y: Any, train: Any, events: EvaluationEvents | None
    ) -> bool:
        """Fit, telling callbacks; return whether one of them wants the search to stop."""
        params = check_method_params(self.X, params=dict(self.fit_params), indices=train)
        args = (X,) if y is None else (X, y)
        if events is None:
            estimator.fit(*args, **params)
            return False
        weight = params.get("sample_weight")
        metadata = None if weight is None else {"sample_weight": weight}
        stop = False
        try:
            with events.propagated(estimator):
                events.begin(self.caller, X, y, metadata)
                estimator.fit(*args, **params)
        finally:
            stop = events.end(self.caller, X, y, metadata)
        return stop

    def _score(
        self, estimator: Any, X: Any, y: Any, indices: Any
    ) -> tuple[dict[str, float], str | None]:
        """Return the scores by metric, and the tracebacks of those that failed."""
        params = check_method_params(self.X, params=dict(self.score_params), indices=indices)
        args = (X,) if y is None else (X, y)
        outcome = self.scorer(estimator, *args, **params)
        if not isinstance(outcome, Mapping):
            outcome = {SINGLE: outcome}
        # A multimetric scorer reports the traceback of a failing metric in place of its value.
        errors = [f"{name}: {value}" for name, value in outcome.items() if isinstance(value, str)]
        scores = {
            name: _as_number(value, name)
            for name, value in outcome.items()
            if not isinstance(value, str)
        }
        return scores, "\n".join(errors) or None


def _as_number(value: Any, name: str) -> float:
    if hasattr(value, "item"):
        with suppress(ValueError):  # arrays with more than one element fail below, with their name
            value = value.item()
    if not isinstance(value, numbers.Number):
        raise ValueError(
            f"scoring must return a number, got {value!r} ({type(value)}) instead. (scorer={name})"
        )
    return float(value)  # type: ignore[arg-type]


class CrossValidation:
    """The cross-validated score of an estimator, as an objective with one task for each fold.

    Parameters
    ----------
    evaluate : FoldEvaluator
        What the workers run.
    events : SearchEvents or None, default=None
        Who else is told of each evaluation.
    """

    def __init__(self, evaluate: FoldEvaluator, events: SearchEvents | None = None) -> None:
        self.evaluate = evaluate
        self.events = events
        self.n_folds = len(evaluate.splits)

    def tasks(self, trial: Trial, resource: Resource, reached: Resource) -> list[Task]:
        """One task for each fold."""
        return [
            Task(
                trial=trial.number,
                fold=fold,
                resource=resource,
                params=trial.params,
                parent=trial.parent,
                companion=self._companion(trial.number * self.n_folds + fold),
            )
            for fold in range(self.n_folds)
        ]

    def _companion(self, number: int) -> EvaluationEvents | None:
        return None if self.events is None else self.events.evaluation(number)
