"""torchvision, also where its compiled library fits another build of torch than there is.

Builds for machines without a GPU come from an index of their own, which is not always at hand.
Nothing that is tested needs the compiled operators; torchvision only wants them to have names.

Run a script like that by ``python tests/with_torchvision.py benchmarks/neural.py --repeats 3``.
"""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

__all__ = ["named_operators"]


@contextmanager
def named_operators() -> Iterator[None]:
    """Have torchvision's operators named, unless its own library does that.

    Within, torchvision can be imported; without torch, or torchvision, nothing changes.
    """
    found = find_spec("torchvision")
    if found is None or find_spec("torch") is None:
        yield
        return
    import torch

    names = None  # with this object the names would go
    try:
        for library in Path(found.origin).parent.glob("_C*"):
            torch.ops.load_library(library)
    except OSError:
        names = torch.library.Library("torchvision", "DEF")
        for operator in ("nms", "qnms"):
            names.define(f"{operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    yield
    del names


if __name__ == "__main__":
    sys.argv = sys.argv[1:]
    sys.path[0] = str(Path(sys.argv[0]).parent)
    with named_operators():
        runpy.run_path(sys.argv[0], run_name="__main__")
