"""How a resource reaches an estimator: the contract."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from numbers import Integral
from typing import Any

import numpy as np

from skhpo.exceptions import ResourceError
from skhpo.space import Space
from skhpo.trial import Resource

__all__ = ["Limits", "ResourceAdapter", "Trained", "TrainingSet", "is_integer"]


def is_integer(value: Any) -> bool:
    """Whether a value is an integer of any type; truth values are none."""
    return isinstance(value, Integral) and not isinstance(value, bool)


@dataclass(frozen=True)
class Limits:
    """How much of a resource there can be, in its unit.

    Parameters
    ----------
    smallest : int
        Where a search begins, unless it is told otherwise.
    full : int or None
        What complete training has; None where nothing says how much that is.
    floor : int, default=1
        With less than that nothing can be trained.
    ceiling : int or None, default=None
        There is no more than that; None where there is no end.
    """

    smallest: int
    full: int | None
    floor: int = 1
    ceiling: int | None = None


@dataclass(frozen=True)
class TrainingSet:
    """What an estimator is trained on: a fold's training part, or all data.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features)
        The samples.
    y : array-like of shape (n_samples,) or (n_samples, n_outputs), or None
        The target.
    params : mapping of str to object
        What ``fit`` is given besides, such as ``sample_weight``, already cut.
    every_y : array-like or None
        The target of all data: a fold, or a part of one, may lack a class.
    """

    X: Any
    y: Any
    params: Mapping[str, Any] = field(default_factory=dict)
    every_y: Any = None

    @property
    def args(self) -> tuple[Any, ...]:
        """``(X,)`` or ``(X, y)``."""
        return (self.X,) if self.y is None else (self.X, self.y)


@dataclass(frozen=True)
class Trained:
    """An estimator, and how far its training has come: what a promotion goes on from.

    Parameters
    ----------
    estimator : estimator
        Fitted.
    resource : float
        Total resource it has had.
    spent : float
        How much of that was trained to get here from the state before.
    inputs : object
        What the last step of a pipeline was trained on, where ``transform`` would not give it
        again; see :class:`~skhpo.resources.pipelines.Inputs`.
    rounds : int or None
        How many rounds a booster was found to need, where that was looked for.
    """

    estimator: Any
    resource: float
    spent: float
    inputs: Any = None
    rounds: int | None = None


class ResourceAdapter(ABC):
    """Brings an estimator from one amount of a resource to a greater one.

    This base class trains anew, by ``fit``, whatever was there before: what cannot be continued
    inherits that. An adapter is plain settings, and travels to the workers.

    Attributes
    ----------
    name : str
        What the resource is called.
    bounds_iterations : bool
        Whether a small amount ends an iteration before it has converged, which is then intended
        and nothing to warn of.
    depends_on_data : bool
        Whether :meth:`limits` looks at the data.
    """

    name: str
    bounds_iterations: bool = False
    depends_on_data: bool = False

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({settings})"

    @abstractmethod
    def check(self, estimator: Any, space: Space) -> None:
        """Raise an error if the estimator does not have this resource, before the first fit.

        Parameters
        ----------
        estimator : estimator
            What is searched.
        space : Space
            What of it; a resource cannot be searched at the same time.

        Raises
        ------
        ResourceError
            Saying what to write instead.
        """

    @abstractmethod
    def limits(self, estimator: Any, X: Any, y: Any, splits: Sequence[tuple[Any, Any]]) -> Limits:
        """Return how much of the resource there can be.

        Parameters
        ----------
        estimator : estimator
            What is searched.
        X, y : array-like
            All data.
        splits : sequence of (train, test)
            Positions of the training and test samples of each fold.
        """

    def check_range(self, owner: str, least: Any, most: Any, limits: Limits) -> None:
        """Raise an error unless a search can go from ``least`` to ``most``.

        Parameters
        ----------
        owner : str
            Whose settings they are.
        least, most : object
            ``min_resources`` and ``max_resources``, as given.
        limits : Limits
            What :meth:`limits` returned.

        Raises
        ------
        ResourceError
            Saying what to write instead.
        """
        for setting, amount in (("min_resources", least), ("max_resources", most)):
            if not is_integer(amount) or amount < 1:
                raise ResourceError(
                    f"{owner}: {setting} must be an integer of 1 or more, got {amount!r}"
                )
        if least > most:
            # Who gave no number does not know of the one that was chosen.
            chosen = " (the smallest here)" if least == limits.smallest else ""
            less = f", or min_resources={most} or less" if most >= limits.floor else ""
            raise ResourceError(
                f"{owner}: min_resources={least}{chosen} is more than max_resources={most}; write "
                f"max_resources={least} or more{less}"
            )
        if least < limits.floor:
            raise ResourceError(
                f"{owner}: with min_resources={least} ({self.name}) some fold cannot be trained "
                f"at the lowest rung; write min_resources={limits.floor} or more"
            )
        if limits.ceiling is not None and most > limits.ceiling:
            raise ResourceError(
                f"{owner}: max_resources={most}, but there are only {limits.ceiling} "
                f"({self.name}); write max_resources={limits.ceiling} or less"
            )

    def settings(self, resource: float) -> dict[str, Any]:
        """Return the parameters of the estimator that an amount of the resource sets.

        Parameters
        ----------
        resource : float
            Total resource.
        """
        return {}

    def folds(self, n_folds: int, resource: Resource, reached: Resource) -> Sequence[int]:
        """Return the folds to measure on the way from ``reached`` to ``resource``.

        Parameters
        ----------
        n_folds : int
            How many there are.
        resource, reached : float or None
            Total resource to come to, and to go on from.
        """
        return range(n_folds)

    def positions(
        self, train: Any, labels: Any, n_samples: int, resource: float, rng: np.random.Generator
    ) -> Any:
        """Return which samples of a fold's training part to train on.

        Parameters
        ----------
        train : array-like of int
            Positions of the training part.
        labels : array-like or None
            The target of all data where it is classes, else None.
        n_samples : int
            How many samples there are in all.
        resource : float
            Total resource to come to.
        rng : numpy.random.Generator
            In the same state at every call for the same fold of the same search.
        """
        return train

    def train(
        self, estimator: Any, data: TrainingSet, resource: float, before: Trained | None = None
    ) -> Trained:
        """Train up to ``resource``.

        Parameters
        ----------
        estimator : estimator
            Unfitted, with the configuration to train.
        data : TrainingSet
            What to train on.
        resource : float
            Total resource to come to.
        before : Trained or None, default=None
            A state of the same configuration to go on from, and to consume.

        Returns
        -------
        Trained
            Just as if it had been trained without a break.
        """
        estimator.fit(*data.args, **data.params)
        return Trained(estimator, resource, spent=resource)

    def group_key(self, estimator: Any, params: Mapping[str, Any]) -> Hashable | None:
        """Return what candidates share that can be trained in one program; None for the others.

        Parameters
        ----------
        estimator : estimator
            Unfitted, with the configuration to train.
        params : mapping of str to object
            What of that is searched.
        """
        return None

    def most_together(self, learns: bool) -> int:
        """Return how many candidates are worth training by one :meth:`train_together`; 1 if none.

        Parameters
        ----------
        learns : bool
            Whether the configurations depend on what was measured before: the more of them are
            chosen at a time, the less is known of each.
        """
        return 1

    def train_together(
        self,
        estimators: Sequence[Any],
        data: TrainingSet,
        resource: float,
        before: Sequence[Trained | None],
    ) -> Sequence[Trained | Exception]:
        """Train several candidates, each as :meth:`train` would, up to rounding.

        Parameters
        ----------
        estimators : sequence of estimator
            Unfitted, with the configurations to train; all with the same :meth:`group_key`.
        data : TrainingSet
            What to train on.
        resource : float
            Total resource to come to.
        before : sequence of Trained or None
            Their states to go on from, and to consume: all with the same resource, or all None.

        Returns
        -------
        sequence of Trained or Exception
            For each candidate: one that fails leaves the others alone.
        """
        raise NotImplementedError(f"{self.name!r} trains each candidate alone")

    def continues(self, estimator: Any) -> bool:
        """Whether a state of an estimator is of use to :meth:`train`, and worth keeping.

        Parameters
        ----------
        estimator : estimator
            With the configuration that is trained.
        """
        return False

    def can_change(self, estimator: Any, name: str) -> bool:
        """Whether a state can go on with another value of a parameter, which then has effect.

        Such a value is set by :func:`~skhpo.resources.changes.retune`.

        Parameters
        ----------
        estimator : estimator
            With the configuration that is trained.
        name : str
            A parameter of it, as in ``set_params``.
        """
        return False

    def pays_increments(self, estimator: Any) -> bool | None:
        """Whether a promotion costs no more than what is added; None if some promotions do.

        Parameters
        ----------
        estimator : estimator
            With the configuration that is trained.
        """
        return self.continues(estimator)

    def refit(
        self, estimator: Any, X: Any, y: Any, params: Mapping[str, Any], resource: float
    ) -> Any:
        """Train a configuration on all data, in the way it was measured.

        Parameters
        ----------
        estimator : estimator
            Unfitted, with the configuration to train.
        X, y : array-like
            All data.
        params : mapping of str to object
            What ``fit`` is given besides.
        resource : float
            How long to train.

        Returns
        -------
        estimator
            Fitted.
        """
        return self.train(estimator, TrainingSet(X, y, params, every_y=y), resource).estimator
