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

import numpy as np
from sklearn.base import clone, is_classifier
from sklearn.exceptions import ConvergenceWarning

from skhpo._sklearn import (
    EvaluationEvents,
    MultimetricScorer,
    SearchEvents,
    params_at,
    split_data,
)
from skhpo.exceptions import StateLostError
from skhpo.resources import ResourceAdapter, Trained, TrainingSet, retune
from skhpo.resources.quiet import ignored
from skhpo.resources.samples import count_samples
from skhpo.storage import Checkpoints
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
    raise_failures : bool
        Whether exceptions of fits and scorers pass. Otherwise they are reported.
    caller : object
        The search, as callbacks are shown it.
    resource : ResourceAdapter or None
        How an estimator is brought to the resource of a task; None: by ``fit``, undivided.
    checkpoints : Checkpoints or None
        Where fitted states wait for a promotion; None: each promotion trains anew.
    full : float or None
        Resource of complete training: what is stopped before was stopped on purpose, and that it
        has not converged is nothing to warn of.
    seed : int
        Together with the fold's number it keys which samples are taken where not all are.
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
    resource: ResourceAdapter | None = None
    checkpoints: Checkpoints | None = None
    full: Resource = None
    seed: int = 0

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
        estimator = self._candidate(task)
        train, test = self._parts(estimator, task)

        fitted, estimator = self._fit(estimator, train, task)
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

    def trained(self, task: Task) -> Any:
        """Return the estimator that was scored: from its own state, or trained once more.

        Parameters
        ----------
        task : Task
            Which configuration, on which fold, up to which resource.
        """
        return self._train(self._candidate(task), self.training_set(task), task).estimator

    def own_state(self, task: Task) -> Trained | None:
        """Return what a task has left, if it is still there.

        Parameters
        ----------
        task : Task
            Which configuration, on which fold, up to which resource.
        """
        return self._load(task.trial, task.fold, task.resource)

    def training_set(self, task: Task) -> TrainingSet:
        """Return what a task trains on.

        Parameters
        ----------
        task : Task
            Which configuration, on which fold, up to which resource.
        """
        part, _ = self._parts(self._candidate(task), task)
        return self._data(part)

    def _candidate(self, task: Task) -> Any:
        """Return an unfitted estimator with the configuration of a task."""
        # Parameters may be estimators themselves, which several trials share: clone them, too.
        return clone(self.estimator).set_params(**clone(dict(task.params), safe=False))

    def _parts(self, estimator: Any, task: Task) -> Any:
        """Cut out what a task trains on, and what it is scored on."""
        train, test = self.splits[task.fold]
        if self.resource is not None and task.resource is not None:
            labels = self.y if is_classifier(self.estimator) else None
            rng = np.random.default_rng([self.seed, task.fold])
            n_samples = count_samples(self.X)
            train = self.resource.positions(train, labels, n_samples, task.resource, rng)
        return split_data(estimator, self.X, self.y, train, test)

    def _data(self, part: Any) -> TrainingSet:
        X, y, train = part
        return TrainingSet(X, y, params_at(self.X, self.fit_params, train), self.y)

    def _fit(self, estimator: Any, part: Any, task: Task) -> tuple[Report, Any]:
        """Fit, telling callbacks; report how that went, and whether one of them wants to stop.

        Return the fitted estimator, too: training may go on with another object.
        """
        X, y, _ = part
        events: EvaluationEvents | None = task.companion
        data = self._data(part)
        weight = data.params.get("sample_weight")
        metadata = None if weight is None else {"sample_weight": weight}
        error, stop, trained = None, False, None
        started = time.perf_counter()
        try:
            with nullcontext() if events is None else events.propagated(estimator):
                if events is not None:
                    events.begin(self.caller, X, y, metadata)
                trained = self._train(estimator, data, task)
        except Exception:
            if self.raise_failures:
                raise
            error = traceback.format_exc()
        finally:
            fit_time = time.perf_counter() - started
            if events is not None:
                stop = events.end(self.caller, X, y, metadata)
        if trained is None:
            return Report(status="failed", error=error, fit_time=fit_time, stop=stop), estimator
        self._keep(trained, task)
        spent = None if task.resource is None else trained.spent
        return Report(fit_time=fit_time, stop=stop, spent=spent), trained.estimator

    def _train(self, estimator: Any, data: TrainingSet, task: Task) -> Trained:
        """Bring an estimator to a task's resource, from the last state there is."""
        if self.resource is None or task.resource is None:
            estimator.fit(*data.args, **data.params)
            return Trained(estimator, math.nan, spent=math.nan)
        before = self._state(task)
        if before is not None and before.resource == task.resource:
            return before  # a worker died between this and its report
        is_intended = self.resource.bounds_iterations and task.resource != self.full
        with ignored(ConvergenceWarning) if is_intended else nullcontext():
            return self.resource.train(estimator, data, task.resource, before)

    def _state(self, task: Task) -> Trained | None:
        """Return the furthest state a task can go on from."""
        state = self.own_state(task) or self._load(task.trial, task.fold, task.reached)
        if state is not None or task.parent is None:
            return state
        if task.reached == task.parent_resource:
            state = self._load(task.parent, task.fold, task.reached)
        if state is None:
            # To begin anew with the last of its configurations would be another schedule.
            raise StateLostError(
                f"the state that trial {task.trial} was to go on from is lost: it could not be "
                f"pickled, or there was no space left for it on disk, or it was deleted"
            )
        retune(state.estimator, task.params)  # a copy goes its own way
        return state

    def _load(self, trial: int, fold: int, resource: Resource) -> Trained | None:
        """Return a state, if there is one and it can be read."""
        if self.checkpoints is None or resource is None:
            return None
        state: Trained | None = self.checkpoints.load(trial, fold, resource)
        return state

    def _keep(self, trained: Trained, task: Task) -> None:
        """Leave a state for the next promotion; without one, that trains anew."""
        if self.checkpoints is None or self.resource is None or task.resource is None:
            return
        if self.resource.continues(trained.estimator):
            self.checkpoints.save(task.trial, task.fold, task.resource, trained)

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
        """One task for each fold; where folds are the resource, for those not measured yet."""
        adapter = self.evaluate.resource
        folds: Sequence[int] = range(self.n_folds)
        if adapter is not None:
            folds = adapter.folds(self.n_folds, resource, reached)
        return [
            Task(
                trial=trial.number,
                fold=fold,
                resource=resource,
                params=dict(trial.params),
                reached=reached,
                parent=trial.parent,
                parent_resource=trial.parent_resource,
                companion=None if self.events is None else self.events.evaluation(),
            )
            for fold in folds
        ]
