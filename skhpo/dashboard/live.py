"""A search on disk that may grow while somebody looks at it."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from skhpo.exceptions import StorageError
from skhpo.storage.reading import is_record, journal_path, read_on
from skhpo.storage.records import from_plain
from skhpo.storage.view import DescribedSpace, read_search

__all__ = ["LiveSearch"]

#: Bytes at the end of what is known that are compared: they hold the last line's checksum.
_SEAM = 64

#: Seconds after which a line that is not finished is worth telling.
_PATIENCE = 2.0


class _File(NamedTuple):
    """Which file it is, and in which state."""

    device: int
    inode: int
    size: int
    changed_at: int


class LiveSearch:
    """Reads on in a journal, and survives whatever becomes of the file meanwhile.

    Only what was written since the last look is read. If the file does not go on from what is
    known (replaced, repaired, written anew), it is read from its beginning; if it is gone or cannot
    be read, what was known stays, and :attr:`message` says so.

    Parameters
    ----------
    path : path-like
        Of the folder of the search, or of its journal.

    Attributes
    ----------
    search : StoredSearch
        What was read until now. Its history grows with :meth:`look`; of the lines that are records
        only the last one is kept.
    message : str or None
        What is wrong with the file just now, for people. None: nothing.

    Raises
    ------
    StorageError
        If there is no search there that can be read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = journal_path(path)
        self.message: str | None = None
        self._n_readings = 0
        self._torn_since: float | None = None
        self._file: _File | None = _seen(self.path) if os.path.exists(self.path) else None
        self._read()

    @property
    def version(self) -> str:
        """Another text whenever something was read."""
        return f"{self._n_readings}-{self._n_lines}"

    def look(self) -> None:
        """Take in what was written since the last look."""
        try:
            now = _seen(self.path)
            if now != self._file:
                known, self._file = self._file, now  # what fails now, fails until it is changed
                self.message = None
                if self._goes_on(known, now):
                    self._read_on()
                else:
                    self._read()
        except FileNotFoundError:
            self._file = None
            self.message = f"{self.path} is gone. What is shown is what it said before."
        except (StorageError, OSError) as error:
            self._is_sound = False
            self.message = f"{error}. What is shown is what was read before."
        else:
            self._look_at_the_rest(now.size - self._n_bytes)

    def _goes_on(self, known: _File | None, now: _File) -> bool:
        """Whether the file begins with what was read."""
        if known is None or not self._is_sound or now.size < self._n_bytes:
            return False
        if (known.device, known.inode) != (now.device, now.inode):
            return False
        return _bytes_before(self.path, self._n_bytes) == self._seam

    def _read(self) -> None:
        search = read_search(self.path)
        contents = search.contents
        self.search = search
        self._space = DescribedSpace(contents.header.get("space"))
        self._n_readings += 1
        self._n_lines = 1 + len(contents.lines)
        self._n_bytes = contents.n_bytes
        self._seam = _bytes_before(self.path, contents.n_bytes)
        self._is_sound = contents.damage is None
        if contents.damage is not None:
            self.message = (
                f"Line {contents.damage.line + 1} of {self.path} cannot be read: "
                f"{contents.damage.reason}. What is shown stands before it; python -m skhpo "
                f"repair saves what is whole."
            )
        _forget(contents.lines)

    def _read_on(self) -> None:
        known = self.search
        lines, self._n_bytes = read_on(self.path, self._n_lines, self._n_bytes)
        for content in lines:
            self._n_lines += 1
            if is_record(content):
                try:
                    known.history.append(from_plain(content, self._space))
                except ValueError as error:
                    raise StorageError(
                        f"line {self._n_lines} of {self.path} does not fit: {error}"
                    ) from None
        self._seam = _bytes_before(self.path, self._n_bytes)
        known.contents.lines.extend(lines)
        _forget(known.contents.lines)

    def _look_at_the_rest(self, n_bytes: int) -> None:
        """Say so if there is something behind the last whole line, and stays there."""
        if not self._is_sound:
            return
        if n_bytes <= 0:
            self._torn_since = None
            return
        now = time.monotonic()
        if self._torn_since is None:
            self._torn_since = now
        if now - self._torn_since >= _PATIENCE:
            self.message = (
                f"The last {n_bytes} bytes of {self.path} cannot be read: a line is not finished, "
                f"or damaged. What is shown stands before it."
            )


def _seen(path: str) -> _File:
    found = os.stat(path)
    return _File(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def _bytes_before(path: str, n_bytes: int) -> bytes:
    n_seam = min(n_bytes, _SEAM)
    with open(path, "rb") as file:
        file.seek(n_bytes - n_seam)
        return file.read(n_seam)


def _forget(lines: list[dict[str, Any]]) -> None:
    """Drop the records but the last one: they are in the history, and take less there."""
    kept: Sequence[dict[str, Any]] = lines[-1:]
    lines[:] = [line for line in lines[:-1] if not is_record(line)] + list(kept)
