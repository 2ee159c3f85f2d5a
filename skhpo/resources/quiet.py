"""Warnings that say what was intended."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

__all__ = ["ignored"]


@contextmanager
def ignored(category: type[Warning], message: str = "") -> Iterator[None]:
    """Ignore one kind of warning, and leave the filters as they were.

    ``warnings.catch_warnings`` would put back the filters it found: in threads, those of another
    one in the midst of this. Here each puts in an entry and takes an equal one out again.

    Parameters
    ----------
    category : class
        Of the warning.
    message : str, default=""
        How its text begins.
    """
    # Python 3.14 can keep filters per context, and has a function that knows.
    filters: Any = getattr(warnings, "_get_filters", lambda: warnings.filters)()
    pattern = re.compile(re.escape(message), re.IGNORECASE) if message else None
    entry = ("ignore", pattern, category, None, 0)
    filters.insert(0, entry)
    try:
        yield
    finally:
        with suppress(ValueError):
            filters.remove(entry)
