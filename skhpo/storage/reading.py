"""What a journal says: for who goes on with it, and for who only looks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import IO, Any, NamedTuple
from zlib import crc32

from skhpo.exceptions import StorageError
from skhpo.storage.lines import LONGEST, decode_line
from skhpo.storage.uncollected import uncollected

__all__ = [
    "FORMAT",
    "JOURNAL",
    "VERSION",
    "Contents",
    "Damage",
    "Extent",
    "begins_as_journal",
    "folder_path",
    "is_begun",
    "is_record",
    "journal_path",
    "read_header",
    "read_journal",
    "read_on",
]

#: Name of the file in the folder of a search.
JOURNAL = "journal.jsonl"

#: What the header calls the format, and its newest version.
FORMAT = "skhpo journal"
VERSION = 1

#: How every header begins: what a machine that died while writing it may have left a part of.
_BEGINNING = b'{"n":0,"kind":"header","format":"skhpo journal","version":'

#: Lines that are no records of the history: who wrote from when, and why a search ended.
_ASIDE = ("header", "session", "end")


@dataclass(frozen=True)
class Damage:
    """A line that cannot be read although others follow.

    Parameters
    ----------
    line : int
        Its number, from 0.
    offset : int
        Bytes before it.
    reason : str
        What is wrong with it.
    """

    line: int
    offset: int
    reason: str


class Extent(NamedTuple):
    """How far a journal goes; replaced at one stroke, or Ctrl-C could come in between.

    Parameters
    ----------
    n_lines, n_bytes : int
        All of them.
    n_records : int
        Lines that are records of the history.
    checksum : int
        CRC-32 of all that.
    """

    n_lines: int = 0
    n_bytes: int = 0
    n_records: int = 0
    checksum: int = 0

    def and_line(self, line: bytes, is_record: bool) -> Extent:
        """Return how far it goes with one line more.

        Parameters
        ----------
        line : bytes
            With the line feed at its end.
        is_record : bool
            Whether it is a record of the history.
        """
        return Extent(
            self.n_lines + 1,
            self.n_bytes + len(line),
            self.n_records + is_record,
            crc32(line, self.checksum),
        )


@dataclass(frozen=True)
class Contents:
    """The whole lines of a journal.

    Parameters
    ----------
    path : str
        Of the file.
    header : dict
        What the first line says.
    lines : list of dict
        What the others say, in order.
    before : Extent
        What stands before them: the first line, or all that was known already.
    extent : Extent
        All whole lines.
    n_torn : int
        Bytes of a last line that was not finished: the machine died while it was written.
    damage : Damage or None
        The line they end before, where others follow it. None: there is none.
    """

    path: str
    header: dict[str, Any]
    lines: list[dict[str, Any]] = field(repr=False)
    before: Extent
    extent: Extent
    n_torn: int = 0
    damage: Damage | None = None

    @property
    def n_bytes(self) -> int:
        """Length of all whole lines together."""
        return self.extent.n_bytes


def folder_path(path: str | os.PathLike[str]) -> str:
    """Return the whole path of the folder of a search; ``~`` is the user's own.

    Parameters
    ----------
    path : path-like
        Of the folder.

    Raises
    ------
    StorageError
        If it is empty, or no folder can have that name.
    """
    name = os.fsdecode(path)
    if not name:
        raise StorageError("storage is an empty text; write the name of a folder, or None")
    if "\0" in name:
        raise StorageError(f"storage={name!r} has a null character; write the name of a folder")
    return os.path.abspath(os.path.expanduser(name))


def journal_path(path: str | os.PathLike[str]) -> str:
    """Return the path of a journal, given that or the folder it is in.

    Parameters
    ----------
    path : path-like
        Of the folder, or of the file itself.
    """
    path = os.path.expanduser(os.fspath(path))
    is_file = os.path.basename(path) == JOURNAL or os.path.isfile(path)
    return path if is_file else os.path.join(path, JOURNAL)


def is_record(content: Mapping[str, Any]) -> bool:
    """Return whether a line is a record of the history.

    Parameters
    ----------
    content : mapping
        What it says.
    """
    return content.get("kind") not in _ASIDE


def begins_as_journal(path: str) -> bool:
    """Return whether a file begins as journals do, whatever its name is.

    Parameters
    ----------
    path : str
        Of the file, which need not be there.
    """
    try:
        with open(path, "rb") as file:
            return file.read(len(_BEGINNING)) == _BEGINNING
    except OSError:
        return False


def is_begun(path: str | os.PathLike[str]) -> bool:
    """Return whether there is a journal: more than a part of its first line.

    Parameters
    ----------
    path : path-like
        Of the file, or of the folder it is in.

    Raises
    ------
    StorageError
        If there is something that cannot be read.
    """
    name = journal_path(path)
    if not os.path.lexists(name):
        return False
    with _opened(name) as file:
        first = file.readline(LONGEST)
    is_part = first.startswith(_BEGINNING) or _BEGINNING.startswith(first)
    return first.endswith(b"\n") or not is_part


@uncollected()
def read_journal(
    path: str | os.PathLike[str], known: Extent | None = None, most: int | None = None
) -> Contents:
    """Read the lines of a journal up to the first that cannot be read.

    Parameters
    ----------
    path : path-like
        Of the file, or of the folder it is in.
    known : Extent or None, default=None
        What was read before. If that is still there, byte by byte, only what follows it is read.
    most : int or None, default=None
        How many lines after the first, or after those that are known; None for all.

    Returns
    -------
    Contents

    Raises
    ------
    StorageError
        If there is no such file, or it is no journal, or one of a version that this release
        does not know.
    """
    name = journal_path(path)
    with _opened(name) as file:
        return _read(file, name, known, most)


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read the first line of a journal only.

    Parameters
    ----------
    path : path-like
        Of the file, or of the folder it is in.

    Raises
    ------
    StorageError
        As :func:`read_journal` does.
    """
    name = journal_path(path)
    with _opened(name) as file:
        return _header(file.readline(LONGEST), name)


@uncollected()
def read_on(known: Contents, most: int | None = None) -> Contents:
    """Read what follows what was read, of a file that still begins with that.

    Parameters
    ----------
    known : Contents
        What was read last.
    most : int or None, default=None
        How many lines; None for all.

    Returns
    -------
    Contents
        The whole lines after those that are known; none if the file cannot be read just now.
    """
    try:
        with open(known.path, "rb") as file:
            return _passage(file, known.path, known.header, known.extent, most)
    except OSError:  # in the middle of a repair
        return replace(known, lines=[], before=known.extent)


@contextmanager
def _opened(name: str) -> Iterator[IO[bytes]]:
    """Return a context with the file; errors in it say which file it was."""
    try:
        with open(name, "rb") as file:
            yield file
    except FileNotFoundError:
        raise StorageError(f"there is no journal at {name}") from None
    except OSError as error:
        raise StorageError(f"the journal {name} cannot be read: {error}") from None


def _read(file: IO[bytes], path: str, known: Extent | None, most: int | None) -> Contents:
    first = file.readline(LONGEST)
    header = _header(first, path)
    before = Extent().and_line(first, is_record=False)
    if known is not None and _still_begins_with(known, file):
        before = known
    return _passage(file, path, header, before, most)


def _passage(
    file: IO[bytes], path: str, header: dict[str, Any], before: Extent, most: int | None
) -> Contents:
    """Lines that follow others, up to the first that cannot be read."""
    file.seek(before.n_bytes)
    extent = before
    lines: list[dict[str, Any]] = []
    for line in islice(_lines(file), most):
        try:
            content = decode_line(line, extent.n_lines)
        except StorageError as error:
            if not _follows(line, file):
                return Contents(path, header, lines, before, extent, n_torn=len(line))
            damage = Damage(extent.n_lines, extent.n_bytes, str(error))
            return Contents(path, header, lines, before, extent, damage=damage)
        lines.append(content)
        extent = extent.and_line(line, is_record(content))
    return Contents(path, header, lines, before, extent)


def _still_begins_with(known: Extent, file: IO[bytes]) -> bool:
    file.seek(0)
    n_left, checksum = known.n_bytes, 0
    while n_left and (block := file.read(min(n_left, LONGEST))):
        n_left, checksum = n_left - len(block), crc32(block, checksum)
    return n_left == 0 and checksum == known.checksum


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines of the file; one that is too long comes in pieces, none of which can be read."""
    while line := file.readline(LONGEST):
        yield line


def _follows(line: bytes, file: IO[bytes]) -> bool:
    """Whether there is more in the file after a line that is whole or too long."""
    return bool(file.read(1)) if line.endswith(b"\n") or len(line) >= LONGEST else False


def _header(line: bytes, path: str) -> dict[str, Any]:
    if not line:
        raise StorageError(f"the journal {path} is empty")
    if not line.endswith(b"\n") and line.startswith(_BEGINNING):
        raise StorageError(f"the journal {path} has no whole line yet")
    try:
        header = decode_line(line, 0)
    except StorageError as error:
        raise StorageError(
            f"{path} is no journal of skhpo: its first line cannot be read: {error}"
        ) from None
    version = header.get("version")
    if header.get("format") != FORMAT or not isinstance(version, int):
        raise StorageError(f"{path} is no journal of skhpo: its first line does not say so")
    if version > VERSION:
        raise StorageError(
            f"{path} was written by skhpo {header.get('skhpo')}, as version {version} of the "
            f"format; this release reads versions up to {VERSION}: pip install --upgrade skhpo"
        )
    return header
