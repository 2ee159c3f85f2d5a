"""A server that ends."""

from __future__ import annotations

import threading
from contextlib import contextmanager

from skhpo.dashboard import DashboardServer


@contextmanager
def served(path):
    """A page of a search, while the block runs."""
    with DashboardServer(path) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
