"""Everything skhpo needs of scikit-learn's private names, in one place.

Tested on the oldest and the newest supported release. Nothing else in the package imports a
private name of scikit-learn.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

import numpy as np
from sklearn.base import _fit_context as fit_context
from sklearn.base import clone
from sklearn.metrics._scorer import _MultimetricScorer as MultimetricScorer
from sklearn.model_selection._search import BaseSearchCV
from sklearn.model_selection._validation import (
    _warn_or_raise_about_fit_failures as warn_or_raise_about_failures,
)
from sklearn.utils import get_tags
from sklearn.utils._array_api import device, get_namespace
from sklearn.utils._param_validation import Interval, InvalidParameterError, StrOptions
from sklearn.utils._pprint import _EstimatorPrettyPrinter as EstimatorPrinter
from sklearn.utils.metaestimators import _safe_split
from sklearn.utils.validation import _check_method_params as check_method_params

try:  # scikit-learn >= 1.9
    from sklearn.callback import CallbackSupportMixin
except ImportError:
    CallbackSupportMixin = None

__all__ = [
    "BaseSearchCV",
    "EvaluationEvents",
    "Interval",
    "InvalidParameterError",
    "MultimetricScorer",
    "SearchEvents",
    "StrOptions",
    "check_method_params",
    "cut_rounds",
    "fit_context",
    "format_results",
    "params_at",
    "printed_as_estimator",
    "split_data",
    "warn_or_raise_about_failures",
]


Class = TypeVar("Class", bound=type)


def printed_as_estimator(cls: Class) -> Class:
    """Tell scikit-learn's printer, which knows estimators by their ``__repr__``, of another one.

    Otherwise they are printed on one line, within others as well.

    Parameters
    ----------
    cls : type
        A class of estimators whose ``__repr__`` adds to that of scikit-learn.
    """
    EstimatorPrinter._dispatch[cls.__repr__] = EstimatorPrinter._pprint_estimator
    return cls


def split_data(
    estimator: Any, X: Any, y: Any, train: Any, test: Any
) -> tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]]:
    """Cut out the training and the test part of a fold, as the estimator needs them.

    Parameters
    ----------
    estimator : estimator
        One on precomputed kernels or distances needs both rows and columns cut.
    X, y : array-like
        The data; ``y`` may be None.
    train, test : array-like of int
        Positions, as a splitter gives them.

    Returns
    -------
    (X_train, y_train, train), (X_test, y_test, test)
        The parts, each with its positions as an array that can index the data.
    """
    plain = (np.ndarray, np.memmap)
    is_plain = type(X) in plain and type(y) in (*plain, type(None))
    if is_plain and not get_tags(estimator).input_tags.pairwise:
        # What scikit-learn's own function comes to for plain arrays, without its looking for data
        # frames and tensors first: for quick fits that takes longer than the rest.
        train, test = np.asarray(train), np.asarray(test)
        y_train, y_test = (None, None) if y is None else (y[train], y[test])
        return (X[train], y_train, train), (X[test], y_test, test)
    xp, _ = get_namespace(X)
    train, test = (xp.asarray(positions, device=device(X)) for positions in (train, test))
    return (
        (*_safe_split(estimator, X, y, train), train),
        (*_safe_split(estimator, X, y, test, train), test),
    )


def cut_rounds(booster: Any, rounds: int) -> None:
    """Drop the last rounds of a fitted booster, as if it had made only so many.

    Parameters
    ----------
    booster : GradientBoosting or HistGradientBoosting estimator
        Trained without early stopping of its own.
    rounds : int
        How many to keep.
    """
    if hasattr(booster, "_predictors"):
        booster._predictors = booster._predictors[:rounds]
        return
    booster.estimators_ = booster.estimators_[:rounds]
    booster.n_estimators_ = rounds
    for name in ("train_score_", "oob_improvement_", "oob_scores_"):
        if hasattr(booster, name):
            setattr(booster, name, getattr(booster, name)[:rounds])
    if hasattr(booster, "oob_score_"):
        booster.oob_score_ = booster.oob_scores_[-1]


def params_at(X: Any, params: Mapping[str, Any], positions: Any) -> dict[str, Any]:
    """Cut what has one value for each sample; leave everything else as it is.

    Parameters
    ----------
    X : array-like of shape (n_samples, ...)
        The data.
    params : mapping of str to object
        Metadata such as ``sample_weight``.
    positions : array-like of int
        What to keep.
    """
    if not params:
        return {}
    at: dict[str, Any] = check_method_params(X, params=dict(params), indices=positions)
    return at


def format_results(
    search: BaseSearchCV,
    params: Sequence[dict[str, Any]],
    n_splits: int,
    outcomes: Sequence[dict[str, Any]],
    columns: dict[str, Any],
) -> dict[str, Any]:
    """Return ``cv_results_`` just as scikit-learn would, plus some columns of ours.

    Parameters
    ----------
    search : BaseSearchCV
        The search; its ``return_train_score`` matters.
    params : sequence of n_rows dicts
        The configurations.
    n_splits : int
        Folds of each.
    outcomes : sequence of n_rows * n_splits dicts
        ``fit_time``, ``score_time``, ``test_scores`` and, where asked for, ``train_scores`` of
        each fold of the first configuration, then of the next.
    columns : dict of str to list or array of length n_rows
        Columns to add.
    """
    results: dict[str, Any] = search._format_results(list(params), n_splits, outcomes)
    return results | {name: np.asarray(column) for name, column in columns.items()}


# --------------------------------------------------------------------------- callbacks of 1.9


class EvaluationEvents:
    """The callbacks' view of one trial on one fold. Travels to the worker with its task.

    Parameters
    ----------
    context : CallbackContext
        scikit-learn's context of this evaluation.
    """

    def __init__(self, context: Any) -> None:
        self._context = context

    def __getstate__(self) -> dict[str, Any]:
        # Every context knows all its siblings through their parent: with them, each task would
        # carry the whole search so far. The way up to the root is all that callbacks look at.
        return {"_context": _without_siblings(self._context)}

    def propagated(self, estimator: Any) -> AbstractContextManager[None]:
        """Hand the callbacks on to the estimator while it is fitted."""
        manager: AbstractContextManager[None] = self._context.propagate_callback_context(estimator)
        return manager

    def begin(self, caller: Any, X: Any, y: Any, metadata: Any) -> None:
        """Tell the callbacks that the evaluation begins."""
        self._context.call_on_fit_task_begin(estimator=caller, X=X, y=y, metadata=metadata)

    def end(self, caller: Any, X: Any, y: Any, metadata: Any) -> bool:
        """Tell the callbacks that it is over; return whether one of them wants to stop."""
        return bool(
            self._context.call_on_fit_task_end(estimator=caller, X=X, y=y, metadata=metadata)
        )


def _without_siblings(context: Any) -> Any:
    if context is None:
        return None
    lone = copy.copy(context)
    lone._children_map = {}
    lone.parent = _without_siblings(context.parent)
    if lone.parent is not None:
        lone.parent._children_map[lone.task_id] = lone
    return lone


class SearchEvents:
    """The callbacks' view of a whole search; does nothing before scikit-learn 1.9.

    The tasks are those of scikit-learn's own searches: ``fit`` holds ``search`` and
    ``refit-with-best-params``; ``search`` holds one ``candidate-split-evaluation`` for each fold
    of each trial.

    Parameters
    ----------
    search : BaseSearchCV
        The search that is fitted.
    X, y, metadata : object
        What it is fitted on.
    """

    def __init__(self, search: BaseSearchCV, X: Any, y: Any, metadata: Any) -> None:
        self._caller = search
        self._data = {"X": X, "y": y, "metadata": metadata}
        self._root: Any = None
        self._search: Any = None
        self._numbers = itertools.count()
        # Contexts cost a little for each fit, and are only of use where somebody listens.
        self._has_listeners = CallbackSupportMixin is not None and any(_listening(search))
        if CallbackSupportMixin is not None:
            n_tasks = 2 if search.refit is not False else 1
            self._root = search._init_callback_context(max_subtasks=n_tasks)
            self._root.call_on_fit_task_begin(estimator=search, **self._data)

    @property
    def caller(self) -> Any:
        """What workers show to callbacks as the search: a copy without fitted state."""
        if not self._has_listeners:
            return None
        caller = clone(self._caller)
        caller.__dict__.pop("_skl_callbacks", None)  # they travel with the contexts
        caller.callbacks = None  # ours stay here
        return caller

    def begin_search(self, n_evaluations: int) -> None:
        """The search begins.

        Parameters
        ----------
        n_evaluations : int
            How many evaluations are planned.
        """
        if self._root is not None:
            self._search = self._root.subcontext(
                task_name="search", max_subtasks=n_evaluations, sequential_subtasks=False
            )
            self._search.call_on_fit_task_begin(estimator=self._caller)

    def evaluation(self) -> EvaluationEvents | None:
        """Return the view of the next evaluation, or None where nobody listens."""
        if not self._has_listeners:
            return None
        number = next(self._numbers)
        if number >= self._search.max_subtasks:
            # Who promotes the best so far may promote more than planned, and scikit-learn would
            # refuse one more. Its bar shows 100 % for the rest.
            self._search.max_subtasks = number + 1
        return EvaluationEvents(
            self._search.subcontext(task_name="candidate-split-evaluation", task_id=number)
        )

    def end_search(self) -> None:
        """The search is over."""
        if self._search is not None:
            self._search.call_on_fit_task_end(estimator=self._caller)

    def refit(self, estimator: Any) -> AbstractContextManager[None]:
        """Return the context in which the best estimator is to be fitted."""
        if self._root is None:
            return nullcontext()
        return _RefitEvents(self._root, self._caller, estimator, self._data)

    def end(self) -> None:
        """``fit`` is over."""
        if self._root is not None:
            self._root.call_on_fit_task_end(estimator=self._caller, **self._data)


class _RefitEvents(AbstractContextManager[None]):
    """Callbacks around the refit."""

    def __init__(self, root: Any, caller: Any, estimator: Any, data: dict[str, Any]) -> None:
        self._context = root.subcontext(task_name="refit-with-best-params")
        self._propagation = self._context.propagate_callback_context(estimator)
        self._caller = caller
        self._data = data

    def __enter__(self) -> None:
        self._propagation.__enter__()
        self._context.call_on_fit_task_begin(estimator=self._caller, **self._data)

    def __exit__(self, *exc_info: Any) -> None:
        if exc_info[0] is None:
            self._context.call_on_fit_task_end(estimator=self._caller, **self._data)
        self._propagation.__exit__(*exc_info)


def _listening(search: BaseSearchCV) -> Iterator[bool]:
    """Whether the search, its estimator, or any part of it has callbacks."""
    yield bool(getattr(search, "_skl_callbacks", None))
    parts = [search.estimator]
    if hasattr(search.estimator, "get_params"):
        parts.extend(search.estimator.get_params(deep=True).values())
    for part in parts:
        yield bool(getattr(part, "_skl_callbacks", None))
