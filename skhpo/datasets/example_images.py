"""Images to try nets on, whichever there are."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from skhpo.datasets.fashion_mnist import load_fashion_mnist
from skhpo.exceptions import MissingExtraError
from skhpo.settings import check_count, check_number

__all__ = ["load_example_images"]

_OWNER = "load_example_images"


def load_example_images(
    *,
    test_size: float = 0.2,
    data_home: str | os.PathLike[str] | None = None,
    random_state: int = 0,
) -> Any:
    """Load small grey images of ten kinds: Fashion-MNIST where it is, and handwritten digits else.

    For examples, which are to run everywhere. Nothing is downloaded; to have Fashion-MNIST from
    then on, call ``load_fashion_mnist(download=True)`` once. Where its files are not found, or
    torchvision is not there to read them, it is :func:`sklearn.datasets.load_digits`.

    Parameters
    ----------
    test_size : float, default=0.2
        The fraction of all images that is held out, each label alike.

    data_home : str or path-like, default=None
        Where to look for Fashion-MNIST, see :func:`load_fashion_mnist`.

    random_state : int, default=0
        Where the split begins.

    Returns
    -------
    images : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        X_train, X_test : ndarray of shape (n_samples, height, width), of float32
            Between 0 and 1.
        y_train, y_test : ndarray of shape (n_samples,), of int64
            Their labels, 0 to 9.
        target_names : ndarray of shape (10,)
            What the labels mean.
        name : str
            Which images they are, and how many.

    Raises
    ------
    ValueError
        If an argument, or a file, is not as it should be.

    See Also
    --------
    load_fashion_mnist : With all choices there are.

    Examples
    --------
    >>> from skhpo.datasets import load_example_images
    >>> images = load_example_images()
    >>> len(images.target_names), images.X_train.ndim
    (10, 3)
    """
    check_number(_OWNER, "test_size", test_size, most=1.0, closed="neither")
    check_count(_OWNER, "random_state", random_state, least=0)
    settings: dict[str, Any] = {"test_size": test_size, "random_state": random_state}
    try:
        train, test = (
            load_fashion_mnist(subset=subset, data_home=data_home, **settings)
            for subset in ("train", "test")
        )
    except (MissingExtraError, FileNotFoundError):
        return _digits(settings)
    return _bunch(
        "Fashion-MNIST",
        (train.images, test.images, train.target, test.target),
        train.target_names,
    )


def _digits(settings: dict[str, Any]) -> Bunch:
    digits = load_digits()
    pixels = (digits.images / digits.images.max()).astype(np.float32)
    parts = train_test_split(pixels, digits.target, stratify=digits.target, **settings)
    return _bunch("Digits", parts, digits.target_names.astype(str))


def _bunch(name: str, parts: Any, target_names: Any) -> Bunch:
    X_train, X_test, y_train, y_test = parts
    height, width = X_train.shape[1:]
    return Bunch(
        X_train=X_train,
        X_test=X_test,
        y_train=y_train.astype(np.int64),
        y_test=y_test.astype(np.int64),
        target_names=target_names,
        name=(
            f"{name}: {len(X_train)} images of {height} x {width} pixels, "
            f"and {len(X_test)} held out"
        ),
    )
