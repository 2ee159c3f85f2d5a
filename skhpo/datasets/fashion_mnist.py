"""Fashion-MNIST: pictures of clothes, 28 by 28 pixels, of ten kinds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import get_data_home
from sklearn.model_selection import train_test_split
from sklearn.utils import Bunch

from skhpo._torchvision import import_torchvision
from skhpo.exceptions import did_you_mean
from skhpo.settings import check_count, check_number

__all__ = ["load_fashion_mnist"]

_OWNER = "load_fashion_mnist"
_SUBSETS = ("train", "test", "all")
_SIDE = 28

_DESCRIPTION = """\
Fashion-MNIST
-------------

Photographs of articles that Zalando sells, grey, of 28 by 28 pixels. Complete, there are 60,000 to
train with and 10,000 to test with, the same number of each kind: T-shirt/top, Trouser, Pullover,
Dress, Coat, Sandal, Shirt, Sneaker, Bag, Ankle boot. Labels are the positions in this list.

Pixels are numbers between 0 (background) and 1.

Origin: https://github.com/zalandoresearch/fashion-mnist, under the MIT licence,
Copyright (c) 2017 Zalando SE.

Xiao, H., Rasul, K., & Vollgraf, R. (2017). Fashion-MNIST: a novel image dataset for benchmarking
machine learning algorithms. arXiv:1708.07747.
"""


def load_fashion_mnist(
    *,
    subset: str = "train",
    test_size: float | None = None,
    data_home: str | os.PathLike[str] | None = None,
    download: bool = False,
    return_X_y: bool = False,
    as_images: bool = False,
    random_state: int = 0,
) -> Any:
    """Load the Fashion-MNIST images (classification).

    ==============   ==============
    Classes                      10
    Samples total             70000
    Dimensionality              784
    Features            real, 0 - 1
    ==============   ==============

    They are read by :class:`torchvision.datasets.FashionMNIST`, from files as it keeps them. A
    part of the images will do as well: as many are returned as there are in the files.

    Parameters
    ----------
    subset : {"train", "test", "all"}, default="train"
        Which part: "all" is the training images, followed by the test images.

    test_size : float, default=None
        None: the parts are those of the files. Otherwise all images are taken together and split
        anew, each label alike, and this is the fraction of them in the subset "test", such as 0.2.
        The two subsets of one ``random_state`` share no image.

    data_home : str or path-like, default=None
        The folder that has, or is to have, ``FashionMNIST/raw/train-images-idx3-ubyte`` and the
        others in it. By default it is that of scikit-learn,
        see :func:`sklearn.datasets.get_data_home`.

    download : bool, default=False
        Whether to download the files into ``data_home`` if they are not there.

    return_X_y : bool, default=False
        If True, returns ``(data, target)`` instead of a Bunch.

    as_images : bool, default=False
        If True, ``data`` has the shape of images, (n_samples, 28, 28).

    random_state : int, default=0
        Where the split begins, with ``test_size``. Not None, nor a generator: two calls would
        split in two ways, and the subsets have images in common.

    Returns
    -------
    dataset : :class:`~sklearn.utils.Bunch`
        Dictionary-like object, with the following attributes.

        data : ndarray of shape (n_samples, 784), of float32
            Each row an image, line by line, between 0 and 1.
        target : ndarray of shape (n_samples,), of int64
            Their labels, 0 to 9.
        images : ndarray of shape (n_samples, 28, 28), of float32
            The same memory as ``data``.
        target_names : ndarray of shape (10,)
            What the labels mean.
        DESCR : str
            Where the data come from.

    (data, target) : tuple if ``return_X_y`` is True
        These two of them.

    Raises
    ------
    MissingExtraError
        If torchvision is not installed, or cannot be loaded.
    FileNotFoundError
        If files are not there, and not to be downloaded.
    OSError
        If they are to be downloaded, and cannot be.
    ValueError
        If an argument, or a file, is not as it should be.

    Examples
    --------
    >>> from skhpo.datasets import load_fashion_mnist
    >>> X, y = load_fashion_mnist(
    ...     test_size=0.2, download=True, return_X_y=True
    ... )  # doctest: +SKIP
    >>> X_test, y_test = load_fashion_mnist(
    ...     subset="test", test_size=0.2, return_X_y=True
    ... )  # doctest: +SKIP
    >>> X.shape, X_test.shape  # doctest: +SKIP
    ((56000, 784), (14000, 784))
    """
    _check(subset, test_size, random_state)
    source = import_torchvision("image sets").datasets.FashionMNIST
    home = Path(get_data_home() if data_home is None else data_home).expanduser()
    if test_size is None:
        images, target = _read(source, home, subset, download)
    else:
        images, target = _read(source, home, "all", download)
        parts = train_test_split(
            np.arange(len(target)), test_size=test_size, stratify=target, random_state=random_state
        )
        chosen = parts[_SUBSETS.index(subset)]
        images, target = images[chosen], target[chosen]
    images = images.astype(np.float32)
    images /= 255
    data = images if as_images else images.reshape(len(images), -1)
    if return_X_y:
        return data, target
    return Bunch(
        data=data,
        target=target,
        images=images,
        target_names=np.array(source.classes),
        DESCR=_DESCRIPTION,
    )


def _check(subset: Any, test_size: Any, random_state: Any) -> None:
    if subset not in _SUBSETS:
        raise ValueError(
            f"{_OWNER}: subset={subset!r} is not known.{did_you_mean(str(subset), _SUBSETS)} "
            f"Write one of {list(_SUBSETS)}."
        )
    check_number(_OWNER, "test_size", test_size, most=1.0, closed="neither", or_none=True)
    if test_size is not None and subset == "all":
        raise ValueError(
            f"{_OWNER}: with test_size={test_size!r} there are the subsets 'train' and 'test'; "
            "for all images, leave test_size out"
        )
    check_count(_OWNER, "random_state", random_state, least=0)


def _read(
    source: Any, home: Path, subset: str, download: bool
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return pixels, 0 to 255, and labels of a part of the files."""
    parts = [subset] if subset != "all" else ["train", "test"]
    read = [_read_part(source, home, part, download) for part in parts]
    return np.concatenate([pixels for pixels, _ in read]), np.concatenate([t for _, t in read])


def _read_part(
    source: Any, home: Path, part: str, download: bool
) -> tuple[NDArray[Any], NDArray[Any]]:
    try:
        dataset = source(str(home), train=part == "train", download=download)
    except (PermissionError, MemoryError):
        raise
    except Exception as error:
        raise _reason(error, source, home, part, download) from error
    pixels, target = dataset.data.numpy(), dataset.targets.numpy()
    if pixels.shape != (len(target), _SIDE, _SIDE):
        raise _corrupt(home, part, f"{len(target)} labels, and images of shape {pixels.shape}")
    if len(target) and not (target.min() >= 0 and target.max() < len(source.classes)):
        raise _corrupt(home, part, f"labels of {target.min()} to {target.max()}")
    return pixels, target


def _reason(error: Exception, source: Any, home: Path, part: str, download: bool) -> Exception:
    """Tell why there is no data: only the files that are there say what an error means."""
    folder = _folder(home)
    wanted = [Path(name).stem for name, _ in source.resources]
    missing = [name for name in wanted if not (folder / name).is_file()]
    if not missing:
        return _corrupt(home, part, f"{type(error).__name__}: {error}")
    lacking = f"{folder.absolute()} has no {', '.join(missing)}"
    if download:
        told = " ".join(str(error).split())
        return OSError(
            f"{_OWNER}: {lacking}, and downloading failed ({told}). Where there is no way to the "
            "internet, bring the files of https://github.com/zalandoresearch/fashion-mnist there, "
            "and unpack them by gunzip"
        )
    return FileNotFoundError(
        f"{_OWNER}: {lacking}. Write download=True to download them, or give data_home, the folder "
        "in which FashionMNIST/raw is"
    )


def _corrupt(home: Path, part: str, reason: str) -> ValueError:
    prefix = "train" if part == "train" else "t10k"
    return ValueError(
        f"{_OWNER}: the files {prefix}-* in {_folder(home).absolute()} are not those of "
        f"Fashion-MNIST ({reason}); delete them, and write download=True to have them anew"
    )


def _folder(home: Path) -> Path:
    return home / "FashionMNIST" / "raw"
