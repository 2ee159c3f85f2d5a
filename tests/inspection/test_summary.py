"""What is told of a search in a few lines."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier
from sklearn.svm import SVC

from skhpo import BayesSearchCV, Float, HalvingSearchCV, Tuner
from skhpo.history import History
from skhpo.inspection import summary
from skhpo.inspection.scales import elided
from skhpo.storage.view import read_search
from skhpo.trial import Assignment, Measurement, Trial

X, y = load_iris(return_X_y=True)


def _short(path):
    return elided(str(path), 70)


def told(source):
    """Return the lines by what they are about."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in summary(source).splitlines():
        assert line == line.rstrip()
        name = line[:11].strip() or name
        found.setdefault(name, []).append(line[12:])
    return found


def test_a_search(tmp_path):
    space = {"C": Float(1e-3, 1e3, log=True), "kernel": ["linear", "rbf"]}
    search = BayesSearchCV(SVC(), space, n_iter=12, cv=3, random_state=0, storage=tmp_path)
    found = told(search.fit(X, y))
    assert list(found) == ["search", "ended", "best", "time", "mattered"]
    assert found["search"] == ["BayesSearchCV of SVC, 12 trials on 3 folds"]
    assert found["ended"] == [search.stop_reason_]
    assert found["best"][0].startswith(f"{search.best_score_:.6g} (score), trial ")
    assert found["best"][1:] == [
        f"C = {search.best_params_['C']:.6g}",
        f"kernel = {search.best_params_['kernel']!r}",
    ]
    assert "1 worker" in found["time"][0]
    assert len(found["mattered"]) == 3
    assert found["mattered"][2].endswith("what they do together")
    stored = told(read_search(tmp_path))
    assert stored["search"] == [
        f"SVC in {_short(tmp_path / 'journal.jsonl')}, 12 trials on 3 folds"
    ]
    assert stored["ended"] == found["ended"]
    assert stored["best"] == found["best"]
    assert told(search.cv_results_)["best"][0] == found["best"][0]


def test_divided_training():
    search = HalvingSearchCV(
        SGDClassifier(random_state=0),
        {"alpha": Float(1e-6, 1, log=True)},
        resource="epochs",
        max_resources=9,
        cv=2,
        random_state=0,
    ).fit(X, y)
    found = told(search)
    assert found["search"][0].endswith("on 2 folds, epochs 1 to 9")
    assert ", epochs 9" in found["best"][0]
    assert "saved" in found["resource"][0]


def test_failures_by_kind():
    def objective(params):
        if params["x"] < 0.5:
            raise ValueError("the first line\nx is too small")
        return math.nan if params["x"] < 0.6 else params["x"]

    tuner = Tuner({"x": [0.1, 0.2, 0.55, 0.9]}, objective, direction="minimize", random_state=0)
    found = told(tuner.run(n_trials=4))
    assert found["best"] == ["0.9 (score), trial 3", "x = 0.9"] or found["best"][1] == "x = 0.9"
    assert found["failures"][0] == "3 of 4 trials"
    assert found["failures"][1] == "2 failed: ValueError: the first line"
    assert found["failures"][2].startswith("1 no score")
    assert "mattered" not in found


def test_nothing():
    assert summary(History()).splitlines() == [
        "search      history, 0 trials",
        "best        none: no trial has a score",
    ]


def test_one_trial_that_runs():
    history = History()
    history.append(Trial(0, {"x": 1}))
    history.append(Assignment(0, None, (0,)))
    assert told(history)["search"] == ["history, 1 trial, 1 of them without a result"]


def test_long_values_are_cut():
    history = History()
    history.append(Trial(0, {"model": "x" * 500}))
    history.append(Assignment(0, None, (0,)))
    history.append(Measurement(0, 0, None, "completed", {"score": 1.0}))
    assert max(map(len, summary(history).splitlines())) < 100


def test_a_stored_search_without_an_estimator(tmp_path):
    Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=0, storage=tmp_path).run(1)
    stored = read_search(tmp_path)
    assert told(stored)["search"] == [f"{_short(tmp_path / 'journal.jsonl')}, 1 trial"]
    stored.contents.header["fingerprint"]["estimator"] = ["nonsense"]
    assert told(stored)["search"] == [f"{_short(tmp_path / 'journal.jsonl')}, 1 trial"]


def test_values_are_told_without_modules_and_addresses(tmp_path):
    space = {"f": [len], "g": [np.int64(3)], "h": [SVC], "model": [SVC(C=2)], "text": ["a.b"]}
    tuner = Tuner(space, lambda p: 1.0, random_state=0, storage=tmp_path).run(1)
    found = told(tuner)["best"][1:]
    assert found == ["f = len", "g = 3", "h = SVC", "model = SVC(C=2)", "text = 'a.b'"]
    stored = told(read_search(tmp_path))["best"]
    assert stored[4].startswith("model = SVC(C=2, break_ties=")


def test_names_of_parameters_keep_to_their_line():
    names = {"two\nlines": Float(0, 1), "": Float(0, 1), "x" * 200: Float(0, 1)}
    tuner = Tuner(names, lambda p: p["two\nlines"], random_state=0).run(12)
    found = told(tuner)
    assert list(found) == ["search", "ended", "best", "time", "mattered"]
    assert [line.partition(" = ")[0] for line in found["best"][1:3]] == ["''", "two lines"]
    assert "  two lines (" in found["mattered"][0]
    assert max(map(len, summary(tuner).splitlines())) < 110


def test_no_search():
    with pytest.raises(TypeError, match="History"):
        summary(3)
