"""The live page: a server for this machine only, which answers questions and takes nothing in."""

from __future__ import annotations

import json
import os
import secrets
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

from skhpo.dashboard.facts import facts
from skhpo.dashboard.live import LiveSearch
from skhpo.dashboard.page import PLOTLY, asset, live_page
from skhpo.dashboard.rows import Query, Rows
from skhpo.dashboard.views import VIEWS, described, drawn, figure_json
from skhpo.history import History
from skhpo.inspection.words import resource_name
from skhpo.storage.commands import command_for
from skhpo.storage.view import holder

__all__ = ["Answers", "DashboardServer"]

#: The only address that is listened to, and how a browser may call it.
_ADDRESS = "127.0.0.1"
_NAMES = ("127.0.0.1", "localhost")

_HEADERS = {
    # Nothing from elsewhere, and no script but ours, whatever stands in a journal.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


#: Seconds between two pieces of a long journal in which others may ask.
_BREATH = 0.005


class _Drawn(NamedTuple):
    """A figure, and of what it was drawn."""

    choice: str | None
    version: str
    history: History
    n_rows: int
    figure: dict[str, Any]


class Answers:
    """What the page asks, and what it is told; safe to be asked by several threads.

    While a long journal is read, piece by piece by a thread of its own, questions are answered with
    what is known by then.

    Parameters
    ----------
    live : LiveSearch
        What it is asked about.
    """

    def __init__(self, live: LiveSearch) -> None:
        self._live = live
        self._lock = threading.Lock()  # of what is read
        self._pen = threading.Lock()  # one figure at a time; taken before the other
        self._rows: Rows | None = None
        self._drawn: dict[str, _Drawn] = {}
        self._reader: threading.Thread | None = None
        self._is_closed = threading.Event()
        # What is asked first is ready, and plotly is there, and loaded.
        first = self.state({})["figures"][0]
        self.figure({"name": first["name"], "choice": first["choices"][0][0]})

    @property
    def path(self) -> str:
        """Of the journal."""
        return self._live.path

    def state(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Return how it stands, and take in what was written since the last question.

        Parameters
        ----------
        asked : mapping of str to str
            Nothing.
        """
        writes = holder(self._live.path)  # before reading: what it had written by then is read
        is_paused = command_for(self._live.path) == "pause"
        with self._lock:
            if not self._live.is_behind:
                self._live.look()
            if self._live.is_behind and self._reader is None:
                self._reader = threading.Thread(target=self._catch_up, name="reader", daemon=True)
                self._reader.start()
            rows = self._grown()
            told = facts(self._live.search, rows, writes, is_paused)
            if self._live.is_behind and writes is None:  # how it ended stands at the end
                told |= {"state": "recorded", "told": "its journal is being read"}
            return {
                "version": self._live.version,
                "is_behind": self._live.is_behind,
                "message": self._live.message,
                "facts": told,
                "figures": described(rows),
            }

    def close(self) -> None:
        """Read no further. Safe to call twice."""
        self._is_closed.set()
        if self._reader is not None:
            self._reader.join()

    def _catch_up(self) -> None:
        """Read to the end of the journal, and let others ask in between."""
        while not self._is_closed.wait(_BREATH):
            with self._lock:
                self._live.look()
                if not self._live.is_behind:
                    self._reader = None
                    return

    def rows(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Return a page of the table.

        Parameters
        ----------
        asked : mapping of str to str
            ``sort``, ``descending``, ``words`` and ``page``; see :class:`Query`.
        """
        page = asked.get("page", "0")
        query = Query(
            sort=asked.get("sort") or None,
            descending=asked.get("descending") == "true",
            words=asked.get("words", "")[:200],
            page=int(page) if page.isdecimal() and len(page) < 10 else 0,
        )
        with self._lock:
            return self._grown().page(query)

    def _grown(self) -> Rows:
        """Return the rows of what was read."""
        search = self._live.search
        if self._rows is None or self._rows.history is not search.history:
            self._rows = Rows(search.history, search.sign, resource_name(search))
        return self._rows

    def figure(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """Return a figure.

        Parameters
        ----------
        asked : mapping of str to str
            Its ``name``, and the ``choice``.

        Raises
        ------
        KeyError
            If there is no such figure.
        """
        name, choice = asked["name"], asked.get("choice")
        view = VIEWS[name]
        with self._pen:
            with self._lock:
                search, version = self._live.search, self._live.version
                known = self._drawn.get(name)
                if known is not None and self._is_fresh(known, choice, view.is_steady):
                    return known.figure
                still = replace(search, history=search.history.snapshot())
            # Who asks how it stands does not wait for this.
            figure = figure_json(drawn(still, name, choice))
            n_rows = len(still.history.evaluations)
            self._drawn[name] = _Drawn(choice, version, search.history, n_rows, figure)
            return figure

    def _is_fresh(self, known: _Drawn, choice: str | None, is_steady: bool) -> bool:
        """Whether a figure that was drawn before still says what there is to be said."""
        history = self._live.search.history
        if known.choice != choice or known.history is not history:
            return False
        is_near = len(history.evaluations) < 1.5 * known.n_rows
        return known.version == self._live.version or (is_steady and is_near)


class DashboardServer(ThreadingHTTPServer):
    """Serves the page of a search on 127.0.0.1.

    Every address but that of plotly.js begins with a secret that is made anew each time: other
    users of the machine, and pages of other sites that a browser has open, do not know it.

    Parameters
    ----------
    path : path-like
        Of the folder of the search, or of its journal.
    port : int, default=0
        Where it listens; 0 for any that is free.

    Attributes
    ----------
    url : str
        Where the page is.

    Raises
    ------
    StorageError
        If there is no search there that can be read.
    OSError
        If the port is in use.
    """

    daemon_threads = True

    def __init__(self, path: str | os.PathLike[str], port: int = 0) -> None:
        self._reading = ExitStack()
        super().__init__((_ADDRESS, port), _Handler)  # before reading, which may take long
        try:
            self.answers = Answers(LiveSearch(path))
            self._reading.callback(self.answers.close)
        except BaseException:
            self.server_close()
            raise
        self.secret = secrets.token_urlsafe(16)
        self.hosts = [f"{name}:{self.server_port}" for name in _NAMES]

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{_ADDRESS}:{self.server_port}/{self.secret}/"

    def server_close(self) -> None:
        """Let go of the address, and read no further."""
        super().server_close()
        self._reading.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away in the middle of an answer."""


class _Handler(BaseHTTPRequestHandler):
    server: DashboardServer
    server_version = "skhpo"
    sys_version = ""
    timeout = 60

    def do_GET(self) -> None:  # the name that the base class looks for
        """Answer a question; there are no other kinds of request."""
        if self.headers.get_all("Host", []) not in [[host] for host in self.server.hosts]:
            # Some name that leads here, which a page from elsewhere may have made up.
            self._refuse(HTTPStatus.FORBIDDEN)
            return
        asked = urlsplit(self.path)
        if asked.path == f"/{PLOTLY}":
            # No secret, and the same address each time: browsers keep it, and what they make of it.
            self._send(asset(PLOTLY), "text/javascript; charset=utf-8", is_kept=True)
            return
        _, secret, *rest = asked.path.split("/", 2)
        if not rest or not secrets.compare_digest(secret.encode(), self.server.secret.encode()):
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        self._answer(rest[0], {name: values[-1] for name, values in parse_qs(asked.query).items()})

    def _answer(self, what: str, asked: Mapping[str, str]) -> None:
        answers = self.server.answers
        questions: dict[str, Callable[[Mapping[str, str]], dict[str, Any]]] = {
            "state": answers.state,
            "rows": answers.rows,
            "figure": answers.figure,
        }
        if what == "":
            self._send(live_page().encode(), "text/html; charset=utf-8")
        elif what in questions:
            try:
                answer = questions[what](asked)
            except KeyError:
                self._refuse(HTTPStatus.NOT_FOUND)
                return
            except Exception:  # the page says so, and goes on with what it has
                sys.stderr.write(traceback.format_exc())
                self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)
                return
            self._send(json.dumps(answer).encode(), "application/json")
        elif what in ("page.js", "page.css"):
            kind = "text/css" if what.endswith("css") else "text/javascript"
            self._send(asset(what), f"{kind}; charset=utf-8")
        else:
            self._refuse(HTTPStatus.NOT_FOUND)

    def _send(self, content: bytes, kind: str, *, is_kept: bool = False) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "private, max-age=31536000" if is_kept else "no-store")
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the terminal quiet."""
