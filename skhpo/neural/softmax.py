"""Softmax regression."""

from __future__ import annotations

from typing import Any

from torch import nn

from skhpo.neural.docstrings import documented
from skhpo.neural.linear import LinearClassifier

__all__ = ["SoftmaxClassifier"]


@documented
class SoftmaxClassifier(LinearClassifier):
    """Softmax regression: a linear model, trained by cross-entropy.

    Parameters
    ----------
    lr : float, default=0.02
        Learning rate.
    batch_size : int, default=64
        Samples of a step.
    {{training}}

    Attributes
    ----------
    {{attributes}}

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skhpo.neural import SoftmaxClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> bool(SoftmaxClassifier(random_state=0).fit(X / 16, y).score(X / 16, y) > 0.9)
    True
    """

    def __init__(
        self,
        lr: float = 0.02,
        batch_size: int = 64,
        *,
        max_epochs: int = 20,
        optimizer: Any = "sgd",
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        schedule: Any = "constant",
        early_stopping: Any = None,
        precision: str = "single",
        device: str = "auto",
        random_state: Any = None,
    ) -> None:
        self.lr = lr
        self.batch_size = batch_size
        self.max_epochs = max_epochs
        self.optimizer = optimizer
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.early_stopping = early_stopping
        self.precision = precision
        self.device = device
        self.random_state = random_state

    def _module(
        self, shape: tuple[int, ...], n_classes: int
    ) -> tuple[type[nn.Module], dict[str, Any]]:
        return nn.Linear, {"in_features": self.n_features_in_, "out_features": n_classes}
