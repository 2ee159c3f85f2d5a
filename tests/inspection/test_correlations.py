"""Correlations between rungs, where what they estimate is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm, spearmanr

from skhpo.history import History
from skhpo.inspection import rung_correlations
from skhpo.schedulers import AsynchronousHalving
from skhpo.trial import Assignment, Measurement, Trial


def climbed(*climbs):
    """A history of trials, each a dict of resource -> score; None for a failure."""
    history = History()
    for number, climb in enumerate(climbs):
        history.append(Trial(number, {"x": number}))
        for resource, score in climb.items():
            history.append(Assignment(number, resource, (0,)))
            scores = {} if score is None else {"score": score}
            status = "failed" if score is None else "completed"
            history.append(Measurement(number, 0, resource, status, scores))
    return history


def halved(rho, n, seed):
    """ASHA over trials whose scores at rungs 1 and 3 are normal, with correlation ``rho``."""
    rng = np.random.default_rng(seed)
    scheduler, history = AsynchronousHalving(n, (1, 3)), History()
    scores = rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], size=n)
    while len(history.trials) < n:
        action = scheduler.next(history)
        number = getattr(action, "trial", len(history.trials))
        if number == len(history.trials):
            history.append(Trial(number, {"x": number}))
        resource = action.resource
        history.append(Assignment(number, resource, (0,)))
        score = scores[number, 0 if resource == 1 else 1]
        history.append(Measurement(number, 0, resource, "completed", {"score": score}))
    return history


@pytest.mark.parametrize("rho", [0.0, 0.4, 0.8])
def test_the_selection_is_corrected_for(rho):
    """On average it is the correlation of all trials, and not the smaller one of the promoted."""
    tables = [rung_correlations(halved(rho, 160, seed)) for seed in range(20)]
    found = np.array([table["correlation"][0] for table in tables])
    assert abs(found.mean() - rho) < 3 * found.std() / math.sqrt(20) + 0.03
    inside = [table["low"][0] <= rho <= table["high"][0] for table in tables]
    assert np.mean(inside) >= 0.7
    assert all(table["n"][0] < 80 for table in tables)


def test_without_a_selection_it_is_the_correlation_of_ranks():
    rng = np.random.default_rng(0)
    scores = rng.multivariate_normal([0, 0], [[1, 0.7], [0.7, 1]], size=200)
    table = rung_correlations(climbed(*({1: one, 3: three} for one, three in scores)))
    assert table["correlation"][0] == pytest.approx(spearmanr(*scores.T)[0], abs=0.06)
    # the interval, as it is in the textbooks
    z = np.arctanh([table["low"][0], table["correlation"][0], table["high"][0]])
    np.testing.assert_allclose(np.diff(z), norm.ppf(0.95) / math.sqrt(197))


def test_only_the_order_counts():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(30, 2))
    one, other = (
        rung_correlations(climbed(*({1: f(a), 3: f(b)} for a, b in scores)))
        for f in (float, lambda score: math.exp(5 * score))
    )
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_one_row_for_each_two_neighbours():
    """Failures, and trials that began higher, are measured at one of them only."""
    climbs = [{1: k, 3: k, 9: -k} for k in range(6)] + [{1: 9, 3: None}, {3: 9}, {1: -1}]
    table = rung_correlations(climbed(*climbs))
    assert table["lower"].tolist() == [1, 3]
    assert table["upper"].tolist() == [3, 9]
    assert table["n"].tolist() == [6, 6]
    np.testing.assert_allclose(table["correlation"], [1, -1], atol=0.01)


@pytest.mark.parametrize(
    "climbs",
    [
        [{1: k, 3: k} for k in range(3)],  # too few
        [{1: 0.5, 3: k} for k in range(9)],  # all the same
        [{1: k, 3: 0.5} for k in range(9)],
    ],
)
def test_nothing_is_said_where_nothing_can_be(climbs):
    table = rung_correlations(climbed(*climbs))
    assert np.isnan([table["correlation"], table["low"], table["high"]]).all()


@pytest.mark.parametrize("climbs", [[], [{5: 0.1}, {5: 0.2}], [{None: 0.1}, {None: 0.2}]])
def test_without_rungs_the_table_is_empty(climbs):
    table = rung_correlations(climbed(*climbs))
    assert list(table) == ["lower", "upper", "n", "correlation", "low", "high"]
    assert all(len(column) == 0 for column in table.values())


def test_refuses_what_has_no_history():
    with pytest.raises(TypeError, match="History"):
        rung_correlations([1, 2])
