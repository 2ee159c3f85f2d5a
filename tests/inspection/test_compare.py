"""Searches side by side, from histories written by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.model_selection import RandomizedSearchCV
from sklearn.tree import DecisionTreeClassifier

from skhpo import Float, HalvingSearchCV, Tuner
from skhpo.history import History
from skhpo.inspection import compare, convergence
from skhpo.trial import Assignment, Measurement, Trial


def worked(scores, starts, ends):
    """One trial for each score, on one fold; None is a failure."""
    history = History()
    for number, (score, start, end) in enumerate(zip(scores, starts, ends, strict=True)):
        history.append(Trial(number, {"x": number}))
        history.append(Assignment(number, None, (0,)))
        status, values = ("failed", {}) if score is None else ("completed", {"score": score})
        times = {"started_at": 1000.0 + start, "finished_at": 1000.0 + end}
        history.append(Measurement(number, 0, None, status, values, **times))
    return history


def alone():
    """One worker. Median 0.6975, best 0.9: near from 0.897975 on."""
    return worked([0.1, 0.5, None, 0.895, 0.8985, 0.9, 0.2], range(7), range(1, 8))


def in_pairs():
    """Two workers: 7 seconds of work in 4."""
    return worked([0.2, 0.6, 0.6, 0.7], [0, 0, 2, 2], [2, 1, 4, 4])


def test_an_infinite_score_is_a_score():
    """As for the search: only what has none has failed."""
    table = compare({"one": worked([0.5, -math.inf, None, 0.7], range(4), range(1, 5))}).table
    assert table["success_rate"] == pytest.approx([0.75])
    assert (table["mean"], table["best"]) == (pytest.approx([0.6]), pytest.approx([0.7]))


def test_the_table():
    table = compare({"alone": alone(), "pairs": in_pairs()}).table
    assert list(table["search"]) == ["alone", "pairs"]
    scores = [0.1, 0.5, 0.895, 0.8985, 0.9, 0.2]
    expected = {
        "best": [0.9, 0.7],
        "mean": [np.mean(scores), 0.525],
        "std": [np.std(scores), np.std([0.2, 0.6, 0.6, 0.7])],
        "n_trials": [7, 4],
        "success_rate": [6 / 7, 1],
        "seconds": [7, 4],
        "trials_to_converge": [5, 4],
        "seconds_to_converge": [5, 4],
        "n_workers": [1, 2],
        "speed_up": [1, 7 / 4],
        "efficiency": [1, 7 / 8],
    }
    assert list(table) == ["search", *expected]
    for name, column in expected.items():
        np.testing.assert_allclose(table[name], column, err_msg=name)


def test_it_prints_as_a_table():
    lines = str(compare({"alone": alone(), "in pairs": in_pairs()})).splitlines()
    assert len(lines) == 3
    assert len({len(line) for line in lines}) == 1
    assert lines[0].split()[:4] == ["search", "best", "mean", "std"]
    assert lines[1].split() == [
        *("alone", "0.9", "0.58225", "0.338", "7", "86%", "7"),
        *("5", "5", "1", "1.00", "100%"),
    ]
    assert lines[2].startswith("in pairs   0.7")


def test_less_is_better():
    tuners = {
        str(seed): Tuner(
            {"x": Float(0, 1)}, lambda p: p["x"] ** 2, direction="minimize", random_state=seed
        ).run(n_trials=20)
        for seed in (1, 2)
    }
    found = compare(tuners)
    assert found.sign == -1
    for row, (name, tuner) in enumerate(tuners.items()):
        assert found.table["best"][row] == tuner.best_score
        curve = convergence(tuner)
        np.testing.assert_array_equal(found.curves[name]["best"], curve["best"])
        until = int(found.table["trials_to_converge"][row])
        near = tuner.best_score + 0.01 * (np.median(curve["score"]) - tuner.best_score)
        assert curve["best"][until - 1] <= near
        assert until == 1 or curve["best"][until - 2] > near


def test_divided_training_and_other_peoples_results():
    """A trial that was measured at several rungs is one trial; times of others are not known."""
    X, y = load_iris(return_X_y=True)
    tree = DecisionTreeClassifier(random_state=0)
    space = {"min_impurity_decrease": Float(0, 0.5), "max_depth": [1, 2, 3]}
    halving = HalvingSearchCV(tree, space, resource="n_samples", cv=3, random_state=0).fit(X, y)
    theirs = RandomizedSearchCV(tree, {"max_depth": [1, 2, 3]}, n_iter=3, cv=3, random_state=0).fit(
        X, y
    )
    table = compare({"halving": halving, "theirs": theirs.cv_results_}).table
    assert table["best"] == pytest.approx([halving.best_score_, theirs.best_score_])
    assert list(table["n_trials"]) == [len(halving.history_.trials), 3]
    assert table["trials_to_converge"][0] <= table["n_trials"][0]
    assert math.isnan(table["seconds"][1])
    assert "-" in str(compare({"theirs": theirs.cv_results_})).splitlines()[1].split()


def test_nothing_but_failures_and_nothing_at_all():
    found = compare({"failed": worked([None, None], [0, 1], [1, 2]), "empty": History()})
    assert list(found.table["n_trials"]) == [2, 0]
    for name in ("best", "mean", "std", "trials_to_converge", "seconds_to_converge"):
        assert np.isnan(found.table[name]).all()
    assert found.table["success_rate"][0] == 0.0
    assert str(found).count("\n") == 2


def test_constant_and_infinite_scores():
    table = compare(
        {
            "constant": worked([0.5, 0.5], [0, 1], [1, 2]),
            "infinite": worked([0.5, math.inf, -math.inf], [0, 1, 2], [1, 2, 3]),
        }
    ).table
    assert table["trials_to_converge"][0] == 1
    assert math.isnan(table["trials_to_converge"][1])
    assert table["best"][1] == math.inf
    assert table["mean"][1] == 0.5


@pytest.mark.parametrize(
    ("searches", "error", "said"),
    [
        ([History()], TypeError, "mapping of names to searches"),
        ({}, ValueError, "no search"),
        ({"a": 3}, TypeError, "History"),
        (
            {"up": alone(), "down": Tuner({"x": Float(0, 1)}, direction="minimize")},
            ValueError,
            r"\['down'\] less is better",
        ),
    ],
)
def test_bad_input(searches, error, said):
    with pytest.raises(error, match=said):
        compare(searches)


def test_a_metric_that_is_not_there():
    with pytest.raises(ValueError, match="metric='loss'"):
        compare({"alone": alone()}, metric="loss")
