"""Fitted states between promotions."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from skhpo._pickles import dump, load
from skhpo.exceptions import ExecutionError
from skhpo.execution._joblib import forget_folder, track_folder

__all__ = ["Checkpoints"]

#: What a file of ours begins with: another release's states are not ours to go on from.
_FORMAT = "skhpo checkpoint 1"


class Checkpoints:
    """States of trials, written and read by the workers: one file for a trial, fold and resource.

    A file is there completely or not at all, and whatever cannot be read counts as missing: then
    training begins anew, which costs time and nothing else. Which states are still needed, others
    know: see :class:`~skhpo.retention.Retention`.

    Parameters
    ----------
    folder : str
        Where they are, private to one search: they are read by :mod:`pickle`.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __repr__(self) -> str:
        return f"Checkpoints({self.folder!r})"

    @classmethod
    @contextmanager
    def temporary(cls, parent: str | None = None) -> Iterator[Checkpoints]:
        """Return a context with an empty folder, which is deleted however the context ends.

        Should this process be killed in it, joblib's resource tracker deletes the folder.

        Parameters
        ----------
        parent : str or None
            Where to create it; by default where :mod:`tempfile` does.

        Raises
        ------
        ExecutionError
            If it cannot be created.
        """
        try:
            folder = tempfile.mkdtemp(prefix="skhpo-states-", dir=parent)  # mode 0700
        except OSError as error:
            raise ExecutionError(
                f"The folder for fitted states cannot be created: {error}. Free some space, or "
                f"let the environment variable TMPDIR name another place."
            ) from error
        track_folder(folder)
        try:
            yield cls(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            # What cannot be deleted yet is left to the tracker.
            if not os.path.exists(folder):
                forget_folder(folder)

    def save(self, trial: int, fold: int, resource: float, state: object) -> bool:
        """Keep a state; return whether that was possible.

        Parameters
        ----------
        trial, fold : int
            Whose state it is.
        resource : float
            Total resource it has had.
        state : object
            What to keep. What cannot be pickled is not kept, nor what finds no space on disk.
        """
        path = self._path(trial, fold, resource)
        partial = f"{path}.{uuid.uuid4().hex}"
        try:
            with suppress(FileExistsError):  # and not its parents: a late worker finds them gone
                os.mkdir(self._folder(trial))
            with open(partial, "wb") as file:
                dump((_FORMAT, trial, fold, float(resource), state), file)
            os.replace(partial, path)
        except Exception:  # pickling runs code of the state's own, which may raise anything
            with suppress(OSError):
                os.remove(partial)
            return False
        return True

    def load(self, trial: int, fold: int, resource: float) -> Any | None:
        """Return a state, or None if there is none that can be read.

        Parameters
        ----------
        trial, fold : int
            Whose state.
        resource : float
            Total resource it is to have had.
        """
        try:
            with open(self._path(trial, fold, resource), "rb") as file:
                *label, state = load(file)
        except Exception:  # missing, torn, or of code that is not there: anything may be raised
            return None
        return state if label == [_FORMAT, trial, fold, float(resource)] else None

    def discard(self, trial: int, resource: float) -> None:
        """Delete a state on every fold, and what a killed worker may have left of it.

        Parameters
        ----------
        trial : int
            Whose state.
        resource : float
            Total resource it has had.
        """
        for path in self._files(trial, resource):
            with suppress(OSError):
                os.remove(path)
        with suppress(OSError):  # others are in it
            os.rmdir(self._folder(trial))

    def size(self, trial: int, resource: float) -> int:
        """Return how many bytes a state takes, on all folds together.

        Parameters
        ----------
        trial : int
            Whose state.
        resource : float
            Total resource it has had.
        """
        total = 0
        for path in self._files(trial, resource):
            with suppress(OSError):
                total += os.path.getsize(path)
        return total

    def _folder(self, trial: int) -> str:
        # One for each trial: what is looked through stays short.
        return os.path.join(self.folder, str(trial))

    def _path(self, trial: int, fold: int, resource: float) -> str:
        return os.path.join(self._folder(trial), f"{fold}-{float(resource)!r}.pkl")

    def _files(self, trial: int, resource: float) -> list[str]:
        """Return the files of a state: one for each fold, whole or not."""
        folder, name = self._folder(trial), f"{float(resource)!r}.pkl"
        found: list[str] = []
        with suppress(OSError):
            found = os.listdir(folder)
        return [
            os.path.join(folder, file) for file in found if file.partition("-")[2].startswith(name)
        ]
