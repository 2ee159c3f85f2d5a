"""What others ask of a search that writes in a folder: to pause, to go on, to stop.

A small file beside the journal, which the search looks at. It is for the search that writes there
at the time: one that begins, or ends, removes what it finds, so that nothing old stops a new run.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from contextlib import suppress
from time import monotonic, time
from typing import Any, Literal, TypeAlias, get_args

from skhpo.exceptions import StorageError, warn_user
from skhpo.storage.reading import folder_path, journal_path

__all__ = ["Command", "CommandFile", "command_for", "give_command"]

#: As what a search looks for is called: see :mod:`skhpo.control`.
Command: TypeAlias = Literal["go", "pause", "stop"]

_KNOWN = get_args(Command)

#: Name of the file in the folder of a search.
COMMAND = "command.json"

#: Bytes of it that are looked at, and seconds between two looks, at least.
_LONGEST, _LOOK = 1_000, 0.1


class CommandFile:
    """The side of the search: a switch, as :class:`~skhpo.control.Control` is one.

    Parameters
    ----------
    path : path-like
        Of the folder of the search.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.path.join(folder_path(path), COMMAND)
        self._wanted: Command = "go"
        self._seen: tuple[int, ...] | None = None
        self._look_at = 0.0

    def begin(self, gate: Any) -> None:
        """A search begins: what is there was meant for another one."""
        self.end()

    def wanted(self) -> Command:
        """Return what is wanted now. What makes no sense is told, and changes nothing."""
        now = monotonic()
        if now < self._look_at:
            return self._wanted
        self._look_at = now + _LOOK
        try:
            found = os.lstat(self._path)
        except OSError:  # nobody wants anything, or not any more
            self._wanted, self._seen = "go", None
            return self._wanted
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if seen != self._seen:
            self._seen = seen
            try:
                self._wanted = _read(self._path)
            except (OSError, ValueError) as error:
                warn_user(f"{self._path} is not followed: {error}. Delete it, and see who wrote it")
        return self._wanted

    def end(self) -> None:
        """The search is over: nobody else is to find what was meant for it."""
        self._wanted, self._seen, self._look_at = "go", None, 0.0
        with suppress(OSError):
            os.unlink(self._path)


def give_command(path: str | os.PathLike[str], wanted: Command) -> None:
    """Ask something of the search that writes in a folder. It looks within a second or so.

    Parameters
    ----------
    path : path-like
        Of the folder, or of the journal in it.
    wanted : {"go", "pause", "stop"}
        What it is to do.

    Raises
    ------
    StorageError
        If the file cannot be written.
    """
    name = _name(path)
    partial = f"{name}.{os.getpid()}"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(partial, flags, 0o600), "w", encoding="ascii") as file:
            json.dump({"wanted": wanted, "at": time()}, file)
        os.replace(partial, name)
    except OSError as error:
        with suppress(OSError):
            os.unlink(partial)
        raise StorageError(f"{name} cannot be written: {error}") from None


def command_for(path: str | os.PathLike[str]) -> Command:
    """Return what is asked of the search in a folder; ``"go"`` if it is nothing that is known.

    Parameters
    ----------
    path : path-like
        Of the folder, or of the journal in it.
    """
    try:
        return _read(_name(path))
    except (OSError, ValueError):
        return "go"


def _name(path: str | os.PathLike[str]) -> str:
    return os.path.join(os.path.dirname(journal_path(path)), COMMAND)


def _read(path: str) -> Command:
    """Return what a file says, if it is ours: never more than a few words."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    with os.fdopen(os.open(path, flags), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is no file")
        if sys.platform != "win32" and found.st_uid != os.geteuid():
            raise ValueError("another user has written it")
        text = file.read(_LONGEST)
    content = json.loads(text)
    asked: Any = content.get("wanted") if isinstance(content, dict) else None
    if asked not in _KNOWN:
        raise ValueError(f"it asks for {asked!r:.80}, which is none of {list(_KNOWN)}")
    wanted: Command = asked
    return wanted
