"""Ctrl-C at a chosen moment: KeyboardInterrupt before the n-th step within some files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Interruption:
    """Whether it came to it."""

    happened = False


@contextmanager
def interrupted_at(n: int, *files: str, event: str = "line") -> Iterator[Interruption]:
    """Raise KeyboardInterrupt before step ``n``, counted from 0, in files with such names.

    Parameters
    ----------
    n : int
        Which step; where there are fewer, nothing happens.
    *files : str
        How the names of the files end.
    event : {"line", "opcode"}, default="line"
        What a step is.
    """
    interruption, left = Interruption(), n

    def step(frame: FrameType, kind: str, value: Any) -> Any:
        nonlocal left
        if kind == event:
            if not left:
                interruption.happened = True
                raise KeyboardInterrupt
            left -= 1
        return step

    def enter(frame: FrameType, kind: str, value: Any) -> Any:
        if interruption.happened or not frame.f_code.co_filename.endswith(files):
            return None
        frame.f_trace_opcodes = event == "opcode"
        return step

    before = sys.gettrace()
    sys.settrace(enter)
    try:
        yield interruption
    except KeyboardInterrupt:
        if not interruption.happened:
            raise
    finally:
        sys.settrace(before)
