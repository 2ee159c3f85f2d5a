"""How much there is to do, and how long it takes."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from skhpo.forecast import Forecast, Workload
from skhpo.objective import Elsewhere, FunctionObjective
from skhpo.schedulers import Bracket, Plan, hyperband_brackets
from skhpo.trial import Measurement


def all_folds(n_folds):
    return lambda resource, reached: n_folds


def measured(seconds, resource=None, started_at=0.0, **settings):
    return Measurement(
        trial=0,
        fold=0,
        resource=resource,
        status="completed",
        scores={},
        started_at=started_at,
        finished_at=started_at + seconds,
        **settings,
    )


UNDIVIDED = Workload.planned(Plan((Bracket((10,), (None,)),)), 5, all_folds(5))
HALVING = Workload.planned(Plan((Bracket((9, 3, 1), (1, 3, 9)),)), 1, all_folds(1))


# ------------------------------------------------------------------ how much


def test_undivided():
    assert (UNDIVIDED.n_trials, UNDIVIDED.n_folds, UNDIVIDED.n_fits) == (10, 5, 50)
    assert UNDIVIDED.fits == {None: 50}


def test_promotions_pay_the_increment():
    assert HALVING.fits == {1: 9, 3: 3, 9: 1}
    assert HALVING.units == {1: 1, 3: 2, 9: 6}


def test_promotions_that_train_anew_pay_all():
    plan = Plan((Bracket((9, 3, 1), (1, 3, 9)),), is_continued=False)
    assert Workload.planned(plan, 1, all_folds(1)).units == {1: 1, 3: 3, 9: 9}


def test_folds_as_the_resource():
    """Each fold is measured once, and takes as long as any other."""
    plan = Plan((Bracket((8, 8, 8), (2, 3, 5)),))
    work = Workload.planned(plan, 5, lambda resource, reached: int(resource - (reached or 0)))
    assert work.fits == {2: 16, 3: 8, 5: 16}
    assert work.n_fits == 8 * 5
    assert set(work.units.values()) == {1.0}


def test_who_promotes_more_than_planned_is_expected_to_have_done_that():
    assert [HALVING.total(n_done) for n_done in (0, 13, 15)] == [13, 13, 15]


@pytest.mark.parametrize("work", [UNDIVIDED, HALVING])
def test_as_plain_data(work):
    assert Workload.from_plain(json.loads(json.dumps(work.to_plain()))) == work


def test_a_function_is_given_the_total_and_begins_anew():
    plan = Plan((Bracket((9, 3, 1), (1, 3, 9)),))
    work = Workload.of(plan, FunctionObjective(lambda params, resource: resource))
    assert work.units == {1: 1, 3: 3, 9: 9}
    assert Workload.of(plan, Elsewhere()).units == {1: 1, 3: 2, 9: 6}, "as the plan says"


@pytest.mark.parametrize("n_folds", [1, 3])
def test_brackets_add_up(n_folds):
    plan = Plan(tuple(hyperband_brackets((1, 3, 9, 27))))
    work = Workload.planned(plan, n_folds, all_folds(n_folds))
    total = sum(work.units[resource] * n for resource, n in work.fits.items())
    assert total == pytest.approx(plan.cost)
    assert work.n_fits == n_folds * sum(sum(bracket.n_trials) for bracket in plan.brackets)


# ------------------------------------------------------------------ how long


def test_one_worker_that_is_always_busy():
    forecast = Forecast(UNDIVIDED, 1)
    for number in range(10):
        forecast.add(measured(2.0, started_at=2.0 * number))
    assert forecast.seconds_left(20.0) == pytest.approx(80.0)


def test_time_until_workers_were_started_does_not_count():
    for n_workers in (1, 2):
        forecast = Forecast(UNDIVIDED, n_workers)
        for number in range(10):
            at = 30.0 + 2.0 * (number // n_workers)
            forecast.add(measured(2.0, started_at=at), at + 2.0)
        assert forecast.seconds_left(30.0 + 20.0 / n_workers) == pytest.approx(80.0 / n_workers)


def test_time_between_fits_counts():
    forecast = Forecast(UNDIVIDED, 1)
    for number in range(10):
        forecast.add(measured(2.0, started_at=3.0 * number))
    assert forecast.seconds_left(30.0) == pytest.approx(40 * 3.0)


@pytest.mark.parametrize("n_workers", [2, 8])
def test_several_workers_share_what_is_left(n_workers):
    forecast = Forecast(UNDIVIDED, n_workers)
    for _ in range(n_workers):
        assert forecast.seconds_left(2.0) is None, "who has seen one of eight knows nothing"
        forecast.add(measured(2.0))
    left = 50 - n_workers
    assert forecast.seconds_left(2.0) == pytest.approx(2.0 * left / n_workers)


def test_later_rungs_cost_more():
    """Before anything was finished there, in proportion to what they take."""
    forecast = Forecast(HALVING, 1)
    for _ in range(9):
        forecast.add(measured(2.0, 1))
    assert forecast.seconds_left(18.0) == pytest.approx(3 * 2 * 2.0 + 6 * 2.0)
    forecast.add(measured(10.0, 3))  # more than in proportion: known better now
    spent, units = 28.0, 9 * 1 + 2
    assert forecast.seconds_left(28.0) == pytest.approx(2 * 10.0 + 6 * spent / units)


def test_what_was_done_before_is_known_and_is_not_this_runs_speed():
    before = [measured(2.0) for _ in range(40)]
    forecast = Forecast(UNDIVIDED, 2, before)
    assert forecast.seconds_left(5.0) is None
    forecast.add(measured(2.0))
    forecast.add(measured(2.0))
    assert forecast.seconds_left(2.0) == pytest.approx(8 * 2.0 / 2)


def test_nothing_is_left_at_the_end_or_beyond():
    forecast = Forecast(UNDIVIDED, 1)
    for _ in range(55):
        forecast.add(measured(1.0))
    assert forecast.seconds_left(55.0) == 0.0


def test_a_simulated_run_is_foreseen():
    """A quarter into a run on four workers, with fits that differ by a factor of ten."""
    rng = np.random.default_rng(0)
    work = Workload.planned(Plan((Bracket((200,), (None,)),)), 5, all_folds(5))
    free, spans = [0.0] * 4, []
    for _ in range(1000):
        worker = int(np.argmin(free))
        seconds = 10 ** rng.uniform(-1, 0)
        spans.append((free[worker], seconds))
        free[worker] += seconds
    spans.sort(key=lambda span: span[0] + span[1])
    forecast = Forecast(work, 4)
    for started_at, seconds in spans[:250]:
        forecast.add(measured(seconds, started_at=started_at))
    now = sum(spans[249])
    assert forecast.seconds_left(now) == pytest.approx(max(free) - now, rel=0.1)


def test_measurements_without_a_clock():
    forecast = Forecast(UNDIVIDED, 1)
    forecast.add(measured(math.nan, fit_time=1.5, score_time=0.5))
    assert forecast.seconds_left(2.0) == pytest.approx(98.0)
    told = Forecast(UNDIVIDED, 1)
    told.add(measured(math.nan))
    assert told.seconds_left(2.0) is None


def test_resources_that_nobody_planned():
    forecast = Forecast(HALVING, 1)
    forecast.add(measured(2.0, 5))
    assert forecast.seconds_left(2.0) == pytest.approx(13 * 2.0)
