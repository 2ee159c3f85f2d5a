"""Linear nets that learn side by side: one product of matrices for all of them at each batch.

Alone, such a net spends most of its time on everything but arithmetic. Nets that see the same
batches can share that: their layers, put side by side, are one wide layer, whose gradient is a
formula. Learning rates, momenta, penalties and schedules stay each net's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from skhpo.exceptions import DivergedError
from skhpo.neural.net import LeanNet
from skhpo.neural.penalties import ElasticNetPenalty
from skhpo.neural.slices import Slices, Tensors
from skhpo.neural.wide_losses import LOSSES
from skhpo.neural.wide_optimizers import WIDE_OPTIMIZERS, stacked

__all__ = ["can_join", "train_together"]


def can_join(net: LeanNet) -> bool:
    """Whether a net is one of those that can be trained together.

    It ends in a linear layer, and nothing before that learns; its loss, penalty and optimiser have
    wide counterparts.

    Parameters
    ----------
    net : LeanNet
        Initialised.
    """
    features, layer = _parts(net.module_)
    return (
        type(layer) is nn.Linear
        and layer.bias is not None
        and not list(features.parameters())
        and type(net.criterion_) in LOSSES
        and type(net.optimizer_) in WIDE_OPTIMIZERS
        and isinstance(net.penalty, (ElasticNetPenalty, type(None)))
    )


def train_together(
    nets: Sequence[LeanNet], X: Any, y: Any, epochs: int
) -> list[DivergedError | None]:
    """Train nets as each would be alone, up to rounding.

    Parameters
    ----------
    nets : sequence of LeanNet
        All of which :func:`can_join`, with the same seed, number of epochs so far, batch size,
        criterion, class of optimiser and device; their modules are the same, but for the weights
        of the last layer.
    X : array or Tensor of shape (n_samples, n_features)
        The samples.
    y : array or Tensor of int of shape (n_samples,)
        The classes.
    epochs : int
        How many to make.

    Returns
    -------
    list of DivergedError or None
        What went wrong with each net. One that diverges leaves the others alone.
    """
    dataset = nets[0].get_dataset(X, y)
    errors: dict[LeanNet, DivergedError] = {}
    going, done = list(nets), 0
    with torch.no_grad():
        while going and done < epochs:
            done += _WideLayer(going).train(dataset, epochs - done, errors)
            going = [net for net in going if net not in errors]
    return [errors.get(net) for net in nets]


class _WideLayer:
    """The last layers of many nets, side by side.

    Parameters
    ----------
    nets : sequence of LeanNet
        Whose layers.
    """

    def __init__(self, nets: Sequence[LeanNet]) -> None:
        self.nets = nets
        self.features, _ = _parts(nets[0].module_)
        self.layers = [_parts(net.module_)[1] for net in nets]
        self.weight = stacked([layer.weight for layer in self.layers])
        self.bias = stacked([layer.bias for layer in self.layers])
        self.loss = LOSSES[type(nets[0].criterion_)]
        optimizers = [net.optimizer_ for net in nets]
        self.optimizer = WIDE_OPTIMIZERS[type(optimizers[0])](optimizers)
        none = ElasticNetPenalty(0.0, 0.0)
        penalties: list[Any] = [net.penalty or none for net in nets]
        self.l1 = self.weight.new_tensor([penalty.l1 for penalty in penalties])
        self.l2 = self.weight.new_tensor([penalty.l2 for penalty in penalties])
        self.has_l1, self.has_l2 = bool(self.l1.any()), bool(self.l2.any())

    def train(self, dataset: Tensors, epochs: int, errors: dict[LeanNet, DivergedError]) -> int:
        """Train until a net diverges, note that among the errors, and return the epochs made."""
        seen = {"dataset_train": dataset, "dataset_valid": None}
        made = 0
        while made < epochs and errors.keys().isdisjoint(self.nets):
            for net in self.nets:
                net.notify("on_epoch_begin", **seen)
            losses, n_batches = self._epoch(self.nets[0].get_iterator(dataset, training=True))
            for net, loss in zip(self.nets, losses, strict=True):
                try:
                    net.record_epoch(loss, n_batches)
                except DivergedError as error:
                    errors[net] = error
                net.notify("on_epoch_end", **seen)
            made += 1
        self._give_back()
        return made

    def _epoch(self, iterator: Slices) -> tuple[list[float], int]:
        """Train for one epoch; return each net's mean loss, and the number of steps."""
        begun = [(net, net.epochs - 1, net.losses) for net in self.nets]
        losses, sizes = [], []
        for number, (X, y) in enumerate(iterator):
            for net, epoch, before in begun:
                if number == 0 or net.schedule.per_batch:
                    net.set_rate(epoch + number / len(iterator), before)
            losses.append(self._step(X, y))
            sizes.append(len(X))
        weights = torch.tensor(sizes, dtype=torch.float64)
        means = weights @ torch.stack(losses).cpu().double() / weights.sum()
        return means.tolist(), len(sizes)

    def _give_back(self) -> None:
        """Let each net have what it has learnt."""
        for layer, weight, bias in zip(self.layers, self.weight, self.bias, strict=True):
            layer.weight.copy_(weight)
            layer.bias.copy_(bias.view(-1))
        self.optimizer.give_back()

    def _step(self, X: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Make one step; return the loss of each net before it."""
        X = self.features(X)
        n_members, n_classes, n_features = self.weight.shape
        rows = self.weight.view(-1, n_features)
        outputs = torch.addmm(self.bias.view(-1, 1), rows, X.t()).view(n_members, n_classes, len(X))
        losses, by_output = self.loss(outputs, y)
        by_weight = (by_output.view(-1, len(X)) @ X).view_as(self.weight)
        losses = losses + self._penalise(by_weight)
        self.optimizer.step([self.weight, self.bias], [by_weight, by_output.sum(2, keepdim=True)])
        return losses

    def _penalise(self, gradient: torch.Tensor) -> torch.Tensor | float:
        """Add the gradient of the penalties; return what these come to."""
        penalties: torch.Tensor | float = 0.0
        if self.has_l2:
            gradient.addcmul_(self.weight, self.l2.view(-1, 1, 1))
            penalties = self.l2 / 2 * torch.linalg.vector_norm(self.weight, dim=(1, 2)).square()
        if self.has_l1:
            gradient.addcmul_(self.weight.sign(), self.l1.view(-1, 1, 1))
            penalties = penalties + self.l1 * self.weight.abs().sum(dim=(1, 2))
        return penalties


def _parts(module: nn.Module) -> tuple[nn.Module, Any]:
    """Return what makes features of samples, and the layer that is trained on them."""
    if isinstance(module, nn.Sequential) and len(module):
        *features, layer = module
        return nn.Sequential(*features), layer
    return nn.Identity(), module
