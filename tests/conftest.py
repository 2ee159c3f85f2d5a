"""What tests of several rooms need."""

from __future__ import annotations

import importlib
import os
from importlib.util import find_spec
from pathlib import Path

import pytest
from with_torchvision import named_operators


@pytest.fixture(scope="session")
def torchvision():
    """torchvision, also where its compiled library fits another build of torch than there is."""
    pytest.importorskip("torch")
    if find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed")
    with named_operators():
        yield importlib.import_module("torchvision")


@pytest.fixture
def fashion_mnist(torchvision):
    """The folder with a small part of the real Fashion-MNIST."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SKHPO_TEST_DATA", beside)) / "fashion-mnist-small"
    if not folder.is_dir():
        pytest.skip(f"no images in {folder}; say where they are by SKHPO_TEST_DATA")
    return folder
