"""XGBoost's estimators, which stop by themselves where they are shown a validation part."""

from __future__ import annotations

from typing import Any

from skhpo.early_stopping import EarlyStopping
from skhpo.resources.pipelines import Inputs
from skhpo.rounds.base import Booster, is_made_by

__all__ = ["XGBoost"]

_TREES = (None, "gbtree")


class XGBoost(Booster):
    """``XGBClassifier``, ``XGBRegressor`` and subclasses. They predict with their best round.

    What is judged is the last of their metrics.
    """

    described = "XGBClassifier and XGBRegressor"

    def knows(self, estimator: Any) -> bool:
        """By the name of its class; a random forest has but one round."""
        others = ("XGBRanker", "XGBRFClassifier", "XGBRFRegressor")
        is_other = any(is_made_by(estimator, "xgboost", name) for name in others)
        return is_made_by(estimator, "xgboost", "XGBModel") and not is_other

    def objection(self, estimator: Any) -> str | None:
        """Only a sequence of trees can be cut."""
        if estimator.booster in _TREES:
            return None
        return f"with booster={estimator.booster!r} it cannot go back; write booster='gbtree'"

    def fit(
        self, estimator: Any, train: Inputs, validation: Inputs, stopping: EarlyStopping
    ) -> int:
        """By its own callback."""
        from xgboost.callback import EarlyStopping as Callback

        own = {name: getattr(estimator, name) for name in ("callbacks", "early_stopping_rounds")}
        ends = Callback(rounds=stopping.patience, min_delta=stopping.min_delta)
        estimator.set_params(
            callbacks=[*(own["callbacks"] or ()), ends], early_stopping_rounds=None
        )
        weight = validation.params.get("sample_weight")
        estimator.fit(
            *train.args,
            **{"verbose": False} | dict(train.params),
            eval_set=[validation.args],
            sample_weight_eval_set=None if weight is None else [weight],
        )
        estimator.set_params(**own)
        return int(estimator.best_iteration) + 1

    def settings(self, rounds: int) -> dict[str, Any]:
        """Just so many, and no stopping of its own."""
        return {"n_estimators": rounds, "early_stopping_rounds": None}
