"""Save what is whole of a journal that was damaged.

What is decided is decided from all that is known by then, so that a journal with a gap is not what
it was. But it may still be a history: one in which some result has not come in yet. So results of
what was under way before the gap are kept, whatever else is lost. Where training is not divided,
nothing but the choice of a configuration depends on results, and trials behind the gap are kept,
too, up to one that is lost itself: their numbers have no gaps. Who goes on in divided training was
decided from all scores of its rung, and is decided again.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from typing import IO, Any

from skhpo.exceptions import StorageError
from skhpo.history import History
from skhpo.storage.lines import LONGEST, encode_line, numbered_line
from skhpo.storage.lock import FileLock
from skhpo.storage.reading import Contents, is_record, journal_path, read_header, read_journal
from skhpo.storage.records import from_plain
from skhpo.storage.store import LOCK
from skhpo.storage.uncollected import uncollected
from skhpo.storage.view import DescribedSpace

__all__ = ["Repair", "repair"]


@dataclass(frozen=True)
class Repair:
    """What was done.

    Parameters
    ----------
    path : str
        Of the journal.
    n_whole : int
        Lines before the damage that were kept; all there are, if there is none.
    n_saved : int
        Lines from behind it that were kept, too.
    n_left_out : int
        Whole lines that were not kept: they followed from what is lost.
    reason : str or None
        What was wrong with the first line that was lost; None if it was only unfinished.
    copy : str or None
        Where the journal is as it was before; None if nothing was done.
    """

    path: str
    n_whole: int
    n_saved: int = 0
    n_left_out: int = 0
    reason: str | None = None
    copy: str | None = None


def repair(path: str | os.PathLike[str]) -> Repair:
    """Make a damaged journal one that can be gone on from, and keep a copy of what it was.

    Parameters
    ----------
    path : path-like
        Of the folder of the search, or of its journal.

    Returns
    -------
    Repair

    Raises
    ------
    StorageLockedError
        If a search writes there.
    StorageError
        If there is no journal, its first line cannot be read, or it cannot be written.
    """
    name = journal_path(path)
    read_header(name)  # of a file that is no journal, nothing is touched, nor put beside it
    lock = FileLock(os.path.join(os.path.dirname(name), LOCK))
    lock.acquire()
    try:
        contents = read_journal(name)
        damage = contents.damage
        if os.path.getsize(name) == contents.n_bytes:
            return Repair(name, contents.extent.n_lines)
        behind = [] if damage is None else _whole_lines(name, contents.n_bytes)
        before = _before(contents.lines) if behind else contents.lines
        saved = list(_fitting(contents, before, behind))
        copy = _copied(name)
        _replace(name, [contents.header, *before, *saved])
    except OSError as error:
        raise StorageError(f"{name} cannot be repaired: {error}") from None
    finally:
        lock.release()
    reason = None if damage is None else f"line {damage.line + 1}: {damage.reason}"
    n_left_out = len(contents.lines) - len(before) + len(behind) - len(saved)
    return Repair(name, 1 + len(before), len(saved), n_left_out, reason, copy)


@uncollected()
def _whole_lines(path: str, offset: int) -> list[dict[str, Any]]:
    """Return what can be read behind an offset, in the order in which it was written."""
    lines: dict[int, dict[str, Any]] = {}
    with open(path, "rb") as file:
        file.seek(offset)
        while line := file.readline(LONGEST):
            with suppress(StorageError):
                number, content = numbered_line(line)
                if type(number) is int and number > max(lines, default=0):  # and not twice
                    lines[number] = content
    return list(lines.values())


def _before(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines before a gap, without a trial whose assignment is lost in it."""
    newest = next((n for n in reversed(range(len(lines))) if is_record(lines[n])), None)
    if newest is None or lines[newest].get("kind") != "trial":
        return lines
    return [*lines[:newest], *lines[newest + 1 :]]


@uncollected()
def _fitting(
    contents: Contents, before: list[dict[str, Any]], behind: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return those lines from behind a gap that make a history with those before it."""
    space, history = DescribedSpace(contents.header.get("space")), History()
    try:
        history.extend(from_plain(content, space) for content in before if is_record(content))
    except (StorageError, ValueError) as error:
        raise StorageError(f"{contents.path} holds no history: {error}") from None
    is_divided = any(content.get("resource") is not None for content in (*before, *behind))
    fitting: list[dict[str, Any]] = []
    for unit in _units(behind, is_divided):
        n_known = len(history)
        try:
            records = [from_plain(content, space) for content in unit if is_record(content)]
            for record in records:
                history.append(record)
        except (StorageError, ValueError):
            if len(history) > n_known:  # a trial that cannot be assigned: others may not follow
                break
        else:
            fitting += unit
    return fitting


def _units(lines: list[dict[str, Any]], is_divided: bool) -> Iterator[list[dict[str, Any]]]:
    """Yield what can only be kept together, without what is decided again."""
    trial: dict[str, Any] | None = None
    for content in lines:
        kind = content.get("kind")
        if kind not in ("trial", "assignment"):
            yield [content]
        elif kind == "assignment" and trial is not None and not is_divided:
            yield [trial, content]
        trial = content if kind == "trial" else None


def _copied(path: str) -> str:
    """Copy a file to a name of its own beside it."""
    for number in count(1):
        copy = f"{path}.damaged-{number}"
        try:
            target = open(copy, "xb", opener=_owner_only)  # noqa: SIM115  # closed below
        except FileExistsError:
            continue
        with target, open(path, "rb") as source:
            shutil.copyfileobj(source, target)
            _force(target)
        break
    return copy


def _replace(path: str, lines: list[dict[str, Any]]) -> None:
    """Write lines in place of a file: all of them, or it stays what it was."""
    partial = f"{path}.repaired"
    try:
        with open(partial, "wb", opener=_owner_only) as file:
            for number, content in enumerate(lines):
                file.write(encode_line(number, content))
            _force(file)
        os.replace(partial, path)
    finally:
        with suppress(OSError):
            os.remove(partial)


def _force(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
