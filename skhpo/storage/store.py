"""A search on disk: its journal, and the fitted states beside it."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from skhpo._version import __version__
from skhpo.exceptions import StorageError, StorageMismatchError
from skhpo.history import History
from skhpo.space import Space
from skhpo.storage.checkpoints import Checkpoints
from skhpo.storage.description import describe, described_space
from skhpo.storage.differences import differences
from skhpo.storage.journal import Journal
from skhpo.storage.lines import encode_line
from skhpo.storage.lock import FileLock
from skhpo.storage.reading import (
    FORMAT,
    JOURNAL,
    VERSION,
    Contents,
    Extent,
    folder_path,
    is_begun,
    is_record,
    read_header,
    read_journal,
)
from skhpo.storage.records import from_plain, to_plain
from skhpo.storage.uncollected import uncollected
from skhpo.summary import Record

__all__ = ["LOCK", "Store", "n_stored", "seed_for"]

#: Names in the folder of a search, besides that of the journal.
LOCK = "journal.lock"
STATES = "states"


class Store:
    """The folder of one search. Who has opened it is the only one to write in it.

    Parameters
    ----------
    path : path-like
        Of the folder; it is created, readable by its owner only, if it is not there.
    known : Extent or None, default=None
        What of its journal the history has already.

    Raises
    ------
    StorageError
        If it cannot be created, or what is in it cannot be gone on from.
    StorageLockedError
        If another search writes in it.

    Attributes
    ----------
    session : mapping of str to object
        What else is written with the first line of this process, for those who look from outside.
    """

    def __init__(self, path: str | os.PathLike[str], known: Extent | None = None) -> None:
        self.path = folder_path(path)
        _make_folder(self.path)
        self._lock = FileLock(os.path.join(self.path, LOCK))
        self._lock.acquire()
        self._history: History | None = None
        self._is_announced = False  # that this process writes
        self._began_at = time.time()
        self.session: Mapping[str, Any] = {}
        try:
            self._journal = Journal(os.path.join(self.path, JOURNAL), known)
        except BaseException:
            self._lock.release()
            raise

    @property
    def extent(self) -> Extent:
        """How far its journal goes."""
        return self._journal.extent

    # ------------------------------------------------------------------ the history

    def attach(self, history: History, space: Space, fingerprint: Mapping[str, str]) -> None:
        """Read what is there into a history, and write down what it takes in from now on.

        Parameters
        ----------
        history : History
            With the seed and the settings of the search; new, or as it was left by
            :meth:`detach`.
        space : Space
            Of its configurations.
        fingerprint : mapping of str to str
            What makes this search the one it is: data, estimator, sampler, ...

        Raises
        ------
        StorageMismatchError
            If another search is in the folder, with a list of what differs.
        StorageError
            If a record does not fit the others.
        """
        described = described_space(space)
        fingerprint = {**fingerprint, **_flat(described), "seed": str(history.seed)}
        contents = self._journal.contents
        if contents is None:
            self._journal.append(_header(history, described, fingerprint))
        else:
            self._check(contents.header.get("fingerprint"), fingerprint)
            self._replay(contents, history, space)
            self._journal.contents = None  # it is in the history now
        self._history = history
        self._space = space
        history.written = self._write

    def detach(self, reason: str | None = None) -> None:
        """Write no more of the history: its search is over, or is interrupted.

        Parameters
        ----------
        reason : str or None
            Why it ended; None if it was interrupted.
        """
        history, self._history = self._history, None
        if history is not None:
            history.written = None
            self._write(history.records)
            if self._is_announced:
                self._journal.append({"kind": "end", "reason": reason, "ended_at": time.time()})

    def close(self, reason: str | None = None) -> None:
        """Let go of the folder, whatever happens. Safe to call twice.

        Parameters
        ----------
        reason : str or None
            Why the search ended, as for :meth:`detach`.
        """
        try:
            self.detach(reason)
        finally:
            self._journal.close()
            self._lock.release()

    def _write(self, records: Sequence[Record]) -> None:
        """Write those records that are not written yet, also what Ctrl-C kept from it before."""
        journal = self._journal
        if not self._is_announced and journal.n_records < len(records):
            session = {"kind": "session", "pid": os.getpid(), "started_at": self._began_at}
            journal.append({**session, **self.session})
            self._is_announced = True
        while journal.is_writable and journal.n_records < len(records):
            journal.append(to_plain(records[journal.n_records], self._space))

    @uncollected()
    def _replay(self, contents: Contents, history: History, space: Space) -> None:
        known = iter(history.records[contents.before.n_records :])
        number = contents.before.n_lines

        def unknown() -> Iterator[Record]:
            """Yield the records that the history does not have yet, and compare the others."""
            nonlocal number
            for content in contents.lines:
                number += 1
                if not is_record(content):
                    continue
                record = from_plain(content, space)
                ours = next(known, None)
                if ours is None:
                    yield record
                elif not _are_same(ours, record, space):
                    raise StorageError("another search has written it in the meantime")

        try:
            history.extend(unknown())
        except (StorageError, ValueError) as error:
            raise StorageError(
                f"line {number} of {self._journal.path} does not fit: {error}"
            ) from None

    def _check(self, there: Any, here: Mapping[str, str]) -> None:
        """Refuse to go on with another search."""
        found = differences(there if isinstance(there, dict) else {}, here)
        if found is not None:
            raise StorageMismatchError(
                f"{self.path} holds another search, which cannot be gone on with by this one. It "
                f"differs in\n{found}"
            )

    # ------------------------------------------------------------------ the fitted states

    @staticmethod
    def checkpoints(path: str | os.PathLike[str]) -> Checkpoints:
        """Return where the fitted states of a search are, which outlive it.

        Parameters
        ----------
        path : path-like
            Of the folder of the search.

        Raises
        ------
        StorageError
            If that place cannot be made, or others may write there.
        """
        search = folder_path(path)
        folder = os.path.join(search, STATES)
        _make_folder(search)
        _make_folder(folder)
        _check_ours(folder)
        return Checkpoints(folder, outlives=True)


def seed_for(
    path: str | os.PathLike[str] | None, random_state: int | np.random.RandomState | None
) -> int:
    """Return the seed of a search: the stored one where none is asked for, or a new one.

    Parameters
    ----------
    path : path-like or None
        Of its folder; None if it is not kept.
    random_state : int, RandomState instance or None
        What was asked for.

    Raises
    ------
    StorageError
        If what is in the folder is no journal.
    """
    journal = None if path is None else os.path.join(folder_path(path), JOURNAL)
    if random_state is None and journal is not None and is_begun(journal):
        seed = read_header(journal).get("seed")
        if isinstance(seed, int):
            return seed
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))


def n_stored(path: str | os.PathLike[str] | None) -> int:
    """Return how many configurations a search on disk has; 0 where none can be read.

    Parameters
    ----------
    path : path-like or None
        Of its folder; None if it is not kept.
    """
    if path is None:
        return 0
    try:
        journal = os.path.join(folder_path(path), JOURNAL)
        lines = read_journal(journal).lines if is_begun(journal) else []
    except StorageError:  # whoever goes on with it is told
        return 0
    return sum(line.get("kind") == "trial" for line in lines)


def _are_same(ours: Record, other: Record, space: Space) -> bool:
    """Whether they read the same: NaN is not equal to itself, but it is written alike."""
    return encode_line(0, to_plain(ours, space)) == encode_line(0, to_plain(other, space))


def _header(
    history: History, described: Sequence[Mapping[str, str]], fingerprint: Mapping[str, str]
) -> dict[str, Any]:
    return {
        "kind": "header",
        "format": FORMAT,
        "version": VERSION,
        "skhpo": __version__,
        "created_at": time.time(),
        "seed": history.seed,
        "metric": history.metric,
        "space": [dict(branch) for branch in described],
        "fingerprint": dict(fingerprint),
    }


def _flat(branches: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    one = len(branches) == 1
    return {
        f"space.{name}" if one else f"space[{number}].{name}": describe(what)
        for number, branch in enumerate(branches)
        for name, what in branch.items()
    }


def _make_folder(path: str) -> None:
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
    except OSError as error:
        for there in map(str, (Path(path), *Path(path).parents)):
            if os.path.lexists(there) and not os.path.isdir(there):
                kind = "a file" if os.path.exists(there) else "a link that leads nowhere"
                raise StorageError(
                    f"the folder {path} cannot be made: {there} is {kind}, not a folder: write "
                    f"the name of a folder"
                ) from None
        raise StorageError(
            f"the folder {path} cannot be made: {error}. Write another storage, or free some space"
        ) from None


def _check_ours(folder: str) -> None:
    """Refuse a folder where others could leave a file for us."""
    if sys.platform == "win32":  # there the rights of the user's own folders say so
        return
    found = os.lstat(folder)
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise StorageError(f"{folder} is not a folder of your own; write another storage")
    if stat.S_IMODE(found.st_mode) & 0o077:
        os.chmod(folder, 0o700)
