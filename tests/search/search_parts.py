"""Estimators and comparisons that several test files share; importable by worker processes."""

from __future__ import annotations

import os
import signal
import warnings

import numpy as np
from numpy.ma import MaskedArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import GridSearchCV, ParameterGrid

from skhpo import RandomSearchCV


class Anything(ClassifierMixin, BaseEstimator):
    """Predicts one class, which depends on a parameter that may be anything."""

    #: How often any instance in this process was fitted.
    n_fits = 0

    def __init__(self, value=None, other=None):
        self.value = value
        self.other = other

    def fit(self, X, y, sample_weight=None):
        type(self).n_fits += 1
        self.classes_ = np.unique(y)
        self.prediction_ = self.classes_[len(repr(type(self.value))) % len(self.classes_)]
        return self

    def predict(self, X):
        return np.full(len(X), self.prediction_)


class Killer(TransformerMixin, BaseEstimator):
    """Passes data on, or kills its process: once (per file that it leaves behind), or always."""

    def __init__(self, kills=None):
        self.kills = kills

    def fit(self, X, y=None):
        if self.kills == "always":
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.kills is not None and not os.path.exists(self.kills):
            with open(self.kills, "w"):
                pass
            os.kill(os.getpid(), signal.SIGKILL)
        return self

    def transform(self, X):
        return X

    def __sklearn_is_fitted__(self):
        return True


def searched_both(estimator, grid, data, *, fit_params=None, ours=RandomSearchCV, **settings):
    """Fit ours and scikit-learn's search, that one in this process, on the same candidates.

    Return each, followed by the warnings it gave.
    """
    candidates = list(ParameterGrid(grid))
    theirs = GridSearchCV(estimator, grid, **{**settings, "n_jobs": 1})
    mine = ours(estimator, grid, n_iter=len(candidates), initial_params=candidates, **settings)
    fitted = []
    for search in (mine, theirs):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            search.fit(*data, **(fit_params or {}))
        fitted += [search, caught]
    return fitted


def assert_same_search(mine, theirs):
    """All that a fitted GridSearchCV tells is told by ours, too, and nothing else but the status."""
    assert_same_results(mine.cv_results_, theirs.cv_results_)
    shown = {name for name in vars(theirs) if name.endswith("_") and not name.startswith("_")}
    assert {name for name in vars(mine) if name.endswith("_")} == shown | {
        "history_",
        "stop_reason_",
    }
    for name in shown - {"cv_results_", "refit_time_"}:
        assert repr(getattr(mine, name)) == repr(getattr(theirs, name)), name


def assert_same_results(mine, theirs):
    """The same ``cv_results_``, times and our own columns aside: keys in order, types, values."""
    assert [key for key in mine if key not in ("status", "error")] == list(theirs)
    for key, expected in theirs.items():
        if key.endswith("_time"):
            assert mine[key].dtype == expected.dtype
            assert mine[key].shape == expected.shape
        else:
            assert_same_column(mine[key], expected, key)


def assert_same_column(mine, expected, key):
    assert type(mine) is type(expected), key
    if isinstance(expected, MaskedArray):
        assert list(np.ma.getmaskarray(mine)) == list(np.ma.getmaskarray(expected)), key
    if isinstance(expected, np.ndarray) and expected.dtype != object:
        assert mine.dtype == expected.dtype, key
        np.testing.assert_array_equal(mine, expected, err_msg=key)
    else:  # estimators and arrays cannot be compared
        assert list(map(repr, mine)) == list(map(repr, expected)), key


def untimed(results):
    """``cv_results_`` without the times, in a form that can be compared by ``==``."""
    return {
        key: list(map(repr, column)) for key, column in results.items() if not key.endswith("_time")
    }


class Passes(SGDClassifier):
    """Makes ``passes`` passes in ``fit``, and writes a line into a file for each it ever makes."""

    def __init__(self, log=None, *, alpha=0.0001, loss="log_loss", passes=1, random_state=0):
        super().__init__(loss, alpha=alpha, random_state=random_state)
        self.log = log
        self.passes = passes

    def fit(self, X, y):
        for _ in range(self.passes):
            self.partial_fit(X, y, classes=np.unique(y))
        return self

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        if self.log is not None:
            with open(self.log, "a") as file:
                file.write(f"{len(X)}\n")
        return super().partial_fit(X, y, classes=classes, sample_weight=sample_weight)


class Pupil(ClassifierMixin, BaseEstimator):
    """Scores its value, whatever it learns; from pass ``bad_from`` on, something goes wrong."""

    #: Passes made by all instances in this process.
    n_passes = 0

    def __init__(self, value=0.0, fault="raise", bad_from=10**9):
        self.value = value
        self.fault = fault
        self.bad_from = bad_from

    def fit(self, X, y, sample_weight=None):
        return self.partial_fit(X, y, sample_weight=sample_weight)

    def partial_fit(self, X, y, classes=None, sample_weight=None):
        type(self).n_passes += 1
        self.weights_ = [*getattr(self, "weights_", []), sample_weight]
        self.classes_ = np.unique(y) if classes is None else classes
        if len(self.weights_) >= self.bad_from:
            if self.fault == "raise":
                raise ValueError("diverged")
            if self.fault == "interrupt":
                raise KeyboardInterrupt
        return self

    def predict(self, X):
        return np.full(len(X), self.classes_[0])

    def score(self, X, y, sample_weight=None):
        is_bad = len(self.weights_) >= self.bad_from
        return np.nan if is_bad and self.fault == "nan" else self.value
