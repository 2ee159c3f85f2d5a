"""The boosters of scikit-learn, which are trained a few rounds at a time, and cut back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any

import numpy as np
from sklearn.base import is_classifier
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.metrics import (
    mean_absolute_error,
    mean_gamma_deviance,
    mean_pinball_loss,
    mean_poisson_deviance,
    mean_squared_error,
)

from skhpo._sklearn import cut_rounds
from skhpo.early_stopping import EarlyStopping
from skhpo.resources.pipelines import Inputs
from skhpo.rounds.base import Booster

__all__ = ["GradientBoosting", "HistGradientBoosting"]

_LOSSES: dict[str, Callable[..., float]] = {
    "squared_error": mean_squared_error,
    "absolute_error": mean_absolute_error,
    "huber": mean_absolute_error,
    "poisson": mean_poisson_deviance,
    "gamma": mean_gamma_deviance,
}


class _Staged(Booster):
    """A booster that goes on by ``warm_start`` and tells what each of its rounds predicts.

    Neither of the two can be given a validation part in all supported releases, and one that
    stops by itself keeps the rounds after the best. So they are trained ``patience`` rounds at a
    time (later on a quarter of those there are), the loss of each new round is measured by staged
    predictions, and what comes after the best one is cut off: the trees that are left are those
    that training for so many rounds gives (but with ``max_features`` below 1 histogram boosting
    begins anew, at each call of ``fit``, to draw the features of a split).
    """

    rounds_name: str

    @abstractmethod
    def _unstopped(self) -> dict[str, Any]:
        """Return the parameters with which nothing but the number of rounds ends training."""

    def settings(self, rounds: int) -> dict[str, Any]:
        """Just so many, and no stopping of its own."""
        return {self.rounds_name: rounds, **self._unstopped()}

    def fit(
        self, estimator: Any, train: Inputs, validation: Inputs, stopping: EarlyStopping
    ) -> int:
        """Train a few rounds at a time, and cut off those after the best."""
        most = getattr(estimator, self.rounds_name)
        changed = {"warm_start": True, **self._unstopped()}
        own = {name: getattr(estimator, name) for name in (*changed, self.rounds_name)}
        estimator.set_params(**changed)
        losses: list[float] = []
        while len(losses) < most and not stopping.is_over(losses):
            more = max(stopping.patience, len(losses) // 4)
            estimator.set_params(**{self.rounds_name: min(most, len(losses) + more)})
            estimator.fit(*train.args, **train.params)
            for loss in islice(_losses(estimator, validation), len(losses), None):
                losses.append(loss)
                if stopping.is_over(losses):
                    break
        rounds = stopping.best(losses) + 1
        cut_rounds(estimator, rounds)
        estimator.set_params(**own)
        return rounds


class HistGradientBoosting(_Staged):
    """``HistGradientBoostingClassifier`` and ``HistGradientBoostingRegressor``."""

    described = "HistGradientBoostingClassifier and HistGradientBoostingRegressor"
    rounds_name = "max_iter"

    def knows(self, estimator: Any) -> bool:
        """By its class."""
        return isinstance(
            estimator, (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
        )

    def _unstopped(self) -> dict[str, Any]:
        return {"early_stopping": False}


class GradientBoosting(_Staged):
    """``GradientBoostingClassifier`` and ``GradientBoostingRegressor``."""

    described = "GradientBoostingClassifier and GradientBoostingRegressor"
    rounds_name = "n_estimators"

    def knows(self, estimator: Any) -> bool:
        """By its class."""
        return isinstance(estimator, (GradientBoostingClassifier, GradientBoostingRegressor))

    def _unstopped(self) -> dict[str, Any]:
        return {"n_iter_no_change": None}


def _losses(estimator: Any, validation: Inputs) -> Iterator[float]:
    """Yield the loss of each round: of what is minimised, or of what is nearest to it."""
    X, y = validation.args
    y = np.asarray(y)
    weight = validation.params.get("sample_weight")
    if is_classifier(estimator):
        rows, columns = np.arange(len(y)), np.searchsorted(estimator.classes_, y)
        for probabilities in estimator.staged_predict_proba(X):
            chosen = np.maximum(probabilities[rows, columns], np.finfo(float).tiny)
            yield float(np.average(-np.log(chosen), weights=weight))
        return
    loss = _LOSSES.get(estimator.loss)
    if loss is None:
        level = estimator.quantile if hasattr(estimator, "quantile") else estimator.alpha
        loss = partial(mean_pinball_loss, alpha=level)
    for predicted in estimator.staged_predict(X):
        yield float(loss(y, predicted, sample_weight=weight))
