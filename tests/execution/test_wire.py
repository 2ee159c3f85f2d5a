from __future__ import annotations

import pickle

import numpy as np
import pytest
from execution_tasks import Fragile, Rude, StubbornError, task

from skhpo.execution import wire
from skhpo.trial import Report


def test_task():
    assert wire.unpack_task(wire.pack_task(task(3, "nothing"))) == task(3, "nothing")


def test_report():
    report = Report(scores={"score": 1.5}, fit_time=2.0, started_at=1.0, finished_at=2.0)
    assert wire.unpack_report(wire.pack_report(report)) == report


def test_exception_travels():
    report = Report(status="failed", error="text", exception=KeyError("a"))
    back = wire.unpack_report(wire.pack_report(report))
    assert isinstance(back.exception, KeyError)
    assert (back.status, back.error) == ("failed", "text")


def test_exception_of_a_local_class_keeps_its_class():
    class LocalError(Exception):
        pass

    back = wire.unpack_report(wire.pack_report(Report(status="failed", exception=LocalError("a"))))
    assert type(back.exception) is LocalError


@pytest.mark.parametrize(
    "exception",
    [
        StubbornError("one", "two"),
        ValueError(Rude()),
        ValueError(lambda: Rude()),
        ValueError(np.zeros(10**6)),
    ],
    ids=["cannot-be-unpickled", "cannot-be-pickled", "by-value", "too-heavy"],
)
def test_exception_that_cannot_travel_leaves_its_text(exception):
    report = Report(status="failed", error="text", exception=exception)
    back = wire.unpack_report(wire.pack_report(report))
    assert back.status == "failed"
    assert back.error == "text"
    assert back.exception is None or type(back.exception) is ValueError


def test_result_that_cannot_be_pickled():
    report = Report(scores={"score": Rude()}, started_at=1.0, finished_at=2.0)
    back = wire.unpack_report(wire.pack_report(report))
    assert back.status == "failed"
    assert "cannot be pickled" in back.error
    assert "no pickling, thank you" in back.error
    assert (back.started_at, back.finished_at) == (1.0, 2.0)


def test_result_that_cannot_be_unpickled(monkeypatch):
    message = wire.pack_report(Report(scores={"score": Fragile()}))
    monkeypatch.setattr("os.getpid", lambda: -1)
    back = wire.unpack_report(message)
    assert back.status == "failed"
    assert "cannot be unpickled" in back.error


def test_exception_that_cannot_be_unpickled_here_harms_nothing():
    message = pickle.dumps((Report(status="failed", error="text"), b"garbage"))
    back = wire.unpack_report(message)
    assert (back.status, back.error, back.exception) == ("failed", "text", None)
