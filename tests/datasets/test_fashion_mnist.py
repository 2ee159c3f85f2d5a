"""Fashion-MNIST from files: written here by the format's description, and the real ones."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from skhpo.datasets import load_fashion_mnist
from skhpo.exceptions import MissingExtraError

KINDS = {"train": "train", "test": "t10k"}
COUNTS = {"train": 120, "test": 40}


def write_idx(path, values):
    """LeCun's format: two zeros, 8 for bytes, the number of axes; their lengths; the values."""
    header = bytes([0, 0, 8, values.ndim])
    lengths = b"".join(int(n).to_bytes(4, "big") for n in values.shape)
    path.write_bytes(header + lengths + values.astype(np.uint8).tobytes())


@pytest.fixture
def made(tmp_path, torchvision):
    """A folder with images of noise, and what is in it."""
    raw = tmp_path / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    content = {}
    for subset, prefix in KINDS.items():
        rng = np.random.default_rng(COUNTS[subset])
        images = rng.integers(0, 256, (COUNTS[subset], 28, 28))
        labels = rng.permutation(np.arange(COUNTS[subset]) % 10)
        write_idx(raw / f"{prefix}-images-idx3-ubyte", images)
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", labels)
        content[subset] = images, labels
    content["all"] = tuple(np.concatenate(both) for both in zip(*content.values(), strict=True))
    return tmp_path, raw, content


@pytest.mark.parametrize("subset", ["train", "test", "all"])
def test_the_parts_of_the_files(made, subset):
    home, _, content = made
    images, labels = content[subset]
    bunch = load_fashion_mnist(subset=subset, data_home=home)
    assert bunch.images.dtype == bunch.data.dtype == np.float32
    assert bunch.target.dtype == np.int64
    np.testing.assert_array_equal(np.rint(bunch.images * 255), images)
    assert bunch.images.max() == 1
    np.testing.assert_array_equal(bunch.target, labels)
    np.testing.assert_array_equal(bunch.data, bunch.images.reshape(len(labels), 784))
    assert np.shares_memory(bunch.data, bunch.images)
    assert bunch.target_names[[0, 9]].tolist() == ["T-shirt/top", "Ankle boot"]
    assert "Zalando" in bunch.DESCR


def test_a_new_split(made):
    """All images once, each label alike, and again the same by the same seed."""
    home, _, content = made
    images, labels = content["all"]
    train, test = (
        load_fashion_mnist(subset=subset, test_size=0.25, data_home=home, random_state=3)
        for subset in ("train", "test")
    )
    assert (len(train.data), len(test.data)) == (120, 40)
    np.testing.assert_array_equal(np.bincount(test.target), np.full(10, 4))
    pixels = np.rint(np.concatenate([train.images, test.images]) * 255)
    order = np.lexsort(pixels.reshape(len(pixels), -1).T)
    expected = np.lexsort(images.reshape(len(images), -1).T)
    np.testing.assert_array_equal(pixels[order], images[expected])
    np.testing.assert_array_equal(
        np.concatenate([train.target, test.target])[order], labels[expected]
    )
    again, other = (
        load_fashion_mnist(test_size=0.25, data_home=home, random_state=seed) for seed in (3, 4)
    )
    np.testing.assert_array_equal(train.data, again.data)
    assert not np.array_equal(train.data, other.data)


def test_data_and_target_alone(made):
    home = str(made[0])
    bunch = load_fashion_mnist(data_home=home)
    X, y = load_fashion_mnist(data_home=home, return_X_y=True)
    np.testing.assert_array_equal(X, bunch.data)
    np.testing.assert_array_equal(y, bunch.target)
    X, _ = load_fashion_mnist(data_home=home, return_X_y=True, as_images=True)
    np.testing.assert_array_equal(X, bunch.images)
    assert load_fashion_mnist(data_home=home, as_images=True).data.shape == (120, 28, 28)


def test_no_download_of_what_is_there(made):
    """Files that are not the complete ones are left as they are."""
    home, raw, _ = made
    before = {path.name: path.read_bytes() for path in raw.iterdir()}
    load_fashion_mnist(data_home=home, download=True)
    assert {path.name: path.read_bytes() for path in raw.iterdir()} == before


def test_the_home_of_scikit_learn(made, monkeypatch):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(made[0]))
    assert load_fashion_mnist().data.shape == (120, 784)


def test_real_images(fashion_mnist):
    train = load_fashion_mnist(data_home=fashion_mnist)
    test = load_fashion_mnist(subset="test", data_home=fashion_mnist)
    assert train.images.shape == (3615, 28, 28)
    assert test.images.shape == (4443, 28, 28)
    counts = [335, 394, 357, 375, 357, 357, 362, 376, 342, 360]
    assert np.bincount(train.target).tolist() == counts
    model = KNeighborsClassifier().fit(train.data, train.target)
    assert model.score(test.data[:1000], test.target[:1000]) > 0.75


def test_the_usual_split_of_the_real_images(fashion_mnist):
    X, y = load_fashion_mnist(test_size=0.2, data_home=fashion_mnist, return_X_y=True)
    X_test, y_test = load_fashion_mnist(
        subset="test", test_size=0.2, data_home=fashion_mnist, return_X_y=True
    )
    assert (len(X), len(y), len(X_test), len(y_test)) == (6446, 6446, 1612, 1612)


# --------------------------------------------------------------------------- what is not there


def test_no_folder(tmp_path, torchvision):
    home = tmp_path / "no such folder"
    with pytest.raises(FileNotFoundError, match="download=True") as raised:
        load_fashion_mnist(data_home=home)
    assert str(home / "FashionMNIST" / "raw") in str(raised.value)
    assert not home.exists()


def test_a_file_is_missing(made):
    home, raw, _ = made
    (raw / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(FileNotFoundError, match=r"has no t10k-labels-idx1-ubyte\. Write"):
        load_fashion_mnist(data_home=home)


def test_downloading_fails(tmp_path, torchvision, monkeypatch):
    """Nothing answers at this address, whether there is an internet or not."""
    source = torchvision.datasets.FashionMNIST
    monkeypatch.setattr(source, "mirrors", [f"file://{tmp_path}/nothing/"])
    with pytest.raises(
        OSError, match=r"downloading failed.*zalandoresearch/fashion-mnist there, and unpack"
    ):
        load_fashion_mnist(data_home=tmp_path, download=True)


@pytest.mark.parametrize(
    ("name", "damage", "reason"),
    [
        ("train-images-idx3-ubyte", lambda old: old[:-1], "RuntimeError"),
        ("train-images-idx3-ubyte", lambda old: old + b"x", "RuntimeError"),
        ("train-images-idx3-ubyte", lambda old: b"", "ValueError"),
        ("train-images-idx3-ubyte", lambda old: b"<!DOCTYPE html><html>", "Error"),
        ("train-labels-idx1-ubyte", lambda old: old[:20], "Error"),
        ("train-labels-idx1-ubyte", lambda old: old[:-1] + b"\x0a", "labels of 0 to 10"),
        (
            "train-labels-idx1-ubyte",
            lambda old: old[:4] + (7).to_bytes(4, "big") + old[8:15],
            r"7 labels, and images of shape \(120, 28, 28\)",
        ),
    ],
    ids=["cut", "longer", "empty", "a page", "labels cut", "label 10", "too few labels"],
)
def test_a_file_is_corrupt(made, name, damage, reason):
    home, raw, _ = made
    (raw / name).write_bytes(damage((raw / name).read_bytes()))
    with pytest.raises(ValueError, match=rf"train-\* in .*raw are not those.*{reason}.*delete"):
        load_fashion_mnist(data_home=home)
    assert load_fashion_mnist(subset="test", data_home=home).data.shape == (40, 784)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"subset": "trian"}, "Did you mean 'train'"),
        ({"subset": None}, r"Write one of \['train', 'test', 'all'\]"),
        ({"subset": ["train"]}, "is not known"),
        ({"test_size": 1.0}, "test_size must be a number greater than 0 and less than 1"),
        ({"test_size": "20 %"}, "test_size must be a number"),
        ({"subset": "all", "test_size": 0.2}, "leave test_size out"),
        ({"random_state": None}, "random_state must be an integer of 0 or more, got None"),
        ({"random_state": np.random.RandomState(0)}, "random_state must be an integer"),
    ],
)
def test_bad_arguments(arguments, message):
    """They are refused whether torchvision is there or not."""
    with pytest.raises(ValueError, match=message):
        load_fashion_mnist(**arguments)


@pytest.mark.parametrize("name", ["torch", "torchvision"])
def test_without_the_extra(monkeypatch, name):
    for loaded in [m for m in sys.modules if m.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(
        MissingExtraError, match=rf'need {name}.* not installed: pip install "skhpo'
    ):
        load_fashion_mnist()


@pytest.mark.parametrize(
    "complaint",
    [
        "raise RuntimeError('operator torchvision::nms does not exist')",
        "from torch import no_such_name",
        "import no_such_package_for_images",
    ],
)
def test_with_one_that_cannot_be_loaded(tmp_path, monkeypatch, complaint):
    pytest.importorskip("torch")
    for loaded in [m for m in sys.modules if m.partition(".")[0] == "torchvision"]:
        monkeypatch.delitem(sys.modules, loaded)
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(complaint)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(MissingExtraError, match="cannot be loaded beside torch") as raised:
        load_fashion_mnist()
    assert "pip install --upgrade --force-reinstall torch torchvision" in str(raised.value)
