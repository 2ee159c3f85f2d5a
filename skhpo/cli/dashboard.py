"""A search as a page that goes with it."""

from __future__ import annotations

import os
import webbrowser
from contextlib import suppress

from skhpo.cli.words import say
from skhpo.dashboard import DashboardServer

__all__ = ["dashboard"]


def dashboard(path: str, port: int, has_browser: bool = True) -> int:
    """Serve the page of a search on this machine until Ctrl-C.

    Parameters
    ----------
    path : str
        Where the search is.
    port : int
        Where to listen; 0 for any port that is free.
    has_browser : bool, default=True
        Whether to open the page in the user's browser.

    Returns
    -------
    int
        0.
    """
    with suppress(AttributeError, OSError):
        os.nice(10)  # the search comes first
    with DashboardServer(path, port) as server:
        say(f"{server.answers.path} is shown at", f"    {server.url}", "Ctrl-C ends this.")
        if has_browser:
            webbrowser.open(server.url)
        with suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0
