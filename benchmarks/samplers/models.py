"""Cross-validated scikit-learn models on scikit-learn's own data sets."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
from sklearn import datasets
from sklearn.base import BaseEstimator, clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_score
from sklearn.utils import resample

from benchmarks.samplers.problem import Params

__all__ = ["CrossValidation", "load"]

_LOADERS: dict[str, Callable[..., Any]] = {
    "breast_cancer": datasets.load_breast_cancer,
    "diabetes": datasets.load_diabetes,
    "digits": datasets.load_digits,
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
}

_MAX_ROWS = 450


@cache
def load(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return one of scikit-learn's data sets; of a large one a fixed part."""
    X, y = _LOADERS[name](return_X_y=True)
    if len(y) <= _MAX_ROWS:
        return X, y
    return resample(X, y, replace=False, n_samples=_MAX_ROWS, stratify=y, random_state=0)


@dataclass(frozen=True)
class CrossValidation:
    """The mean score of a model over three fixed folds, as a function of its parameters.

    Parameters
    ----------
    model : estimator
        Whatever is random in it has a fixed seed, so that a configuration has one value.
    data : str
        The data set.
    scoring : str
        One of scikit-learn's scores.
    """

    model: BaseEstimator
    data: str
    scoring: str

    def __call__(self, params: Params) -> float:
        """Return the mean score."""
        return float(np.mean(self.fold_scores(params)))

    def fold_scores(self, params: Params) -> np.ndarray:
        """Return the score of each fold; samplers that start alike fit no model twice."""
        key = repr(sorted(params.items()))
        if key not in self._known:
            self._known[key] = self._cross_validated(params)
        return self._known[key]

    @cached_property
    def _known(self) -> dict[str, np.ndarray]:
        return {}

    def _cross_validated(self, params: Params) -> np.ndarray:
        X, y = load(self.data)
        folds = KFold if self.data == "diabetes" else StratifiedKFold
        # clones: an estimator among the values must not keep the parameters of a trial
        model = clone(self.model).set_params(**{k: clone(v, safe=False) for k, v in params.items()})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return cross_val_score(
                model,
                X,
                y,
                scoring=self.scoring,
                cv=folds(3, shuffle=True, random_state=0),
                error_score="raise",
            )
