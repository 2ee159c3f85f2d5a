"""Learning curves, and what became of the trials at each rung."""

from __future__ import annotations

import math

import numpy as np
import pytest
from small_histories import climbed, record, undivided

from skhpo import Float, Tuner
from skhpo.history import History
from skhpo.inspection import learning_curves, rung_scores, rungs, survival
from skhpo.schedulers import AsynchronousHalving
from skhpo.trial import Assignment

nan = math.nan


def test_curves_by_hand():
    table = learning_curves(climbed())
    assert table["trial"].tolist() == [0, 0, 1, 1, 3]
    assert table["resource"].tolist() == [1, 3, 1, 3, 1]
    assert table["score"].tolist() == [0.5, 0.6, 0.7, 0.5, 0.4]
    assert learning_curves(climbed(), "cost")["score"].tolist() == [5, 6, 7, 5, 4]


def test_rung_scores_by_hand():
    table = rung_scores(climbed())
    assert table["resource"].tolist() == [1, 1, 1, 1, 3, 3]
    assert table["trial"].tolist() == [0, 1, 2, 3, 0, 1]
    np.testing.assert_array_equal(table["score"], [0.5, 0.7, nan, 0.4, 0.6, 0.5])
    assert table["goes_on"].tolist() == [True, True, False, False, False, False]


def test_rungs_by_hand():
    table = rungs(climbed())
    assert table["resource"].tolist() == [1, 3]
    assert table["n"].tolist() == [4, 2]
    assert table["n_failed"].tolist() == [1, 0]
    assert table["n_on"].tolist() == [2, 0]
    np.testing.assert_allclose(table["low_on"], [0.55, nan])
    np.testing.assert_allclose(table["median_on"], [0.6, nan])
    np.testing.assert_allclose(table["high_on"], [0.65, nan])
    np.testing.assert_allclose(table["median_stopped"], [0.4, 0.55])


def test_a_trial_that_is_given_more_now_goes_on():
    history = climbed()
    history.append(Assignment(3, 3.0, (0,)))
    assert rungs(history)["n_on"].tolist() == [3, 0]


def test_of_a_trial_that_was_measured_twice_the_newest_counts():
    history = climbed()
    record(history, 0, 3.0, 0.9)
    assert learning_curves(history)["score"].tolist() == [0.5, 0.9, 0.7, 0.5, 0.4]
    assert rungs(history)["n"].tolist() == [4, 2]


@pytest.mark.parametrize("history", [History(), undivided(0.1, 0.2)])
@pytest.mark.parametrize("table", [learning_curves, rung_scores, rungs])
def test_undivided_training_has_none(history, table):
    assert {len(column) for column in table(history).values()} == {0}


def test_a_tuner_that_minimises():
    """Scores are the user's own, and agree with those of another table of the same search."""
    tuner = Tuner(
        {"x": Float(1, 2)},
        lambda params, resource: params["x"] / resource,
        scheduler=AsynchronousHalving(12, (1, 2, 4), factor=2),
        direction="minimize",
        random_state=0,
    ).run()
    curves, at = learning_curves(tuner), survival(tuner)
    assert (curves["score"] > 0).all()
    assert curves["score"].min() == tuner.best_score
    for trial, resource, score in zip(*curves.values(), strict=True):
        assert at[f"score_at_{resource:g}"][trial] == score
    table = rungs(tuner)
    assert table["n"][1:].tolist() == table["n_on"][:-1].tolist()
    assert (table["high_on"][:2] <= table["high_stopped"][:2]).all()  # less is promoted
