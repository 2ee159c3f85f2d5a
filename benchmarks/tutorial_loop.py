"""The training loop of most tutorials: images one by one through ToTensor, and a DataLoader."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import ToTensor

__all__ = ["images_by", "train"]


class Pictures(Dataset):  # type: ignore[type-arg]
    """Images in memory, made to pictures when they are asked for, as torchvision's own sets are.

    Parameters
    ----------
    pixels : ndarray of uint8 of shape (n_samples, height, width)
        What is in them.
    labels : ndarray of int of shape (n_samples,)
        What they show.
    transform : callable
        From a picture to a tensor.
    """

    def __init__(
        self, pixels: np.ndarray, labels: np.ndarray, transform: Callable[[Any], torch.Tensor]
    ) -> None:
        self.pixels = torch.from_numpy(pixels)
        self.labels = torch.from_numpy(labels)
        self.transform = transform

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, number: int) -> tuple[torch.Tensor, int]:
        picture = Image.fromarray(self.pixels[number].numpy())
        return self.transform(picture), int(self.labels[number])


def images_by(size: int, pixels: np.ndarray, labels: np.ndarray) -> DataLoader[Any]:
    """Return what yields shuffled batches.

    Parameters
    ----------
    size : int
        Of a batch.
    pixels : ndarray of uint8 of shape (n_samples, height, width)
        The images.
    labels : ndarray of int of shape (n_samples,)
        What they show.
    """
    return DataLoader(Pictures(pixels, labels, ToTensor()), batch_size=size, shuffle=True)


def train(
    module: nn.Module,
    criterion: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    optimizer: torch.optim.Optimizer,
    loader: DataLoader[Any],
) -> float:
    """Train for one epoch, and return the mean loss.

    Parameters
    ----------
    module : Module
        That takes rows.
    criterion : callable
        The loss of outputs and labels.
    optimizer : Optimizer
        Of the module's parameters.
    loader : DataLoader
        The batches.
    """
    device = next(module.parameters()).device
    module.train()
    total, n_samples = 0.0, 0
    for X, y in loader:
        X, y = X.to(device), y.to(device)
        optimizer.zero_grad()
        loss = criterion(module(X.flatten(start_dim=1)), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(X)
        n_samples += len(X)
    return total / n_samples
