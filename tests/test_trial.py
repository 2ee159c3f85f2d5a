from __future__ import annotations

import dataclasses
import math
import pickle
from typing import get_args

import pytest

from skhpo.trial import (
    Action,
    Assignment,
    Evaluation,
    Fork,
    Measurement,
    Promote,
    Report,
    Start,
    Status,
    Stop,
    Task,
    Trial,
    Wait,
)

RECORDS = [
    Trial(0, {"x": 1}),
    Start(3),
    Promote(1, 9),
    Fork(1, 3, 9, replaces=0),
    Wait(),
    Stop(),
    Assignment(0, 3, (0, 1)),
    Task(0, 1, 3, {"x": 1}),
    Report(scores={"score": 1.0}, started_at=0.0, finished_at=1.0),
    Measurement(0, 1, 3, "completed", {"score": 1.0}, started_at=0.0, finished_at=1.0),
    Evaluation(0, 3, 1.0, (1.0,), "completed"),
]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: type(record).__name__)
def test_records_are_plain_values(record):
    assert pickle.loads(pickle.dumps(record)) == record
    assert dataclasses.replace(record) == record
    for field in dataclasses.fields(record):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, field.name, None)


def test_the_scheduler_s_words():
    assert set(get_args(Action)) == {Start, Promote, Fork, Wait, Stop}
    assert Start() == Start(None)
    assert set(get_args(Status)) == {
        *("completed", "failed", "diverged", "worker-died", "timeout", "pruned")
    }


@pytest.mark.parametrize(
    ("score", "status", "is_usable"),
    [
        (1.0, "completed", True),
        (-1.0, "completed", True),
        (math.inf, "completed", True),
        (-math.inf, "completed", True),
        (math.nan, "completed", False),
        (1.0, "failed", False),
        (1.0, "pruned", False),
        (1.0, "diverged", False),
    ],
)
def test_what_can_be_compared(score, status, is_usable):
    assert Evaluation(0, None, score, (score,), status).is_usable is is_usable
