"""Training that ends when it is enough, with the best weights: what a net needs for it."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import torch
from torch import nn

from skhpo.early_stopping import EarlyStopping
from skhpo.neural.randomness import Purpose, stream
from skhpo.neural.slices import Slices, Tensors

__all__ = ["EndsEarly", "Weights", "mean_loss"]

Weights: TypeAlias = dict[str, torch.Tensor]


class EndsEarly:
    """Of a skorch net with slices as batches: the loop over epochs, if it may end early.

    While training goes on, the module has the weights of the last epoch, and those that did best
    on the validation part are kept aside. Between calls it is the other way round, so that the best
    weights predict and training goes on just as it would have without a break.
    """

    early_stopping: EarlyStopping | None
    seed: int
    history: Any
    initialized_: bool
    module_: Any

    #: The weights of the last epoch, while the module has better ones.
    latest_: Weights | None = None

    @property
    def valid_losses(self) -> list[float]:
        """Mean loss on the validation part after each epoch so far, where there is such a part."""
        return [row["valid_loss"] for row in self.history if "valid_loss" in row]

    @property
    def has_stopped(self) -> bool:
        """Whether training has ended for lack of improvement; more calls do nothing."""
        if self.early_stopping is None or not self.initialized_:
            return False
        return self.early_stopping.is_over(self.valid_losses)

    def fit_loop(self, X: Any, y: Any = None, epochs: Any = None, **params: Any) -> Any:
        """Train for so many epochs, or until it is enough.

        Parameters
        ----------
        X : array or Tensor of shape (n_samples, ...)
            The samples.
        y : array or Tensor of int of shape (n_samples,)
            The target.
        epochs : int or None, default=None
            How many; None: ``max_epochs``.
        **params : object
            As in skorch.
        """
        net: Any = self
        if self.early_stopping is None:
            return super().fit_loop(X, y, epochs, **params)  # type: ignore[misc]  # skorch's
        params.pop("_routing_method", None)  # what skorch tells itself
        net.check_data(X, y)
        train, validation = self._parts(net.get_dataset(X, y), self.early_stopping)
        seen = {"dataset_train": train, "dataset_valid": validation}
        batches = net.get_iterator(train, training=True), net.get_iterator(validation)
        best = self._take_up_latest()
        for _ in range(net.max_epochs if epochs is None else epochs):
            if self.has_stopped:
                break
            if best is None and self.history:
                best = _copied(self.module_)
            net.notify("on_epoch_begin", **seen)
            net.run_single_epoch(batches[0], True, "train", net.train_step, **params)
            self._validate(batches[1])
            if self.early_stopping.best(self.valid_losses) == len(self.history) - 1:
                best = None  # it is what the module has
            net.notify("on_epoch_end", **seen)
        if best is not None:
            self.latest_ = None if self.has_stopped else _copied(self.module_)
            _put_back(self.module_, best)
        return self

    def _take_up_latest(self) -> Weights | None:
        """Give the module the weights of the last epoch; return the best, if they are others."""
        if self.latest_ is None:
            return None
        best = _copied(self.module_)
        _put_back(self.module_, self.latest_)
        self.latest_ = None
        return best

    def _parts(self, data: Tensors, stopping: EarlyStopping) -> tuple[Tensors, Tensors]:
        """Cut off what to judge by: the same samples at each call with the same data."""
        rng = np.random.default_rng(stream(self.seed, Purpose.VALIDATION))
        train, validation = stopping.split(len(data), data.y.cpu().numpy(), rng)
        return data.part(torch.from_numpy(train)), data.part(torch.from_numpy(validation))

    def _validate(self, iterator: Slices) -> None:
        """Measure the loss, without penalties, and learn nothing from it."""
        net: Any = self
        net._set_training(False)
        losses, sizes = [], []
        with torch.inference_mode():
            for X, y in iterator:
                losses.append(net.criterion_(self.module_(X), y))
                sizes.append(len(X))
        self.history.record("valid_loss", mean_loss(losses, sizes))


def mean_loss(losses: list[torch.Tensor], sizes: list[int]) -> float:
    """Return the mean loss of all samples; the one time that losses are read.

    Parameters
    ----------
    losses : list of Tensor
        Of batches.
    sizes : list of int
        Of batches, too.
    """
    weights = torch.tensor(sizes, dtype=torch.float64)  # which not every device has
    return float((torch.stack(losses).cpu().double() @ weights / weights.sum()).item())


def _copied(module: nn.Module) -> Weights:
    """Return a copy of what training changes: weights that are not frozen, and statistics."""
    frozen = {name for name, weight in module.named_parameters() if not weight.requires_grad}
    state = module.state_dict()
    return {name: state[name].detach().clone() for name in state if name not in frozen}


def _put_back(module: nn.Module, weights: Weights) -> None:
    module.load_state_dict(weights, strict=False)
