from __future__ import annotations

import statistics

import numpy as np
import pytest
from scheduler_runs import reached, run

from skhpo import Tuner
from skhpo.execution import InlineExecutor
from skhpo.samplers import GridSampler
from skhpo.schedulers import MedianStopping, PatienceStopping, PercentileStopping
from skhpo.testing import replay


def curves(seed, n=40, n_rungs=4):
    return np.random.default_rng(seed).normal(size=(n, n_rungs))


def run_curves(scheduler, table):
    return reached(run(scheduler, lambda number, resource: float(table[number, resource - 1])))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("percentile", [0, 25, 60, 100])
def test_percentile_stopping(seed, percentile):
    """Best score so far against the percentile of the scores of those before."""
    table, at_rung, expected = curves(seed), [[] for _ in range(4)], {}
    for number, curve in enumerate(table):
        for k in range(4):
            expected[number] = k + 1
            others = at_rung[k].copy()
            at_rung[k].append(curve[k])
            if len(others) >= 3 and curve[: k + 1].max() < np.percentile(others, percentile):
                break
    scheduler = PercentileStopping(40, (1, 2, 3, 4), percentile, n_warmup_trials=3)
    assert run_curves(scheduler, table) == expected


@pytest.mark.parametrize("seed", range(3))
def test_median_stopping(seed):
    """Golovin et al. (2017): best so far strictly worse than the median of running averages."""
    table, averages, expected = curves(seed), [[] for _ in range(4)], {}
    for number, curve in enumerate(table):
        for k in range(4):
            expected[number] = k + 1
            others = averages[k].copy()
            averages[k].append(curve[: k + 1].mean())
            if k >= 1 and len(others) >= 5 and max(curve[: k + 1]) < statistics.median(others):
                break
    assert run_curves(MedianStopping(40, (1, 2, 3, 4), grace=1), table) == expected


def test_nobody_is_stopped_in_the_beginning():
    falling = lambda number, resource: -number  # noqa: E731
    history = run(PercentileStopping(6, (1, 2), 50, n_warmup_trials=4), falling)
    assert reached(history) == {0: 2, 1: 2, 2: 2, 3: 2, 4: 1, 5: 1}
    history = run(PercentileStopping(6, (1, 2, 3), 50, n_warmup_trials=1, grace=1), falling)
    assert reached(history) == {0: 3, 1: 2, 2: 2, 3: 2, 4: 2, 5: 2}


def test_infinite_scores():
    history = run(
        PercentileStopping(3, (1, 2), 50, n_warmup_trials=1),
        lambda number, resource: [-np.inf, -np.inf, np.inf][number],
    )
    assert reached(history) == {0: 2, 1: 2, 2: 2}


def test_patience():
    table = np.array(
        [
            [1, 2, 3, 4, 5, 6],  # always better
            [1, 1, 1, 1, 1, 1],
            [1, 3, 2, 2, 4, 9],  # better again after two rungs without
            [1.0, 1.05, 1.11, 1.12, 1.13, 9],  # creeping: less than tol at a time
        ]
    )
    scheduler = PatienceStopping(4, range(1, 7), n_iter_no_change=3, tol=0.1)
    assert run_curves(scheduler, table) == {0: 6, 1: 4, 2: 6, 3: 4}
    scheduler = PatienceStopping(4, range(1, 7), n_iter_no_change=2, tol=0.1)
    assert run_curves(scheduler, table) == {0: 6, 1: 3, 2: 4, 3: 3}


def test_who_was_stopped_by_patience_may_win():
    """It was trained for as long as that made it better; by other rules it was not."""
    table = np.array([[0.9, 0.9, 0.9, 0.9], [0.1, 0.2, 0.3, 0.4], [0.2, 0.8, 0.7, 0.6]])

    def best(scheduler):
        tuner = Tuner(
            {"number": [0, 1, 2]},
            lambda params, resource: float(table[params["number"], resource - 1]),
            sampler=GridSampler(),
            scheduler=scheduler,
            executor=InlineExecutor(),
        )
        history = tuner.run().history
        assert tuner.best_params == {"number": history.best.trial}
        assert tuner.best_score == history.best.score
        assert replay(history).best == history.best
        return history.best.trial, history.best.resource, history.best.score

    patient = PatienceStopping(3, (1, 2, 3, 4), n_iter_no_change=2, tol=0)
    assert best(patient) == (0, 1, 0.9), "the least training that gave the best score"
    assert best(MedianStopping(3, (1, 2, 3, 4), n_warmup_trials=9)) == (0, 4, 0.9)
    assert best(PercentileStopping(3, (1, 2, 3, 4), 100, n_warmup_trials=1))[1] == 4


def test_failures_do_not_go_on():
    for scheduler in (MedianStopping(3, (1, 2)), PatienceStopping(3, (1, 2))):
        history = run(scheduler, lambda number, resource: None)
        assert reached(history) == {0: 1, 1: 1, 2: 1}


def test_plans_are_bounds():
    plan = MedianStopping(10, (1, 3)).plan()
    assert (plan.spends, plan.cost, plan.n_trials) == ("at most", 30, 10)
    assert PatienceStopping(None, (1, 3)).plan() is None


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: PercentileStopping(9, (1, 3), 101), "percentile must be a number 0 or more and"),
        (lambda: PercentileStopping(9, (1, 3), n_warmup_trials=0), "n_warmup_trials must be an"),
        (lambda: MedianStopping(9, (1, 3), grace=-1), "MedianStopping: grace must be a number"),
        (lambda: MedianStopping(0, (1, 3)), "MedianStopping: n_trials must be an integer of 1"),
        (lambda: PatienceStopping(9, (1, 3), n_iter_no_change=0), "n_iter_no_change must be an"),
        (lambda: PatienceStopping(9, (1, 3), tol=-1), "PatienceStopping: tol must be a number 0"),
        (lambda: PatienceStopping(9, 3), "PatienceStopping: resources must be numbers above 0"),
    ],
)
def test_bad_input(make, message):
    with pytest.raises(ValueError, match=message):
        make()
