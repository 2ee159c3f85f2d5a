"""Data and models that the tests of nets share."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.utils import shuffle

pytest.importorskip("torch", reason="needs the extra 'neural'")
pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo.neural import (
    ConvNetClassifier,
    ElasticNetSGDClassifier,
    LeNetClassifier,
    MLPNetClassifier,
    RFFSVMClassifier,
    SoftmaxClassifier,
)

MODELS = [
    SoftmaxClassifier(),
    ElasticNetSGDClassifier(),
    RFFSVMClassifier(n_components=200),
    LeNetClassifier(),
    MLPNetClassifier(),
    ConvNetClassifier(width=8),
]

#: Where Fashion-MNIST may be: in a folder that is named, or beside the checkout.
_DATA = Path(
    os.environ.get("SKHPO_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")
).resolve()


def name_of(model):
    return type(model).__name__


@cache
def digits():
    """Images of 8 x 8 pixels from 0 to 1, and what they show."""
    data = load_digits()
    images, labels = shuffle(data.images / 16, data.target, random_state=0)
    return images.astype(np.float32), labels


def _idx(name):
    content = (_DATA / "fashion-mnist-small" / "FashionMNIST" / "raw" / name).read_bytes()
    n_dimensions = content[3]
    shape = np.frombuffer(content, ">i4", n_dimensions, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_dimensions).reshape(shape)


@cache
def fashion():
    """The small Fashion-MNIST: all images there are, as bytes, and what they show."""
    try:
        parts = [
            (_idx(f"{part}-images-idx3-ubyte"), _idx(f"{part}-labels-idx1-ubyte"))
            for part in ("train", "t10k")
        ]
    except FileNotFoundError as error:
        pytest.skip(f"Fashion-MNIST is not there ({error.filename}); SKHPO_TEST_DATA may say where")
    images, labels = (np.concatenate(column) for column in zip(*parts, strict=True))
    return images, labels
