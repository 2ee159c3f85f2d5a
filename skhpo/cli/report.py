"""A search as a file for the browser."""

from __future__ import annotations

import sys

from skhpo.cli.words import say
from skhpo.dashboard.reporting import write_report

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
        1 if the search is damaged and only what stands before that is in the file, otherwise 0.
    """
    damage = write_report(path, to)
    say(f"{to} is written: any browser opens it, without a network.")
    if damage is None:
        return 0
    sys.stderr.write(f"skhpo report: {damage}\n")
    return 1
