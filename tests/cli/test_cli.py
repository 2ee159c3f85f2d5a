"""A search is looked at from outside: while it runs, when it was killed, and when it is damaged."""

from __future__ import annotations

import csv
import errno
import io
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.svm import SVC

from skhpo import Float, HalvingASHASearchCV, RandomSearchCV, Tuner
from skhpo.cli import main
from skhpo.cli.words import in_words, say
from skhpo.exceptions import MissingExtraError
from skhpo.inspection import trials
from skhpo.schedulers import FullBudget
from skhpo.storage import read_journal
from skhpo.storage.view import DescribedSpace

#: Stops after three trials, until somebody writes it a line.
RUNNING = """
import sys
from skhpo import Categorical, Float, Tuner

def objective(params):
    if len(tuner.history.trials) == 4:
        print("three are done", flush=True)
        sys.stdin.readline()
    if len(tuner.history.trials) == 6:
        raise ValueError("the flask broke")
    return params["x"]

tuner = Tuner(
    {"x": Float(1, 2), "kind": Categorical([None, len, "a,b"])},
    objective, direction="minimize", random_state=0, storage=sys.argv[1],
)
tuner.run(8)
"""


class Free(BaseEstimator):
    """Takes whatever it is given."""

    def __init__(self, tree=None, depth=None, C=1.0):
        self.tree, self.depth, self.C = tree, depth, C

    def fit(self, X, y):
        return self

    def score(self, X, y):
        return 0.5


@pytest.fixture
def running(tmp_path):
    """A search in another process, in the middle of its fourth trial."""
    with subprocess.Popen(
        [sys.executable, "-c", RUNNING, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout.readline() == b"three are done\n"
        yield process
        process.kill()


def finish(process):
    process.stdin.write(b"go on\n")
    process.stdin.close()
    assert process.wait() == 0


@pytest.fixture
def search(tmp_path):
    """A search that has ended, with two metrics, several resources, and one failure."""
    X, y = load_iris(return_X_y=True)
    search = HalvingASHASearchCV(
        SGDClassifier(random_state=0),
        {"alpha": [1e-3, 1e-2, 0.1, -1.0], "loss": ["hinge"]},
        resource="epochs",
        max_resources=3,
        n_candidates=4,
        cv=2,
        scoring=["accuracy", "f1_macro"],
        refit="f1_macro",
        random_state=0,
        storage=tmp_path,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the failure
        return search.fit(X, y)


def printed(capsys, *arguments, code=0):
    assert main([str(argument) for argument in arguments]) == code
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def told(capsys, *arguments):
    """What is said of an error: one line or so, no traceback."""
    assert main([str(argument) for argument in arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
    assert captured.err.startswith(f"skhpo {arguments[0]}: ")
    return captured.err


# --------------------------------------------------------------------------- beside a running search


def test_status_of_a_running_search(running, tmp_path, capsys):
    text = printed(capsys, "status", tmp_path)
    assert f"running: process {running.pid} on" in text
    assert "trials      4 (3 completed, 1 running)" in text
    best = min(line["scores"]["score"] * -1 for line in measured(tmp_path))
    assert f"best        {best:.6g}: trial" in text
    assert "            x = 1." in text
    assert text.rstrip().endswith("trial 3 is measured on 1 fold")
    finish(running)
    text = printed(capsys, "status", tmp_path, "-n", "0")
    assert "state       ended: budget, 20" in text
    assert "trials      8 (7 completed, 1 failed)" in text
    assert "last" not in text


def test_status_tells_what_is_expected(tmp_path, capsys):
    def looks(params):
        seen.append(printed(capsys, "status", tmp_path))
        return params["x"]

    seen = []
    Tuner({"x": Float(1, 2)}, looks, scheduler=FullBudget(3), storage=tmp_path).run()
    assert "measured    0 of 3 times, each on one fold" in seen[0]
    assert "time left" not in seen[0]
    assert "measured    2 of 3 times, each on one fold\ntime left   about 0:0" in seen[2]
    assert "time left" not in printed(capsys, "status", tmp_path)


def test_one_is_one(tmp_path, capsys):
    Tuner({"x": Float(1, 2)}, lambda p: p["x"], scheduler=FullBudget(1), storage=tmp_path).run(1)
    text = printed(capsys, "status", tmp_path)
    assert "measured    1 of 1 time, on one fold" in text
    assert "trial 0 is measured on 1 fold\n" in text


def measured(path):
    return [line for line in read_journal(path).lines if line["kind"] == "measurement"]


def test_a_search_that_was_killed(running, tmp_path, capsys):
    running.kill()
    running.wait()
    text = printed(capsys, "status", tmp_path / "journal.jsonl")
    assert "interrupted: nobody writes there; fit with this storage goes on" in text


def test_tail_in_words(search, tmp_path, capsys):
    lines = printed(capsys, "tail", tmp_path, "-n", "1000").splitlines()
    assert len(lines) == len(read_journal(tmp_path).lines)
    assert lines[0].startswith(f"process {os.getpid()} writes, since 20")
    assert lines[1].startswith("trial 0: alpha=")
    assert ", loss=hinge" in lines[1]
    assert lines[2] == "trial 0 at epochs 1 is measured on 2 folds"
    assert any(", fold 1: completed, accuracy 0." in line for line in lines)
    assert any(": failed (" in line and "InvalidParameterError" in line for line in lines)
    assert lines[-1].startswith("ended: budget, 20")
    assert printed(capsys, "tail", tmp_path, "-n", "2").splitlines() == lines[-2:]
    assert printed(capsys, "tail", tmp_path, "--follow").splitlines() == lines[-10:]


def test_tail_follows_until_the_search_ends(running, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "skhpo", "tail", str(tmp_path), "-n", "1", "-f"],
        stdout=subprocess.PIPE,
        text=True,
    ) as tail:
        assert tail.stdout.readline() == "trial 3 is measured on 1 fold\n"
        finish(running)
        rest = tail.stdout.read().splitlines()
    assert tail.returncode == 0
    lines = read_journal(tmp_path).lines
    assert len(rest) == len(lines) - lines.index(measured(tmp_path)[3])
    assert rest[0].startswith("trial 3, fold 0: completed, score 1.")
    assert [line for line in rest if "the flask broke" in line]
    assert rest[-1].startswith("ended: budget")


def test_export_of_a_running_search(running, tmp_path, capsys):
    table = list(csv.DictReader(io.StringIO(printed(capsys, "export", tmp_path, "--to", "-"))))
    assert [row["status"] for row in table] == ["completed"] * 3 + ["running"]
    assert [float(row["score"]) for row in table[:3]] == [float(r["param_x"]) for r in table[:3]]
    assert table[3]["score"] == ""
    assert {row["param_kind"] for row in table} <= {"None", "builtins.len", "a,b"}
    finish(running)


def test_a_running_search_is_not_repaired(running, tmp_path, capsys):
    journal = tmp_path / "journal.jsonl"
    before = journal.read_bytes()
    error = told(capsys, "repair", tmp_path)
    assert f"in use by process {running.pid}" in error
    assert journal.read_bytes() == before
    finish(running)
    assert measured(tmp_path)[-1]["trial"] == 7


def test_looking_changes_nothing(running, tmp_path, capsys):
    """Nor does it disturb: the search goes on to its end."""
    names, before = sorted(os.listdir(tmp_path)), (tmp_path / "journal.jsonl").read_bytes()
    for _ in range(5):
        printed(capsys, "status", tmp_path)
        printed(capsys, "tail", tmp_path)
        printed(capsys, "export", tmp_path, "--to", "-")
    assert sorted(os.listdir(tmp_path)) == names
    assert (tmp_path / "journal.jsonl").read_bytes() == before
    finish(running)


# --------------------------------------------------------------------------- tables


def test_the_file_is_the_table_of_the_search(search, tmp_path, capsys):
    to = tmp_path / "table.csv"
    assert printed(capsys, "export", tmp_path, "--to", to) == ""
    assert sorted(os.listdir(tmp_path)) == ["journal.jsonl", "journal.lock", "states", "table.csv"]
    with to.open(newline="") as file:
        rows = list(csv.DictReader(file))
    table = trials(search)
    assert list(rows[0]) == list(table)
    for name, column in table.items():
        for row, value in zip(rows, column, strict=True):
            if value is None or value != value:
                assert row[name] == ""
            elif isinstance(value, str):
                assert row[name] == value
            else:
                assert float(row[name]) == value


def test_trials_dataframe(search):
    pd = pytest.importorskip("pandas")
    frame = search.trials_dataframe()
    assert isinstance(frame, pd.DataFrame)
    assert list(frame) == list(trials(search))
    assert len(frame) == len(search.cv_results_["params"])
    results = pd.DataFrame(search.cv_results_).sort_values(["trial", "n_resources"])
    for ours, theirs in (
        ("trial", "trial"), ("resource", "n_resources"), ("status", "status"),
        ("score", "mean_test_f1_macro"), ("mean_accuracy", "mean_test_accuracy"),
    ):  # fmt: skip
        values, expected = list(frame[ours]), list(results[theirs])
        if ours in ("status", "trial", "resource"):
            assert values == expected
        else:
            np.testing.assert_allclose(values, expected)
    errors = frame.loc[frame["status"] == "failed", "error"]
    assert len(errors) > 0
    assert errors.str.contains("Traceback", na=False).all()


def test_a_value_none_is_not_a_parameter_that_is_missing(tmp_path, capsys):
    """In CSV it is a word, and what is missing is empty; for pandas, that is NaN."""
    pd = pytest.importorskip("pandas")
    space = [{"tree": ["gini", None], "depth": [None, 3]}, {"C": Float(0.1, 1)}]
    search = RandomSearchCV(Free(), space, n_iter=12, cv=2, random_state=0, storage=tmp_path)
    frame = search.fit(*load_iris(return_X_y=True)).trials_dataframe()
    params = [trial.params for trial in search.history_.trials]
    assert {None, 3} == {each["depth"] for each in params if "depth" in each}
    export = printed(capsys, "export", tmp_path, "--to", "-")
    texts = pd.read_csv(io.StringIO(export), keep_default_na=False, dtype=str)
    for name in ("tree", "depth", "C"):
        for own, value, text in zip(
            params, frame[f"param_{name}"], texts[f"param_{name}"], strict=True
        ):
            assert value is own[name] if name in own else math.isnan(value)
            assert text == (str(own[name]) if name in own else "")


def test_trials_dataframe_of_a_tuner():
    """In its own direction."""
    pytest.importorskip("pandas")
    tuner = Tuner({"x": Float(0, 1)}, lambda p: p["x"], direction="minimize", random_state=0)
    frame = tuner.run(4).trials_dataframe()
    assert list(frame) == list(trials(tuner))
    assert list(frame["score"]) == list(frame["param_x"])


def test_trials_dataframe_without_pandas(search, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match=r"skhpo\.inspection\.trials\(search\)"):
        search.trials_dataframe()


def test_trials_of_a_search_that_is_undivided():
    search = RandomSearchCV(SVC(), {"C": [0.1, 1]}, n_iter=2, cv=3, random_state=0)
    with pytest.raises(Exception, match="call fit"):
        search.trials_dataframe()
    table = trials(search.fit(*load_iris(return_X_y=True)))
    assert list(table["n_folds"]) == [3, 3]
    assert np.isnan(table["resource"]).all()
    np.testing.assert_allclose(table["score"], search.cv_results_["mean_test_score"])
    np.testing.assert_allclose(table["fit_time"] / 3, search.cv_results_["mean_fit_time"])


def test_trials_while_some_are_running():
    tuner = Tuner({"x": Float(0, 1)}, random_state=0)
    assert {name: len(column) for name, column in trials(tuner).items()}["trial"] == 0
    task, _ = tuner.ask(), tuner.ask()
    tuner.tell(task, 0.5)
    table = trials(tuner)
    assert list(table["status"]) == ["completed", "running"]
    assert list(table["n_folds"]) == [1, 0]
    assert np.isnan(table["score"][1])


# --------------------------------------------------------------------------- damage


def damage(path, line):
    """Change a byte in the middle of a line, counted from 0."""
    journal = path / "journal.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    content = bytearray(lines[line])
    content[len(content) // 2] ^= 1
    journal.write_bytes(b"".join([*lines[:line], bytes(content), *lines[line + 1 :]]))
    return journal


def test_a_damaged_search_is_looked_at_and_repaired(tmp_path, capsys):
    def run():
        return Tuner({"x": Float(0, 1)}, len, random_state=0, storage=tmp_path).run(6)

    expected = run().history
    journal = damage(tmp_path, 9)
    damaged = journal.read_bytes()
    with pytest.raises(Exception, match=r"line 10 of .* python -m skhpo repair"):
        run()
    text = printed(capsys, "status", tmp_path, code=1)
    assert "DAMAGED: line 10 cannot be read: its checksum" in text
    assert "trials      3" in text
    assert main(["export", str(tmp_path), "--to", "-"]) == 1
    captured = capsys.readouterr()
    assert len(captured.out.splitlines()) == 1 + 2
    assert "The table ends before it" in captured.err
    assert journal.read_bytes() == damaged, "looking mends nothing"

    text = printed(capsys, "repair", tmp_path)
    assert "line 10: its checksum" in text
    assert "8 whole lines before that are kept, 1 behind it" in text  # trial 2 is incomplete
    copy = tmp_path / "journal.jsonl.damaged-1"
    assert copy.read_bytes() == damaged
    assert damaged.startswith(b"".join(journal.read_bytes().splitlines(keepends=True)[:8]))
    assert "DAMAGED" in printed(capsys, "status", copy, code=1)
    assert len(run().history.trials) == len(expected.trials)
    assert "Nothing was done" in printed(capsys, "repair", tmp_path)
    assert not (tmp_path / "journal.jsonl.damaged-2").exists()
    damage(tmp_path, 5)
    assert "damaged-2" in printed(capsys, "repair", tmp_path)


def test_an_unfinished_line_is_cut_off_by_repair(search, tmp_path, capsys):
    with (tmp_path / "journal.jsonl").open("ab") as file:
        file.write(b'{"n":')
    assert "the last line was not finished" in printed(capsys, "repair", tmp_path)
    assert "is whole" in printed(capsys, "repair", tmp_path)


# --------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    "command", [("status",), ("tail",), ("export", "--to", "-"), ("repair",)], ids=" ".join
)
def test_what_is_no_search(command, tmp_path, capsys):
    name, *options = command
    assert "there is no journal at" in told(capsys, name, tmp_path, *options)
    assert "there is no journal at" in told(capsys, name, tmp_path / "missing", *options)
    (tmp_path / "journal.jsonl").write_text("a,b\n1,2\n")
    assert "is no journal of skhpo" in told(capsys, name, tmp_path, *options)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n"])
@pytest.mark.parametrize("name", ["journal.jsonl", "table.csv"])
def test_repair_leaves_nothing_beside_what_is_no_journal(name, text, tmp_path, capsys):
    (tmp_path / name).write_text(text)
    told(capsys, "repair", tmp_path / name)
    assert os.listdir(tmp_path) == [name]
    assert (tmp_path / name).read_text() == text


def test_what_is_no_journal_is_told_in_a_sentence(tmp_path, capsys):
    (tmp_path / "journal.jsonl").write_text("a,b\n1,2\n")
    assert (
        "is no journal of skhpo: its first line cannot be read: it has no checksum, or does not end"
    ) in told(capsys, "status", tmp_path)


@pytest.mark.parametrize(
    ("to", "error"),
    [
        ("missing/x.csv", r"missing.x\.csv cannot be written: there is no folder"),
        ("states", r"states is a folder: name a file in it, such as .*states.trials\.csv"),
        ("journal.lock", r"journal\.lock belongs to a search on disk"),
        ("states/0/table.csv", r"table\.csv belongs to a search on disk"),
        ("copy", r"copy belongs to a search on disk"),
    ],
)
def test_a_table_that_cannot_be_written(to, error, search, tmp_path, capsys):
    (tmp_path / "copy").write_bytes((tmp_path / "journal.jsonl").read_bytes())
    (tmp_path / "states" / "0").mkdir(parents=True, exist_ok=True)
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    assert re.search(error, told(capsys, "export", tmp_path, "--to", tmp_path / to))
    assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before


def test_a_table_without_a_name(search, tmp_path, capsys):
    error = told(capsys, "export", tmp_path, "--to", "")
    assert "the name of the file is an empty text; write one, such as trials.csv" in error


def test_what_was_there_stays_when_a_table_cannot_be_written(search, tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / "table.csv").write_text("before")
    names = sorted(os.listdir(tmp_path))
    monkeypatch.setattr(os, "replace", full)
    error = told(capsys, "export", tmp_path, "--to", tmp_path / "table.csv")
    assert error.rstrip().endswith("table.csv cannot be written: No space left on device")
    assert (tmp_path / "table.csv").read_text() == "before"
    assert sorted(os.listdir(tmp_path)) == names


@pytest.mark.parametrize("name", ["trials.parquet", "trials.XLSX", "trials.csv.gz"])
def test_names_that_promise_another_format(name, search, tmp_path, capsys):
    error = told(capsys, "export", tmp_path, "--to", tmp_path / name)
    assert "the table is CSV" in error
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize(
    "arguments", [[], ["sing"], ["status"], ["export", "x"], ["tail", "x", "-n", "-1"]], ids=repr
)
def test_what_cannot_be_understood(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: python -m skhpo" in capsys.readouterr().err


def test_as_a_command(search, tmp_path):
    """With its exit code, and without complaint where nobody reads to the end."""
    command = [sys.executable, "-W", "error", "-m", "skhpo"]
    missing = subprocess.run(
        [*command, "status", str(tmp_path / "missing")], capture_output=True, text=True, check=False
    )
    assert missing.returncode == 1
    assert missing.stderr.count("\n") == 1
    with subprocess.Popen(
        [*command, "tail", str(tmp_path), "-n", "9999"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_interrupted(running, tmp_path):
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "skhpo", "tail", str(tmp_path), "-f"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as tail:
        assert tail.stdout.readline()
        tail.send_signal(signal.SIGINT)
        assert tail.stderr.read() == ""
        assert tail.wait() == 130


def test_what_a_terminal_could_take_for_a_command_is_shown(capsys):
    say("\x1b[2J red \n é")
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            "it took more than 5 s\n  write a longer trial_timeout\nExtension modules: psutil",
            "more",
        ),
        (
            'Traceback (most recent call last):\n  File "a", line 1\n    x\nValueError: bad\nlast',
            "bad",
        ),
        ("  one line", "one line"),
    ],
)
def test_the_line_of_an_error_that_says_most(error, told):
    """With the time it took, also of what did not come to its end."""
    line = {
        **{"kind": "measurement", "trial": 0, "fold": 1, "resource": None, "status": "timeout"},
        **{"scores": {}, "started_at": 100.0, "finished_at": 105.25, "error": error},
    }
    shown = in_words(line, DescribedSpace([{}]), 1, "epochs")
    assert "timeout (5.2 s): " in shown
    assert told in shown
    assert "last" not in shown
    assert "psutil" not in shown
    unknown = {**line, "started_at": "NaN", "finished_at": "NaN"}
    assert "timeout: " in in_words(unknown, DescribedSpace([{}]), 1, "epochs")


def test_estimators_are_told_in_words(tmp_path, capsys):
    X, y = load_iris(return_X_y=True)
    space = {"estimator": [SVC(C=3), LogisticRegression(C=2.5)], "method": ["sigmoid"]}
    from sklearn.calibration import CalibratedClassifierCV

    search = RandomSearchCV(
        CalibratedClassifierCV(), space, n_iter=2, cv=2, random_state=0, storage=tmp_path
    )
    search.set_params(estimator=CalibratedClassifierCV(SVC()))
    search.fit(X / 8, y)
    text = printed(capsys, "tail", tmp_path, "-n", "100")
    assert "estimator=sklearn.svm._classes.SVC(C=3" in text
    assert "estimator=sklearn.linear_model._logistic.LogisticRegression(C=2.5" in text
    shutil.rmtree(tmp_path)
