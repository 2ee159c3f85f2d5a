"""Fit and score one trial on one fold: cross-validation as an objective."""

from __future__ import annotations

import math
import numbers
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any

from sklearn.base import clone

from skhpo._sklearn import (
    EvaluationEvents,
    MultimetricScorer,
    SearchEvents,
    params_at,
    split_data,
)
from skhpo.trial import Report, Resource, Status, Task, Trial

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
    raise_failures : bool
        Whether exceptions of fits and scorers pass. Otherwise they are reported.
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
    raise_failures: bool = False
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
            ``"failed"`` without scores if the fit failed, and with nothing but NaN if the scoring
            did. Where only some of several metrics failed, those are NaN. ``error`` says why.
        """
        # Parameters may be estimators themselves, which several trials share: clone them, too.
        estimator = clone(self.estimator).set_params(**clone(dict(task.params), safe=False))
        train, test = split_data(estimator, self.X, self.y, *self.splits[task.fold])

        fitted = self._fit(estimator, *train, task.companion)
        if fitted.status != "completed":
            return fitted
        started = time.perf_counter()
        scores, failures = self._score(estimator, *test)
        score_time = time.perf_counter() - started
        is_lost = bool(failures) and all(map(math.isnan, scores.values()))

        train_scores = None
        if self.return_train_score:
            train_scores, train_failures = self._score(estimator, *train)
            failures += [f"on the training part: {failure}" for failure in train_failures]
        return replace(
            fitted,
            scores=scores,
            train_scores=train_scores,
            score_time=score_time,
            status="failed" if is_lost else "completed",
            error="\n".join(failures) or None,
        )

    def _fit(
        self, estimator: Any, X: Any, y: Any, train: Any, events: EvaluationEvents | None
    ) -> Report:
        """Fit, telling callbacks; report how that went, and whether one of them wants to stop."""
        params = params_at(self.X, self.fit_params, train)
        args = (X,) if y is None else (X, y)
        weight = params.get("sample_weight")
        metadata = None if weight is None else {"sample_weight": weight}
        error, stop = None, False
        started = time.perf_counter()
        try:
            with nullcontext() if events is None else events.propagated(estimator):
                if events is not None:
                    events.begin(self.caller, X, y, metadata)
                estimator.fit(*args, **params)
        except Exception:
            if self.raise_failures:
                raise
            error = traceback.format_exc()
        finally:
            fit_time = time.perf_counter() - started
            if events is not None:
                stop = events.end(self.caller, X, y, metadata)
        status: Status = "completed" if error is None else "failed"
        return Report(status=status, error=error, fit_time=fit_time, stop=stop)

    def _score(
        self, estimator: Any, X: Any, y: Any, indices: Any
    ) -> tuple[dict[str, float], list[str]]:
        """Return the scores by metric, NaN for those that failed, and the tracebacks of these."""
        params = params_at(self.X, self.score_params, indices)
        args = (X,) if y is None else (X, y)
        try:
            outcome = self.scorer(estimator, *args, **params)
        except Exception:
            # A multimetric scorer raises no failure of a metric: it was itself asked nonsense.
            if self.raise_failures or isinstance(self.scorer, MultimetricScorer):
                raise
            return {SINGLE: math.nan}, [traceback.format_exc()]
        if not isinstance(outcome, Mapping):
            return {SINGLE: _as_number(outcome, self.scorer)}, []
        if not isinstance(self.scorer, MultimetricScorer):
            return {name: _as_number(value, name) for name, value in outcome.items()}, []
        # It reports the traceback of a failing metric in place of its value.
        scores = {
            name: math.nan if isinstance(value, str) else _as_number(value, name)
            for name, value in outcome.items()
        }
        return scores, [f"{name}: {text}" for name, text in outcome.items() if type(text) is str]


def _as_number(value: Any, scorer: Any) -> float:
    if hasattr(value, "item"):
        with suppress(ValueError):  # arrays with more than one element fail below, with their name
            value = value.item()
    if not isinstance(value, numbers.Number):
        raise ValueError(
            f"scoring must return a number, got {value!r} ({type(value)}) instead. "
            f"(scorer={scorer})"
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
                params=dict(trial.params),
                reached=reached,
                parent=trial.parent,
                companion=None if self.events is None else self.events.evaluation(),
            )
            for fold in range(self.n_folds)
        ]
