"""The best score until then, as the history itself judges at each moment."""

from __future__ import annotations

import math

import numpy as np
import pytest
from small_histories import climbed, record, undivided

from skhpo import Float, Tuner
from skhpo.history import History
from skhpo.inspection import convergence
from skhpo.schedulers import AsynchronousHalving
from skhpo.trial import Assignment, Trial

nan = math.nan


def test_by_hand():
    """The first trial on a higher rung leads, although its score is lower."""
    table = convergence(climbed())
    assert table["trial"].tolist() == [0, 1, 2, 3, 0, 1]
    assert table["resource"].tolist() == [1, 1, 1, 1, 3, 3]
    np.testing.assert_array_equal(table["score"], [0.5, 0.7, nan, 0.4, 0.6, 0.5])
    assert table["best"].tolist() == [0.5, 0.7, 0.7, 0.7, 0.6, 0.6]
    assert table["is_best"].tolist() == [True, True, False, False, True, False]
    assert table["status"].tolist() == ["completed"] * 2 + ["failed"] + ["completed"] * 3
    assert np.isnan(table["seconds"]).all()


def test_where_early_ones_may_win():
    history = climbed()
    history.early_may_win = True
    assert convergence(history)["best"].tolist() == [0.5, 0.7, 0.7, 0.7, 0.7, 0.7]


def test_before_the_first_score_there_is_no_best():
    table = convergence(undivided(None, nan, 0.2))
    np.testing.assert_array_equal(table["best"], [nan, nan, 0.2])
    assert table["is_best"].tolist() == [False, False, True]


def test_the_older_one_leads_where_scores_tie():
    assert convergence(undivided(0.2, 0.2))["is_best"].tolist() == [True, False]


def test_infinite_scores_count():
    assert convergence(undivided(0.1, math.inf, 0.2))["best"].tolist() == [0.1, math.inf, math.inf]


def test_seconds_run_from_the_first_begin_to_the_last_fold():
    history = History()
    record(history, 0, None, 0.1, 0.2, times=[(100.0, 103.0), (101.0, 102.0)])
    record(history, 1, None, 0.3, 0.4, times=[(99.0, 110.0), (105.0, 111.5)])
    assert convergence(history)["seconds"].tolist() == [4.0, 12.5]


def test_another_metric():
    assert convergence(climbed(), "cost")["best"].tolist() == [5, 7, 7, 7, 6, 6]
    with pytest.raises(ValueError, match=r"metric='scor' is not.*Did you mean 'score'"):
        convergence(climbed(), "scor")


def test_nothing_was_finished():
    history = History()
    assert len(convergence(history)["best"]) == 0
    history.append(Trial(0, {}))
    history.append(Assignment(0, None, (0,)))
    assert len(convergence(history)["seconds"]) == 0


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
@pytest.mark.parametrize("early_may_win", [False, True])
def test_at_each_moment_it_is_what_the_history_says(direction, early_may_win):
    """The oracle is ``History.best`` of each beginning of the record."""
    tuner = Tuner(
        {"x": Float(0, 1)},
        lambda params, resource: round(math.sin(9 * params["x"] + resource), 1),
        scheduler=AsynchronousHalving(20, (1, 2, 4), factor=2),
        direction=direction,
        random_state=0,
    ).run()
    history = tuner.history
    history.early_may_win = early_may_win
    expected, seen = [], 0
    for n_records in range(1, len(history) + 1):
        then = history.replayed(n_records)
        if len(then.evaluations) > seen:
            seen += 1
            expected.append((1 if direction == "maximize" else -1) * then.best.score)
    assert convergence(tuner)["best"].tolist() == expected
    assert seen > 20
