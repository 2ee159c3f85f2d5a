"""What all workers share, written to disk once: large arrays are mapped, not copied."""

from __future__ import annotations

import io
import os
import pickle
import shutil
import tempfile
from typing import Any

import cloudpickle
import numpy as np

from skhpo.exceptions import ExecutionError
from skhpo.execution._joblib import forget_folder, track_folder

__all__ = ["SharedFolder", "load_shared"]

#: Arrays from this size on (in bytes) get a file of their own; joblib's limit, too.
_LARGE = 1_000_000

#: Kinds of dtype that are plain memory: numbers, dates and strings of fixed length.
_PLAIN_KINDS = "biufcmMSU"

_PAYLOAD = "shared.pkl"


class SharedFolder:
    """A private temporary folder that holds one object for all worker processes.

    Every large numpy array anywhere inside the object (in data frames and sparse matrices, too)
    becomes a ``.npy`` file that the workers map read-only, so that they share one copy of it in
    the system's page cache.

    The folder is readable by its owner only. Should this process be killed before
    :meth:`remove`, joblib's resource tracker deletes the folder.

    Parameters
    ----------
    parent : str or None
        Where to create the folder; by default where :mod:`tempfile` does.

    Raises
    ------
    ExecutionError
        If the folder cannot be created.
    """

    def __init__(self, parent: str | None = None) -> None:
        if parent is not None:
            parent = os.path.abspath(os.path.expanduser(parent))
        try:
            if parent is not None:
                os.makedirs(parent, exist_ok=True)
            self.path = tempfile.mkdtemp(prefix="skhpo-", dir=parent)  # mode 0700
        except OSError as error:
            raise _cannot_write(parent or tempfile.gettempdir(), error) from error
        track_folder(self.path)

    def dump(self, shared: object) -> None:
        """Write ``shared`` into the folder.

        Raises
        ------
        ExecutionError
            If it cannot be pickled, or if the disk is full.
        """
        buffer = io.BytesIO()
        try:
            _Pickler(buffer, self.path).dump(shared)
        except ExecutionError:
            raise
        except Exception as error:
            raise ExecutionError(
                "What is to be evaluated cannot be pickled, and so not be sent to worker "
                f"processes: {type(error).__name__}: {error}\n"
                "Open files, locks, connections and generators are the usual reason: create them "
                "inside the function that needs them. Or let the workers be threads, which share "
                "everything: `with joblib.parallel_config('threading'): ...`."
            ) from error
        try:
            with open(os.path.join(self.path, _PAYLOAD), "wb") as file:
                file.write(buffer.getbuffer())
        except OSError as error:
            raise _cannot_write(self.path, error) from error

    def remove(self) -> None:
        """Delete the folder. Safe to call twice."""
        if not self.path:
            return
        shutil.rmtree(self.path, ignore_errors=True)
        # What cannot be deleted yet (on Windows, while it is mapped) is left to the tracker.
        if not os.path.exists(self.path):
            forget_folder(self.path)
            self.path = ""


def load_shared(path: str) -> Any:
    """Load what :meth:`SharedFolder.dump` wrote into the folder ``path``."""
    with open(os.path.join(path, _PAYLOAD), "rb") as file:
        return _Unpickler(file, path).load()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Leaves large arrays out of the pickle, in files beside it."""

    def __init__(self, file: io.BytesIO, folder: str) -> None:
        super().__init__(file)
        self._folder = folder
        # By memory, not by identity: a data frame makes a new view of a block at each look. The
        # arrays are kept alive, so that no other can take the same memory meanwhile.
        self._stored: dict[tuple[object, ...], tuple[str, np.ndarray[Any, Any]]] = {}

    def persistent_id(self, obj: Any) -> str | None:
        """Return the name of the file for a large array; None for everything else."""
        # No subclasses but memmap: a masked array, say, is more than its memory.
        if type(obj) not in (np.ndarray, np.memmap):
            return None
        if obj.nbytes < _LARGE or obj.dtype.kind not in _PLAIN_KINDS:
            return None
        memory = obj.__array_interface__["data"][0], obj.shape, obj.strides, obj.dtype.str
        if memory not in self._stored:
            name = f"{len(self._stored)}.npy"
            try:
                np.save(os.path.join(self._folder, name), obj, allow_pickle=False)
            except OSError as error:
                raise _cannot_write(self._folder, error) from error
            self._stored[memory] = name, obj
        return self._stored[memory][0]


class _Unpickler(pickle.Unpickler):
    """Maps the arrays that :class:`_Pickler` left out."""

    def __init__(self, file: io.BufferedReader, folder: str) -> None:
        super().__init__(file)
        self._folder = folder
        self._loaded: dict[str, np.ndarray[Any, Any]] = {}

    def persistent_load(self, name: str) -> np.ndarray[Any, Any]:
        """Return the array in the file ``name``, read-only; the same one each time."""
        if name not in self._loaded:
            self._loaded[name] = np.load(os.path.join(self._folder, name), mmap_mode="r")
        return self._loaded[name]


def _cannot_write(folder: str, error: OSError) -> ExecutionError:
    return ExecutionError(
        f"The data for the worker processes cannot be written to {folder}: {error}\n"
        "Free some space there, or name another folder: "
        "`with joblib.parallel_config('loky', temp_folder=...): ...`, or the environment variable "
        "JOBLIB_TEMP_FOLDER. Threads need no folder: `joblib.parallel_config('threading')`."
    )
