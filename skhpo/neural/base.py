"""What all neural classifiers have in common: scikit-learn's face over the trainer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data
from torch import nn

from skhpo.early_stopping import EarlyStopping
from skhpo.neural.devices import device_for
from skhpo.neural.net import LeanNet
from skhpo.neural.optimizers import optimizer_class, optimizer_settings, set_optimizer
from skhpo.neural.precision import check_precision
from skhpo.neural.randomness import Dropout, seed_from
from skhpo.neural.schedules import SCHEDULES, Schedule
from skhpo.settings import check_count, check_instance, check_number, named

__all__ = ["NeuralClassifier"]

#: What bytes are divided by: images are stored as 0 to 255.
_BYTE = 255.0


def _estimates_probabilities(estimator: NeuralClassifier) -> bool:
    return estimator._criterion is nn.CrossEntropyLoss


class NeuralClassifier(ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc]  # no types
    """Base class of classifiers that are trained in epochs.

    A subclass has a plain constructor, says in :meth:`_module` what is trained, and inherits the
    rest. Each call of ``partial_fit`` makes one epoch, heeding the parameters as they are then.

    Attributes
    ----------
    changeable_params : frozenset of str
        Parameters that may change between epochs: a fitted state goes on with another value.
    """

    changeable_params: ClassVar[frozenset[str]] = frozenset(
        {"lr", "batch_size", "momentum", "weight_decay"}
    )

    _criterion: ClassVar[type[nn.Module]] = nn.CrossEntropyLoss

    #: Whether the module draws from torch's global random numbers; :class:`Dropout` does not.
    _draws_globally: ClassVar[bool] = False

    lr: float
    batch_size: int
    max_epochs: int
    optimizer: Any
    momentum: float
    weight_decay: float
    schedule: Any
    early_stopping: Any = None
    precision: str = "single"
    device: str
    random_state: Any

    shape_: tuple[int, ...]

    @abstractmethod
    def _module(
        self, shape: tuple[int, ...], n_classes: int
    ) -> tuple[type[nn.Module], dict[str, Any]]:
        """Return the module's class, and the arguments it is made with.

        Its ``forward`` is given float32 of shape (n_samples, n_features), images as rows, and
        returns (n_samples, n_classes).

        Parameters
        ----------
        shape : tuple of int
            Of one sample, as ``fit`` was given it: (n_features,), (height, width) or (channels,
            height, width).
        n_classes : int
            At least two.
        """

    def _penalty(self, n_samples: int) -> Callable[[nn.Module], torch.Tensor] | None:
        """Return what is added to the loss, or None.

        Parameters
        ----------
        n_samples : int
            Of the training data.
        """
        return None

    def _check_params(self) -> None:
        """Refuse settings that make no sense, before anything is trained."""
        owner = type(self).__name__
        check_number(owner, "lr", self.lr, closed="neither")
        check_count(owner, "batch_size", self.batch_size)
        check_count(owner, "max_epochs", self.max_epochs)
        check_number(owner, "momentum", self.momentum, most=1, closed="left")
        check_number(owner, "weight_decay", self.weight_decay)
        _early_stopping(owner, self.early_stopping)
        check_precision(owner, self.precision)
        if "dropout" in self.changeable_params:
            check_number(owner, "dropout", self._dropout, most=1, closed="left")

    # ----------------------------------------------------------------------- training

    def fit(self, X: Any, y: Any) -> NeuralClassifier:
        """Train for ``max_epochs``, from new weights.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
                (n_samples, channels, height, width)
            The samples. Those that come as bytes (``uint8``) are divided by 255.
        y : array-like of shape (n_samples,)
            Labels of any kind.

        Returns
        -------
        self
        """
        X, y = self._checked(X, y)
        self._begin(X, y, None)
        return self._train(X, y, self.max_epochs)

    def partial_fit(self, X: Any, y: Any, classes: Any = None) -> NeuralClassifier:
        """Train for one epoch, going on from what was learnt before.

        ``max_epochs`` calls give what :meth:`fit` gives, also through a pickle.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), (n_samples, height, width) or \
                (n_samples, channels, height, width)
            The samples; all of them, for an epoch.
        y : array-like of shape (n_samples,)
            Their labels.
        classes : array-like of shape (n_classes,) or None, default=None
            All labels there are; needed at the first call only, if some are not in ``y``.

        Returns
        -------
        self
        """
        is_first = not self.__sklearn_is_fitted__()
        X, y = self._checked(X, y, is_first=is_first)
        if is_first:
            self._begin(X, y, classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise ValueError(
                f"classes={classes!r} is not what the first call of partial_fit was told: "
                f"{self.classes_!r}; leave it out, or call fit to begin anew"
            )
        return self._train(X, y, 1)

    def _begin(self, X: NDArray[np.float32], y: Any, classes: Any, seed: int | None = None) -> None:
        """Make a net that has not been trained; without a seed, one is made of ``random_state``."""
        check_classification_targets(y)
        self.classes_ = np.unique(y if classes is None else classes)
        n_classes = len(self.classes_)
        if n_classes < 2:
            raise ValueError(
                f"{type(self).__name__} needs samples of at least 2 classes, got 1 class: "
                f"{self.classes_.tolist()[0]!r}"
            )
        owner = type(self).__name__
        module, arguments = self._module(self.shape_, n_classes)
        optimizer = optimizer_class(owner, self.optimizer)
        settings = optimizer_settings(optimizer, **self._optimizer_params)
        nested: dict[str, Any] = {
            **{f"module__{name}": value for name, value in arguments.items()},
            **{f"optimizer__{name}": value for name, value in settings.items()},
        }
        self.net_ = LeanNet(
            module,
            criterion=self._criterion,
            optimizer=optimizer,
            lr=self.lr,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            schedule=_schedule(owner, self.schedule),
            early_stopping=_early_stopping(owner, self.early_stopping),
            seed=seed_from(self.random_state) if seed is None else seed,
            isolated=self._draws_globally,
            precision=self.precision,
            device=device_for(owner, self.device),
            classes=range(n_classes),
            **nested,
        )
        self.net_.initialize()

    def _train(self, X: NDArray[np.float32], y: Any, epochs: int) -> NeuralClassifier:
        codes = self._codes(y)
        self._heed(len(X))
        self.net_.partial_fit(X, codes, epochs=epochs)
        return self

    def _codes(self, y: Any) -> NDArray[np.int64]:
        """Return labels as numbers of classes."""
        codes: NDArray[np.int64] = np.searchsorted(self.classes_, y)
        codes[codes == len(self.classes_)] = 0
        is_new = self.classes_[codes] != y
        if np.any(is_new):
            raise ValueError(
                f"y has the label {y[is_new].tolist()[0]!r}, which is not one of the classes that "
                f"were named first: {self.classes_!r}"
            )
        return codes

    def _heed(self, n_samples: int) -> None:
        """Bring the net to what the parameters are now."""
        net = self.net_
        net.lr, net.batch_size = self.lr, self.batch_size
        net.penalty = self._penalty(n_samples)
        set_optimizer(net.optimizer_, **self._optimizer_params)
        if "dropout" in self.changeable_params:
            for layer in net.module_.modules():
                if isinstance(layer, Dropout):
                    layer.p = self._dropout

    @property
    def _optimizer_params(self) -> dict[str, float]:
        return {"momentum": self.momentum, "weight_decay": self.weight_decay}

    @property
    def _dropout(self) -> float:
        dropout: float = self.get_params(deep=False)["dropout"]
        return dropout

    # --------------------------------------------------------------------- prediction

    @property
    def loss_curve_(self) -> list[float]:
        """Mean training loss of each epoch, penalties included."""
        return self.net_.losses

    @property
    def validation_loss_curve_(self) -> list[float]:
        """Mean loss on the validation part after each epoch; empty without early stopping."""
        return self.net_.valid_losses

    @property
    def stopped_early_(self) -> bool:
        """Whether training has ended for lack of improvement."""
        return self.net_.has_stopped

    def decision_function(self, X: Any) -> NDArray[np.float32]:
        """Return how much speaks for each class.

        Parameters
        ----------
        X : array-like
            The samples, of the shape that was trained on.

        Returns
        -------
        ndarray of shape (n_samples, n_classes), or (n_samples,) with two classes
            With two classes, what is greater than 0 speaks for the second one.
        """
        outputs = self._outputs(X)
        return outputs[:, 1] - outputs[:, 0] if outputs.shape[1] == 2 else outputs

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each sample.

        Parameters
        ----------
        X : array-like
            The samples, of the shape that was trained on.

        Returns
        -------
        ndarray of shape (n_samples,)
        """
        best = self._outputs(X).argmax(axis=1)
        labels: NDArray[Any] = self.classes_[best]
        return labels

    @available_if(_estimates_probabilities)  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> NDArray[np.float32]:
        """Return the probability of each class.

        Only of models that are trained by cross-entropy: a hinge loss says nothing of them.

        Parameters
        ----------
        X : array-like
            The samples, of the shape that was trained on.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        probabilities: NDArray[np.float32] = torch.softmax(
            torch.from_numpy(self._outputs(X)), dim=1
        ).numpy()
        return probabilities

    @available_if(_estimates_probabilities)  # type: ignore[untyped-decorator]
    def predict_log_proba(self, X: Any) -> NDArray[np.float32]:
        """Return the logarithm of the probability of each class.

        Parameters
        ----------
        X : array-like
            The samples, of the shape that was trained on.

        Returns
        -------
        ndarray of shape (n_samples, n_classes)
        """
        logarithms: NDArray[np.float32] = torch.log_softmax(
            torch.from_numpy(self._outputs(X)), dim=1
        ).numpy()
        return logarithms

    def _outputs(self, X: Any) -> NDArray[np.float32]:
        check_is_fitted(self)
        outputs: NDArray[np.float32] = self.net_.outputs(self._checked(X, is_first=False))
        return outputs

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "net_")

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        # A search may have trained it on one GPU, and go on with it on another.
        if self.__sklearn_is_fitted__() and self.device == "auto" and self.net_.device != "cpu":
            self.net_.move(device_for(type(self).__name__, self.device))

    # ------------------------------------------------------------------------ data

    def _checked(self, X: Any, y: Any = "no_validation", is_first: bool = True) -> Any:
        """Return samples as rows of float32, and labels as they are; remember the shape."""
        is_training = not isinstance(y, str)
        if is_training:
            self._check_params()
        shape, is_bytes = np.shape(X)[1:] if getattr(X, "ndim", 2) > 2 else None, _are_bytes(X)
        if shape is not None:
            if len(shape) > 3:
                raise ValueError(
                    f"Found array with dim {len(shape) + 1}, {type(self).__name__} expected <= 4: "
                    f"(n_samples, channels, height, width)"
                )
            if not is_first and len(self.shape_) > 1 and shape != self.shape_:
                raise ValueError(
                    f"X has samples of shape {shape}, but {type(self).__name__} was trained on "
                    f"{self.shape_}"
                )
            X = np.asarray(X).reshape(len(X), -1)
        checked = validate_data(self, X, y, reset=is_first, dtype=np.float32, order="C")
        rows = checked[0] if is_training else checked
        if is_first:
            self.shape_ = (rows.shape[1],) if shape is None else shape
            self.scale_ = _BYTE if is_bytes else 1.0
        if self.scale_ != 1.0:
            rows = rows / np.float32(self.scale_)
        return (rows, column_or_1d(checked[1], warn=True)) if is_training else rows


def _are_bytes(X: Any) -> bool:
    """Whether all of it is unsigned bytes, in an array or a data frame."""
    if hasattr(X, "dtypes") and hasattr(X, "columns"):
        return all(dtype == np.uint8 for dtype in X.dtypes)
    dtype = getattr(X, "dtype", None)
    return dtype is not None and dtype in (np.uint8, torch.uint8)


def _schedule(owner: str, value: Any) -> Schedule:
    schedule = named("schedule", value, SCHEDULES, "skhpo.neural.schedules")
    if not isinstance(schedule, Schedule):
        raise TypeError(
            f"{owner}: schedule must be one of {list(SCHEDULES)} or an object of "
            f"skhpo.neural.schedules such as Cosine(final=0.1), got {value!r}"
        )
    return schedule


def _early_stopping(owner: str, value: Any) -> EarlyStopping | None:
    """Return when training ends early, if it does: True stands for the defaults."""
    if isinstance(value, (bool, np.bool_)):
        return EarlyStopping() if value else None
    example = "EarlyStopping(patience=5) or True"
    check_instance(owner, "early_stopping", value, EarlyStopping, example, or_none=True)
    stopping: EarlyStopping | None = value
    return stopping
