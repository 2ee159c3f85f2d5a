"""Penalties on the weights of a linear layer, added to the loss."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

__all__ = ["ElasticNetPenalty"]


@dataclass(frozen=True)
class ElasticNetPenalty:
    """``l1 |W|_1 + l2 / 2 |W|_2^2`` of the weights of the last layer, biases left out.

    Parameters
    ----------
    l1, l2 : float
        Strengths.
    """

    l1: float
    l2: float

    def __call__(self, module: nn.Module) -> torch.Tensor:
        """Return the penalty.

        Parameters
        ----------
        module : Linear or Sequential
            Whose last layer is linear.
        """
        weight = (module[-1] if isinstance(module, nn.Sequential) else module).weight
        penalty = self.l2 / 2 * weight.square().sum()
        return penalty + self.l1 * weight.abs().sum() if self.l1 else penalty
