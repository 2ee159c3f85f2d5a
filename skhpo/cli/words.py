"""Records of a search as a person reads them."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from typing import Any

from skhpo.counts import counted
from skhpo.exceptions import StorageError
from skhpo.storage.reading import is_record
from skhpo.storage.records import ReadableSpace, from_plain
from skhpo.summary import Record
from skhpo.times import moment, rough_text
from skhpo.trial import Assignment, Params, Trial

__all__ = ["in_words", "listed", "number", "say"]

#: Characters of a value, and of an account of what went wrong.
_LONGEST = 100


def say(*lines: str) -> None:
    """Print lines.

    Parameters
    ----------
    *lines : str
        The lines; what a terminal could take for a command is made visible.
    """
    encoding = sys.stdout.encoding or "utf-8"
    for line in lines:
        shown = "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)
        sys.stdout.write(shown.encode(encoding, "backslashreplace").decode(encoding) + "\n")


def in_words(content: Mapping[str, Any], space: ReadableSpace, sign: int, resource: str) -> str:
    """Return what a line of a journal says.

    Parameters
    ----------
    content : mapping
        The line.
    space : ReadableSpace
        What is known of the space.
    sign : {1, -1}
        What scores are multiplied with.
    resource : str
        What training is divided by.

    Raises
    ------
    StorageError
        If it is nothing that is known.
    """
    if is_record(content):
        return _record(from_plain(content, space), sign, resource)
    kind = content.get("kind")
    if kind == "session":
        began = moment(content.get("started_at"))
        return f"process {_short(content.get('pid'))} writes, since {began}"
    if kind == "end":
        reason = content.get("reason")
        outcome = "interrupted" if reason is None else f"ended: {_short(reason)}"
        return f"{outcome}, {moment(content.get('ended_at'))}"
    raise StorageError("it is no record")


def _record(record: Record, sign: int, resource: str) -> str:
    if isinstance(record, Trial):
        copied = "" if record.parent is None else f", a copy of trial {record.parent}"
        return f"trial {record.number}{copied}: {listed(record.params)}"
    at = "" if record.resource is None else f" at {resource} {number(record.resource)}"
    if isinstance(record, Assignment):
        return f"trial {record.trial}{at} is measured on {counted(len(record.folds), 'fold')}"
    scores = "".join(
        f", {_short(name)} {number(sign * score)}" for name, score in record.scores.items()
    )
    # who did not come to an end has not told how long it took
    seconds = record.fit_time + record.score_time or record.finished_at - record.started_at
    took = "" if math.isnan(seconds) else f" ({rough_text(seconds)})"
    error = "" if record.reason is None else f": {_short(record.reason)}"
    return f"trial {record.trial}{at}, fold {record.fold}: {record.status}{scores}{took}{error}"


def listed(params: Params) -> str:
    """Return a configuration in one line.

    Parameters
    ----------
    params : mapping of str to object
        The configuration.
    """
    return ", ".join(f"{_short(name)}={number(value)}" for name, value in params.items())


def number(value: Any) -> str:
    """Return a number in few digits, and anything else in few words.

    Parameters
    ----------
    value : object
        What it is.
    """
    return f"{value:.6g}" if isinstance(value, float) else _short(value)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
