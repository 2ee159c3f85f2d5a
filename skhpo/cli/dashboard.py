"""A search as a page that goes with it."""

from __future__ import annotations

import errno
import os
import webbrowser
from contextlib import suppress

from skhpo.cli.words import say
from skhpo.dashboard import DashboardServer

__all__ = ["dashboard"]

#: Where the page is if nobody says where.
_USUAL = 8467

#: Why a port cannot be had.
_REFUSALS = {
    errno.EADDRINUSE: "is in use by another program",
    errno.EACCES: "is not for every user",
}


def dashboard(path: str, port: int | None, has_browser: bool = True) -> int:
    """Serve the page of a search on this machine until Ctrl-C.

    Parameters
    ----------
    path : str
        Where the search is.
    port : int or None
        Where to listen; 0 for any port that is free. None: the same one each time, so that browsers
        know plotly.js from the last time, or any if that one is taken.
    has_browser : bool, default=True
        Whether to open the page in the user's browser.

    Returns
    -------
    int
        0.

    Raises
    ------
    StorageError
        If there is no such search.
    OSError
        If that port cannot be had.
    """
    with suppress(AttributeError, OSError):
        os.nice(10)  # the search comes first
    with _server(path, port) as server:
        say(f"{server.answers.path} is shown at", f"    {server.url}", "Ctrl-C ends this.")
        if has_browser:
            webbrowser.open(server.url)
        with suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0


def _server(path: str, port: int | None) -> DashboardServer:
    try:
        return DashboardServer(path, _USUAL if port is None else port)
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        if port is not None:
            raise OSError(
                f"port {port} {_REFUSALS[error.errno]}; write another --port, or none for one "
                f"that is free"
            ) from None
    return DashboardServer(path)
