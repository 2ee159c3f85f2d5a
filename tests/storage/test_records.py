"""Records as plain data, and back: exactly the same, or refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from skhpo import Categorical, Float, Int
from skhpo.exceptions import StorageError
from skhpo.space import Space
from skhpo.storage.lines import decode_line, encode_line
from skhpo.storage.records import from_plain, to_plain
from skhpo.testing import SPACES
from skhpo.trial import Assignment, Measurement, Trial

ODD = Space(
    [
        {
            "clf": [SVC(), LogisticRegression(C=2), None, "passthrough"],
            "f": [len, math.sqrt, np.log1p],
            "shape": [(1,), (1, 2), ()],
        },
        {"clf": [SVC(kernel="linear")], "n": Int(1, 10**12, log=True), "x": Float(0, 1, step=0.1)},
        {"any": Categorical([float("nan"), 1, 1.0, True, {"a": [1]}, np.arange(3)])},
    ]
)


def back(record, space):
    """Through the bytes of a line."""
    return from_plain(decode_line(encode_line(0, to_plain(record, space)), 0), space)


@pytest.mark.parametrize("name", [*SPACES, "odd"])
def test_configurations_come_back_as_they_were(name):
    space = ODD if name == "odd" else SPACES[name]
    for seed in range(50):
        trial = Trial(seed, space.sample(np.random.default_rng(seed)))
        again = back(trial, space)
        assert repr(again) == repr(trial), "to the last digit, and of the same types"
        assert list(again.params) == list(trial.params)
        assert space.key(again.params) == space.key(trial.params)


def test_values_of_a_list_are_the_very_objects():
    trial = Trial(0, {"clf": SVC(), "f": len, "shape": (1, 2)})
    again = back(trial, ODD).params
    assert again["clf"] is ODD.branches[0]["clf"].choices[0]
    assert again["f"] is len


MEASUREMENT = Measurement(
    3, 1, 9, "completed", {"score": 0.1 + 0.2}, started_at=1.5, finished_at=2.0
)


@pytest.mark.parametrize(
    "record",
    [
        Trial(7, {"x": 0.5}, parent=3, parent_resource=9, replaces=2),
        Trial(7, {"x": 0.5}, parent=3, parent_resource=4.5),
        Assignment(3, 9, (0, 1, 2)),
        Assignment(3, 4.5, (2,)),
        Assignment(3, None, (0,)),
        MEASUREMENT,
        Measurement(3, 1, None, "failed", {}, error="Trace\n  é \ud800", attempts=2),
        Measurement(3, 1, None, "completed", {"score": 1.0}, attempts=2, deaths="it was killed"),
        Measurement(
            3, 1, 9, "completed", {"a": 1.0, "b": -0.0}, {"a": 0.5, "b": 1e308}, 0.1, 0.2, 1.0, 2.0,
            spent=8, state="a" * 40, rounds=7,
        ),
    ],
)  # fmt: skip
def test_there_and_back(record):
    assert repr(back(record, Space({"x": Float(0, 1)}))) == repr(record)


def test_numbers_that_are_not_finite():
    record = Measurement(0, 0, None, "completed", {"a": math.nan, "b": math.inf, "c": -math.inf})
    again = back(record, Space({}))
    assert repr(again) == repr(record)
    assert math.isnan(again.started_at)


def test_a_long_error_is_cut_in_the_middle():
    error = "first line\n" + "é" * 10**6 + "\nlast line"
    record = Measurement(0, 0, None, "failed", {}, error=error)
    again = back(record, Space({}))
    assert again.error.startswith("first line\n")
    assert again.error.endswith("\nlast line")
    assert len(again.error) < 21_000
    assert back(again, Space({})).error == again.error


def test_what_an_older_version_did_not_write_has_its_default():
    least = {"kind": "measurement", "trial": 0, "fold": 0, "resource": 3, "status": "completed"}
    record = from_plain({**least, "scores": {"score": 0.5}}, Space({}))
    assert repr(record) == repr(Measurement(0, 0, 3, "completed", {"score": 0.5}))
    assert from_plain(
        {"kind": "trial", "number": 0, "branch": 0, "params": {}}, Space({})
    ) == Trial(0, {})


SPACE = Space({"x": Float(0, 1), "k": ["a", "b"]})
TRIAL = {"kind": "trial", "number": 0, "branch": 0, "params": {"x": 0.5, "k": 0}}
ASSIGNED = {"kind": "assignment", "trial": 0, "resource": None, "folds": [0]}
MEASURED = to_plain(MEASUREMENT, SPACE)


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"kind": "secret"},
        {"kind": ["trial"]},
        {**TRIAL, "number": "0"},
        {**TRIAL, "number": True},
        {**TRIAL, "number": 0.0},
        {**TRIAL, "branch": 1},
        {**TRIAL, "branch": None},
        {**TRIAL, "params": {"x": 0.5}},
        {**TRIAL, "params": {"x": 0.5, "k": 0, "z": 1}},
        {**TRIAL, "params": {"x": 2.0, "k": 0}},
        {**TRIAL, "params": {"x": "0.5", "k": 0}},
        {**TRIAL, "params": {"x": "nan", "k": 0}},
        {**TRIAL, "params": {"x": [0.5], "k": 0}},
        {**TRIAL, "params": {"x": 0.5, "k": 2}},
        {**TRIAL, "params": {"x": 0.5, "k": -1}},
        {**TRIAL, "params": {"x": 0.5, "k": "a"}},
        {**TRIAL, "params": {"x": 0.5, "k": True}},
        {**TRIAL, "params": [1, 2]},
        {**TRIAL, "parent": 0.5},
        {**ASSIGNED, "folds": 3},
        {**ASSIGNED, "folds": ["0"]},
        {**ASSIGNED, "resource": "9"},
        {**ASSIGNED, "resource": [9]},
        {**MEASURED, "status": "splendid"},
        {**MEASURED, "status": ["completed"]},
        {**MEASURED, "scores": [1]},
        {**MEASURED, "scores": {"score": None}},
        {**MEASURED, "scores": {"score": "much"}},
        {**MEASURED, "error": 3},
        {**MEASURED, "state": ["x"]},
        {**MEASURED, "fit_time": "long"},
        {**MEASURED, "attempts": None},
    ],
    ids=repr,
)  # fmt: skip
def test_garbage_is_refused(content):
    with pytest.raises(StorageError):
        from_plain(content, SPACE)


def test_a_position_that_is_given_as_another_number_is_none():
    """A journal that someone has edited holds positions, or it is refused."""
    assert from_plain(TRIAL, SPACE).params == {"x": 0.5, "k": "a"}
