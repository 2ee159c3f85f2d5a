"""What tests of several rooms need."""

from __future__ import annotations

import importlib
from importlib.util import find_spec
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def torchvision():
    """torchvision, also where its compiled library fits another build of torch than there is.

    Builds for machines without a GPU come from an index of their own, which is not always at hand.
    Nothing that is tested needs the compiled operators; torchvision only wants them to have names.
    """
    torch = pytest.importorskip("torch")
    found = find_spec("torchvision")
    if found is None:
        pytest.skip("torchvision is not installed")
    names = None  # kept until the end of the session: with it the names would go
    try:
        for library in Path(found.origin).parent.glob("_C*"):
            torch.ops.load_library(library)
    except OSError:
        names = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            names.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    yield importlib.import_module("torchvision")
    del names
