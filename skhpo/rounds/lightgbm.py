"""LightGBM's estimators, which stop by themselves where they are shown a validation part."""

from __future__ import annotations

from inspect import signature
from typing import Any

from skhpo.early_stopping import EarlyStopping
from skhpo.resources.pipelines import Inputs
from skhpo.rounds.base import Booster, is_made_by

__all__ = ["LightGBM"]


class LightGBM(Booster):
    """``LGBMClassifier``, ``LGBMRegressor`` and subclasses. They predict with their best round.

    What is judged is the first of their metrics.
    """

    described = "LGBMClassifier and LGBMRegressor"

    def knows(self, estimator: Any) -> bool:
        """By the name of its class."""
        is_ranker = is_made_by(estimator, "lightgbm", "LGBMRanker")
        return is_made_by(estimator, "lightgbm", "LGBMModel") and not is_ranker

    def objection(self, estimator: Any) -> str | None:
        """Dropout changes the trees of earlier rounds."""
        if estimator.boosting_type != "dart":
            return None
        return "with boosting_type='dart' earlier rounds change; write boosting_type='gbdt'"

    def fit(
        self, estimator: Any, train: Inputs, validation: Inputs, stopping: EarlyStopping
    ) -> int:
        """By its own callback."""
        from lightgbm import early_stopping

        params = dict(train.params)
        ends = early_stopping(
            stopping.patience, first_metric_only=True, verbose=False, min_delta=stopping.min_delta
        )
        weight = validation.params.get("sample_weight")
        estimator.fit(
            *train.args,
            **params | {"callbacks": [*(params.get("callbacks") or ()), ends]},
            **_shown(estimator, *validation.args),
            eval_sample_weight=None if weight is None else [weight],
        )
        return int(estimator.best_iteration_)

    def settings(self, rounds: int) -> dict[str, Any]:
        """Nothing else ends it where no callback is given."""
        return {"n_estimators": rounds}


def _shown(estimator: Any, X: Any, y: Any) -> dict[str, Any]:
    """Return how a validation part is passed; from release 4.7 on, ``eval_set`` is deprecated."""
    if "eval_X" in signature(estimator.fit).parameters:
        return {"eval_X": (X,), "eval_y": (y,)}
    return {"eval_set": [(X, y)]}
