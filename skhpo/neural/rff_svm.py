"""A support vector machine on random Fourier features."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from skhpo.neural.docstrings import documented
from skhpo.neural.linear import LinearClassifier
from skhpo.neural.penalties import ElasticNetPenalty
from skhpo.settings import check_count, check_number

__all__ = ["RFFSVMClassifier"]


class FourierFeatures(nn.Module):  # type: ignore[misc]  # torch is not looked into
    """Random features whose products are a Gaussian kernel, on average.

    Parameters
    ----------
    in_features : int
        Of a sample.
    n_components : int
        How many are made.
    gamma : float
        Of the kernel ``exp(-gamma |x - x'|^2)``.
    """

    def __init__(self, in_features: int, n_components: int, gamma: float) -> None:
        super().__init__()
        self.register_buffer(
            "frequencies", math.sqrt(2 * gamma) * torch.randn(in_features, n_components)
        )
        self.register_buffer("phases", 2 * math.pi * torch.rand(n_components))

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return the features.

        Parameters
        ----------
        X : Tensor of shape (n_samples, in_features)
            The samples.
        """
        # In 16 bits, an angle of many turns would be wrong by a good part of a turn.
        with torch.autocast(X.device.type, enabled=False):
            angles = torch.addmm(self.phases, X, self.frequencies)
        return angles.cos_().mul_(math.sqrt(2 / len(self.phases)))


class FourierMachine(nn.Sequential):  # type: ignore[misc]  # torch is not looked into
    """A linear layer on random Fourier features.

    Parameters
    ----------
    in_features, n_components : int
        Of a sample, and how many are made of them.
    gamma : float
        Of the kernel.
    n_classes : int
        Outputs.
    """

    def __init__(self, in_features: int, n_components: int, gamma: float, n_classes: int) -> None:
        features = FourierFeatures(in_features, n_components, gamma)
        super().__init__(features, nn.Linear(n_components, n_classes))


@documented
class RFFSVMClassifier(LinearClassifier):
    """A support vector machine with a Gaussian kernel, by random Fourier features.

    What is minimised is ``|W|_2^2 / 2 + C sum_i sum_(j != y_i) max(0, 1 - f_y + f_j)``, divided by
    ``C n_samples n_classes`` so that steps do not depend on these. As in :class:`sklearn.svm.SVC`,
    a *sum* of losses is weighed against the penalty, and the same ``C`` means about the same: from
    0.01 to 100 is a range to search. (With ``|W|_2^2 / (2 C)`` beside the *mean* loss, as is
    sometimes written, the penalty wins for all ``C`` below some hundreds, and the model guesses.)

    Distances are taken of samples as they come: bring features to a common scale before. With
    ``gamma="scale"`` that scale does not matter.

    Parameters
    ----------
    lr : float, default=1.0
        Learning rate. Features are small, of length 1 all together, so it is greater than
        elsewhere.
    batch_size : int, default=64
        Samples of a step.
    C : float, default=1.0
        Weight of the losses against the penalty.
    gamma : "scale" or float, default="scale"
        Of the kernel ``exp(-gamma |x - x'|^2)``; "scale" is ``1 / (n_features * X.var())``, of
        the data of the first call.
    n_components : int, default=1000
        How many features are made. The more, the closer to the kernel, and the dearer.
    {{training}}

    Attributes
    ----------
    gamma_ : float
        Of the kernel.
    {{attributes}}

    References
    ----------
    Rahimi, A. and Recht, B. (2007). Random features for large-scale kernel machines. NIPS.
    Algorithm 1.

    Weston, J. and Watkins, C. (1999). Support vector machines for multi-class pattern
    recognition. ESANN. Equation 3.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skhpo.neural import RFFSVMClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> bool(RFFSVMClassifier(random_state=0).fit(X / 16, y).score(X / 16, y) > 0.95)
    True
    """

    changeable_params = LinearClassifier.changeable_params | {"C"}

    _criterion = nn.MultiMarginLoss

    def __init__(
        self,
        lr: float = 1.0,
        batch_size: int = 64,
        C: float = 1.0,
        gamma: Any = "scale",
        n_components: int = 1000,
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
        self.C = C
        self.gamma = gamma
        self.n_components = n_components
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
        check_number("RFFSVMClassifier", "C", self.C, closed="neither")
        check_count("RFFSVMClassifier", "n_components", self.n_components)
        if isinstance(self.gamma, str) and self.gamma != "scale":
            raise ValueError(
                f"RFFSVMClassifier: gamma must be 'scale' or a number greater than 0, "
                f"got {self.gamma!r}"
            )
        if not isinstance(self.gamma, str):
            check_number("RFFSVMClassifier", "gamma", self.gamma, closed="neither")

    def _begin(self, X: NDArray[np.float32], y: Any, classes: Any, seed: int | None = None) -> None:
        if self.gamma == "scale":
            variance = float(X.var(dtype=np.float64))
            self.gamma_ = 1 / (X.shape[1] * variance) if variance > 0 else 1.0
        else:
            self.gamma_ = float(self.gamma)
        super()._begin(X, y, classes, seed)

    def _module(
        self, shape: tuple[int, ...], n_classes: int
    ) -> tuple[type[nn.Module], dict[str, Any]]:
        return FourierMachine, {
            "in_features": self.n_features_in_,
            "n_components": self.n_components,
            "gamma": self.gamma_,
            "n_classes": n_classes,
        }

    def _penalty(self, n_samples: int) -> ElasticNetPenalty:
        return ElasticNetPenalty(l1=0.0, l2=1 / (self.C * n_samples * len(self.classes_)))
