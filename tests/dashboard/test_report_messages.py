"""What a report says of a search of which something is missing, or cannot be read."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode

import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier
from some_histories import AWKWARD

pytest.importorskip("plotly", reason="the extra dashboard is not installed")

from skhpo import Float, HalvingSearchCV, Tuner
from skhpo.dashboard import report
from skhpo.exceptions import SkhpoWarning
from skhpo.schedulers import AsynchronousHalving


def told(source, tmp_path):
    """Everything that the page of a report is made of."""
    report(source, tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    (data,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text, re.S)
    return json.loads(data)


def said_by(figure):
    return [each["text"] for each in figure["layout"].get("annotations", [])]


@pytest.fixture
def folder(tmp_path):
    """A search of eight trials that has ended."""
    tuner = Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0, storage=tmp_path / "search")
    tuner.run(n_trials=8)
    return tmp_path / "search"


def lines_of(folder):
    return (folder / "journal.jsonl").read_bytes().splitlines(keepends=True)


def rewrite(folder, lines):
    (folder / "journal.jsonl").write_bytes(b"".join(lines))


def test_of_a_whole_search_there_is_no_message(folder, tmp_path):
    data = told(folder, tmp_path)
    assert data["state"]["message"] is None
    assert data["state"]["facts"]["told"].startswith("ended: budget, ")
    assert data["rows"]["n_all"] == 8
    assert told(AWKWARD["one trial"], tmp_path)["state"]["message"] is None


def test_its_scripts_are_in_it_and_no_others_may_run(tmp_path):
    """A browser without a network draws all of it: plotly.js is there, and the policy names it."""
    report(AWKWARD["one trial"], tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    (policy,) = re.findall(r"script-src ([^;]*);", text.partition("<style>")[0])
    # what follows a tag within a script is text of that script
    scripts = re.findall(r"<script(.*?)>(.*?)</script>", text, re.S)
    assert [tag for tag, _ in scripts] == [' type="application/json" id="data"', "", ""]
    plotly, own = (script for _, script in scripts[1:])
    assert len(plotly) > 1e6
    assert "plotly.js v" in plotly[:200]
    digests = [hashlib.sha256(script.encode()).digest() for script in (plotly, own)]
    assert policy.split() == [f"'sha256-{b64encode(digest).decode()}'" for digest in digests]


def test_it_tells_which_search_it_is_of(tmp_path):
    """What one on disk has written down, one in memory knows."""
    X, y = load_iris(return_X_y=True)
    search = HalvingSearchCV(
        SGDClassifier(), {"alpha": Float(1e-5, 1e-1, log=True)}, n_candidates=3, resource="epochs",
        min_resources=1, max_resources=3, cv=2, scoring="accuracy", random_state=7,
        storage=tmp_path / "search",
    ).fit(X, y)  # fmt: skip
    here, there = (
        told(source, tmp_path)["state"]["facts"] for source in (search, tmp_path / "search")
    )
    about = dict(here["about"])
    assert {"begun", "estimator", "scoring", "resource", "seed"} <= set(about)
    for name in ("estimator", "seed"):
        assert about[name] == dict(there["about"])[name]
    assert (here["title"], there["title"]) == ("HalvingSearchCV", "search")
    of_tuner = told(Tuner({"x": Float(0, 1)}, len, random_state=5), tmp_path)["state"]["facts"]
    assert "seed" in dict(of_tuner["about"])
    assert "RandomSampler" in dict(of_tuner["about"])["sampler"]
    assert of_tuner["title"] == "Tuner"
    of_results = told(search.cv_results_, tmp_path)["state"]["facts"]
    assert [name for name, _ in of_results["about"]] == ["report of"]


def is_trial(line):
    return b'"kind":"trial"' in line.replace(b" ", b"")


@pytest.mark.parametrize("damage", ["foreign", "changed", "lost"])
def test_of_a_damaged_one_it_says_where_and_shows_what_stands_before(damage, folder, tmp_path):
    """Also that it is told of nothing behind that, though whole lines follow."""
    lines = lines_of(folder)
    place = [number for number, line in enumerate(lines) if is_trial(line)][4]
    if damage == "foreign":
        lines[place] = b"something else\n"
    elif damage == "changed":
        lines[place] = lines[place].replace(b"4", b"5", 1)
    else:
        del lines[place]
    rewrite(folder, lines)
    with pytest.warns(SkhpoWarning, match=f"report: Line {place + 1} of "):
        data = told(folder, tmp_path)
    message = data["state"]["message"]
    assert message.startswith(f"Line {place + 1} of {folder / 'journal.jsonl'} cannot be read: ")
    assert message.endswith(". What is shown stands before it.")
    assert data["rows"]["n_all"] == 4
    assert [row[0] for row in data["rows"]["rows"]] == ["3", "2", "1", "0"]
    assert data["state"]["facts"]["counts"][0] == ["trials", "4"]
    assert "ended" not in data["state"]["facts"]["told"]


def test_a_line_that_is_not_finished_is_no_damage(folder, tmp_path):
    """A search that was killed, or that just writes, leaves one."""
    lines = lines_of(folder)
    place = [number for number, line in enumerate(lines) if is_trial(line)][6]
    rewrite(folder, [*lines[:place], lines[place][:9]])
    data = told(folder, tmp_path)
    assert data["state"]["message"] is None
    assert data["rows"]["n_all"] == 6
    assert data["state"]["facts"]["told"].startswith("interrupted: nobody writes there")


def test_a_trial_under_way_is_told_as_such(folder, tmp_path):
    lines = lines_of(folder)
    place = [number for number, line in enumerate(lines) if is_trial(line)][6]
    rewrite(folder, lines[: place + 2])  # the trial, and that it is going to be measured
    data = told(folder, tmp_path)
    assert data["rows"]["n_all"] == 7
    newest = dict(
        zip([c["key"] for c in data["rows"]["columns"]], data["rows"]["rows"][0], strict=True)
    )
    assert (newest["trial"], newest["status"], newest["score"]) == ("6", "running", "–")
    assert ["running", "1"] in data["state"]["facts"]["counts"]


def test_before_anything_was_measured(folder, tmp_path):
    rewrite(folder, lines_of(folder)[:2])
    data = told(folder, tmp_path)
    assert data["state"]["message"] is None
    assert data["state"]["facts"]["best"] is None
    assert data["rows"]["n_all"] == 0
    by_trial = data["figures"]["convergence"]["trial"]
    assert said_by(by_trial) == ["No trial is finished yet."]
    assert "rungs" not in data["figures"]


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("empty", "importance", "no parameter that could matter"),
        ("waiting", "convergence", "No trial is finished yet"),
        ("one trial", "importance", "do not differ, or are too few"),
        ("all failed", "importance", "do not differ, or are too few"),
        ("constant", "importance", "do not differ, or are too few"),
        ("no parameters", "parameter", "no parameter yet|No trial is finished yet"),
    ],
)
def test_a_figure_says_what_is_missing(kind, name, words, tmp_path):
    figures = told(AWKWARD[kind], tmp_path)["figures"][name]
    (figure,) = list(figures.values())[:1]
    assert re.search(words, " ".join(said_by(figure)))


def test_all_failed_is_told_where_scores_would_be(tmp_path):
    data = told(AWKWARD["all failed"], tmp_path)
    assert "All have failed." in data["figures"]["convergence"]["trial"]["layout"]["meta"]["note"]
    assert ["failed", "5"] in data["state"]["facts"]["counts"]
    errors = [row[-1] for row in data["rows"]["rows"]]
    assert all("ValueError: broke" in error for error in errors)


def test_who_minimises_reads_scores_as_they_were_returned(tmp_path):
    tuner = Tuner(
        {"x": Float(2, 3)},
        lambda params: params["x"],
        direction="minimize",
        random_state=0,
        storage=tmp_path / "search",
    ).run(n_trials=6)
    for source in (tuner, tmp_path / "search"):
        data = told(source, tmp_path)
        assert data["state"]["facts"]["best"]["score"] == f"{tuner.best_score:.6g}"
        assert data["state"]["facts"]["best"]["trial"] == f"trial {tuner.best_trial.number}"
        place = [column["key"] for column in data["rows"]["columns"]].index("score")
        scores = sorted(float(row[place]) for row in data["rows"]["rows"])
        assert scores[0] == float(f"{tuner.best_score:.6g}")
        assert scores[-1] > scores[0] > 2


def test_rungs_are_there_where_training_was_divided(tmp_path):
    tuner = Tuner(
        {"x": Float(0, 1)},
        lambda params, resource: params["x"] * resource,
        scheduler=AsynchronousHalving(9, (1, 3)),
        random_state=0,
    ).run()
    data = told(tuner, tmp_path)
    assert {"rungs", "survival"} <= data["figures"].keys()
    assert [view["name"] for view in data["state"]["figures"]] == list(data["figures"])
