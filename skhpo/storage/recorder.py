"""When a history is on disk: while something may be added to it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from skhpo.history import History
from skhpo.space import Space
from skhpo.storage.reading import Extent
from skhpo.storage.store import Store
from skhpo.storage.uncollected import uncollected

__all__ = ["Recorder"]


class Recorder:
    """Writes down a history, and reads what was written before.

    In between the folder is free: another process may go on with the search, and this one takes
    in what that has found when it goes on itself.

    Parameters
    ----------
    path : path-like
        Of the folder.
    history : History
        What is recorded.
    space : Space
        Of its configurations.
    fingerprint : mapping of str to str
        What makes this search the one it is.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        history: History,
        space: Space,
        fingerprint: Mapping[str, str],
    ) -> None:
        self.path = path
        self._history = history
        self._space = space
        self._fingerprint = fingerprint
        self._store: Store | None = None
        self._known: Extent | None = None  # what of the journal the history has

    @property
    def is_open(self) -> bool:
        """Whether the folder is held, and what comes is written."""
        return self._store is not None

    @uncollected()
    def open(self) -> None:
        """Read what is there, and write from now on.

        Raises
        ------
        StorageError
            If it cannot be gone on from, or another process holds it.
        """
        if self._store is not None:
            return
        store = Store(self.path, self._known)
        try:
            store.attach(self._history, self._space, self._fingerprint)
        except BaseException:
            store.close()
            raise
        self._store = store

    def announce(self, session: Mapping[str, Any]) -> None:
        """Write this with the first thing that comes, for those who look from outside.

        Parameters
        ----------
        session : mapping of str to object
            Plain data: what is going to be done.
        """
        if self._store is not None:
            self._store.session = session

    def close(self, reason: str | None = None) -> None:
        """Let go of the folder. Safe to call twice.

        Parameters
        ----------
        reason : str or None, default=None
            Why the search ended; None if it may go on.
        """
        store = self._store
        if store is not None:
            try:
                store.close(reason)
            except BaseException:
                store.close()  # Ctrl-C may have come before it began
                raise
            finally:  # what it could not write is written when it is opened again
                self._store, self._known = None, store.extent

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Return a context in which it is open, as it is already or from here on."""
        was_open = self.is_open
        self.open()
        try:
            yield
        finally:
            if not was_open:
                self.close()
