"""The history on disk, line by line."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import IO, Any

from skhpo.exceptions import StorageError, warn_user
from skhpo.storage.lines import encode_line
from skhpo.storage.reading import Contents, Extent, is_begun, is_record, read_journal

__all__ = ["Journal"]

#: Seconds after which what was written is forced to the disk, against a loss of power.
_SYNCED_EVERY = 1.0


class Journal:
    """Appends lines to a file, each whole or not at all.

    A line is handed to the operating system at once: it outlives the process, however that ends.
    To the disk itself it is forced at most once a second, and what came within that second when
    the operating system does so: this is what a loss of power may cost. When nothing can be
    written any more, the search is told once, goes on in memory, and what the file holds until
    then stays readable.

    Parameters
    ----------
    path : str
        Of the file, in a folder of which the writer holds the lock.
    known : Extent or None, default=None
        What need not be read again if it is still there.

    Attributes
    ----------
    contents : Contents or None
        What is in it; None if it is new.
    extent : Extent
        How far it goes.
    is_writable : bool
        Whether more can be written.

    Raises
    ------
    StorageError
        If it is no journal, or damaged before its end.
    """

    def __init__(self, path: str, known: Extent | None = None) -> None:
        self.path = path
        self.contents: Contents | None = None
        self.is_writable = True
        self.extent = Extent()
        self._synced_at = time.monotonic()
        self._file: IO[bytes] | None = None
        if is_begun(path):
            self.contents = read_journal(path, known)
            _check_whole(self.contents)
            self.extent = self.contents.extent
        self._open()

    def append(self, content: dict[str, Any]) -> None:
        """Write a line.

        Parameters
        ----------
        content : dict
            Plain data.

        Raises
        ------
        StorageError
            If it is no plain data.
        """
        if not self.is_writable or self._file is None:
            return
        line = encode_line(self.extent.n_lines, content)
        try:
            self._write(line)
        except OSError as error:
            self._give_up(error)
            return
        self.extent = self.extent.and_line(line, is_record(content))

    @property
    def n_records(self) -> int:
        """How many records of the history it has."""
        return self.extent.n_records

    def close(self) -> None:
        """Bring everything to the disk. Safe to call twice."""
        file, self._file = self._file, None
        if file is not None:
            with suppress(OSError), file:
                # what an interruption has left of a line
                if os.fstat(file.fileno()).st_size > self.extent.n_bytes:
                    os.ftruncate(file.fileno(), self.extent.n_bytes)
                os.fsync(file.fileno())

    def _open(self) -> None:
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            self._file = os.fdopen(descriptor, "r+b", buffering=0)
            if os.fstat(descriptor).st_size > self.extent.n_bytes:
                os.ftruncate(descriptor, self.extent.n_bytes)
            if self.contents is not None and self.contents.n_torn:
                warn_user(
                    f"The last line of {self.path} was not finished when the search was stopped; "
                    f"its {self.contents.n_torn} bytes are cut off. What it was about is done "
                    f"again."
                )
        except OSError as error:
            self._give_up(error)

    def _write(self, line: bytes) -> None:
        """Write behind what is whole: over what an interruption may have left of a line."""
        file = self._file
        assert file is not None
        file.seek(self.extent.n_bytes)
        rest = memoryview(line)
        while rest:
            rest = rest[file.write(rest) :]
        now = time.monotonic()
        if now - self._synced_at > _SYNCED_EVERY:
            self._synced_at = now
            os.fsync(file.fileno())

    def _give_up(self, error: OSError) -> None:
        self.is_writable = False
        if self._file is not None:
            with suppress(OSError):
                os.ftruncate(self._file.fileno(), self.extent.n_bytes)
        warn_user(
            f"The journal {self.path} cannot be written any more: {error}. The search goes on in "
            f"memory; what was written until now can be read, and gone on from."
        )


def _check_whole(contents: Contents) -> None:
    if contents.damage is not None:
        raise StorageError(
            f"line {contents.damage.line + 1} of {contents.path} cannot be read: "
            f"{contents.damage.reason}. The {contents.extent.n_lines} lines before it are whole; "
            f"to go on from them, and from what can be saved behind it: "
            f"python -m skhpo repair {os.path.dirname(contents.path)}"
        )
