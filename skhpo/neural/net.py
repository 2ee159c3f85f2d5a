"""The trainer: skorch's net with a lean epoch, and training that resumes exactly."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from skorch import NeuralNetClassifier
from torch import nn

from skhpo.divergence import check_loss
from skhpo.early_stopping import EarlyStopping
from skhpo.neural.devices import at_hand
from skhpo.neural.early_stopping import EndsEarly, mean_loss
from skhpo.neural.precision import PRECISIONS, Arithmetic
from skhpo.neural.randomness import Purpose, fixed_globals, seed_layers, stream
from skhpo.neural.schedules import Constant, Schedule
from skhpo.neural.slices import Slices, Tensors

__all__ = ["LeanNet"]

#: Samples of a batch where nothing is learnt.
_PREDICTED = 512

#: Made of the others' settings when a pickled net is read.
_REBUILT = ("module_", "criterion_", "optimizer_", "arithmetic_")


class LeanNet(EndsEarly, NeuralNetClassifier):  # type: ignore[misc]  # skorch has no types
    """A skorch net for data in memory, whose epochs cost hardly more than those of a bare loop.

    Batches are slices of tensors, losses are read once an epoch, and there are no callbacks unless
    they are given; those hear of epochs, not of batches. The weights are those of
    ``skorch.NeuralNetClassifier`` on the same batches, to the last bit.

    The order of samples, the random numbers of layers and the learning rate are functions of
    (``seed``, epochs so far, their losses). A pickle holds arrays and settings; a net that is read
    from it goes on as the one that was written, to the last bit with the same number of threads.

    Parameters
    ----------
    module : type
        Of the module, which returns one number for each class. Its arguments are ``module__...``.
    criterion : type, default=torch.nn.CrossEntropyLoss
        Of the loss.
    seed : int, default=0
        Of the first weights, the orders and the layers.
    schedule : Schedule, default=Constant()
        What the learning rate is multiplied by; ``max_epochs`` is where it ends.
    penalty : callable or None, default=None
        ``penalty(module)`` is added to the loss.
    early_stopping : EarlyStopping or None, default=None
        When training ends for lack of improvement on a part of the samples that is cut off, as a
        function of the seed. Between calls the module has the weights that did best on that part
        so far; training goes on from those of the last epoch.
    precision : {"single", "mixed"}, default="single"
        With how many bits outputs and gradients are computed in training.
    isolated : bool, default=True
        Whether torch's global random numbers are set for each epoch, and put back. Threads take
        turns then; it is needed by layers that draw from them, such as ``torch.nn.Dropout``.
    **settings : object
        All others of skorch: ``lr``, ``batch_size``, ``optimizer``, ``device``, ...
    """

    module_: Any
    arithmetic_: Arithmetic
    device: Any

    def __init__(
        self,
        module: type[nn.Module],
        *,
        criterion: type[nn.Module] = nn.CrossEntropyLoss,
        seed: int = 0,
        schedule: Schedule = Constant(),  # noqa: B008  # frozen
        penalty: Callable[[nn.Module], torch.Tensor] | None = None,
        early_stopping: EarlyStopping | None = None,
        precision: str = "single",
        isolated: bool = True,
        train_split: Any = None,
        callbacks: Any = "disable",
        verbose: int = 0,
        **settings: Any,
    ) -> None:
        super().__init__(
            module,
            criterion=criterion,
            train_split=train_split,
            callbacks=callbacks,
            verbose=verbose,
            **settings,
        )
        self.seed = seed
        self.schedule = schedule
        self.penalty = penalty
        self.early_stopping = early_stopping
        self.precision = precision
        self.isolated = isolated

    @property
    def epochs(self) -> int:
        """How many there have been."""
        return len(self.history) if self.initialized_ else 0

    @property
    def losses(self) -> list[float]:
        """Mean training loss of each epoch so far."""
        return [row["train_loss"] for row in self.history if "train_loss" in row]

    # ----------------------------------------------------------------------- training

    def initialize_module(self) -> LeanNet:
        """Make the module, with weights that are a function of the seed."""
        with fixed_globals(stream(self.seed, Purpose.WEIGHTS)):
            super().initialize_module()
        self.latest_ = None
        return self

    def initialize_optimizer(self, *args: Any, **kwargs: Any) -> LeanNet:
        """Make the optimiser, and the arithmetic of its steps."""
        super().initialize_optimizer(*args, **kwargs)
        self.arithmetic_ = PRECISIONS[self.precision](torch.device(self.device))
        return self

    def check_data(self, X: Any, y: Any) -> None:
        """Remember the classes.

        Parameters
        ----------
        X : array of shape (n_samples, ...)
            The samples.
        y : array of int of shape (n_samples,)
            The target.
        """
        if self.classes is None:
            super().check_data(X, y)

    def partial_fit(self, X: Any, y: Any = None, classes: Any = None, **params: Any) -> LeanNet:
        """Train for ``max_epochs``, or for the number that is given.

        Parameters
        ----------
        X : array or Tensor of shape (n_samples, ...)
            The samples.
        y : array or Tensor of int of shape (n_samples,)
            The target.
        classes : object
            Without effect, as in skorch.
        **params : object
            ``epochs``: how many; all else as in skorch.
        """
        if not self.initialized_:
            self.initialize()
        self.notify("on_train_begin", X=X, y=y)
        # not as in skorch: Ctrl-C ends more than this
        self.fit_loop(X, y, **params)
        self.notify("on_train_end", X=X, y=y)
        return self

    def get_dataset(self, X: Any, y: Any = None) -> Tensors:
        """Return all data as tensors, where they are needed."""
        if isinstance(X, Tensors):
            return X
        return Tensors(self._tensor(X), None if y is None else self._tensor(y))

    def get_iterator(self, dataset: Tensors, training: bool = False) -> Slices:
        """Return batches, in an order of their own for each epoch of training."""
        if not training:
            return Slices(dataset, _PREDICTED)
        layers = self.module_.modules()
        is_normed = any(isinstance(layer, nn.modules.batchnorm._NormBase) for layer in layers)
        return Slices(dataset, self.batch_size, self._order, least=2 if is_normed else 1)

    def run_single_epoch(
        self, iterator: Slices | None, training: bool, prefix: str, step_fn: Any, **params: Any
    ) -> None:
        """Train for one epoch; with a validation part, do as skorch does there."""
        if not training or iterator is None:
            super().run_single_epoch(iterator, training, prefix, step_fn, **params)
            return
        module, criterion, optimizer = self.module_, self.criterion_, self.optimizer_
        arithmetic = self.arithmetic_
        device = torch.device(self.device)
        epoch, before = self.epochs - 1, self.losses
        noise = stream(self.seed, Purpose.NOISE, epoch)
        self._set_training(True)
        self.set_rate(epoch, before)
        seed_layers(module, noise, device)
        per_batch = self.schedule.per_batch
        losses, sizes = [], []
        with self._isolation(noise, device):
            for number, (X, y) in enumerate(iterator):
                if per_batch:
                    self.set_rate(epoch + number / len(iterator), before)
                optimizer.zero_grad()
                loss = criterion(arithmetic.outputs(module, X, **params), y)
                if self.penalty is not None:
                    loss = loss + self.penalty(module)
                arithmetic.step(loss, optimizer)
                losses.append(loss.detach())
                sizes.append(len(X))
        self.record_epoch(mean_loss(losses, sizes), len(sizes))

    def record_epoch(self, loss: float, n_batches: int) -> None:
        """Record what an epoch of training came to.

        Parameters
        ----------
        loss : float
            Mean loss, penalties included.
        n_batches : int
            How many steps there were.

        Raises
        ------
        DivergedError
            If the loss is not finite.
        """
        self.history.record("train_loss", loss)
        self.history.record("train_batch_count", n_batches)
        check_loss(loss, self.epochs, self.lr)

    def outputs(self, X: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Return what the module does, without a loss and without learning.

        Parameters
        ----------
        X : array or Tensor of shape (n_samples, ...)
            The samples.

        Returns
        -------
        ndarray of float32 of shape (n_samples, n_outputs)
        """
        self._set_training(False)
        with torch.inference_mode():
            batches = self.get_iterator(self.get_dataset(X))
            found: Any = torch.cat([self.module_(batch) for batch, _ in batches])
        array: np.ndarray[Any, np.dtype[np.float32]] = found.cpu().numpy()
        return array

    def _tensor(self, array: Any) -> torch.Tensor:
        if isinstance(array, np.ndarray) and not array.flags.writeable:
            array = array.copy()  # torch would warn
        return torch.as_tensor(array, device=self.device)

    def _order(self, n_samples: int) -> torch.Tensor:
        seed = stream(self.seed, Purpose.ORDER, self.epochs - 1)
        return torch.randperm(n_samples, generator=torch.Generator().manual_seed(seed))

    def set_rate(self, epochs: float, losses: list[float]) -> None:
        """Tell the optimiser the learning rate.

        Parameters
        ----------
        epochs : float
            How many there have been, with the part of the one that is under way.
        losses : list of float
            Mean training loss of each.
        """
        factor = self.schedule.factor(epochs / self.max_epochs, losses)
        for group in self.optimizer_.param_groups:
            group["lr"] = self.lr * factor

    def _isolation(self, seed: int, device: torch.device) -> AbstractContextManager[None]:
        return fixed_globals(seed, device) if self.isolated else nullcontext()

    # ----------------------------------------------------------------------- pickling

    def move(self, device: str) -> None:
        """Go on somewhere else, as a net would that was pickled here and read there.

        Parameters
        ----------
        device : str
            Where.
        """
        if device != self.device:
            self.__setstate__({**self.__getstate__(), "device": device})

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        if self.initialized_:
            for name in _REBUILT:
                del state[name]
            state["virtual_params_"] = {}
            state["latest_"] = _to_numpy(self.latest_)
            state["arrays"] = [
                _to_numpy(part.state_dict())
                for part in (self.module_, self.optimizer_, self.arithmetic_)
            ]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        arrays, latest = state.pop("arrays", None), state.pop("latest_", None)
        self.__dict__.update(state)
        self.device = at_hand(self.device)
        if arrays is None:
            return
        self._initialize_module()
        self._initialize_criterion()
        self._initialize_optimizer()
        parts = (self.module_, self.optimizer_, self.arithmetic_)
        for part, its in zip(parts, arrays, strict=True):
            part.load_state_dict(_to_torch(its))
        self.latest_ = _to_torch(latest)


def _to_numpy(state: Any) -> Any:
    """Return the same with arrays in place of tensors, whose pickles are small and quick."""
    if isinstance(state, torch.Tensor):
        return state.detach().cpu().numpy()
    if isinstance(state, dict):
        return {key: _to_numpy(value) for key, value in state.items()}
    return state


def _to_torch(state: Any) -> Any:
    # A copy lies in memory as torch wants it, and so computes the same to the last bit.
    if isinstance(state, np.ndarray):
        return torch.from_numpy(np.asarray(state)).clone()
    if isinstance(state, dict):
        return {key: _to_torch(value) for key, value in state.items()}
    return state
