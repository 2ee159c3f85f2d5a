"""Files that are made of a search, such as tables: whole, and never in place of what it keeps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from skhpo.exceptions import StorageError
from skhpo.storage.commands import COMMAND
from skhpo.storage.reading import JOURNAL, begins_as_journal
from skhpo.storage.store import LOCK, STATES

__all__ = ["checked_output", "written"]


def checked_output(name: str | os.PathLike[str], example: str) -> str:
    """Return the name of a file that may be written; ``~`` is the user's own folder.

    Parameters
    ----------
    name : path-like
        As somebody has given it.
    example : str
        A name that would do, without a folder.

    Raises
    ------
    StorageError
        If it is empty, or what is there belongs to a search on disk.
    OSError
        If it is a folder, or in none, or what is there is no ordinary file.
    """
    path = os.path.expanduser(os.fsdecode(name))
    if not path:
        raise StorageError(f"the name of the file is an empty text; write one, such as {example}")
    if os.path.isdir(path):
        raise IsADirectoryError(
            f"{path} is a folder: name a file in it, such as {os.path.join(path, example)}"
        )
    folder = os.path.dirname(path)
    if folder and not os.path.isdir(folder):
        raise FileNotFoundError(f"{path} cannot be written: there is no folder {folder}")
    if os.path.exists(path) and not os.path.isfile(path):
        raise OSError(f"{path} is no ordinary file; write another name, such as {example}")
    if _is_kept(path):
        raise StorageError(
            f"{path} belongs to a search on disk, which would be lost; write another name, such "
            f"as {example}"
        )
    return path


@contextmanager
def written(path: str) -> Iterator[IO[str]]:
    """Return a context with a file; what was there before stays until all is written.

    Parameters
    ----------
    path : str
        From :func:`checked_output`.

    Raises
    ------
    OSError
        If it cannot be written; then nothing is left of it.
    """
    partial = f"{path}.{os.getpid()}.part"
    try:
        with open(partial, "w", encoding="utf-8", newline="") as file:
            yield file
        os.replace(partial, path)
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error.strerror or error}") from None
    finally:
        with suppress(OSError):
            os.unlink(partial)


def _is_kept(path: str) -> bool:
    """Return whether a search keeps something there: journal, lock, command, or fitted states."""
    file = Path(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
    if file.name in (JOURNAL, LOCK, COMMAND) or begins_as_journal(path):
        return True
    return any(
        folder.name == STATES and os.path.lexists(folder.parent / JOURNAL)
        for folder in file.parents
    )
