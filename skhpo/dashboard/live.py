"""A search on disk that may grow while somebody looks at it."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from typing import NamedTuple

from skhpo.exceptions import StorageError
from skhpo.storage.reading import Contents, is_record, journal_path, read_journal, read_on
from skhpo.storage.view import StoredSearch

__all__ = ["LiveSearch"]

#: Bytes at the end of what is known that are compared: they hold the last line's checksum.
_SEAM = 64

#: Lines that are read at a time: what others wait for, in the order of half a second.
_PIECE = 10_000

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

    Only what was written since the last look is read, and of a long journal a piece at each look.
    If the file does not go on from what is known (replaced, repaired, written anew), it is read
    from its beginning; if it is gone or cannot be read, what was known stays, and :attr:`message`
    says so.

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
        What is wrong with the file just now, for people, or how much of it is read. None: nothing,
        and all.
    is_behind : bool
        Whether there is more to read at once than was read.
    version : str
        Another text whenever something was read, but for pieces in the middle of a long journal:
        the first and the last count.

    Raises
    ------
    StorageError
        If there is no search there that can be read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = journal_path(path)
        self.is_behind = False
        self._wrong: str | None = None
        self._n_readings = 0
        self._torn_since: float | None = None
        self._file: _File | None = _seen(self.path) if os.path.exists(self.path) else None
        self._read()

    @property
    def message(self) -> str | None:
        """What is wrong with the file just now, or how much of it is read."""
        if self._wrong is not None or not self.is_behind or self._file is None:
            return self._wrong
        part = self.search.contents.n_bytes / max(self._file.size, 1)
        return f"Still reading: {part:.0%} of the journal. What is shown is how the search began."

    def look(self) -> None:
        """Take in what was written since the last look."""
        try:
            now = _seen(self.path)
            if now != self._file or self.is_behind:
                known, self._file = self._file, now  # what fails now, fails until it is changed
                self._wrong = None
                if self._goes_on(known, now):
                    self._read_on()
                else:
                    self._read()
        except FileNotFoundError:
            self._file, self.is_behind = None, False
            self._wrong = f"{self.path} is gone. What is shown is what it said before."
        except (StorageError, OSError) as error:
            self._is_sound = self.is_behind = False
            self._wrong = f"{error}. What is shown is what was read before."
        else:
            if not self.is_behind:
                self._look_at_the_rest(now.size - self.search.contents.n_bytes)

    def _goes_on(self, known: _File | None, now: _File) -> bool:
        """Whether the file begins with what was read."""
        n_bytes = self.search.contents.n_bytes
        if known is None or not self._is_sound or now.size < n_bytes:
            return False
        if (known.device, known.inode) != (now.device, now.inode):
            return False
        return _bytes_before(self.path, n_bytes) == self._seam

    def _read(self) -> None:
        """Read from the beginning."""
        piece = read_journal(self.path, most=_PIECE)
        self._n_readings += 1
        self._take_in(StoredSearch.begun(replace(piece, lines=[])), piece)
        self.version = self._newest_version

    def _read_on(self) -> None:
        self._take_in(self.search, read_on(self.search.contents, _PIECE))
        if not self.is_behind:
            self.version = self._newest_version

    def _take_in(self, search: StoredSearch, piece: Contents) -> None:
        search.take_in(piece)
        # Records are in the history, and take less there: only the last is kept as it stands.
        lines = search.contents.lines + piece.lines
        aside = [line for line in lines[:-1] if not is_record(line)]
        self.search = replace(search, contents=replace(piece, lines=aside + lines[-1:]))
        self.is_behind = len(piece.lines) == _PIECE
        self._seam = _bytes_before(self.path, piece.n_bytes)
        self._is_sound = piece.damage is None
        if piece.damage is not None:
            self._wrong = (
                f"Line {piece.damage.line + 1} of {self.path} cannot be read: "
                f"{piece.damage.reason}. What is shown stands before it; python -m skhpo "
                f"repair saves what is whole."
            )

    @property
    def _newest_version(self) -> str:
        return f"{self._n_readings}-{self.search.contents.extent.n_lines}"

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
            self._wrong = (
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
