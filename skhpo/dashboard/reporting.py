"""A search as one file that any browser opens, without a network."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import Any

from skhpo.dashboard.facts import facts
from skhpo.dashboard.page import whole_page
from skhpo.dashboard.rows import Query, Rows
from skhpo.dashboard.views import described, drawn, figure_json
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.words import resource_name
from skhpo.storage.commands import command_for
from skhpo.storage.view import holder, read_search

__all__ = ["report"]

#: Rows of the table that are in the file, and parameters that can be chosen from.
_MOST_ROWS, _MOST_PARAMETERS = 1_000, 30

#: Rows of a page.
_PAGE = 25


def report(source: Any, file: str | os.PathLike[str]) -> None:
    """Write what a search found as one HTML file: its figures, the best configuration, the table.

    The file holds all that it needs (5 MB, most of it plotly.js) and asks nobody for anything.
    Texts of the search are data in it and never markup. It is there as a whole or not at all; what
    was there before is replaced.

    Parameters
    ----------
    source : path-like, History, search, tuner, search on disk or ``cv_results_``
        What happened; a path is the folder of a search, or the journal in it.
    file : path-like
        Name of the file.

    Raises
    ------
    MissingExtraError
        If there is no plotly.
    StorageError
        If there is no search at that path, or it cannot be read.
    TypeError
        If there is no history in the source.
    OSError
        If the file cannot be written.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.dashboard import report  # doctest: +SKIP
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0)
    >>> report(tuner.run(n_trials=20), "report.html")  # doctest: +SKIP
    """
    message = None
    writes, is_paused = None, False
    if isinstance(source, (str, os.PathLike)):
        writes, is_paused = holder(source), command_for(source) == "pause"
        source = read_search(source)
        damage = source.contents.damage
        if damage is not None:
            message = (
                f"Line {damage.line + 1} of {source.contents.path} cannot be read: "
                f"{damage.reason}. What is shown stands before it."
            )
    history = history_of(source)
    table = Rows(history, sign_of(source), resource_name(source))
    told = facts(source, table, writes, is_paused)
    _write(whole_page(_data(source, table, told, message)), file)


def _data(source: Any, table: Rows, told: dict[str, Any], message: str | None) -> dict[str, Any]:
    """Return all that the page would ask for."""
    views = described(table)
    for view in views:
        view["choices"] = view["choices"][:_MOST_PARAMETERS]
    told["about"].append(["report of", time.strftime("%Y-%m-%d %H:%M:%S")])
    rows = table.page(Query(page_size=_MOST_ROWS))
    if rows["n_all"] > _MOST_ROWS:
        told["about"].append(
            ["table", f"the newest {_MOST_ROWS:,} of {rows['n_all']:,} rows; the others: export"]
        )
    return {
        "state": {"version": "report", "message": message, "facts": told, "figures": views},
        "figures": {
            view["name"]: {
                choice or "": figure_json(drawn(source, view["name"], choice))
                for choice, _ in view["choices"] or [(None, "")]
            }
            for view in views
        },
        "rows": {
            "columns": rows["columns"],
            "rows": rows["rows"],
            "n_all": rows["n_rows"],
            "size": _PAGE,
        },
    }


def _write(text: str, file: str | os.PathLike[str]) -> None:
    """Write it beside its place first: what was there before stays until all is written."""
    name = os.path.expanduser(os.fspath(file))
    partial = f"{name}.{os.getpid()}.part"
    if os.path.isdir(name):
        raise IsADirectoryError(f"{name} is a folder: name a file in it, such as report.html")
    folder = os.path.dirname(name)
    if folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"{name} cannot be written: there is no folder {folder}")
    try:
        with open(partial, "w", encoding="utf-8", newline="\n") as opened:
            opened.write(text)
        os.replace(partial, name)
    finally:
        with suppress(OSError):
            os.unlink(partial)
