"""Images for examples: Fashion-MNIST where it is, digits elsewhere; never something downloaded."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from skhpo.datasets import load_example_images, load_fashion_mnist


def check(images):
    """What every caller relies on."""
    labels = np.arange(10)
    for X, y in ((images.X_train, images.y_train), (images.X_test, images.y_test)):
        assert X.dtype == np.float32
        assert X.ndim == 3
        assert (X.min(), X.max()) == (0, 1)
        assert y.dtype == np.int64
        np.testing.assert_array_equal(np.unique(y), labels)
    assert images.target_names.shape == (10,)
    assert f"{len(images.X_train)} images" in images.name


def test_digits_where_there_is_nothing_else(tmp_path):
    images = load_example_images(data_home=tmp_path, test_size=0.25, random_state=1)
    check(images)
    assert images.name.startswith("Digits")
    X, y = load_digits(return_X_y=True)
    together = np.concatenate([images.X_train, images.X_test]).reshape(len(X), -1)
    assert len(images.X_test) == pytest.approx(0.25 * len(X), abs=1)
    order, same = np.lexsort(together.T), np.lexsort(X.T)
    np.testing.assert_allclose(together[order], X[same] / 16, rtol=1e-6)
    counts = np.bincount(images.y_train) + np.bincount(images.y_test)
    np.testing.assert_array_equal(counts, np.bincount(y))
    assert np.abs(np.bincount(images.y_test) - 0.25 * counts).max() <= 1  # each label alike
    again = load_example_images(data_home=tmp_path, test_size=0.25, random_state=1)
    np.testing.assert_array_equal(again.X_test, images.X_test)
    other = load_example_images(data_home=tmp_path, test_size=0.25, random_state=2)
    assert not np.array_equal(other.X_test, images.X_test)


def test_digits_where_there_is_no_torchvision(monkeypatch, fashion_mnist):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    images = load_example_images(data_home=fashion_mnist)
    check(images)
    assert images.name.startswith("Digits")


def test_clothes_where_they_are(fashion_mnist):
    images = load_example_images(data_home=fashion_mnist, random_state=1)
    check(images)
    assert images.name.startswith("Fashion-MNIST")
    assert images.target_names[9] == "Ankle boot"
    X, y = load_fashion_mnist(
        subset="test",
        test_size=0.2,
        data_home=fashion_mnist,
        as_images=True,
        return_X_y=True,
        random_state=1,
    )
    np.testing.assert_array_equal(images.X_test, X)
    np.testing.assert_array_equal(images.y_test, y)


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"test_size": None}, "test_size"),
        ({"test_size": 1.5}, "test_size"),
        ({"random_state": None}, "random_state"),
    ],
)
def test_bad_arguments(argument, message, tmp_path):
    with pytest.raises((TypeError, ValueError), match=f"load_example_images: {message}"):
        load_example_images(data_home=tmp_path, **argument)


def test_a_damaged_file_is_not_passed_over(tmp_path, torchvision):
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            (raw / f"{part}-{kind}-ubyte").write_bytes(b"no image")
    with pytest.raises(ValueError, match="not those of Fashion-MNIST"):
        load_example_images(data_home=tmp_path)
