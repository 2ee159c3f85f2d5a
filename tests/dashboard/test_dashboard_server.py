"""The server answers questions of this machine's user, and nobody and nothing else."""

from __future__ import annotations

import base64
import http.client
import json
import os
import socket
import threading
from pathlib import Path

import pytest

pytest.importorskip("plotly", reason="the extra dashboard is not installed")

from served_pages import served

from skhpo import Float, Tuner
from skhpo.dashboard import DashboardServer, live
from skhpo.dashboard import server as server_module
from skhpo.dashboard.views import VIEWS, drawn, figure_json
from skhpo.exceptions import StorageError
from skhpo.schedulers import FullBudget
from skhpo.storage.lock import FileLock
from skhpo.storage.view import read_search

N_TRIALS = 30


def objective(params):
    if params["x"] < 0.2:
        raise ValueError("too small")
    return params["x"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("search")
    Tuner({"x": Float(0, 1)}, objective, random_state=0, storage=path).run(N_TRIALS)
    return path


@pytest.fixture(scope="module")
def server(folder):
    with served(folder) as server:
        yield server


def ask(server, path, *, method="GET", host=None, secret=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    try:
        secret = server.secret if secret is None else secret
        host = f"127.0.0.1:{server.server_port}" if host is None else host
        connection.request(method, f"/{secret}/{path}", headers={"Host": host})
        answer = connection.getresponse()
        return answer, answer.read()
    finally:
        connection.close()


def told(server, path):
    answer, content = ask(server, path)
    assert answer.status == 200
    return json.loads(content)


def test_what_it_tells(server, folder):
    state = told(server, "state")
    assert state["message"] is None
    assert state["facts"]["state"] == "ended"
    counts = dict(state["facts"]["counts"])
    assert counts["trials"] == str(N_TRIALS)
    assert int(counts["completed"]) + int(counts["failed"]) == N_TRIALS
    best = read_search(folder).history.best
    assert state["facts"]["best"]["score"] == f"{best.score:.6g}"
    assert state["facts"]["best"]["trial"] == f"trial {best.trial}"
    assert {view["name"] for view in state["figures"]} < set(VIEWS)


def test_a_long_journal_is_not_waited_for(folder, monkeypatch):
    monkeypatch.setattr(live, "_PIECE", 30)
    monkeypatch.setattr(server_module, "_BREATH", 3600.0)  # it never comes to the second piece
    with served(folder) as server:
        state = told(server, "state")
        assert state["is_behind"]
        assert state["message"].startswith("Still reading: ")
        assert state["facts"]["told"] == "its journal is being read"
        assert dict(state["facts"]["counts"])["trials"] == "10"
        assert told(server, "rows")["n_all"] < N_TRIALS
        assert told(server, "figure?name=convergence")["data"]
        assert told(server, "state")["version"] == state["version"]
    assert not any(thread.name == "reader" for thread in threading.enumerate())


def test_a_long_journal_is_read_to_its_end(folder, server, monkeypatch):
    whole = told(server, "state")
    monkeypatch.setattr(live, "_PIECE", 7)
    with served(folder) as hasty:
        while (state := told(hasty, "state"))["is_behind"]:
            assert state["message"] is not None
        assert {**state, "version": whole["version"]} == whole
        assert told(hasty, "rows") == told(server, "rows")
        for name in VIEWS:
            figure = f"figure?name={name}"
            assert told(hasty, figure) == told(server, figure)


def n_points(figure):
    return len(base64.b64decode(figure["data"][0]["x"]["bdata"])) // 8


def test_who_asks_how_it_stands_does_not_wait_for_a_figure(tmp_path, monkeypatch):
    """Nor does the figure change while it is drawn, whatever is read meanwhile."""
    tuner = Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0, storage=tmp_path)
    tuner.run(3)
    begun, may_end = threading.Event(), threading.Event()

    def drawn_slowly(source, name, choice):
        begun.set()
        assert may_end.wait(60)
        return drawn(source, name, choice)

    with served(tmp_path) as server:
        monkeypatch.setattr(server_module, "drawn", drawn_slowly)
        figures = []
        artist = threading.Thread(
            target=lambda: figures.append(told(server, "figure?name=parameter&choice=x"))
        )
        artist.start()
        assert begun.wait(60)
        tuner.run(5)
        assert dict(told(server, "state")["facts"]["counts"])["trials"] == "5"
        assert told(server, "rows")["n_all"] == 5
        may_end.set()
        artist.join()
        assert n_points(figures[0]) == 3
        assert n_points(told(server, "figure?name=parameter&choice=x")) == 5


def test_what_takes_long_is_drawn_anew_when_there_are_half_as_many_more(tmp_path, monkeypatch):
    tuner = Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0, storage=tmp_path)
    tuner.run(10)
    names = []

    def counted(source, name, choice):
        names.append(name)
        return drawn(source, name, choice)

    with served(tmp_path) as server:
        monkeypatch.setattr(server_module, "drawn", counted)
        for n_trials, n_drawn in ((10, 1), (11, 1), (14, 1), (15, 2), (16, 2)):
            tuner.run(n_trials)
            assert dict(told(server, "state")["facts"]["counts"])["trials"] == str(n_trials)
            told(server, "figure?name=importance")
            told(server, "figure?name=timeline")
            assert names.count("importance") == n_drawn
    assert names.count("timeline") == 5


def test_what_is_expected(tmp_path):
    space, scheduler = {"x": Float(0, 1)}, FullBudget(3)
    Tuner(space, objective, random_state=0, scheduler=scheduler, storage=tmp_path).run(2)
    with served(tmp_path) as server:
        assert dict(told(server, "state")["facts"]["counts"])["measurements"] == "2 of 2"
        Tuner(space, objective, random_state=0, scheduler=scheduler, storage=tmp_path).run()
        assert dict(told(server, "state")["facts"]["counts"])["measurements"] == "3 of 3"


def test_figures_are_those_of_the_tables(server, folder):
    search = read_search(folder)
    for name in VIEWS:
        assert told(server, f"figure?name={name}") == figure_json(drawn(search, name))
    by_time = told(server, "figure?name=convergence&choice=time")
    assert by_time == figure_json(drawn(search, "convergence", "time"))


def test_rows(server):
    found = told(server, "rows?words=too+small&sort=score&descending=true&page=0")
    assert 0 < found["n_rows"] < found["n_all"] == N_TRIALS
    for nonsense in ("page=-1", "page=x", "page=" + "9" * 50, "sort=%00", "descending=maybe"):
        assert told(server, f"rows?{nonsense}")["n_all"] == N_TRIALS


def test_what_is_not_there(server):
    for path in (
        "nothing",
        "figure",
        "figure?name=nothing",
        "../setup.cfg",
        "page.html/",
        "%2e%2e/",
    ):
        assert ask(server, path)[0].status == 404


def test_only_who_knows_the_secret_is_answered(server):
    for secret in ("", "x", server.secret[:-1], server.secret + "x", "\xe9"):
        answer, content = ask(server, "state", secret=secret.encode("latin-1").decode("latin-1")
                              if secret.isascii() else "%C3%A9")  # fmt: skip
        assert answer.status == 404
        assert content == b""


def test_only_calls_by_our_own_name_are_answered(server):
    """Whoever makes a name of their own lead to this machine reads nothing (DNS rebinding)."""
    port = server.server_port
    assert ask(server, "state", host=f"localhost:{port}")[0].status == 200
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", "",
                 f"127.0.0.1:{port}.evil.example", f"[::1]:{port}"):  # fmt: skip
        answer, content = ask(server, "state", host=host)
        assert (answer.status, content) == (403, b"")


def test_who_calls_it_by_two_names_is_not_answered(server):
    """Ours first, and another one that something in between may have looked at."""
    ours = f"Host: 127.0.0.1:{server.server_port}"
    for names in ([ours, "Host: evil.example"], ["Host: evil.example", ours], [ours, ours], []):
        lines = [f"GET /{server.secret}/state HTTP/1.1", *names, "Connection: close", "", ""]
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=30) as raw:
            raw.sendall("\r\n".join(lines).encode())
            assert raw.makefile("rb").readline().split()[1] == b"403"


def test_what_changes_is_asked_for_each_time(server):
    for path in ("", "state", "rows", "figure?name=timeline", "page.js", "page.css"):
        assert ask(server, path)[0].headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_written(server, method):
    assert ask(server, "state", method=method)[0].status == 501


def test_nothing_is_written_by_looking(server, folder):
    def files():
        return {p: (p.stat().st_mtime_ns, p.stat().st_size) for p in Path(folder).rglob("*")}

    before = files()
    for path in ("", "state", "rows", *(f"figure?name={name}" for name in VIEWS)):
        ask(server, path)
    assert files() == before


def test_who_writes_is_told_and_not_kept_from_writing(tmp_path):
    Tuner({"x": Float(0, 1)}, objective, random_state=0, storage=tmp_path).run(3)
    with served(tmp_path) as server:
        lock = FileLock(str(tmp_path / "journal.lock"))
        for _ in range(3):
            lock.acquire()
            assert f"running: process {os.getpid()}" in told(server, "state")["facts"]["told"]
            lock.release()
            assert told(server, "state")["facts"]["state"] == "ended"


def test_the_page_may_fetch_nothing_from_elsewhere(server):
    for path in ("", "page.js", "page.css", "state"):
        answer, content = ask(server, path)
        assert answer.status == 200
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'; script-src 'self';" in policy
        assert "unsafe-eval" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if path in ("", "page.js", "page.css"):
            assert b"http" not in content


def test_plotly_is_the_same_each_time_and_kept(server):
    _, page = ask(server, "")
    assert b'href="/plotly.min.js?' in page
    answer, _ = ask(server, "?7.1.0", secret="plotly.min.js")
    assert answer.status == 404  # this is another address
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    connection.request("GET", "/plotly.min.js?7.1.0")
    answer = connection.getresponse()
    assert b"plotly.js" in answer.read()[:100]
    assert "max-age" in answer.headers["Cache-Control"]
    connection.close()


def test_others_do_not_reach_it(server):
    """It listens on the loopback device only."""
    assert server.socket.getsockname()[0] == "127.0.0.1"
    with socket.socket() as other, pytest.raises(OSError, match=r"refused|unreachable"):
        other.connect(("127.0.0.2", server.server_port))


def test_a_request_that_is_none(server):
    for nonsense in (
        b"\0\1\2\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET " + b"x" * 70_000,
    ):
        with socket.create_connection(("127.0.0.1", server.server_port), timeout=30) as other:
            other.sendall(nonsense)
            other.shutdown(socket.SHUT_WR)
            assert b"200" not in other.recv(100)
    assert told(server, "state")["message"] is None


def test_an_error_of_ours_is_told_to_the_terminal_and_not_to_the_browser(
    server, monkeypatch, capsys
):
    monkeypatch.setattr("skhpo.dashboard.server.facts", None)
    answer, content = ask(server, "state")
    assert (answer.status, content) == (500, b"")
    assert "TypeError" in capsys.readouterr().err


def test_no_search_and_no_port(folder, tmp_path):
    with pytest.raises(StorageError, match="there is no journal"):
        DashboardServer(tmp_path)
    with DashboardServer(folder) as server, pytest.raises(OSError, match="in use"):
        DashboardServer(folder, server.server_port)
