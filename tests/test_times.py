"""Times, as they are told to people."""

from __future__ import annotations

import time

import pytest

from skhpo.times import clock_text, moment, rough_text, unit_of


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0:00"), (59.6, "1:00"), (725, "12:05"), (12345, "3:25:45"), (1e6, "11 days")],
)
def test_as_a_clock_counts(seconds, text):
    assert clock_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *((0.0, "0 s"), (1e-4, "0 s"), (0.00123, "0.0012 s"), (0.42, "0.42 s"), (5.25, "5.2 s")),
        *((9.96, "10 s"), (42.4, "42 s"), (89.0, "89 s"), (90.0, "1.5 min"), (300.0, "5 min")),
        *((12345.0, "3.4 h"), (1e5, "28 h"), (360_000.0, "4.2 d"), (1e9, "11574 d")),
    ],
)
def test_in_two_digits(seconds, text):
    assert rough_text(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "unit"),
    [(0.0, ("seconds", 1.0)), (301.0, ("minutes", 60.0)), (1e5, ("hours", 3600.0))],
)
def test_of_an_axis(seconds, unit):
    assert unit_of(seconds) == unit


def test_days_have_no_end():
    assert unit_of(float("inf")) == ("days", 86400.0)


def test_a_moment():
    assert time.mktime(time.strptime(moment(1e9), "%Y-%m-%d %H:%M:%S")) == 1e9


@pytest.mark.parametrize(
    "value", [None, "x", "12", float("nan"), float("inf"), 1e300, 10**400, [1]]
)
def test_moments_that_nobody_knows(value):
    assert moment(value) == "unknown"
