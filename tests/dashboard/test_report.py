"""A search as one file."""

from __future__ import annotations

import json
import os
import re
import sys

import pytest
from some_histories import AWKWARD, MARKUP, history_of, many

pytest.importorskip("plotly", reason="the extra dashboard is not installed")

from sklearn.datasets import load_iris
from sklearn.model_selection import RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

from skhpo import Float, RandomSearchCV, Tuner
from skhpo.dashboard import figures, report
from skhpo.exceptions import MissingExtraError, SkhpoWarning, StorageError
from skhpo.storage.commands import give_command
from skhpo.storage.lock import FileLock


def tuned(storage=None):
    tuner = Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0, storage=storage)
    return tuner.run(5)


def text_of(source, tmp_path):
    report(source, tmp_path / "report.html")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["empty", "waiting", "odd values", "not finite", "markup"])
def test_every_history(kind, tmp_path):
    text = text_of(AWKWARD[kind], tmp_path)
    assert text.count("<script") - text.count('"<script') >= 3
    assert MARKUP not in text


def test_of_everything_that_has_a_history(tmp_path):
    X, y = load_iris(return_X_y=True)
    space = {"max_depth": [1, 2, 3]}
    ours = RandomSearchCV(DecisionTreeClassifier(), space, n_iter=3, cv=2, random_state=0)
    theirs = RandomizedSearchCV(DecisionTreeClassifier(), space, n_iter=3, cv=2)
    assert '"max_depth"' in text_of(ours.fit(X, y), tmp_path)
    assert '"max_depth"' in text_of(theirs.fit(X, y).cv_results_, tmp_path)
    assert f"{tuned().best_score:.6g}" in text_of(tuned(), tmp_path)
    tuned(tmp_path / "search")
    for path in (tmp_path / "search", str(tmp_path / "search" / "journal.jsonl")):
        assert "ended: budget" in text_of(path, tmp_path)


def test_of_a_search_that_is_paused(tmp_path):
    tuned(tmp_path / "search")
    lock = FileLock(str(tmp_path / "search" / "journal.lock"))
    lock.acquire()
    assert f"running: process {os.getpid()}" in text_of(tmp_path / "search", tmp_path)
    give_command(tmp_path / "search", "pause")
    assert f"paused: process {os.getpid()}" in text_of(tmp_path / "search", tmp_path)
    lock.release()


def test_searches_and_tuners_write_it_themselves(tmp_path):
    X, y = load_iris(return_X_y=True)
    search = RandomSearchCV(
        DecisionTreeClassifier(), {"max_depth": [1, 2]}, n_iter=2, cv=2, random_state=0
    )
    with pytest.raises(AttributeError, match="call fit"):
        search.report(tmp_path / "none.html")
    search.fit(X, y).report(tmp_path / "search.html")
    tuned().report(tmp_path / "tuner.html")
    assert sorted(os.listdir(tmp_path)) == ["search.html", "tuner.html"]


def test_it_refers_to_nothing_outside(tmp_path):
    text = text_of(AWKWARD["markup"], tmp_path)
    head = re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL)
    assert "src=" not in head
    assert "http" not in head.replace("http-equiv", "")
    policy = re.search(r'content="(default-src[^"]*)"', text)[1]
    assert "default-src 'none'; script-src 'sha256-" in policy
    assert "unsafe-eval" not in policy
    assert "connect-src" not in policy


def test_a_long_table_is_cut_and_says_so(tmp_path):
    text = text_of(many(1_200), tmp_path)
    assert "the newest 1,000 of 1,200 rows" in text
    assert len(text) < 7e6


@pytest.mark.parametrize("n_parameters", [30, 40])
def test_many_choices_are_cut_and_it_is_told(tmp_path, n_parameters):
    history = history_of([{f"x{j}": float(k) for j in range(n_parameters)} for k in range(2)])
    text = text_of(history, tmp_path)
    data = json.loads(re.search(r'id="data">(.*?)</script>', text)[1])
    (view,) = [each for each in data["state"]["figures"] if each["name"] == "parameter"]
    choices = [f"x{j}" for j in range(30)]
    assert [choice for choice, _ in view["choices"]] == choices
    assert list(data["figures"]["parameter"]) == choices
    about = ["figures", f"scores by the first 30 of {n_parameters} parameters"]
    assert (about in data["state"]["facts"]["about"]) == (n_parameters > 30)


def test_a_figure_that_raises_is_one_figure_less(tmp_path, monkeypatch):
    def broken(source, *, parameter):
        raise TypeError("of ours")

    monkeypatch.setattr(figures, "score_by_parameter", broken)
    with pytest.warns(SkhpoWarning, match=r"'Score by parameter' cannot be drawn.*fault of skhpo"):
        text = text_of(AWKWARD["one trial"], tmp_path)
    assert text.count("This cannot be drawn, by a fault of skhpo: TypeError: of ours") == 1


def test_it_is_there_as_a_whole_or_not_at_all(tmp_path, monkeypatch):
    file = tmp_path / "report.html"
    file.write_text("before")

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="no space left"):
        report(AWKWARD["one trial"], file)
    assert file.read_text() == "before"
    assert os.listdir(tmp_path) == ["report.html"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        (
            "script.py",
            r"a report is a page, which '.*script\.py' does not say; write .*script\.html",
        ),
        ("report", r"write .*report\.html"),
        ("search/journal.jsonl", "belongs to a search on disk"),
        ("search/journal.lock", "belongs to a search on disk"),
        ("search/states/report.html", "belongs to a search on disk"),
    ],
)
def test_nothing_but_a_page_is_replaced(name, error, tmp_path):
    tuner = tuned(tmp_path / "search")
    (tmp_path / "search" / "states").mkdir(exist_ok=True)
    (tmp_path / "script.py").write_text("mine")
    before = {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")}
    for source in (tuner, tmp_path / "search"):
        with pytest.raises(StorageError, match=error):
            report(source, tmp_path / name)
    assert {path: path.is_file() and path.read_bytes() for path in tmp_path.rglob("*")} == before


@pytest.mark.parametrize("name", ["report.htm", "REPORT.HTML"])
def test_names_of_pages(name, tmp_path):
    report(AWKWARD["one trial"], tmp_path / name)
    assert os.listdir(tmp_path) == [name]


def test_nothing_to_report(tmp_path):
    with pytest.raises(StorageError, match="there is no journal"):
        report(tmp_path, tmp_path / "report.html")
    (tmp_path / "journal.jsonl").write_text("something else\n")
    with pytest.raises(StorageError, match="is no journal"):
        report(tmp_path, tmp_path / "report.html")
    with pytest.raises(TypeError, match="takes a History"):
        report(7, tmp_path / "report.html")
    with pytest.raises(FileNotFoundError):
        report(AWKWARD["one trial"], tmp_path / "nowhere" / "report.html")
    assert os.listdir(tmp_path) == ["journal.jsonl"]


def test_without_plotly(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "plotly", None)
    monkeypatch.setitem(sys.modules, "plotly.graph_objects", None)
    with pytest.raises(MissingExtraError, match=r'pip install "skhpo\[dashboard\]"'):
        report(AWKWARD["one trial"], tmp_path / "report.html")
    assert os.listdir(tmp_path) == []
