"""LeNet, as in the paper and as it would be built today."""

from __future__ import annotations

import math
from typing import Any, Literal

from torch import nn

from skhpo.exceptions import did_you_mean
from skhpo.neural.base import NeuralClassifier
from skhpo.neural.docstrings import documented
from skhpo.neural.images import AsImages, check_image_shape, image_shape
from skhpo.neural.randomness import Dropout

__all__ = ["LeNetClassifier"]

_VARIANTS = ("classic", "modern")

#: Two convolutions of 5 x 5 and two poolings leave 2 x 2 of that.
_LEAST = 16


class LeNet(nn.Sequential):  # type: ignore[misc]  # torch is not looked into
    """Two convolutions with poolings, and three linear layers.

    Parameters
    ----------
    shape : tuple of int
        Channels, height and width of a sample.
    n_classes : int
        Outputs.
    variant : {"classic", "modern"}
        Sigmoids and averages, or rectifiers, maxima and batch normalisation.
    dropout : float
        Before the last two layers.
    """

    def __init__(
        self, shape: tuple[int, int, int], n_classes: int, variant: str, dropout: float
    ) -> None:
        images = AsImages(shape, _LEAST)
        channels, height, width = images.out_shape
        is_modern = variant == "modern"
        activation = nn.ReLU if is_modern else nn.Sigmoid
        pooling = nn.MaxPool2d if is_modern else nn.AvgPool2d

        def block(before: int, after: int, padding: int) -> list[nn.Module]:
            convolution = nn.Conv2d(before, after, 5, padding=padding)
            norm = [nn.BatchNorm2d(after)] if is_modern else []
            return [convolution, *norm, activation(), pooling(2)]

        n_flat = 16 * math.prod((size // 2 - 4) // 2 for size in (height, width))
        super().__init__(
            images,
            *block(channels, 6, padding=2),
            *block(6, 16, padding=0),
            nn.Flatten(),
            nn.Linear(n_flat, 120),
            activation(),
            Dropout(dropout),
            nn.Linear(120, 84),
            activation(),
            Dropout(dropout),
            nn.Linear(84, n_classes),
        )
        for layer in self:
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                initialise = nn.init.kaiming_uniform_ if is_modern else nn.init.xavier_uniform_
                initialise(layer.weight)
                nn.init.zeros_(layer.bias)


@documented
class LeNetClassifier(NeuralClassifier):
    """LeNet-5, a convolutional net for small images.

    Two convolutions of 5 x 5, each with a pooling, and three linear layers. Sides shorter than 16
    pixels get margins of zeros.

    Parameters
    ----------
    lr : float, default=2e-3
        Learning rate.
    batch_size : int, default=64
        Samples of a step.
    variant : {"modern", "classic"}, default="modern"
        - "modern": rectifiers, maximum pooling, batch normalisation, weights by He;
        - "classic": sigmoids, average pooling, weights by Glorot, close to the paper. It stays on
          a plateau for some epochs before it learns.
    dropout : float, default=0.0
        Share of values that are left out before the last two layers.
    {{image_shape}}
    {{training}}

    Attributes
    ----------
    {{attributes}}

    References
    ----------
    LeCun, Y., Bottou, L., Bengio, Y. and Haffner, P. (1998). Gradient-based learning applied to
    document recognition. Proceedings of the IEEE 86(11), 2278-2324. Section II.B; with softmax and
    cross-entropy in place of radial basis functions, and all maps connected.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skhpo.neural import LeNetClassifier
    >>> digits = load_digits()
    >>> net = LeNetClassifier(max_epochs=2, random_state=0).fit(digits.images / 16, digits.target)
    >>> bool(net.score(digits.images / 16, digits.target) > 0.9)
    True
    """

    changeable_params = NeuralClassifier.changeable_params | {"dropout"}

    def __init__(
        self,
        lr: float = 2e-3,
        batch_size: int = 64,
        variant: Literal["modern", "classic"] = "modern",
        *,
        dropout: float = 0.0,
        image_shape: tuple[int, ...] | None = None,
        max_epochs: int = 20,
        optimizer: Any = "adam",
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
        self.variant = variant
        self.dropout = dropout
        self.image_shape = image_shape
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
        check_image_shape("LeNetClassifier", self.image_shape)
        if self.variant not in _VARIANTS:
            raise ValueError(
                f"LeNetClassifier: variant={self.variant!r} is not known."
                f"{did_you_mean(str(self.variant), _VARIANTS)} Write one of {list(_VARIANTS)}."
            )

    def _module(
        self, shape: tuple[int, ...], n_classes: int
    ) -> tuple[type[nn.Module], dict[str, Any]]:
        return LeNet, {
            "shape": image_shape("LeNetClassifier", self.image_shape, shape),
            "n_classes": n_classes,
            "variant": self.variant,
            "dropout": self.dropout,
        }
