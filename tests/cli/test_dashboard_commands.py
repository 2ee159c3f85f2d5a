"""The page and the report by the command line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request

import psutil
import pytest

pytest.importorskip("plotly", reason="the extra dashboard is not installed")

from skhpo import Float, Tuner
from skhpo.cli import dashboard as command
from skhpo.cli import main


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "search"
    Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0, storage=path).run(3)
    return path


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_page_until_it_is_interrupted(folder):
    with subprocess.Popen(
        [sys.executable, "-u", "-W", "error", "-m", "skhpo", "dashboard", folder, "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert str(folder) in process.stdout.readline()
            url = process.stdout.readline().strip()
            assert url.startswith("http://127.0.0.1:")
            own = psutil.Process().nice()
            assert psutil.Process(process.pid).nice() == min(19, own + 10), "the search comes first"
            with urllib.request.urlopen(url, timeout=60) as page:
                assert b"<title>skhpo</title>" in page.read()
            process.send_signal(signal.SIGINT)
            assert process.stderr.read() == ""
            assert process.wait() == 0
        finally:
            process.kill()


@pytest.mark.parametrize("has_browser", [True, False])
def test_the_browser_is_opened_unless_it_is_not_wanted(folder, has_browser, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr(command.webbrowser, "open", opened.append)
    monkeypatch.setattr(command.os, "nice", lambda by: by)  # of the tests
    monkeypatch.setattr(command.DashboardServer, "serve_forever", lambda server: None)
    assert main(["dashboard", str(folder), *([] if has_browser else ["--no-browser"])]) == 0
    url = capsys.readouterr().out.splitlines()[1].strip()
    assert opened == ([url] if has_browser else [])


def test_what_cannot_be_shown(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command.os, "nice", lambda by: by)
    assert main(["dashboard", str(tmp_path)]) == 1
    assert "skhpo dashboard: there is no journal" in capsys.readouterr().err
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert main(["dashboard", str(folder), "--port", str(port)]) == 1
        assert f"port {port} is in use by another program; write" in capsys.readouterr().err
        # unless nobody has asked for that one
        monkeypatch.setattr(command, "_USUAL", port)
        monkeypatch.setattr(command.DashboardServer, "serve_forever", lambda server: None)
        assert main(["dashboard", str(folder), "--no-browser"]) == 0
        assert f":{port}/" not in capsys.readouterr().out
    for port in ("-1", "65536", "x"):
        with pytest.raises(SystemExit):
            main(["dashboard", str(folder), "--port", port])
    told = capsys.readouterr().err
    assert "usage" in told
    assert "argument --port: 'x' is no whole number" in told


def test_without_plotly(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command.os, "nice", lambda by: by)
    monkeypatch.setitem(sys.modules, "plotly", None)
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    for arguments in (
        ["dashboard", str(folder)],
        ["report", str(folder), "--to", str(tmp_path / "x.html")],
    ):
        assert main(arguments) == 1
        assert 'pip install "skhpo[dashboard]"' in capsys.readouterr().err


def test_report(folder, tmp_path, capsys):
    file = tmp_path / "report.html"
    assert main(["report", str(folder), "--to", str(file)]) == 0
    assert capsys.readouterr().out.startswith(f"{file} is written")
    assert "ended: budget" in file.read_text(encoding="utf-8")
    lines = (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "journal.jsonl").write_bytes(b"".join([*lines[:5], b"no line\n", *lines[6:]]))
    assert main(["report", str(folder), "--to", str(file)]) == 1  # written, as far as it goes
    told = capsys.readouterr()
    assert told.out.startswith(f"{file} is written")
    assert told.err.startswith("skhpo report: Line 6 of ")
    assert "Line 6 of" in file.read_text(encoding="utf-8")
    assert main(["report", str(tmp_path), "--to", str(file)]) == 1
    assert "skhpo report: there is no journal" in capsys.readouterr().err
