"""A linear model with a hinge loss and an elastic net."""

from __future__ import annotations

from typing import Any

from torch import nn

from skhpo.neural.docstrings import documented
from skhpo.neural.linear import LinearClassifier
from skhpo.neural.penalties import ElasticNetPenalty
from skhpo.settings import check_number

__all__ = ["ElasticNetSGDClassifier"]


@documented
class ElasticNetSGDClassifier(LinearClassifier):
    """A linear model, trained by a hinge loss with L1 and L2 penalties.

    The loss of a sample is the multi-margin hinge, ``sum over j != y of max(0, 1 - f_y + f_j)``
    over the number of classes, and its mean is added to ``alpha (l1_ratio |W|_1 + (1 - l1_ratio)
    / 2 |W|_2^2)``, where W are all weights but the biases. The L1 penalty enters by its
    subgradient: weights become small, but hardly ever 0.

    Parameters
    ----------
    lr : float, default=0.05
        Learning rate.
    batch_size : int, default=64
        Samples of a step.
    alpha : float, default=1e-4
        Strength of the penalty.
    l1_ratio : float, default=0.15
        Share of L1 in it, from 0 to 1.
    {{training}}

    Attributes
    ----------
    {{attributes}}

    References
    ----------
    Zou, H. and Hastie, T. (2005). Regularization and variable selection via the elastic net.
    Journal of the Royal Statistical Society B 67(2), 301-320. Equation 3.

    Weston, J. and Watkins, C. (1999). Support vector machines for multi-class pattern
    recognition. ESANN. Equation 3.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skhpo.neural import ElasticNetSGDClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> bool(ElasticNetSGDClassifier(random_state=0).fit(X / 16, y).score(X / 16, y) > 0.9)
    True
    """

    changeable_params = LinearClassifier.changeable_params | {"alpha", "l1_ratio"}

    _criterion = nn.MultiMarginLoss

    def __init__(
        self,
        lr: float = 0.05,
        batch_size: int = 64,
        alpha: float = 1e-4,
        l1_ratio: float = 0.15,
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
        self.alpha = alpha
        self.l1_ratio = l1_ratio
        self.max_epochs = max_epochs
        self.optimizer = optimizer
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.early_stopping = early_stopping
        self.precision = precision
        self.device = device
        self.random_state = random_state

    def _check_params(self) -> None:
        super()._check_params()
        check_number("ElasticNetSGDClassifier", "alpha", self.alpha)
        check_number("ElasticNetSGDClassifier", "l1_ratio", self.l1_ratio, most=1)

    def _module(
        self, shape: tuple[int, ...], n_classes: int
    ) -> tuple[type[nn.Module], dict[str, Any]]:
        return nn.Linear, {"in_features": self.n_features_in_, "out_features": n_classes}

    def _penalty(self, n_samples: int) -> ElasticNetPenalty | None:
        if self.alpha == 0:
            return None
        return ElasticNetPenalty(l1=self.alpha * self.l1_ratio, l2=self.alpha * (1 - self.l1_ratio))
