"""What was searched, where a source still knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skhpo.exceptions import SpaceError
from skhpo.space import Space

__all__ = ["space_of"]


def space_of(source: Any, space: Any = None) -> Space | None:
    """Return the space of a search; None where nobody knows it any more.

    A history is a record of values; what else they might have been is known to the search, or the
    tuner, that made it.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.
    space : Space, dict, list of dicts or None, default=None
        What is known besides, and counts more.

    Raises
    ------
    SpaceError
        If ``space`` is none.
    """
    for given in (space, getattr(source, "space", None)):
        if given is not None:
            return given if isinstance(given, Space) else Space(given)
    given = getattr(source, "param_distributions", None)
    if isinstance(given, Space):
        return given
    if not isinstance(given, (Mapping, list, tuple)):
        return None
    try:
        return Space(given)
    except SpaceError:  # of a search of others, who allow more
        return None
