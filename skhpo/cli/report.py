"""A search as a file for the browser."""

from __future__ import annotations

from skhpo import dashboard
from skhpo.cli.words import say

__all__ = ["report"]


def report(path: str, to: str) -> int:
    """Write the report of a search.

    Parameters
    ----------
    path : str
        Where the search is.
    to : str
        Name of the file.

    Returns
    -------
    int
        0.
    """
    dashboard.report(path, to)
    say(f"{to} is written: any browser opens it, without a network.")
    return 0
