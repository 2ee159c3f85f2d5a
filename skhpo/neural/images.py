"""Rows of numbers as images."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from skhpo.settings import check_count

__all__ = ["AsImages", "check_image_shape", "image_shape"]


def check_image_shape(owner: str, value: Any) -> None:
    """Raise an error unless it is two or three sizes, or None.

    Parameters
    ----------
    owner : str
        Whose setting it is.
    value : object
        What was given.

    Raises
    ------
    ValueError
        Saying what to write instead.
    """
    if value is None:
        return
    if not isinstance(value, (tuple, list)) or len(value) not in (2, 3):
        raise ValueError(
            f"{owner}: image_shape must be (height, width) or (channels, height, width), such as "
            f"(28, 28), or None, got {value!r}"
        )
    for size in value:
        check_count(owner, "each size of image_shape", size)


def image_shape(owner: str, given: Any, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return channels, height and width of samples.

    Parameters
    ----------
    owner : str
        Whose samples they are.
    given : tuple of int or None
        The setting ``image_shape``.
    shape : tuple of int
        Of one sample, as it came.

    Raises
    ------
    ValueError
        If the setting is not the shape of the samples.
    """
    if given is None and len(shape) == 1:
        width = math.isqrt(shape[0] - 1) + 1
        return 1, math.ceil(shape[0] / width), width
    sizes = tuple(shape if given is None else given)
    if math.prod(sizes) != math.prod(shape) or (len(shape) > 1 and sizes[-2:] != shape[-2:]):
        raise ValueError(
            f"{owner}: image_shape={given!r}, but samples have the shape {shape}; leave it out, or "
            f"write the sizes that the samples have"
        )
    channels, height, width = (1, *sizes)[-3:]
    return channels, height, width


class AsImages(nn.Module):  # type: ignore[misc]  # torch is not looked into
    """Makes images of rows; those that are too small get margins of zeros.

    Parameters
    ----------
    shape : tuple of int
        Channels, height, width.
    least : int, default=1
        Height and width that they have at least.
    """

    def __init__(self, shape: tuple[int, int, int], least: int = 1) -> None:
        super().__init__()
        channels, *sizes = shape
        self.shape = shape
        #: channels, height and width of what comes out
        self.out_shape = (channels, *(max(size, least) for size in sizes))
        missing = [max(0, least - size) for size in sizes]
        # left, right, top, bottom: as torch wants them, from the last dimension on
        self.margins = [part for m in reversed(missing) for part in (m // 2, m - m // 2)]

    def forward(self, X: torch.Tensor) -> torch.Tensor:
        """Return images.

        Parameters
        ----------
        X : Tensor of shape (n_samples, n_features)
            Rows; pixels that are missing at the end are zeros.

        Returns
        -------
        Tensor of shape (n_samples, channels, height, width)
        """
        missing = math.prod(self.shape) - X.shape[1]
        if missing:
            X = functional.pad(X, (0, missing))
        X = X.view(-1, *self.shape)
        return functional.pad(X, self.margins) if any(self.margins) else X
