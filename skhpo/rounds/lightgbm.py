"""LightGBM's estimators, which stop by themselves where they are shown a validation part."""

from __future__ import annotations

from typing import Any

from skhpo.early_stopping import EarlyStopping
from skhpo.resources.pipelines import Inputs
from skhpo.resources.quiet import ignored
from skhpo.rounds.base import Booster, is_made_by

__all__ = ["LightGBM"]

#: What its own early stopping is called, as a parameter that it hands on.
_OWN_RULES = ("early_stopping_round", "early_stopping_rounds", "early_stopping", "n_iter_no_change")


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
        """Dropout changes the trees of earlier rounds; a rule of its own also holds at refit."""
        if estimator.boosting_type == "dart":
            return "with boosting_type='dart' earlier rounds change; write boosting_type='gbdt'"
        settings = estimator.get_params()
        own = next((name for name in _OWN_RULES if settings.get(name)), None)
        return (
            None if own is None else f"{own}={settings[own]!r} is a rule of its own; leave it out"
        )

    def fit(
        self, estimator: Any, train: Inputs, validation: Inputs, stopping: EarlyStopping
    ) -> int:
        """By its own callback."""
        from lightgbm import early_stopping
        from lightgbm.basic import LGBMDeprecationWarning

        params = dict(train.params)
        ends = early_stopping(
            stopping.patience, first_metric_only=True, verbose=False, min_delta=stopping.min_delta
        )
        weight = validation.params.get("sample_weight")
        # Release 4.7 asks for ``eval_y`` instead, but does not code the labels in it as in ``y``.
        with ignored(LGBMDeprecationWarning):
            estimator.fit(
                *train.args,
                **params | {"callbacks": [*(params.get("callbacks") or ()), ends]},
                eval_set=[validation.args],
                eval_sample_weight=None if weight is None else [weight],
            )
        return int(estimator.best_iteration_)

    def settings(self, rounds: int) -> dict[str, Any]:
        """Nothing else ends it where no callback is given."""
        return {"n_estimators": rounds}
