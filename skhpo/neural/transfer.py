"""Transfer learning: a backbone of torchvision, with a last layer of one's own."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from skhpo.neural.backbones import (
    Transfer,
    check_backbone,
    check_weights,
    image_size_of,
    read_weights,
)
from skhpo.neural.base import NeuralClassifier
from skhpo.neural.docstrings import documented
from skhpo.neural.images import check_image_shape, image_shape
from skhpo.settings import check_count

__all__ = ["TransferClassifier"]

_OWNER = "TransferClassifier"


@documented
class TransferClassifier(NeuralClassifier):
    """A classifier of images on a backbone that has learnt to see elsewhere.

    The last layer of the backbone is replaced by a new one, with an output for each class. That is
    trained, and as much of the backbone as is asked for; what is not trained is left entirely as
    it is, with the statistics of its batch normalisations. Where nothing of the backbone is
    trained, it looks at the training images once, and not in each epoch.

    Images with one channel are repeated to three, scaled to the size that the weights want, and
    normalised as they want it. They are to be given as bytes, or as numbers between 0 and 1.

    Parameters
    ----------
    backbone : str, default="resnet18"
        A classifier of :mod:`torchvision.models` that ends in a linear layer, such as "resnet50",
        "efficientnet_b0" or "mobilenet_v3_large".
    lr : float, default=1e-3
        Learning rate.
    batch_size : int, default=64
        Samples of a step.
    weights : str, path-like or None, default=None
        What the backbone has learnt before:

        - None: nothing; its weights are random;
        - "default", or a name such as "imagenet1k_v1": weights that torchvision publishes, which
          are downloaded at the first time, see :func:`torch.hub.get_dir`;
        - the path of a file with a state dict, under torchvision's names; the last layer in it may
          be of any size.
    trained_blocks : int or "all", default=0
        How many blocks of the backbone are trained besides the new layer, counted from the last
        one, or "all" there are: 0 makes it a fixed extractor of features. A block is a residual
        block or a stage, or a single layer outside of these, as torchvision has put them together:
        "resnet18" has 10, "efficientnet_b0" 9 and "mobilenet_v3_small" 14.
    dropout : float, default=0.0
        Share of features that are left out before the new layer.
    image_size : int, tuple of int or None, default=None
        Side, or (height, width), that images are scaled to. None: with weights, what those that
        are published were trained with, mostly 224; without, images are left as they are.
    {{image_shape}}
    {{training}}

    Attributes
    ----------
    {{attributes}}

    Notes
    -----
    Backbone and blocks can be searched together, such as in
    ``{"backbone": ["resnet18", "mobilenet_v3_small"], "trained_blocks": Int(0, 4)}``: counts beyond
    the number of blocks mean all. Pickles hold the whole backbone, trained or not.

    References
    ----------
    Yosinski, J., Clune, J., Bengio, Y. and Lipson, H. (2014). How transferable are features in deep
    neural networks? NeurIPS 27.

    Kornblith, S., Shlens, J. and Le, Q. V. (2019). Do better ImageNet models transfer better? CVPR.
    """

    changeable_params = NeuralClassifier.changeable_params | {"dropout"}
    _draws_globally = True  # stochastic depth, and the dropout of some backbones

    #: What was looked at last, and what the backbone found; it is not pickled.
    _encoded: tuple[bytes, torch.Tensor] | None = None

    def __init__(
        self,
        backbone: str = "resnet18",
        lr: float = 1e-3,
        batch_size: int = 64,
        *,
        weights: str | os.PathLike[str] | None = None,
        trained_blocks: int | Literal["all"] = 0,
        dropout: float = 0.0,
        image_size: int | tuple[int, int] | None = None,
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
        self.backbone = backbone
        self.lr = lr
        self.batch_size = batch_size
        self.weights = weights
        self.trained_blocks = trained_blocks
        self.dropout = dropout
        self.image_size = image_size
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
        check_image_shape(_OWNER, self.image_shape)
        if self.trained_blocks != "all":
            _check_blocks(self.trained_blocks)
        _check_size(self.image_size)
        check_backbone(_OWNER, self.backbone)
        check_weights(_OWNER, self.backbone, self.weights)

    def _module(
        self, shape: tuple[int, ...], n_classes: int
    ) -> tuple[type[nn.Module], dict[str, Any]]:
        images = image_shape(_OWNER, self.image_shape, shape)
        if images[0] not in (1, 3):
            hint = "; bring channels first: X.transpose(0, 3, 1, 2)" if images[2] in (1, 3) else ""
            raise ValueError(
                f"{_OWNER}: images have one channel or three, got {images[0]} in samples of the "
                f"shape {shape}{hint}"
            )
        size = images[1:] if self.weights is None else image_size_of(self.backbone)
        if self.image_size is not None:
            size = _sides(self.image_size)
        return Transfer, {
            "backbone": self.backbone,
            "image_shape": images,
            "image_size": size,
            "n_outputs": n_classes,
            "trained_blocks": self.trained_blocks,
            "dropout": self.dropout,
        }

    def _begin(self, X: NDArray[np.float32], y: Any, classes: Any, seed: int | None = None) -> None:
        super()._begin(X, y, classes, seed)
        self._encoded = None
        module: Transfer = self.net_.module_
        if self.weights is not None:
            state = read_weights(_OWNER, self.backbone, self.weights)
            try:
                module.load(state)
            except RuntimeError as error:
                raise ValueError(
                    f"{_OWNER}: weights={self.weights!r} are not those of {self.backbone!r} "
                    f"({error})"
                ) from error
        try:
            self.net_.outputs(X[:1])
            if self.weights is None and len(X) > 1:
                module.calibrate(self.net_.get_dataset(X).X)
        except Exception as error:  # each backbone has its own way to complain
            height, width = module.image_size
            raise ValueError(
                f"{_OWNER}: {self.backbone!r} cannot look at images of {height} x {width} pixels "
                f"({error}); write image_size={image_size_of(self.backbone)[0]}, or a smaller "
                "backbone"
            ) from error

    def _train(self, X: NDArray[np.float32], y: Any, epochs: int) -> NeuralClassifier:
        module: Transfer = self.net_.module_
        if not module.is_frozen:
            return super()._train(X, y, epochs)
        features: Any = self._features(X)
        with module.head_alone():
            return super()._train(features, y, epochs)

    def _features(self, X: NDArray[np.float32]) -> torch.Tensor:
        """Return what the backbone finds; if it was shown the same the last time, at once."""
        content = blake2b(X.tobytes()).digest()
        if self._encoded is None or self._encoded[0] != content:
            with torch.no_grad():
                found = self.net_.module_.eval().encode(self.net_.get_dataset(X).X)
            self._encoded = content, found
        return self._encoded[1]

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = super().__getstate__()
        state.pop("_encoded", None)
        return state


def _check_blocks(value: Any) -> None:
    try:
        check_count(_OWNER, "trained_blocks", value, least=0)
    except ValueError as error:
        raise ValueError(f"{error}; or write 'all'") from None


def _sides(size: Any) -> tuple[int, int]:
    """Return height and width."""
    height, width = size if isinstance(size, (tuple, list)) else (size, size)
    return height, width


def _check_size(value: Any) -> None:
    if value is None:
        return
    try:
        for side in _sides(value):
            check_count(_OWNER, "image_size", side)
    except ValueError:
        raise ValueError(
            f"{_OWNER}: image_size must be a number of pixels, (height, width) or None, "
            f"got {value!r}"
        ) from None
