"""Training that has run off: a loss that is infinite, or no number at all."""

from __future__ import annotations

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

from sklearn.pipeline import Pipeline

from skhpo.exceptions import DivergedError

__all__ = ["check_history", "check_loss"]


def check_loss(loss: float, epoch: int, lr: Any = None) -> None:
    """Raise an error if training has diverged.

    Parameters
    ----------
    loss : float
        Mean training loss of an epoch.
    epoch : int
        Which one, from 1.
    lr : object
        The learning rate, if there is one.

    Raises
    ------
    DivergedError
        If the loss is not finite.
    """
    if math.isfinite(loss):
        return
    rate = "learning rate" if lr is None else f"lr than {lr!r}"
    raise DivergedError(
        f"training diverged: the mean training loss of epoch {epoch} is {loss}. Try a smaller "
        f"{rate}, and samples on a common scale, as StandardScaler makes them"
    )


def check_history(estimator: Any) -> None:
    """Raise an error if a net of skorch, maybe in a pipeline, has diverged without saying so.

    Its scores would hide it: where all outputs are NaN, the first class is predicted.

    Parameters
    ----------
    estimator : estimator
        Fitted; what keeps no history of losses is passed over.

    Raises
    ------
    DivergedError
        If its newest training loss is not finite.
    """
    while isinstance(estimator, Pipeline) and estimator.steps:
        estimator = estimator.steps[-1][1]
    history = getattr(estimator, "history", None)
    if not (isinstance(history, list) and history and isinstance(history[-1], Mapping)):
        return
    last = history[-1]
    if "train_loss" not in last:  # without its callbacks, skorch records batches only
        last = (last.get("batches") or [{}])[-1]
    loss = last.get("train_loss")
    if isinstance(loss, Real):
        check_loss(float(loss), len(history), getattr(estimator, "lr", None))
