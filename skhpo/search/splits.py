"""The folds of a search: drawn once, and frozen for all of it."""

from __future__ import annotations

import numbers
from collections.abc import Mapping
from typing import Any

from sklearn.model_selection import check_cv

from skhpo.exceptions import StorageError

__all__ = ["frozen_splits"]


def frozen_splits(
    given: Any, X: Any, y: Any, params: Mapping[str, Any], is_classifier: bool, is_stored: bool
) -> list[tuple[Any, Any]]:
    """Return the indices of each fold's training and test data.

    Parameters
    ----------
    given : int, splitter, iterable or None
        The ``cv`` of a search.
    X, y : array-like
        The data.
    params : mapping of str to object
        What the splitter is given besides, such as ``groups``.
    is_classifier : bool
        Whether what is searched is a classifier: its folds are stratified.
    is_stored : bool
        Whether the search is kept, and has to find the same folds when it goes on.

    Returns
    -------
    list of (train, test)

    Raises
    ------
    StorageError
        If the folds would be others when a stored search goes on.
    ValueError
        If there are none, or another number than the splitter says.
    """
    cv = check_cv(given, y, classifier=is_classifier)
    if is_stored:
        _check_repeatable(cv)
    n_splits = cv.get_n_splits(X, y, **params)
    splits = list(cv.split(X, y, **params))
    if len(splits) != n_splits:
        raise ValueError(
            f"cv.split and cv.get_n_splits return inconsistent results. "
            f"Expected {n_splits} splits, got {len(splits)}"
        )
    if not splits:
        raise ValueError("No fits were performed. Was the CV iterator empty?")
    return splits


def _check_repeatable(cv: Any) -> None:
    """Refuse folds that are drawn anew each time."""
    is_random = hasattr(cv, "random_state") and getattr(cv, "shuffle", True)
    if is_random and not isinstance(cv.random_state, numbers.Integral):
        raise StorageError(
            f"a search with storage goes on with the same folds, but cv={cv!r} draws others each "
            f"time; give it an integer as random_state"
        )
