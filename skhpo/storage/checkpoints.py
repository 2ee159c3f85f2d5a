"""Fitted states between promotions."""

from __future__ import annotations

import os
import pickle
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import cloudpickle

from skhpo.exceptions import ExecutionError
from skhpo.execution._joblib import forget_folder, track_folder

__all__ = ["Checkpoints"]

#: What a file of ours begins with: another release's states are not ours to go on from.
_FORMAT = "skhpo checkpoint 1"


class Checkpoints:
    """States of trials, written and read by the workers: one file for a trial, fold and resource.

    A file is there completely or not at all, and whatever cannot be read counts as missing: then
    training begins anew, which costs time and nothing else. Of each trial and fold the last two
    states are kept: the one before may still be forked from.

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
                os.mkdir(os.path.dirname(path))
            with open(partial, "wb") as file:
                cloudpickle.dump((_FORMAT, trial, fold, float(resource), state), file)
            os.replace(partial, path)
        except Exception:  # pickling runs code of the state's own, which may raise anything
            with suppress(OSError):
                os.remove(partial)
            return False
        for older in self._resources(trial, fold)[:-2]:
            with suppress(OSError):
                os.remove(self._path(trial, fold, older))
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
                *label, state = pickle.load(file)
        except Exception:  # missing, torn, or of code that is not there: anything may be raised
            return None
        return state if label == [_FORMAT, trial, fold, float(resource)] else None

    def discard(self, trial: int) -> None:
        """Delete the states of a trial that will not go on.

        Parameters
        ----------
        trial : int
            Its number.
        """
        shutil.rmtree(os.path.join(self.folder, str(trial)), ignore_errors=True)

    def _path(self, trial: int, fold: int, resource: float) -> str:
        # A folder for each trial: what is looked through stays short.
        return os.path.join(self.folder, str(trial), f"{fold}-{float(resource)!r}.pkl")

    def _resources(self, trial: int, fold: int) -> list[float]:
        """Return at which resources there is a state, in order."""
        found = []
        with suppress(OSError, ValueError):
            for name in os.listdir(os.path.join(self.folder, str(trial))):
                owner, _, amount = name.partition("-")
                if owner == str(fold) and amount.endswith(".pkl"):
                    found.append(float(amount[: -len(".pkl")]))
        return sorted(found)
