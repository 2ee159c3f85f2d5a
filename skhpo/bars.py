"""Bars that grow with what is done: one for terminals, one for notebooks."""

from __future__ import annotations

import html
import sys
from shutil import get_terminal_size
from threading import Lock, Timer
from time import monotonic
from typing import Any, Protocol

__all__ = ["Bar", "open_bar"]

#: Seconds between two drawings in a notebook: each is a message to the browser.
_INTERVAL = 0.1

#: tqdm's own, but for the time left: its fits would all take as long as the last ones.
_TEXT = "{percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} fits [{elapsed}{postfix}]"

#: The same beside a bar that the browser draws.
_CAPTION = "{percentage:.0f}% | {n_fmt}/{total_fmt} fits [{elapsed}{postfix}]"

_STYLE = "width: 20em; vertical-align: middle"


class Bar(Protocol):
    """What shows how far something is."""

    def show(self, n_done: int, n_total: int, standing: str) -> None:
        """Show how far it is now.

        Parameters
        ----------
        n_done : int
            Fits that are done.
        n_total : int
            Fits in all, as far as is known.
        standing : str
            What stands beside the bar.
        """

    def close(self) -> None:
        """Leave the bar as it was shown last."""


def open_bar(n_done: int, n_total: int) -> Bar | None:
    """Return a bar, where there is somebody to see it grow; otherwise None.

    Parameters
    ----------
    n_done : int
        Fits that were done before.
    n_total : int
        Fits in all, as far as is known.
    """
    if _is_a_terminal():
        return TerminalBar(n_done, n_total)
    if _is_shown_in_a_notebook():
        return NotebookBar(n_done, n_total)
    return None


class TerminalBar:
    """A line that is written over and over, by tqdm.

    Parameters
    ----------
    n_done : int
        Fits that were done before.
    n_total : int
        Fits in all, as far as is known.
    """

    def __init__(self, n_done: int, n_total: int) -> None:
        from tqdm import tqdm

        self._standing = ""
        # Where a terminal says that it has no columns and lines, tqdm by itself draws nothing.
        columns, lines = get_terminal_size()
        self._bar = tqdm(
            total=n_total,
            initial=n_done,
            file=sys.stdout,
            bar_format=_TEXT,
            ncols=columns,
            nrows=lines,
        )

    def show(self, n_done: int, n_total: int, standing: str) -> None:
        """Show how far it is: at once if there is news, else as often as tqdm thinks right."""
        is_news, self._standing = standing != self._standing, standing
        self._bar.total, self._bar.ncols = n_total, get_terminal_size().columns
        self._bar.set_postfix_str(standing, refresh=False)
        if not self._bar.update(n_done - self._bar.n) and is_news:
            self._bar.refresh()

    def close(self) -> None:
        """Leave the line as it is, and go to the next one."""
        self._bar.close()


class NotebookBar:
    """An output of the cell that is replaced over and over, so that a notebook keeps the last.

    tqdm has two ways to draw here, and both leave a mess in the file. Its widgets need ipywidgets,
    and a notebook that is opened again, or made a page, has them at 0 % or not at all. Its line
    becomes one output for each drawing, between warnings even on a screen.

    What comes sooner than a person can see it is drawn a little later, by another thread: the
    next news may be hours away.

    Parameters
    ----------
    n_done : int
        Fits that were done before.
    n_total : int
        Fits in all, as far as is known.
    """

    def __init__(self, n_done: int, n_total: int) -> None:
        from IPython.display import DisplayHandle

        self._state = (n_done, n_total, "")
        self._began_at = self._drawn_at = monotonic()
        self._lock = Lock()
        self._timer: Timer | None = None
        self._output = DisplayHandle()
        self._output.display(self._drawing(), raw=True)

    def show(self, n_done: int, n_total: int, standing: str) -> None:
        """Show how far it is, now or a moment later."""
        with self._lock:
            self._state = (n_done, n_total, standing)
            wait = self._drawn_at + _INTERVAL - monotonic()
            if wait <= 0:
                self._draw()
            elif self._timer is None:
                self._timer = Timer(wait, self._draw_later)
                self._timer.daemon = True
                self._timer.start()

    def close(self) -> None:
        """Draw what was shown last, if that is still to come."""
        with self._lock:
            if self._timer is not None:
                self._draw()

    def _draw_later(self) -> None:
        with self._lock:
            if self._timer is not None:
                self._draw()

    def _draw(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._drawn_at = monotonic()
        self._output.update(self._drawing(), raw=True)

    def _drawing(self) -> dict[str, str]:
        """Return the bar for browsers, and for those who read the file of a notebook."""
        from tqdm import tqdm

        n_done, n_total, standing = self._state
        counts = (n_done, n_total, monotonic() - self._began_at)
        caption = tqdm.format_meter(*counts, bar_format=_CAPTION, postfix=standing)
        return {
            "text/html": f'<progress value="{n_done}" max="{n_total}" style="{_STYLE}"></progress> '
            + html.escape(caption),
            "text/plain": tqdm.format_meter(*counts, bar_format=_TEXT, postfix=standing),
        }


def _is_a_terminal() -> bool:
    """Return whether what is printed goes to one; a stand-in for stdout may not know the word."""
    return bool(getattr(sys.stdout, "isatty", bool)())


def _is_shown_in_a_notebook() -> bool:
    """Return whether what is printed goes to a notebook: it may be captured, or redirected."""
    streams: Any = sys.modules.get("ipykernel.iostream")
    return streams is not None and isinstance(sys.stdout, streams.OutStream)
