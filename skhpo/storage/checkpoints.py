"""Fitted states between promotions."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import uuid
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from io import BytesIO
from typing import IO, Any

from skhpo._pickles import dump, load
from skhpo.exceptions import ExecutionError
from skhpo.execution._joblib import forget_folder, track_folder

__all__ = ["Checkpoints"]

#: What a file of ours begins with: another release's states are not ours to go on from.
_FORMAT = "skhpo checkpoint 1"

#: How the name of a file of ours begins, and the name of one that is not finished.
_OURS = re.compile(r"\d+-[\w.+-]+\.pkl")
_UNFINISHED = re.compile(r"\d+-[\w.+-]+\.pkl\.[0-9a-f]{32}")


class Checkpoints:
    """States of trials, written and read by the workers: one file for a trial, fold and resource.

    A file is there completely or not at all, and whatever cannot be read counts as missing: then
    training begins anew, which costs time and nothing else. Which states are still needed, others
    know: see :class:`~skhpo.retention.Retention`.

    Parameters
    ----------
    folder : str
        Where they are, private to one search: they are read by :mod:`pickle`.
    outlives : bool, default=False
        Whether the folder outlives the search. A state in it is then read only if its checksum is
        what was recorded when it was written: who can write files cannot make us run code.
    """

    def __init__(self, folder: str, outlives: bool = False) -> None:
        self.folder = folder
        self.outlives = outlives

    def __repr__(self) -> str:
        return f"Checkpoints({self.folder!r}, outlives={self.outlives})"

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

    def save(self, trial: int, fold: int, resource: float, state: object) -> str | None:
        """Keep a state; return its checksum, or None if it could not be kept.

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
            with open(partial, "wb", opener=_owner_only) as file:
                hashed = _Hashed(file)
                dump((_FORMAT, trial, fold, float(resource), state), hashed)
            os.replace(partial, path)
        except Exception:  # pickling runs code of the state's own, which may raise anything
            with suppress(OSError):
                os.remove(partial)
            return None
        return hashed.checksum

    def load(
        self, trial: int, fold: int, resource: float, checksum: str | None = None
    ) -> Any | None:
        """Return a state, or None if there is none that can be read.

        Parameters
        ----------
        trial, fold : int
            Whose state.
        resource : float
            Total resource it is to have had.
        checksum : str or None, default=None
            What :meth:`save` returned for it. None: whatever is there, where nobody else has been.
        """
        if checksum is None and self.outlives:
            return None
        try:
            with open(self._path(trial, fold, resource), "rb") as file:
                *label, state = load(file if checksum is None else _checked(file, checksum))
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

    def discard_unknown(self, known: Container[int]) -> None:
        """Delete what is left of trials that nobody knows of, and nothing that is not ours.

        Parameters
        ----------
        known : container of int
            Numbers of the trials that there are.
        """
        for name in os.listdir(self.folder):
            if name.isdecimal() and int(name) not in known:
                folder = os.path.join(self.folder, name)
                with suppress(OSError):
                    for file in filter(_OURS.match, os.listdir(folder)):
                        os.remove(os.path.join(folder, file))
                    os.rmdir(folder)

    def discard_unfinished(self) -> None:
        """Delete what workers have left that were killed while they wrote a state."""
        with suppress(OSError):
            for trial in filter(str.isdecimal, os.listdir(self.folder)):
                folder = os.path.join(self.folder, trial)
                with suppress(OSError):
                    for file in filter(_UNFINISHED.fullmatch, os.listdir(folder)):
                        os.remove(os.path.join(folder, file))
                    os.rmdir(folder)  # if nothing else is in it

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


class _Hashed:
    """A file that is written, and summed up on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._hash = _new_hash()

    def write(self, data: Any) -> int:
        self._hash.update(data)
        return self._file.write(data)

    @property
    def checksum(self) -> str:
        return self._hash.hexdigest()


def _checked(file: IO[bytes], checksum: str) -> IO[bytes]:
    """Return what is in a file, if that is what was written there once."""
    content = file.read()  # the very bytes that are read later
    hashed = _new_hash()
    hashed.update(content)
    if hashed.hexdigest() != checksum:
        raise ValueError("this is another state")
    return BytesIO(content)


def _new_hash() -> blake2b:
    return blake2b(digest_size=20)


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
