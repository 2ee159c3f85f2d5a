"""A multilayer perceptron."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import nn

from skhpo.exceptions import did_you_mean
from skhpo.neural.base import NeuralClassifier
from skhpo.neural.docstrings import documented
from skhpo.neural.randomness import Dropout
from skhpo.settings import check_count

__all__ = ["ACTIVATIONS", "MLPNetClassifier"]

#: Activations by name.
ACTIVATIONS: Mapping[str, type[nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}

#: Normalisations by name, made of the number of units.
_NORMS: Mapping[str, Callable[[int], nn.Module]] = {
    "batch": nn.BatchNorm1d,
    "layer": nn.LayerNorm,
}


class Perceptron(nn.Sequential):  # type: ignore[misc]  # torch is not looked into
    """Linear layers with activations.

    Parameters
    ----------
    in_features, n_classes : int
        Inputs and outputs.
    depth, width : int
        Hidden layers, and units of each.
    activation : str
        Of these.
    norm : str or None
        Before each activation.
    dropout : float
        After each activation.
    """

    def __init__(
        self,
        in_features: int,
        n_classes: int,
        depth: int,
        width: int,
        activation: str,
        norm: str | None,
        dropout: float,
    ) -> None:
        layers: list[nn.Module] = []
        for number in range(depth):
            layers.append(nn.Linear(width if number else in_features, width))
            if norm is not None:
                layers.append(_NORMS[norm](width))
            layers += [ACTIVATIONS[activation](), Dropout(dropout)]
        super().__init__(*layers, nn.Linear(width if depth else in_features, n_classes))


@documented
class MLPNetClassifier(NeuralClassifier):
    """A multilayer perceptron whose architecture is plain parameters, to be searched.

    Parameters
    ----------
    lr : float, default=1e-3
        Learning rate.
    batch_size : int, default=64
        Samples of a step.
    depth : int, default=2
        Hidden layers; with 0 it is softmax regression.
    width : int, default=128
        Units of each.
    activation : {"relu", "gelu", "silu", "tanh", "sigmoid"}, default="relu"
        Of the hidden units.
    norm : {"batch", "layer"} or None, default=None
        Normalisation before each activation.
    dropout : float, default=0.0
        Share of hidden units that are left out.
    {{training}}

    Attributes
    ----------
    {{attributes}}

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from skhpo.neural import MLPNetClassifier
    >>> X, y = load_digits(return_X_y=True)
    >>> bool(MLPNetClassifier(random_state=0).fit(X / 16, y).score(X / 16, y) > 0.95)
    True
    """

    changeable_params = NeuralClassifier.changeable_params | {"dropout"}

    def __init__(
        self,
        lr: float = 1e-3,
        batch_size: int = 64,
        *,
        depth: int = 2,
        width: int = 128,
        activation: str = "relu",
        norm: str | None = None,
        dropout: float = 0.0,
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
        self.depth = depth
        self.width = width
        self.activation = activation
        self.norm = norm
        self.dropout = dropout
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
        check_count("MLPNetClassifier", "depth", self.depth, least=0)
        check_count("MLPNetClassifier", "width", self.width)
        for name, known in (("activation", [*ACTIVATIONS]), ("norm", [*_NORMS, None])):
            value = getattr(self, name)
            if value not in known:
                nearest = did_you_mean(str(value), [other for other in known if other is not None])
                raise ValueError(
                    f"MLPNetClassifier: {name}={value!r} is not known.{nearest} "
                    f"Write one of {known}."
                )

    def _module(
        self, shape: tuple[int, ...], n_classes: int
    ) -> tuple[type[nn.Module], dict[str, Any]]:
        return Perceptron, {
            "in_features": self.n_features_in_,
            "n_classes": n_classes,
            "depth": self.depth,
            "width": self.width,
            "activation": self.activation,
            "norm": self.norm,
            "dropout": self.dropout,
        }
