"""Lanes, and how busy they were."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from small_histories import climbed, record

from skhpo import Float, Tuner
from skhpo.history import History
from skhpo.inspection import timeline, utilisation
from skhpo.inspection.timeline import covered


def worked(*times):
    """One trial for each begin and end."""
    history = History()
    for trial, when in enumerate(times):
        record(history, trial, None, 0.5, times=[when])
    return history


def test_by_hand():
    """Two workers; the third piece begins when the first one ends, on its lane."""
    history = worked((10.0, 12.0), (10.5, 14.5), (12.0, 13.0), (15.0, 18.0))
    table = timeline(history)
    assert table["worker"].tolist() == [0, 1, 0, 0]
    assert table["start"].tolist() == [0, 0.5, 2, 5]
    assert table["end"].tolist() == [2, 4.5, 3, 8]
    assert table["trial"].tolist() == [0, 1, 2, 3]
    busy = utilisation(history)
    assert (busy.n_workers, busy.busy, busy.wall) == (2, 10.0, 8.0)
    assert (busy.speed_up, busy.part) == (10 / 8, 10 / 16)
    assert str(busy) == "2 workers, 62% busy in 8 s"


def test_they_may_come_in_in_any_order():
    assert timeline(worked((5, 9), (0, 9), (9, 10), (1, 5)))["worker"].tolist() == [1, 0, 0, 1]


def test_no_more_lanes_than_are_needed_and_none_does_two_things_at_once():
    """The least number of lanes is the most that was ever under way at once."""
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 500, 200)
    ends = starts + rng.integers(1, 30, 200)
    table = timeline(worked(*zip(starts.tolist(), ends.tolist(), strict=True)))
    at_once = max(((starts <= t) & (t < ends)).sum() for t in range(530))
    assert set(table["worker"].tolist()) == set(range(at_once))
    for lane in range(at_once):
        own = np.flatnonzero(table["worker"] == lane)
        own = own[np.argsort(table["start"][own])]
        assert (table["start"][own][1:] >= table["end"][own][:-1]).all()


def test_what_has_no_times_is_on_no_lane():
    history = worked((0, 1), (math.nan, math.nan), (2, math.nan))
    assert timeline(history)["worker"].tolist() == [0, -1, -1]
    assert utilisation(history).busy == 1
    assert timeline(climbed())["worker"].tolist() == [-1] * 6
    nothing = utilisation(climbed())
    assert math.isnan(nothing.part)
    assert str(nothing) == "no times are known"
    assert math.isnan(utilisation(History()).part)
    assert len(timeline(History())["worker"]) == 0


def test_a_clock_that_was_set_back():
    table = timeline(worked((10.0, 11.0), (12.0, 9.0)))
    assert table["end"].tolist() == [1.0, 2.0]


def test_work_of_no_length():
    busy = utilisation(worked((3.0, 3.0)))
    assert math.isnan(busy.part)
    assert str(busy) == "no times are known"


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_real_search_needs_no_more_lanes_than_it_has_workers(n_jobs):
    tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], n_jobs=n_jobs, random_state=0)
    tuner.run(n_trials=12)
    busy = utilisation(tuner)
    assert 1 <= busy.n_workers <= n_jobs
    assert 0 < busy.part <= 1


def test_covered():
    edges = np.linspace(0.0, 1.0, 11)
    assert (covered(np.array([]), np.array([]), edges) == 0).all()
    rng = np.random.default_rng(0)
    corners = np.sort(rng.random(200))
    start, end = corners[::2], corners[1::2]
    order = rng.permutation(100)
    found = covered(start[order], end[order], edges)
    literal = [
        np.sum(np.clip(np.minimum(end, b) - np.maximum(start, a), 0, None)) / (b - a)
        for a, b in pairwise(edges)
    ]
    assert found == pytest.approx(literal)
