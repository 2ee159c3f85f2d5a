"""Losses of many linear models at once, with their gradients.

Everything has the shape (n_members, n_classes, n_samples): sums over classes run along the middle,
and what is next to each other in memory is computed by one instruction.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

__all__ = ["LOSSES", "cross_entropy", "multi_margin"]


def cross_entropy(outputs: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what :class:`torch.nn.CrossEntropyLoss` does, and its gradient by the outputs.

    Parameters
    ----------
    outputs : Tensor of shape (n_members, n_classes, n_samples)
        Of each member.
    y : Tensor of int64 of shape (n_samples,)
        The classes, which all members share.

    Returns
    -------
    losses : Tensor of shape (n_members,)
        Means over the samples.
    gradient : Tensor of shape (n_members, n_classes, n_samples)
        Of each member's loss by its outputs.
    """
    n_members, _, n_samples = outputs.shape
    true = y.expand(n_members, 1, n_samples)
    logarithms = torch.log_softmax(outputs, dim=1)
    losses = -logarithms.gather(1, true).mean(dim=(1, 2))
    gradient = logarithms.exp_()
    gradient.scatter_add_(1, true, gradient.new_full((), -1.0).expand(n_members, 1, n_samples))
    return losses, gradient.div_(n_samples)


def multi_margin(outputs: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what :class:`torch.nn.MultiMarginLoss` does, and its gradient by the outputs.

    Parameters
    ----------
    outputs : Tensor of shape (n_members, n_classes, n_samples)
        Of each member.
    y : Tensor of int64 of shape (n_samples,)
        The classes, which all members share.

    Returns
    -------
    losses : Tensor of shape (n_members,)
        Means over the samples.
    gradient : Tensor of shape (n_members, n_classes, n_samples)
        Of each member's loss by its outputs.
    """
    n_members, n_classes, n_samples = outputs.shape
    true = y.expand(n_members, 1, n_samples)
    margins = outputs + (1 - outputs.gather(1, true))
    margins.scatter_(1, true, 0.0).clamp_min_(0.0)
    losses = margins.mean(dim=(1, 2))
    gradient = (margins > 0).to(outputs.dtype)
    gradient.scatter_(1, true, -gradient.sum(dim=1, keepdim=True))
    return losses, gradient.div_(n_classes * n_samples)


#: By the criterion that each member has when it is trained alone.
LOSSES: dict[
    type[nn.Module],
    Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]],
] = {
    nn.CrossEntropyLoss: cross_entropy,
    nn.MultiMarginLoss: multi_margin,
}
