"""One place for one worker process: start it, talk to it, end it, say how it ended."""

from __future__ import annotations

import math
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import Any

from skhpo.execution._joblib import process_context, was_reaped
from skhpo.execution.worker import RELEASE, fault_file, work
from skhpo.trial import Task

__all__ = ["Slot", "surroundings"]

#: Seconds a process that has hung up gets to end by itself, so that its exit code is its own.
_FAREWELL = 1.0

#: Longest Python stack in an account of a crash, in characters.
_LONGEST_STACK = 10_000

_SIGKILL = 9  # which Windows does not have


class Slot:
    """A place for one worker process, which can be replaced by a fresh one.

    Parameters
    ----------
    name : str
        Name of the process, for people.
    env : mapping of str to str
        Environment variables of the process, over those of this one.

    Attributes
    ----------
    surroundings : object
        The :func:`surroundings` in which the process was started.
    task : Task or None
        What the process is running.
    task_since : float
        When it was sent, in seconds since the epoch.
    due_at : float
        When it should be done, by :func:`time.monotonic`.
    is_ready : bool
        Whether the process has loaded what is evaluated.
    wasted_lives : int
        How many processes in a row have died here without having had a task.
    """

    def __init__(self, name: str, env: Mapping[str, str]) -> None:
        self.surroundings: object = None
        self.task: Task | None = None
        self.task_since = math.nan
        self.due_at = math.inf
        self.is_ready = False
        self.wasted_lives = 0
        self._name = name
        self._env = dict(env)
        self._folder = ""
        self._lifeline: Connection | None = None
        self._process: Any = None
        self._connection: Connection | None = None

    @property
    def is_idle(self) -> bool:
        """Whether a task could be sent now."""
        return self.is_ready and self.task is None

    @property
    def is_open(self) -> bool:
        """Whether there is a process to listen to."""
        return self._connection is not None

    @property
    def is_busy(self) -> bool:
        """Whether the process owes a report."""
        return self.task is not None

    @property
    def has_died(self) -> bool:
        """Whether there is a process and it has ended."""
        if self._process is None or self._process.pid is None:
            return False
        if hasattr(os, "waitid"):  # does not reap, so that reap() can still kill the group
            with suppress(ChildProcessError):
                how = os.WEXITED | os.WNOHANG | os.WNOWAIT
                return os.waitid(os.P_PID, self._process.pid, how) is not None
        return not self._process.is_alive()

    @property
    def connection(self) -> Connection:
        """The pipe to the process."""
        assert self._connection is not None, "launch() comes first"
        return self._connection

    def launch(self) -> None:
        """Start a process, without waiting for it.

        Raises
        ------
        OSError
            If the system has no process left to give.
        """
        context = process_context()
        self.surroundings = surroundings(self._env)
        self._connection, theirs = context.Pipe()
        listening, self._lifeline = context.Pipe(duplex=False)  # open as long as this process lives
        arguments = (theirs, listening, os.getpid())
        self._process = context.Process(target=work, args=arguments, name=self._name, env=self._env)
        try:
            with _sigint_blocked():
                self._process.start()
        finally:
            theirs.close()  # else the end of the process would not close the pipe
            listening.close()

    def prepare(self, folder: str, setup: bytes) -> bool:
        """Send ``setup``; return False if the process is gone.

        Parameters
        ----------
        folder : str
            Where the process notes the place of a crash.
        setup : bytes
            A pickled :class:`~skhpo.execution.worker.Setup`.
        """
        self._folder = folder
        return self.send(setup)

    def release(self) -> bool:
        """Have an idle process forget what it evaluates; return False if it is gone."""
        self.is_ready = False
        return self.send(RELEASE)

    def send(self, message: bytes) -> bool:
        """Send ``message``; return False if the process is gone."""
        try:
            self.connection.send_bytes(message)
        except OSError:
            return False
        return True

    def kill(self) -> None:
        """Kill the process and all it has started, without waiting for the end."""
        if self._process is None or self._process.pid is None or was_reaped(self._process):
            return  # after the reaping the number may be another process's
        if os.name != "posix":
            self._process.terminate()
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except OSError:  # so young that it has no group of its own yet
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    def reap(self, farewell: float = _FAREWELL) -> tuple[str, str]:
        """Wait for the end of the process, and say how it ended.

        Parameters
        ----------
        farewell : float
            Seconds it gets to end by itself; then it is killed.

        Returns
        -------
        account : str
            For example ``"worker process 4711 was killed by signal 11 (SIGSEGV)"``.
        details : str
            The Python stack at that moment, or a guess at the reason; may be empty.
        """
        account = details = ""
        if self._process is not None and self._process.pid is not None:
            wait([self._process.sentinel], farewell)
            self.kill()  # what it has started, if nothing else
            self._process.join()
            account = f"worker process {self._process.pid} {_describe(self._process.exitcode)}"
            if self._folder:
                details = _last_stack(fault_file(self._folder, self._process.pid))
            if self._process.exitcode == -_SIGKILL:
                details = "The system kills processes like that when memory runs out."
        for end in (self._connection, self._lifeline):
            if end is not None:
                end.close()
        self._process = self._connection = self._lifeline = self.task = None
        self.is_ready = False
        return account, details


def surroundings(env: Mapping[str, str]) -> object:
    """Return what a process started now, with ``env`` over the environment, would find.

    Equal values stand for processes that cannot be told apart.
    """
    try:
        folder = os.getcwd()
    except OSError:  # it was deleted
        folder = None
    return {**os.environ, **env}, folder, list(sys.path)


def _describe(exitcode: int | None) -> str:
    """Say what an exit code means."""
    if exitcode is None:  # somebody else has collected it
        return "disappeared"
    if exitcode >= 0:
        return f"exited with code {exitcode}"
    try:
        name = signal.Signals(-exitcode).name
    except ValueError:
        name = "unknown"
    return f"was killed by signal {-exitcode} ({name})"


def _last_stack(path: str) -> str:
    """Return the Python stack that a crashing process wrote to the file ``path``, if it did."""
    try:
        with open(path, errors="replace") as file:
            stack = file.read(_LONGEST_STACK).strip()
        os.remove(path)
    except OSError:
        return ""
    return stack


@contextmanager
def _sigint_blocked() -> Iterator[None]:
    """Let a process start with Ctrl-C blocked, until it can ignore it by itself."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
