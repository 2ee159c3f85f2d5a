"""Who writes: a lock of the operating system, which dies with its owner."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import time
from contextlib import suppress
from typing import IO, Any

from skhpo.exceptions import StorageError, StorageLockedError, warn_user

__all__ = ["FileLock"]

#: Errors that mean: not here, whoever asks.
_UNKNOWN_HERE = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)

#: Who only looks holds the lock for an instant: seconds between tries, and how many there are.
_PAUSE, _TRIES = 0.05, 6


class FileLock:
    """Held by one process at a time, until it lets go or ends, however that happens.

    The file says who holds it; it stays where it is, for deleting it would let in two.

    Parameters
    ----------
    path : str
        Of the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._file: IO[bytes] | None = None

    def acquire(self) -> None:
        """Take it.

        Raises
        ------
        StorageLockedError
            If another holds it, saying who.
        """
        file = _opened(self.path)
        try:
            for attempt in range(_TRIES):
                if _lock(file):
                    break
                if attempt == _TRIES - 1:
                    raise StorageLockedError(
                        f"{os.path.dirname(self.path)} is in use by {_holder(file)}: wait until "
                        f"that search ends, or write another storage"
                    )
                time.sleep(_PAUSE)
            self._file = file
            with suppress(OSError):  # on a full disk nobody is told, and that is all
                _sign(file)
        except BaseException:
            if self._file is None:
                file.close()
            raise

    def release(self) -> None:
        """Let go. Safe to call twice."""
        if self._file is not None:
            self._file.close()  # and with it goes the lock
            self._file = None

    @staticmethod
    def holder(path: str) -> str | None:
        """Return who holds a lock, in words, or None if nobody does.

        Parameters
        ----------
        path : str
            Of its file.
        """
        try:
            file = open(path, "rb")  # noqa: SIM115  # closed below
        except OSError:
            return None
        with file:
            return None if _lock(file, shared=True) else _holder(file)


def _opened(path: str) -> IO[bytes]:
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        return os.fdopen(descriptor, "r+b", buffering=0)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS) or not os.path.exists(path):
            raise StorageError(f"{path} cannot be written: {error}") from None
    return open(path, "rb", buffering=0)


def _sign(file: IO[bytes]) -> None:
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "since": time.time()}
    if not file.writable():
        return
    file.seek(0)
    file.truncate()
    file.write(json.dumps(owner).encode("ascii"))


def _holder(file: IO[bytes]) -> str:
    try:
        file.seek(0)
        owner: dict[str, Any] = json.loads(file.read(1_000))
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(float(owner["since"])))
        return f"process {int(owner['pid'])} on {str(owner['host'])!r:.100}, since {since}"
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return "another process"


if sys.platform == "win32":  # pragma: no cover
    import msvcrt

    #: Beyond what is written there: a locked byte cannot be read by others.
    _BYTE = 1 << 20

    def _lock(file: IO[bytes], shared: bool = False) -> bool:
        """Return whether the lock could be had."""
        file.seek(_BYTE)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file: IO[bytes], shared: bool = False) -> bool:
        """Return whether the lock could be had."""
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in _UNKNOWN_HERE:
                raise
            if not shared:
                warn_user(
                    f"The file system of {file.name} knows no locks ({error}): see to it "
                    f"yourself that only one search writes there."
                )
        return True
