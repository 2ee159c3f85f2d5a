"""Pause, resume and stop a search while it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from skhpo.callbacks import Callback

__all__ = ["PAUSE_LOOK", "Control", "Gate", "Switch", "Wanted"]

#: What somebody wants of a search: to go on as it does, to wait, to end.
Wanted: TypeAlias = Literal["go", "pause", "stop"]

#: Seconds between two looks at the switches while a search is paused.
PAUSE_LOOK = 0.5


class Switch(Protocol):
    """Says what is wanted of the search that looks at it."""

    def begin(self, gate: Gate) -> None:
        """A search begins to look at it."""
        ...

    def wanted(self) -> Wanted:
        """Return what is wanted now."""
        ...

    def end(self) -> None:
        """The search is over."""
        ...


class Control(Callback):
    """Pauses, resumes and stops a search from another thread, and tells how far it is.

    Give it to a search class or a :class:`~skhpo.Tuner` as one of its ``callbacks``, and keep it.
    Each method returns at once, and may be called from any thread. What is asked for before the
    search begins counts for it, and at its end all is forgotten: of several searches one after
    another, as in a nested cross-validation, ``stop`` ends the one that runs. Copies in other
    processes are controls of their own.

    While a search is paused nothing new is started; what is running goes on to its end, and is
    recorded when it comes in. Stopping rules such as :class:`~skhpo.stopping.Timeout` do not count
    the time, and Ctrl-C ends it at once.

    Examples
    --------
    >>> from threading import Thread
    >>> from skhpo import Float, Tuner
    >>> from skhpo.control import Control
    >>> control = Control()
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], callbacks=[control])
    >>> control.pause()
    >>> search = Thread(target=tuner.run, args=(5,))
    >>> search.start()
    >>> control.is_paused
    True
    >>> control.resume()
    >>> search.join()
    >>> len(tuner.history.trials)
    5
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted: Wanted = "go"
        self._gate: Gate | None = None
        self._last_status: Any = None

    def __reduce__(self) -> tuple[type[Control], tuple[()]]:
        return type(self), ()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    @property
    def is_paused(self) -> bool:
        """Whether it was asked to pause, and not to go on or to stop since."""
        return self._wanted == "pause"

    def pause(self) -> None:
        """Start nothing new until :meth:`resume` or :meth:`stop`. One that stops stops."""
        self._want("pause")

    def resume(self) -> None:
        """Go on after :meth:`pause`. One that stops stops."""
        self._want("go")

    def stop(self) -> None:
        """End the search, paused or not: trials that are running are finished.

        ``stop_reason_`` is ``"stopped"`` then, and all results are there as after any other end.
        """
        self._want("stop")

    def status(self) -> Any:
        """Return how far the search is, as of now; after its end, how it ended.

        Returns
        -------
        SearchStatus or None
            None until the first search has begun: a moment after its thread was started, as data
            is looked at before. :func:`skhpo.status.status` of this control has the state
            ``"new"`` then.
        """
        gate = self._gate
        return self._last_status if gate is None else gate.status()

    def _want(self, wanted: Wanted) -> None:
        with self._lock:
            if self._wanted == "stop":
                return
            self._wanted = wanted
            gate = self._gate
        if gate is not None:
            gate.wake()

    # ------------------------------------------------------------------ the side of the search

    def begin(self, gate: Gate) -> None:
        """A search begins to look here."""
        with self._lock:
            self._gate = gate

    def wanted(self) -> Wanted:
        """Return what is wanted now."""
        return self._wanted

    def end(self) -> None:
        """The search is over, and what was asked of it is forgotten."""
        self._last_status = self.status()
        with self._lock:
            self._gate = None
            self._wanted = "go"


class Gate:
    """What a search looks at before it starts anything: all its switches together.

    Parameters
    ----------
    switches : sequence of Switch, default=()
        Where somebody may want something. To stop comes before to pause.
    status : callable or None, default=None
        Returns how far the search is.
    """

    def __init__(
        self, switches: Sequence[Switch] = (), status: Callable[[], Any] | None = None
    ) -> None:
        self._switches = tuple(switches)
        self._status = status
        self._changed = threading.Event()

    def open(self) -> None:
        """The search begins."""
        for switch in self._switches:
            switch.begin(self)

    def wanted(self) -> Wanted:
        """Return what is wanted now."""
        wanted = {switch.wanted() for switch in self._switches}
        return "stop" if "stop" in wanted else "pause" if "pause" in wanted else "go"

    def wake(self) -> None:
        """Something is wanted: end :meth:`wait`, in whichever thread."""
        self._changed.set()

    def wait(self) -> None:
        """Wait until something else may be wanted. Ctrl-C ends it, on every system."""
        self._changed.wait(PAUSE_LOOK)
        self._changed.clear()

    def status(self) -> Any:
        """Return how far the search is."""
        return None if self._status is None else self._status()

    def close(self) -> None:
        """The search is over."""
        for switch in self._switches:
            switch.end()
