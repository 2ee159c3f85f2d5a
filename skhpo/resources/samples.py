"""Samples: nested parts of the training data, each class in its share."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import is_classifier

from skhpo.resources.base import Limits, ResourceAdapter, TrainingSet
from skhpo.space import Space

__all__ = ["Samples", "count_samples", "nested_part"]


class Samples(ResourceAdapter):
    """Samples to train on, counted as in scikit-learn's halving searches: out of all there are.

    Of each fold's training part the same share is taken: with 300 of 1000 samples, three tenths
    of it. What a smaller amount takes is part of what a greater one takes, and every trial is
    given the same. Test parts stay whole, so that scores of different amounts can be compared.
    There is no state to continue: an estimator is trained anew on more samples.
    """

    name = "n_samples"
    depends_on_data = True

    def check(self, estimator: Any, space: Space) -> None:
        """Every estimator has samples."""

    def limits(self, estimator: Any, X: Any, y: Any, splits: Sequence[tuple[Any, Any]]) -> Limits:
        """From two samples for each fold and class, as in scikit-learn, to all there are.

        With less than ``floor`` some fold's training part would lack a class it could have.
        """
        n_samples = count_samples(X)
        is_divided = is_classifier(estimator) and _are_classes(y)
        n_classes = len(np.unique(np.asarray(y))) if is_divided else 1
        floor = 1
        for train, _ in splits:
            train = np.asarray(train)
            needed = len(np.unique(np.asarray(y)[train])) if is_divided else 1
            floor = max(floor, math.ceil(needed * n_samples / max(1, len(train))))
        smallest = max(floor, min(n_samples, len(splits) * 2 * n_classes))
        return Limits(smallest, full=n_samples, floor=floor, ceiling=n_samples)

    def positions(
        self, train: Any, labels: Any, n_samples: int, resource: float, rng: np.random.Generator
    ) -> Any:
        """Return the part of the training part that has this share of it."""
        train = np.asarray(train)
        size = max(1, int(resource) * len(train) // n_samples)
        return nested_part(train, labels, size, rng)

    def refit(
        self, estimator: Any, X: Any, y: Any, params: Mapping[str, Any], resource: float
    ) -> Any:
        """Fit on all data, whatever the amount."""
        return self.train(estimator, TrainingSet(X, y, params, every_y=y), resource).estimator


def nested_part(
    train: NDArray[np.int_], labels: Any, size: int, rng: np.random.Generator
) -> NDArray[np.int_]:
    """Return some of the training positions, in their order; a greater part holds a smaller one.

    Parameters
    ----------
    train : ndarray of int
        All of them.
    labels : array-like of shape (n_samples,) or None
        Classes of all samples: each gets one place before any gets its share. None, or more than
        one column: any samples.
    size : int
        How many.
    rng : numpy.random.Generator
        In the same state for parts that are to be nested.

    References
    ----------
    Webster's method of apportionment: the k-th place of a group of n is due at (k + 1/2) / n. It
    is a divisor method: a larger house takes no seat away.
    """
    if size >= len(train):
        return train
    due = rng.permutation(len(train)) / len(train)
    if _are_classes(labels):
        _, group = np.unique(np.ravel(labels)[train], return_inverse=True)
        for members in (np.flatnonzero(group == k) for k in range(group.max() + 1)):
            place = due[members].argsort().argsort()
            # Classes that are due at the same time come in a random order.
            tie = due[members] / len(train) ** 2
            due[members] = np.where(place == 0, -1.0, (place + 0.5) / len(members)) + tie
    return train[np.sort(np.argsort(due, kind="stable")[:size])]


def count_samples(X: Any) -> int:
    """Return how many samples there are."""
    return int(X.shape[0]) if hasattr(X, "shape") else len(X)


def _are_classes(labels: Any) -> bool:
    return labels is not None and np.size(labels) == np.shape(labels)[0]  # or a single column
