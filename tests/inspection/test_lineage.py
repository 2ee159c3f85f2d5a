"""Who copied whom: a population written by hand, and laws over populations that trained."""

from __future__ import annotations

import math
from collections import defaultdict

import numpy as np
import pandas as pd
import pytest

from skhpo import Float, Tuner
from skhpo.history import History
from skhpo.inspection import lineage
from skhpo.schedulers import PopulationTraining, SynchronousPopulationTraining
from skhpo.trial import Assignment, Measurement, Trial


def measure(history, trial, resource, score):
    history.append(Assignment(trial, resource, (0,)))
    status = "failed" if score is None else "completed"
    scores = {} if score is None else {"score": score}
    history.append(Measurement(trial, 0, resource, status, scores))


def test_a_population():
    """1 gives way to a copy of 0, which fails and gives way to a copy of 2; that one is running."""
    history = History()
    for number, score in enumerate((0.5, 0.1, 0.4)):
        history.append(Trial(number, {"lr": number / 10}))
        measure(history, number, 5, score)
    history.append(Trial(3, {"lr": 0.05}, parent=0, parent_resource=5, replaces=1))
    measure(history, 3, 10, None)
    measure(history, 0, 10, 0.6)
    measure(history, 2, 10, 0.7)
    history.append(Trial(4, {"lr": 0.25, "momentum": 0.9}, 2, 10, 3))
    history.append(Assignment(4, 15, (0,)))
    table = lineage(history)
    expected = {
        "trial": [0, 1, 2, 3, 4],
        "member": [0, 1, 2, 1, 1],
        "parent": [-1, -1, -1, 0, 2],
        "copied_at": [math.nan, math.nan, math.nan, 5, 10],
        "replaces": [-1, -1, -1, 1, 3],
        "resource": [10, 5, 10, 10, math.nan],
        "score": [0.6, 0.1, 0.7, math.nan, math.nan],
        "status": ["completed", "stopped", "completed", "failed", "running"],
        "param_lr": [0.0, 0.1, 0.2, 0.05, 0.25],
        "param_momentum": [math.nan, math.nan, math.nan, math.nan, 0.9],
    }
    assert list(table) == list(expected)
    for name, column in expected.items():
        assert list(map(str, table[name])) == list(map(str, np.array(column, table[name].dtype)))
    assert pd.DataFrame(table).shape == (5, 10)
    assert [table[name].dtype.kind for name in list(table)[:7]] == list("iiififf")


def test_a_copy_that_replaces_nobody_opens_a_place():
    history = History()
    for trial in (Trial(0, {}), Trial(1, {}, parent=0), Trial(2, {}, 0, None, 1)):
        history.append(trial)
    table = lineage(history)
    assert list(table["member"]) == [0, 1, 1]
    assert list(table["parent"]) == [-1, 0, 0]
    assert np.isnan(table["copied_at"]).all()


def test_without_a_population():
    tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0).run(n_trials=3)
    table = lineage(tuner)
    assert list(table["member"]) == [0, 1, 2]
    assert list(table["parent"]) == list(table["replaces"]) == [-1, -1, -1]
    np.testing.assert_array_equal(table["score"], table["param_x"])
    assert np.isnan(table["resource"]).all()


def test_a_history_without_anything():
    table = lineage(History())
    assert [len(column) for column in table.values()] == [0] * 8
    assert table["member"].dtype.kind == "i"


@pytest.mark.parametrize("source", [None, [], Tuner])
def test_no_history(source):
    with pytest.raises(TypeError, match="a search has a history after fit"):
        lineage(source)


# --------------------------------------------------------------------------- laws


def fragile(params, resource):
    """More is better, and some fail on their way."""
    if params["x"] > 0.9 and resource > 2:
        raise ValueError("it broke")
    return params["x"] * resource


@pytest.fixture(params=[PopulationTraining, SynchronousPopulationTraining])
def trained(request):
    scheduler = request.param(6, [1, 2, 3, 4, 5, 6])
    return [
        Tuner({"x": Float(0, 1)}, fragile, scheduler=scheduler, random_state=seed).run().history
        for seed in range(5)
    ]


def test_parents_come_before_their_children(trained):
    for history in trained:
        table = lineage(history)
        is_copy = table["parent"] >= 0
        assert is_copy.any()
        assert (table["parent"] < table["trial"]).all()
        np.testing.assert_array_equal(is_copy, table["replaces"] >= 0)
        np.testing.assert_array_equal(is_copy, ~np.isnan(table["copied_at"]))


def test_a_copy_has_trained_longer_than_its_parent_had(trained):
    for history in trained:
        table = lineage(history)
        is_copy = table["parent"] >= 0
        assert (table["resource"][is_copy] > table["copied_at"][is_copy]).all()
        assert (table["copied_at"] <= table["resource"][table["parent"]])[is_copy].all()


def test_the_number_of_places_is_constant(trained):
    """Six founders, six places, and in each place one trial after the other."""
    for history in trained:
        table = lineage(history)
        assert set(table["member"]) == set(range(6))
        assert list(table["member"][table["parent"] < 0]) == list(range(6))
        holders = defaultdict(list)
        for trial, member in zip(table["trial"], table["member"], strict=True):
            holders[member].append(trial)
        for place in holders.values():
            assert list(table["replaces"][place]) == [-1, *place[:-1]]


def test_it_tells_what_the_history_knows(trained):
    assert any("failed" in lineage(history)["status"] for history in trained)
    for history in trained:
        table = pd.DataFrame(lineage(history))
        full = max(evaluation.resource for evaluation in history.evaluations)
        for row, trial in zip(table.itertuples(), history.trials, strict=True):
            status = history.latest(trial.number).status
            was_given_up = status == "completed" and row.resource < full
            assert row.status == ("stopped" if was_given_up else status)
            assert row.resource == history.latest(trial.number).resource
            assert row.param_x == trial.params["x"]
            np.testing.assert_equal(row.score, history.latest(trial.number).score)
