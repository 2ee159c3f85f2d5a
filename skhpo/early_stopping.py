"""When the training of one model is enough, judged on samples that it does not learn from.

:mod:`skhpo.stopping` is about when a whole search is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.settings import check_count, check_number

__all__ = ["EarlyStopping"]

Positions = NDArray[np.intp]


@dataclass(frozen=True)
class EarlyStopping:
    """End training when the loss on a validation part falls no longer, and go back to the best.

    The validation part is cut from the samples that training is given, never from those that a
    search scores on.

    Parameters
    ----------
    patience : int, default=10
        Epochs or rounds in a row without improvement after which training ends.
    min_delta : float, default=0.0
        By how much the loss must fall to count as an improvement.
    validation_fraction : float, default=0.1
        Share of the training samples that is kept aside.

    References
    ----------
    Prechelt, L. (1998). Early stopping - but when? Neural Networks: Tricks of the Trade, LNCS
    1524. The class "UP" of criteria, with strips of one epoch.

    Examples
    --------
    >>> stopping = EarlyStopping(patience=2)
    >>> losses = [0.9, 0.5, 0.6, 0.7]
    >>> stopping.best(losses), stopping.is_over(losses)
    (1, True)
    """

    patience: int = 10
    min_delta: float = 0.0
    validation_fraction: float = 0.1

    def __post_init__(self) -> None:
        owner = "EarlyStopping"
        check_count(owner, "patience", self.patience)
        check_number(owner, "min_delta", self.min_delta)
        check_number(
            owner, "validation_fraction", self.validation_fraction, most=1, closed="neither"
        )

    def best(self, losses: Sequence[float]) -> int:
        """Return the position of the last improvement; the first one, if there was none.

        Parameters
        ----------
        losses : sequence of float
            The validation loss after each epoch or round so far. What is NaN is no improvement.
        """
        best, least = 0, np.inf
        for position, loss in enumerate(losses):
            if loss < least - self.min_delta:
                best, least = position, loss
        return best

    def is_over(self, losses: Sequence[float]) -> bool:
        """Whether training should end.

        Parameters
        ----------
        losses : sequence of float
            The validation loss after each epoch or round so far.
        """
        return len(losses) - 1 - self.best(losses) >= self.patience

    def split(
        self, n_samples: int, labels: Any, rng: np.random.Generator
    ) -> tuple[Positions, Positions]:
        """Return what to learn from, and what to judge by.

        Parameters
        ----------
        n_samples : int
            Of the training data.
        labels : array-like of shape (n_samples,) or None
            Classes, which keep their shares in both parts as well as whole samples can, and are
            all learnt; None where there are none.
        rng : numpy.random.Generator
            Who is chosen.

        Returns
        -------
        train, validation : array of int
            Positions, ascending.

        Raises
        ------
        ValueError
            If there are too few samples.
        """
        order = rng.permutation(n_samples)
        if labels is not None:
            order = _without_the_last_of_each(order, np.asarray(labels))
        n_chosen = min(max(1, round(self.validation_fraction * n_samples)), len(order))
        if n_samples < 2 or not n_chosen:
            raise ValueError(
                f"EarlyStopping cuts a validation part from the training samples, but of "
                f"{n_samples} samples none can be spared; write early_stopping=None"
            )
        # evenly spaced, so that classes, which come one after the other, keep their shares
        chosen = order[((np.arange(n_chosen) + 0.5) * len(order) / n_chosen).astype(np.intp)]
        validation = np.sort(chosen[: n_samples - 1])
        return np.setdiff1d(np.arange(n_samples), validation), validation


def _without_the_last_of_each(order: Positions, labels: NDArray[Any]) -> Positions:
    """Sort positions by class, and leave out one of each."""
    _, codes = np.unique(labels[order], return_inverse=True)
    by_class = np.argsort(codes.ravel(), kind="stable")
    codes = codes.ravel()[by_class]
    is_last = np.append(codes[1:] != codes[:-1], True)
    left: Positions = order[by_class[~is_last]]
    return left
