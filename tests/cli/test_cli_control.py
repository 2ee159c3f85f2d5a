"""A search in another process is paused, resumed and stopped by the command line, and watched."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from skhpo import Float, Tuner
from skhpo.cli import main
from skhpo.storage.commands import COMMAND

#: Tells what it does, and measures a trial whenever somebody writes it a line.
RUNNING = """
import sys
from skhpo import Float, Tuner
from skhpo.callbacks import Callback
from skhpo.storage import commands

commands._LOOK = 0.0  # it looks before each trial, however quick the last one was

class Tells(Callback):
    def on_pause(self, history):
        print("paused", flush=True)

    def on_resume(self, history):
        print("resumed", flush=True)

def objective(params):
    print("measuring", flush=True)
    sys.stdin.readline()
    return params["x"]

space = {"x": Float(1, 2)}
tuner = Tuner(space, objective, random_state=0, storage=sys.argv[1], callbacks=Tells())
print(tuner.run(100).stop_reason, flush=True)
"""


@pytest.fixture
def running(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", RUNNING, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "measuring\n"
        yield process
        process.kill()


def go_on(process):
    process.stdin.write("\n")
    process.stdin.flush()


def printed(capsys, *arguments, code=0):
    assert main([str(argument) for argument in arguments]) == code
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def looked(capsys, path):
    return json.loads(printed(capsys, "status", path, "--json"))


def test_paused_resumed_and_stopped(running, tmp_path, capsys):
    assert looked(capsys, tmp_path)["state"] == "running"
    text = printed(capsys, "pause", tmp_path)
    assert f"process {running.pid} on" in text
    assert "is asked to start nothing new" in text
    go_on(running)
    assert running.stdout.readline() == "paused\n"
    found = looked(capsys, tmp_path / "journal.jsonl")
    assert found["state"] == "paused"
    assert found["n_fits"] == found["n_trials"] == 1
    assert f"state       paused: process {running.pid} on" in printed(capsys, "status", tmp_path)

    assert "is asked to go on" in printed(capsys, "resume", tmp_path)
    assert running.stdout.readline() == "resumed\n"
    assert running.stdout.readline() == "measuring\n"
    assert looked(capsys, tmp_path)["trials"] == {"completed": 1, "running": 1}

    assert "is asked to end" in printed(capsys, "stop", tmp_path)
    go_on(running)
    assert running.stdout.readline() == "stopped\n"
    assert running.wait() == 0
    found = looked(capsys, tmp_path)
    assert (found["state"], found["stop_reason"]) == ("ended", "stopped")
    assert 1 <= found["best_params"]["x"] <= 2
    assert found["best_score"] == found["best_params"]["x"]
    assert "state       ended: stopped, 20" in printed(capsys, "status", tmp_path)
    assert not (tmp_path / COMMAND).exists()


def test_stopped_while_paused(running, tmp_path, capsys):
    printed(capsys, "pause", tmp_path)
    go_on(running)
    assert running.stdout.readline() == "paused\n"
    printed(capsys, "stop", tmp_path)
    assert running.stdout.readlines()[-1] == "stopped\n"
    assert looked(capsys, tmp_path)["n_trials"] == 1


@pytest.mark.parametrize("command", ["pause", "resume", "stop"])
def test_nobody_is_there(command, tmp_path, capsys):
    assert main([command, str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(f"skhpo {command}: ")
    Tuner({"x": Float(0, 1)}, lambda params: params["x"], storage=tmp_path).run(2)
    names = sorted(os.listdir(tmp_path))
    assert main([command, str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert f"nobody runs the search in {tmp_path}, so there is nothing to {command}" in captured.err
    assert sorted(os.listdir(tmp_path)) == names


def test_json_of_a_damaged_search(tmp_path, capsys):
    Tuner({"x": Float(0, 1)}, lambda params: params["x"], storage=tmp_path).run(3)
    journal = tmp_path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join([*lines[:6], b"x" + lines[6][1:], *lines[7:]]))
    found = json.loads(printed(capsys, "status", tmp_path, "--json", code=1))
    assert found["state"] == "interrupted"
    assert found["n_trials"] >= 1


def test_text_of_parameters_is_data(tmp_path, capsys):
    space = {"x": ["\x1b[2J", "</script>"]}
    Tuner(space, lambda params: 1.0, storage=tmp_path, random_state=0).run(2)
    text = printed(capsys, "status", tmp_path, "--json")
    assert "\x1b" not in text
    assert text.count("\n") == 1
