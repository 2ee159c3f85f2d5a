"""Which kind of booster an estimator is, and what is done with those that are none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from skhpo._sklearn import params_at, split_data
from skhpo.early_stopping import EarlyStopping
from skhpo.exceptions import ResourceError
from skhpo.resources import TrainingSet
from skhpo.resources.pipelines import first_inputs, inputs_again, last_step, variants
from skhpo.rounds.base import Booster
from skhpo.rounds.lightgbm import LightGBM
from skhpo.rounds.staged import GradientBoosting, HistGradientBoosting
from skhpo.rounds.xgboost import XGBoost
from skhpo.space import Space

__all__ = ["check_boosters", "fit_early", "of_rounds"]

_BOOSTERS: tuple[Booster, ...] = (
    HistGradientBoosting(),
    GradientBoosting(),
    LightGBM(),
    XGBoost(),
)

#: How LightGBM and XGBoost are shown a validation part.
_SHOWN = ("eval_set", "eval_X")


def check_boosters(owner: str, estimator: Any, space: Space, fit_params: Iterable[str]) -> None:
    """Raise an error unless every candidate can be stopped early, before the first fit.

    Parameters
    ----------
    owner : str
        The search whose ``early_stopping`` it is.
    estimator : estimator
        What is searched.
    space : Space
        What of it.
    fit_params : iterable of str
        Names of what ``fit`` is given besides the data.

    Raises
    ------
    ResourceError
        Saying what can be stopped early.
    """
    for variant in variants(estimator, space):
        _, step = last_step(variant)
        booster = _booster(step)
        if booster is None:
            kinds = ", ".join(booster.described for booster in _BOOSTERS)
            raise ResourceError(
                f"{owner}: early_stopping stops boosters: {kinds}, also as the last step of a "
                f"Pipeline. {type(step).__name__} is none of these; write early_stopping=None"
                f"{_own_argument(step)}"
            )
        objection = booster.objection(step)
        if objection is not None:
            raise ResourceError(
                f"{owner}: early_stopping goes back to the best round, but {objection}, or "
                f"early_stopping=None"
            )
    given = [name for name in fit_params if name.rpartition("__")[2] in _SHOWN]
    if given:
        raise ResourceError(
            f"{owner}: early_stopping cuts a validation part from each fold's training part, but "
            f"fit was given {given[0]!r}; leave it out, or write early_stopping=None"
        )


def fit_early(
    estimator: Any, data: TrainingSet, stopping: EarlyStopping, rng: np.random.Generator
) -> int:
    """Train a booster, maybe at the end of a pipeline, until it is enough; return its rounds.

    A part of the training data is cut off, goes through the transformers, which are fitted to the
    rest, and is what rounds are judged by.

    Parameters
    ----------
    estimator : estimator
        Unfitted, with the configuration to train.
    data : TrainingSet
        What to train on.
    stopping : EarlyStopping
        When it is enough.
    rng : numpy.random.Generator
        Which samples are cut off.

    Returns
    -------
    int
        From 1.
    """
    labels = data.y if is_classifier(estimator) else None
    n_samples = data.X.shape[0] if hasattr(data.X, "shape") else len(data.X)
    positions = stopping.split(n_samples, labels, rng)
    train, validation = (
        TrainingSet(X, y, params_at(data.X, data.params, at))
        for X, y, at in split_data(estimator, data.X, data.y, *positions)
    )
    _, step = last_step(estimator)
    booster = _booster(step)
    assert booster is not None, "that was checked before"
    fitted = first_inputs(estimator, train)
    return booster.fit(step, fitted, inputs_again(estimator, validation, None), stopping)


def of_rounds(estimator: Any, rounds: int) -> dict[str, Any]:
    """Return the parameters with which ``fit`` makes just so many rounds, whatever it is shown.

    Parameters
    ----------
    estimator : estimator
        A booster, or a pipeline that ends in one.
    rounds : int
        How many.
    """
    path, step = last_step(estimator)
    booster = _booster(step)
    assert booster is not None, "that was checked before"
    prefix = f"{path}__" if path else ""
    return {f"{prefix}{name}": value for name, value in booster.settings(rounds).items()}


def _booster(step: Any) -> Booster | None:
    return next((booster for booster in _BOOSTERS if booster.knows(step)), None)


def _own_argument(step: Any) -> str:
    """Say that an estimator can be told by itself."""
    if not hasattr(type(step), "stopped_early_"):
        return ""
    return f" here, and {type(step).__name__}(early_stopping=EarlyStopping(...))"
