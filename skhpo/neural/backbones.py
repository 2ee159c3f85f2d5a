"""Backbones of torchvision: what they are made of, what they want to see, and their weights."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import torch
from torch import nn
from torch.nn.functional import interpolate

from skhpo._torchvision import import_torchvision
from skhpo.exceptions import did_you_mean
from skhpo.neural.images import AsImages
from skhpo.neural.randomness import Dropout, fixed_globals

__all__ = ["Transfer", "check_backbone", "check_weights", "image_size_of", "read_weights"]

#: Their last layer is no linear one, or they have several outputs while they are trained.
_UNLIKE_THE_OTHERS = {"googlenet", "inception_v3", "squeezenet1_0", "squeezenet1_1"}

#: Pixels that are looked at together where nothing is learnt: what is in between fills memory.
_PIXELS = 2**22


def _models() -> Any:
    return import_torchvision("pretrained backbones").models


def check_backbone(owner: str, name: Any) -> None:
    """Raise an error unless torchvision has such a backbone.

    Parameters
    ----------
    owner : str
        Whose setting it is.
    name : str
        What was given.

    Raises
    ------
    MissingExtraError
        If there is no torchvision, or one that cannot be loaded.
    ValueError
        If it has no such backbone, with the nearest that it has.
    """
    models = _models()
    known = set(models.list_models(module=models)) - _UNLIKE_THE_OTHERS
    if not isinstance(name, str) or name not in known:
        raise ValueError(
            f"{owner}: backbone={name!r} is not known.{did_you_mean(str(name), sorted(known))} "
            "Write the name of a classifier in torchvision.models that ends in a linear layer, "
            "such as 'resnet18', 'efficientnet_b0' or 'mobilenet_v3_small'."
        )


# --------------------------------------------------------------------------- weights


def _published(backbone: str) -> Any:
    return _models().get_model_weights(backbone)


def check_weights(owner: str, backbone: str, weights: Any) -> None:
    """Raise an error unless there are such weights; nothing is downloaded.

    Parameters
    ----------
    owner : str
        Whose setting it is.
    backbone : str
        Whose weights.
    weights : str, path-like or None
        What was given.

    Raises
    ------
    ValueError
        Saying what to write instead.
    """
    if weights is None or (isinstance(weights, os.PathLike) and Path(weights).is_file()):
        return
    names = [name.lower() for name in _published(backbone).__members__]
    is_there = isinstance(weights, str) and (
        weights.lower() in names or Path(weights).expanduser().is_file()
    )
    if not is_there:
        raise ValueError(
            f"{owner}: weights={weights!r} is neither a file that is there nor the name of weights "
            f"published for {backbone!r}.{did_you_mean(str(weights), names)} Write one of "
            f"{names}, the path of a state dict that torch.save wrote, or None."
        )


def image_size_of(backbone: str) -> tuple[int, int]:
    """Return height and width of the images that published weights were trained with.

    Parameters
    ----------
    backbone : str
        Whose weights.
    """
    (side,) = set(_published(backbone).DEFAULT.transforms().crop_size)
    return side, side


def read_weights(owner: str, backbone: str, weights: Any) -> dict[str, torch.Tensor]:
    """Return a state dict; published weights are downloaded if torch does not have them already.

    Parameters
    ----------
    owner : str
        Whose setting it is.
    backbone : str
        Whose weights.
    weights : str or path-like
        A name, or a file.

    Raises
    ------
    OSError
        If they cannot be downloaded.
    ValueError
        If the file has none.
    """
    published = _published(backbone).__members__
    name = str(weights).upper()
    if name in published:
        try:
            with fixed_globals(0):
                model = _models().get_model(backbone, weights=published[name], progress=False)
        except OSError as error:
            raise OSError(
                f"{owner}: the weights {name!r} of {backbone!r} are not in {torch.hub.get_dir()}, "
                f"and cannot be downloaded from {published[name].url} ({error}). Bring the file "
                "to another place, and give its path as weights, or write weights=None"
            ) from error
        state: dict[str, torch.Tensor] = model.state_dict()
        return state
    try:
        read = torch.load(Path(weights).expanduser(), map_location="cpu", weights_only=True)
    except Exception as error:  # by a damaged archive, or by what it refuses to read
        raise ValueError(
            f"{owner}: weights={weights!r} cannot be read ({type(error).__name__}: {error})"
        ) from error
    if not isinstance(read, Mapping):
        raise ValueError(
            f"{owner}: weights={weights!r} has a {type(read).__name__}, not a state dict; write "
            "the file by torch.save(model.state_dict(), path)"
        )
    return dict(read)


# --------------------------------------------------------------------------- the module


class Transfer(nn.Module):  # type: ignore[misc]  # torch is not looked into
    """A backbone with a new last layer.

    Layers that are not trained are those of a finished model: batch normalisation goes by the
    statistics it has and leaves them as they are, and nothing is dropped.

    Parameters
    ----------
    backbone : str
        Its name in torchvision.
    image_shape : tuple of int
        (channels, height, width) of what is given, one channel or three.
    image_size : tuple of int
        (height, width) the backbone is to see.
    n_outputs : int
        Of the new layer.
    trained_blocks : int or "all"
        How many blocks of the backbone are trained, counted from the last one.
    dropout : float
        Before the new layer.
    """

    def __init__(
        self,
        backbone: str,
        image_shape: tuple[int, int, int],
        image_size: tuple[int, int],
        n_outputs: int,
        trained_blocks: int | Literal["all"],
        dropout: float,
    ) -> None:
        super().__init__()
        self.backbone = _models().get_model(backbone, weights=None)
        self._former_head, old = _last_linear(self.backbone)
        owner, _, name = self._former_head.rpartition(".")
        setattr(self.backbone.get_submodule(owner), name, nn.Identity())
        self.dropout = Dropout(dropout)
        self.head = nn.Linear(old.in_features, n_outputs)
        self.as_images = AsImages(image_shape)
        self.image_size = image_size
        wanted = _published(backbone).DEFAULT.transforms()
        for name, values in (("mean", wanted.mean), ("std", wanted.std)):
            self.register_buffer(name, torch.tensor(values).view(3, 1, 1), persistent=False)
        self.backbone.requires_grad_(False).eval()
        self._trained = self._last_blocks(trained_blocks)
        for part in self._trained:
            part.requires_grad_(True).train()
        self._takes_features = False

    @property
    def is_frozen(self) -> bool:
        """Whether nothing of the backbone is trained."""
        return not self._trained

    def load(self, state: Mapping[str, torch.Tensor]) -> None:
        """Take over the weights of a backbone; those of its last layer are of no use.

        Parameters
        ----------
        state : mapping of str to Tensor
            As torchvision names them.
        """
        former = f"{self._former_head}."
        kept = {name: value for name, value in state.items() if not name.startswith(former)}
        self.backbone.load_state_dict(kept)

    def calibrate(self, X: torch.Tensor) -> None:
        """Let batch normalisations begin with the statistics of images.

        Without, what random weights make of an image fades away from layer to layer.

        Parameters
        ----------
        X : Tensor of shape (n_samples, n_values)
            Two images or more, as rows; so many of them are looked at as fit in memory.
        """
        norms = [
            m for m in self.backbone.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)
        ]
        if not norms:
            return
        momenta = [norm.momentum for norm in norms]
        self.eval()
        for norm in norms:
            norm.train()
            norm.momentum = 1.0
        every = 1 + len(X) * math.prod(self.image_size) // _PIXELS
        with torch.no_grad():
            self.backbone(self._prepared(X[::every] if len(X) // every > 1 else X[:2]))
        for norm, momentum in zip(norms, momenta, strict=True):
            norm.momentum = momentum
            norm.eval()

    def train(self, mode: bool = True) -> Transfer:
        """Say whether the next samples are for training.

        Parameters
        ----------
        mode : bool, default=True
            Whether they are; what is frozen never knows.
        """
        self.training = mode
        for part in (*self._trained, self.dropout, self.head):
            part.train(mode)
        return self

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return outputs for samples, or for their features within :meth:`head_alone`.

        Parameters
        ----------
        X : Tensor of shape (n_samples, n_values)
            Images as rows.
        """
        return self.head(self.dropout(X if self._takes_features else self.encode(X)))

    def encode(self, X: torch.Tensor) -> torch.Tensor:
        """Return what the backbone finds in images.

        Parameters
        ----------
        X : Tensor of shape (n_samples, n_values)
            Images as rows.

        Returns
        -------
        Tensor of shape (n_samples, n_features)
        """
        # Where layers learn, they see the whole batch at once, whose statistics they need.
        is_whole = torch.is_grad_enabled() and not self.is_frozen
        size = len(X) if is_whole else max(1, _PIXELS // math.prod(self.image_size))
        return torch.cat([self.backbone(self._prepared(part)) for part in X.split(size)])

    @contextmanager
    def head_alone(self) -> Iterator[None]:
        """Take features for samples, as :meth:`encode` returned them."""
        self._takes_features = True
        try:
            yield
        finally:
            self._takes_features = False

    def _prepared(self, X: torch.Tensor) -> torch.Tensor:
        images = self.as_images(X)
        if images.shape[2:] != self.image_size:
            images = interpolate(
                images, self.image_size, mode="bilinear", align_corners=False, antialias=True
            )
        return (images.expand(-1, 3, -1, -1) - self.mean) / self.std

    def _last_blocks(self, n_blocks: int | Literal["all"]) -> list[nn.Module]:
        """Return blocks from the end, with what is between them and after them."""
        parts = _parts(self.backbone)
        blocks = [at for at, part in enumerate(parts) if any(True for _ in part.parameters())]
        if n_blocks == "all" or n_blocks >= len(blocks):
            return [self.backbone]
        return parts[blocks[-n_blocks] :] if n_blocks else []


def _last_linear(model: nn.Module) -> tuple[str, nn.Linear]:
    """Return the last linear layer, and its name."""
    layers = [(name, layer) for name, layer in model.named_modules() if type(layer) is nn.Linear]
    return layers[-1]


def _parts(model: nn.Module) -> list[nn.Module]:
    """Return what a model consists of, in order; of what is only a sequence, its members."""
    sequences = (nn.Sequential, nn.ModuleList)
    return [
        part
        for child in model.children()
        for part in (child.children() if type(child) in sequences else [child])
    ]
