"""A small convolutional net."""

from __future__ import annotations

from typing import Any

from torch import nn

from skhpo.neural.base import NeuralClassifier
from skhpo.neural.docstrings import documented
from skhpo.neural.images import AsImages, check_image_shape, image_shape
from skhpo.neural.randomness import Dropout
from skhpo.settings import check_count

__all__ = ["ConvNetClassifier"]


class ConvNet(nn.Sequential):  # type: ignore[misc]  # torch is not looked into
    """Blocks of a convolution, batch normalisation and pooling, and a linear layer.

    Parameters
    ----------
    shape : tuple of int
        Channels, height and width of a sample.
    n_classes : int
        Outputs.
    blocks, width, kernel_size : int
        How many; maps of the first one, twice as many in each that follows; size of the kernels.
    dropout : float
        Before the linear layer.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        n_classes: int,
        blocks: int,
        width: int,
        kernel_size: int,
        dropout: float,
    ) -> None:
        layers: list[nn.Module] = [AsImages(shape)]
        channels, *sizes = shape
        for number in range(blocks):
            maps = width * 2**number
            layers += [
                nn.Conv2d(channels, maps, kernel_size, padding=kernel_size // 2, bias=False),
                nn.BatchNorm2d(maps),
                nn.ReLU(),
            ]
            sizes = [size + 1 - kernel_size % 2 for size in sizes]  # even kernels need a margin
            if min(sizes) > 1:
                layers.append(nn.MaxPool2d(2))
                sizes = [size // 2 for size in sizes]
            channels = maps
        # the average over what is left: as many weights for images of any size
        layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), Dropout(dropout)]
        super().__init__(*layers, nn.Linear(channels, n_classes))


@documented
class ConvNetClassifier(NeuralClassifier):
    """A convolutional net whose architecture is plain parameters, to be searched.

    Each block is a convolution, batch normalisation, a rectifier and a pooling by two, which is
    left out where nothing is left to pool; the mean over the last maps goes to a linear layer.

    Parameters
    ----------
    lr : float, default=3e-3
        Learning rate.
    batch_size : int, default=64
        Samples of a step.
    blocks : int, default=2
        How many.
    width : int, default=16
        Maps of the first block; each block has twice as many as the one before.
    kernel_size : int, default=3
        Height and width of the kernels, in pixels.
    dropout : float, default=0.0
        Share of values that are left out before the linear layer.
    {{image_shape}}
    {{training}}

    Attributes
    ----------
    {{attributes}}

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skhpo.neural import ConvNetClassifier
    >>> digits = load_digits()
    >>> net = ConvNetClassifier(max_epochs=4, random_state=0)
    >>> net = net.fit(digits.images / 16, digits.target)
    >>> bool(net.score(digits.images / 16, digits.target) > 0.9)
    True
    """

    changeable_params = NeuralClassifier.changeable_params | {"dropout"}

    def __init__(
        self,
        lr: float = 3e-3,
        batch_size: int = 64,
        *,
        blocks: int = 2,
        width: int = 16,
        kernel_size: int = 3,
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
        self.blocks = blocks
        self.width = width
        self.kernel_size = kernel_size
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
        for name in ("blocks", "width", "kernel_size"):
            check_count("ConvNetClassifier", name, getattr(self, name))
        check_image_shape("ConvNetClassifier", self.image_shape)

    def _module(
        self, shape: tuple[int, ...], n_classes: int
    ) -> tuple[type[nn.Module], dict[str, Any]]:
        return ConvNet, {
            "shape": image_shape("ConvNetClassifier", self.image_shape, shape),
            "n_classes": n_classes,
            "blocks": self.blocks,
            "width": self.width,
            "kernel_size": self.kernel_size,
            "dropout": self.dropout,
        }
