"""How rounds are found, and set: the contract, for one kind of booster each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from skhpo.early_stopping import EarlyStopping
from skhpo.resources.pipelines import Inputs

__all__ = ["Booster", "is_made_by"]


class Booster(ABC):
    """One kind of booster. Holds no settings.

    Attributes
    ----------
    described : str
        What it is called, for people.
    """

    described: str

    @abstractmethod
    def knows(self, estimator: Any) -> bool:
        """Whether an estimator is of this kind; nothing is imported to find out.

        Parameters
        ----------
        estimator : estimator
            Unfitted.
        """

    def objection(self, estimator: Any) -> str | None:
        """Say why an estimator of this kind cannot go back to its best round, if it cannot.

        Parameters
        ----------
        estimator : estimator
            With the configuration to train.
        """
        return None

    @abstractmethod
    def fit(
        self, estimator: Any, train: Inputs, validation: Inputs, stopping: EarlyStopping
    ) -> int:
        """Train until it is enough; from then on the best round is what predicts.

        Parameters
        ----------
        estimator : estimator
            Unfitted. Its own number of rounds is the most there can be, and its own early
            stopping, on a part of ``train``, is off.
        train, validation : Inputs
            What to learn from, and what to judge by.
        stopping : EarlyStopping
            When it is enough.

        Returns
        -------
        int
            How many rounds the best has had, from 1.
        """

    @abstractmethod
    def settings(self, rounds: int) -> dict[str, Any]:
        """Return the parameters with which ``fit`` makes just so many rounds.

        Parameters
        ----------
        rounds : int
            How many.
        """


def is_made_by(estimator: Any, package: str, name: str) -> bool:
    """Whether an estimator is of a class, told by names.

    Parameters
    ----------
    estimator : estimator
        Of that class or of a subclass, maybe somebody else's.
    package, name : str
        Where the class comes from, and what it is called.
    """
    return any(
        cls.__name__ == name and cls.__module__.partition(".")[0] == package
        for cls in type(estimator).__mro__
    )
