"""Save what is whole of a journal that was damaged."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from itertools import count

from skhpo.exceptions import StorageError
from skhpo.storage.lock import FileLock
from skhpo.storage.reading import journal_path, read_journal
from skhpo.storage.store import LOCK

__all__ = ["Repair", "repair"]


@dataclass(frozen=True)
class Repair:
    """What was done.

    Parameters
    ----------
    path : str
        Of the journal.
    n_lines : int
        Whole lines, which were kept.
    n_bytes : int
        Length of what was cut off; 0 if the journal was whole.
    reason : str or None
        What was wrong with the first line of it; None if it was only unfinished.
    copy : str or None
        Where the journal is as it was before; None if nothing was done.
    """

    path: str
    n_lines: int
    n_bytes: int
    reason: str | None
    copy: str | None


def repair(path: str | os.PathLike[str]) -> Repair:
    """Cut a journal off before the first line that cannot be read, and keep a copy of all of it.

    What follows that line was decided from it, too, so that nothing after it is used. Results that
    are cut off are found again when the search goes on.

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
    if not os.path.isfile(name):
        raise StorageError(f"there is no journal at {name}")
    lock = FileLock(os.path.join(os.path.dirname(name), LOCK))
    lock.acquire()
    try:
        contents = read_journal(name)
        n_cut = os.path.getsize(name) - contents.n_bytes
        if not n_cut:
            return Repair(name, 1 + len(contents.lines), 0, None, None)
        copy = _copied(name)
        os.truncate(name, contents.n_bytes)
    except OSError as error:
        raise StorageError(f"{name} cannot be repaired: {error}") from None
    finally:
        lock.release()
    damage = contents.damage
    reason = None if damage is None else f"line {damage.line + 1}: {damage.reason}"
    return Repair(name, 1 + len(contents.lines), n_cut, reason, copy)


def _copied(path: str) -> str:
    """Copy a file to a name of its own beside it."""
    for number in count(1):
        copy = f"{path}.damaged-{number}"
        try:
            descriptor = os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue
        with open(path, "rb") as source, os.fdopen(descriptor, "wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            os.fsync(target.fileno())
        break
    return copy
