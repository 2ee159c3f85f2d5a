"""A search as one file that any browser opens, without a network."""

from __future__ import annotations

import os
import time
from typing import Any

from skhpo.dashboard.facts import facts
from skhpo.dashboard.page import whole_page
from skhpo.dashboard.rows import Query, Rows
from skhpo.dashboard.views import described, drawn, figure_json
from skhpo.exceptions import StorageError, warn_user
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.words import resource_name
from skhpo.storage.commands import command_for
from skhpo.storage.outputs import checked_output, written
from skhpo.storage.view import holder, read_search

__all__ = ["report", "write_report"]

#: Rows of the table that are in the file, and parameters that can be chosen from.
_MOST_ROWS, _MOST_PARAMETERS = 1_000, 30

#: Rows of a page.
_PAGE = 25


def report(source: Any, file: str | os.PathLike[str]) -> None:
    """Write what a search found as one HTML file: its figures, the best configuration, the table.

    The file holds all that it needs (5 MB, most of it plotly.js) and asks nobody for anything.
    Texts of the search are data in it and never markup. It is there as a whole or not at all; a
    page that was there before is replaced.

    Parameters
    ----------
    source : path-like, History, search, tuner, search on disk or ``cv_results_``
        What happened; a path is the folder of a search, or the journal in it.
    file : path-like
        Name of the file, which ends in ``.html`` or ``.htm``.

    Raises
    ------
    MissingExtraError
        If there is no plotly.
    StorageError
        If there is no search at that path, or it cannot be read; if the name of the file has
        another ending, or what is there belongs to a search on disk.
    TypeError
        If there is no history in the source.
    OSError
        If the file cannot be written.

    Warns
    -----
    SkhpoWarning
        If the journal is damaged: what stands before that is in the file.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.dashboard import report  # doctest: +SKIP
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0)
    >>> report(tuner.run(n_trials=20), "report.html")  # doctest: +SKIP
    """
    damage = write_report(source, file)
    if damage is not None:
        warn_user(f"report: {damage}")


def write_report(source: Any, file: str | os.PathLike[str]) -> str | None:
    """Write the report, and return what of the source could not be read; None: all was.

    Parameters
    ----------
    source : path-like, History, search, tuner, search on disk or ``cv_results_``
        What happened.
    file : path-like
        Name of the file.
    """
    name = _checked(file)
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
    page = whole_page(_data(source, table, told, message))
    with written(name) as opened:
        opened.write(page)
    return message


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
    n_parameters = len(table.parameters)
    if n_parameters > _MOST_PARAMETERS:
        told["about"].append(
            ["figures", f"scores by the first {_MOST_PARAMETERS} of {n_parameters:,} parameters"]
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


def _checked(file: str | os.PathLike[str]) -> str:
    """Return the name of a page: nothing else is replaced by one, such as a script."""
    name = checked_output(file, "report.html")
    stem, ending = os.path.splitext(name)
    if ending.lower() not in (".html", ".htm"):
        raise StorageError(f"a report is a page, which {name!r} does not say; write {stem}.html")
    return name
