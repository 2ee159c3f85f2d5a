"""Fit and score one trial on one fold: cross-validation as an objective."""

from __future__ import annotations

import math
import numbers
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import joblib
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
from skhpo.divergence import check_history
from skhpo.early_stopping import EarlyStopping
from skhpo.exceptions import DivergedError, StateLostError
from skhpo.resources import ResourceAdapter, Trained, TrainingSet, retune
from skhpo.resources.quiet import ignored
from skhpo.resources.samples import count_samples
from skhpo.rounds import fit_early
from skhpo.space import Space
from skhpo.storage import Checkpoints, describe, described_data, described_estimator
from skhpo.trial import Report, Resource, Status, Task, Trial

__all__ = ["CrossValidation", "FoldEvaluator", "Training"]

#: What the score is called where there is only one.
SINGLE = "score"

#: Brings an estimator to a task's resource.
Training: TypeAlias = Callable[[Any, TrainingSet, Task], Trained]


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
    early_stopping : EarlyStopping or None
        When a booster has made enough rounds, judged on a part of a fold's training part; None: it
        makes all of its own.
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
    early_stopping: EarlyStopping | None = None

    def __call__(self, task: Task) -> Report:
        """Fit and score.

        Parameters
        ----------
        task : Task
            Which configuration, on which fold.

        Returns
        -------
        Report
            ``"diverged"`` or ``"failed"`` without scores if the fit did that, and ``"failed"`` with
            nothing but NaN if the scoring did. Where only some of several metrics failed, those
            are NaN. ``error`` says why.
        """
        estimator = self._candidate(task)
        train, test = self._parts(estimator, task)
        return self._measured(estimator, train, test, task, self._train)

    def n_together(self, space: Space, learns: bool) -> int:
        """Return how many candidates are worth collecting: each is fitted by itself.

        Parameters
        ----------
        space : Space
            What is searched.
        learns : bool
            Whether the configurations depend on what was measured before.
        """
        return 1

    def trained(self, task: Task) -> Any:
        """Return the estimator that was scored: from its own state, or trained once more.

        Parameters
        ----------
        task : Task
            Which configuration, on which fold, up to which resource.
        """
        return self._train(self._candidate(task), self.training_set(task), task).estimator

    def own_state(self, task: Task, checksum: str | None = None) -> Trained | None:
        """Return what a task has left, if it is still there.

        Parameters
        ----------
        task : Task
            Which configuration, on which fold, up to which resource.
        checksum : str or None, default=None
            Of that state, where it was recorded.
        """
        return self._load(task.trial, task.fold, task.resource, checksum)

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

    def _measured(
        self, estimator: Any, train: Any, test: Any, task: Task, training: Training
    ) -> Report:
        """Fit by what is given as training, and score."""
        fitted, estimator = self._fit(estimator, train, task, training)
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

    def _fit(self, estimator: Any, part: Any, task: Task, training: Training) -> tuple[Report, Any]:
        """Fit, telling callbacks; report how that went, and whether one of them wants to stop.

        Return the fitted estimator, too: training may go on with another object.
        """
        X, y, _ = part
        events: EvaluationEvents | None = task.companion
        data = self._data(part)
        weight = data.params.get("sample_weight")
        metadata = None if weight is None else {"sample_weight": weight}
        status: Status = "completed"
        error, stop, trained = None, False, None
        started = time.perf_counter()
        try:
            with nullcontext() if events is None else events.propagated(estimator):
                if events is not None:
                    events.begin(self.caller, X, y, metadata)
                result = training(estimator, data, task)
                check_history(result.estimator)
                trained = result
        except Exception as exception:
            if self.raise_failures:
                raise
            if isinstance(exception, DivergedError):
                status, error = "diverged", str(exception)  # nobody asks where it was noticed
            else:
                status, error = "failed", traceback.format_exc()
        finally:
            fit_time = time.perf_counter() - started
            if events is not None:
                stop = events.end(self.caller, X, y, metadata)
        if trained is None:
            return Report(status=status, error=error, fit_time=fit_time, stop=stop), estimator
        state = self._keep(trained, task)
        spent = None if task.resource is None else trained.spent
        report = Report(
            fit_time=fit_time, stop=stop, spent=spent, state=state, rounds=trained.rounds
        )
        return report, trained.estimator

    def _train(self, estimator: Any, data: TrainingSet, task: Task) -> Trained:
        """Bring an estimator to a task's resource, from the last state there is."""
        if self.early_stopping is not None:
            rng = np.random.default_rng([self.seed, task.fold])
            rounds = fit_early(estimator, data, self.early_stopping, rng)
            return Trained(estimator, math.nan, spent=1, rounds=rounds)
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
        state = self.own_state(task) or self._load(task.trial, task.fold, task.reached, task.state)
        if state is not None or task.parent is None:
            return state
        if task.reached == task.parent_resource:
            state = self._load(task.parent, task.fold, task.reached, task.state)
        if state is None:
            # To begin anew with the last of its configurations would be another schedule.
            raise StateLostError(
                f"the state that trial {task.trial} was to go on from is lost: it could not be "
                f"pickled, or there was no space left for it on disk, or it was deleted"
            )
        retune(state.estimator, task.params)  # a copy goes its own way
        return state

    def _load(
        self, trial: int, fold: int, resource: Resource, checksum: str | None = None
    ) -> Trained | None:
        """Return a state, if there is one and it can be read."""
        if self.checkpoints is None or resource is None:
            return None
        state: Trained | None = self.checkpoints.load(trial, fold, resource, checksum)
        return state

    def _keep(self, trained: Trained, task: Task) -> str | None:
        """Leave a state for the next promotion, which trains anew without; return its checksum."""
        if self.checkpoints is None or self.resource is None or task.resource is None:
            return None
        if not self.resource.continues(trained.estimator):
            return None
        return self.checkpoints.save(task.trial, task.fold, task.resource, trained)

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
    is_continued : bool, default=True
        Whether a fit with more of the resource goes on from the one with less.
    """

    def __init__(
        self,
        evaluate: FoldEvaluator,
        events: SearchEvents | None = None,
        is_continued: bool = True,
    ) -> None:
        self.evaluate = evaluate
        self.events = events
        self.is_continued = is_continued
        self.n_folds = len(evaluate.splits)

    @property
    def resource_name(self) -> str | None:
        """What training is divided into; None if it is not."""
        return None if self.evaluate.resource is None else self.evaluate.resource.name

    def n_together(self, space: Space, learns: bool) -> int:
        """Return how many trials to collect for one piece of work.

        Parameters
        ----------
        space : Space
            What is searched.
        learns : bool
            Whether the configurations depend on what was measured before.
        """
        return self.evaluate.n_together(space, learns)

    def fingerprint(self) -> dict[str, str]:
        """Return what makes these measurements the ones they are."""
        evaluate = self.evaluate
        given, stopping = {**evaluate.fit_params, **evaluate.score_params}, evaluate.early_stopping
        scorers = getattr(evaluate.scorer, "_scorers", {SINGLE: evaluate.scorer})
        return {
            **described_estimator(evaluate.estimator),
            "X": described_data(evaluate.X),
            "y": described_data(evaluate.y),
            "folds": f"{self.n_folds} folds, {joblib.hash(list(map(tuple, evaluate.splits)))}",
            **{f"scoring.{name}": describe(scorer) for name, scorer in scorers.items()},
            **{f"params.{name}": described_data(value) for name, value in given.items()},
            # how many are trained together is as free as the number of workers
            "resource": describe(evaluate.resource, but=("together",)),
            "return_train_score": str(evaluate.return_train_score),
            **({} if stopping is None else {"early_stopping": describe(stopping)}),
        }

    def tasks(self, trial: Trial, resource: Resource, reached: Resource) -> list[Task]:
        """One task for each fold; where folds are the resource, for those not measured yet."""
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
            for fold in self._folds(resource, reached)
        ]

    def n_tasks(self, resource: Resource, reached: Resource) -> int:
        """Return on how many folds a trial is measured that goes on to a resource.

        Parameters
        ----------
        resource, reached : float or None
            Total resource it is to have had, and that it has had.
        """
        return len(self._folds(resource, reached))

    def _folds(self, resource: Resource, reached: Resource) -> Sequence[int]:
        adapter = self.evaluate.resource
        if adapter is None:
            return range(self.n_folds)
        return adapter.folds(self.n_folds, resource, reached)
