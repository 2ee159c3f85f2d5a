"""A search as a file that spreadsheets read."""

from __future__ import annotations

import csv
import math
import os
import sys
from typing import IO, Any

from skhpo.exceptions import StorageError
from skhpo.inspection import trials
from skhpo.inspection.columns import objects
from skhpo.storage.outputs import checked_output, written
from skhpo.storage.view import StoredSearch, read_search

__all__ = ["export"]

#: Endings of names that promise another kind of table, or a compressed one.
_OTHERS = frozenset(
    {"parquet", "feather", "arrow", "orc", "xlsx", "xls", "ods", "tsv", "json", "jsonl", "html"}
    | {"pkl", "pickle", "npz", "h5", "hdf5", "dta", "db", "sqlite", "gz", "bz2", "xz", "zip", "zst"}
)


def export(path: str, to: str) -> int:
    """Write a CSV file with one row for each trial and resource.

    Parameters
    ----------
    path : str
        Where the search is.
    to : str
        Name of the file; ``"-"`` prints it.

    Returns
    -------
    int
        1 if the search is damaged and only what stands before that is in the file, otherwise 0.

    Raises
    ------
    StorageError
        If the name promises another format, or is that of what a search keeps; if there is no such
        search.
    OSError
        If the file cannot be written.
    """
    name = None if to == "-" else _checked(to)
    search = read_search(path)
    if name is None:
        _write(search, sys.stdout)
    else:
        with written(name) as file:
            _write(search, file)
    damage = search.contents.damage
    if damage is None:
        return 0
    sys.stderr.write(
        f"skhpo export: line {damage.line + 1} of {search.contents.path} cannot be read: "
        f"{damage.reason}. The table ends before it.\n"
    )
    return 1


def _checked(to: str) -> str:
    name = checked_output(to, "trials.csv")
    stem, ending = os.path.splitext(to)
    if ending[1:].lower() in _OTHERS:
        raise StorageError(
            f"the table is CSV, and {to!r} would say that it is something else; write "
            f"--to {stem}.csv. For other formats: pandas.read_csv({stem + '.csv'!r})"
        )
    return name


def _write(search: StoredSearch, file: IO[str]) -> None:
    table = trials(search.history)
    signed = [name for name in table if name == "score" or name.startswith("mean_")]
    for name in signed:
        table[name] = search.sign * table[name]
    table["error"] = objects(error or "" for error in table["error"])
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(table)
    for row in zip(*table.values(), strict=True):
        writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    """Return what a cell holds: nothing where nothing is known, or there is no such parameter."""
    if isinstance(value, float) and math.isnan(value):
        return ""
    return "None" if value is None else value  # which csv would leave out
