"""Ranks over data sets, against the example that Demsar computes by hand."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.stats import friedmanchisquare

from skhpo import Tuner
from skhpo.inspection import critical_difference

#: Demsar 2006, table 6: four variants of C4.5 on fourteen data sets.
DEMSAR = {
    "C4.5": [0.763, 0.599, 0.954, 0.628, 0.882, 0.936, 0.661, 0.583, 0.775, 1.0, 0.94, 0.619, 0.972, 0.957],
    "C4.5+m": [0.768, 0.591, 0.971, 0.661, 0.888, 0.931, 0.668, 0.583, 0.838, 1.0, 0.962, 0.666, 0.981, 0.978],
    "C4.5+cf": [0.771, 0.590, 0.968, 0.654, 0.886, 0.916, 0.609, 0.563, 0.866, 1.0, 0.965, 0.614, 0.9751, 0.946],
    "C4.5+m+cf": [0.798, 0.569, 0.967, 0.657, 0.898, 0.931, 0.685, 0.625, 0.875, 1.0, 0.962, 0.669, 0.975, 0.970],
}  # fmt: skip


def test_the_example_of_the_paper():
    """Mean ranks, F = 3.69 with 3 and 39 degrees of freedom, and q = 2.569 of table 5 (a)."""
    ranks = critical_difference(DEMSAR)
    assert ranks.methods[-1] == "C4.5"
    by_name = dict(zip(ranks.methods, ranks.ranks, strict=True))
    assert by_name["C4.5"] == pytest.approx(3.143, abs=5e-4)
    assert by_name["C4.5+m"] == pytest.approx(2.000, abs=5e-4)
    assert by_name["C4.5+cf"] == pytest.approx(2.893, abs=5e-4)
    assert by_name["C4.5+m+cf"] == pytest.approx(1.964, abs=5e-4)
    assert ranks.critical == pytest.approx(2.569 * math.sqrt(4 * 5 / (6 * 14)), abs=1e-3)
    assert 0.01 < ranks.p_value < 0.05
    assert ranks.groups == [ranks.methods]  # the differences 1.14 and 1.18 are less than 1.25
    stricter = critical_difference(DEMSAR, alpha=0.10)
    assert stricter.critical == pytest.approx(2.291 * math.sqrt(4 * 5 / (6 * 14)), abs=1e-3)


def test_the_statistic_is_friedmans():
    """Without ties: F is a function of scipy's chi-square."""
    table = np.random.default_rng(0).normal(size=(4, 9)) + np.arange(4)[:, None] / 2
    chi2 = friedmanchisquare(*table).statistic
    F = 8 * chi2 / (9 * 3 - chi2)
    from scipy.stats import f

    ranks = critical_difference({str(name): row for name, row in enumerate(table)})
    assert ranks.p_value == pytest.approx(f.sf(F, 3, 24))


def test_groups():
    sets = 60
    scores = {name: [-place + 0.0 * k for k in range(sets)] for place, name in enumerate("abc")}
    assert critical_difference(scores).groups == []
    scores["b"] = [0.5 if k % 2 else -0.5 for k in range(sets)]
    ranks = critical_difference(scores)
    assert ranks.methods == ("a", "b", "c")
    assert ranks.groups == [("a", "b")]
    assert "critical difference 0.43 at alpha = 0.05" in str(ranks)
    assert "(Friedman's test, F form of Iman and Davenport)" in str(ranks)
    assert str(ranks).splitlines()[1].split() == ["a", "1.50"]


def test_who_fails_is_last():
    ranks = critical_difference({"a": [math.nan, 0.5, math.nan], "b": [-1e9, 0.4, 0.1]})
    assert dict(zip(ranks.methods, ranks.ranks, strict=True)) == pytest.approx(
        {"b": 4 / 3, "a": 5 / 3}
    )


def test_a_frame_has_a_column_for_each_method():
    scores = {"a": [0.9, 0.8, 0.7], "b": [0.8, 0.9, 0.6]}
    assert str(critical_difference(pd.DataFrame(scores))) == str(critical_difference(scores))


def test_all_alike():
    ranks = critical_difference({"a": [1, 1, 1], "b": [1, 1, 1]})
    assert ranks.p_value == pytest.approx(1.0)
    assert ranks.groups == [("a", "b")]


@pytest.mark.parametrize(
    ("scores", "options", "error", "said"),
    [
        ([0.5, 0.6], {}, TypeError, "mapping of methods"),
        ({"a": [1, 2]}, {}, ValueError, "two methods at least"),
        ({}, {}, ValueError, "two methods at least"),
        ({"a": [1, 2], "b": [1]}, {}, ValueError, r"'b': 1"),
        ({"a": [1], "b": [2]}, {}, ValueError, "two of them at least.*compare"),
        ({"a": Tuner({"x": [1]}, len), "b": [1, 2]}, {}, TypeError, "one for each data set.*Tuner"),
        ({"a": 0.5, "b": 0.6}, {}, TypeError, r"scores\['a'\] must be a list of scores"),
        ({"a": [1, 2], "b": [2, 1]}, {"alpha": 5}, ValueError, "alpha must be between 0 and 1"),
    ],
)
def test_bad_input(scores, options, error, said):
    with pytest.raises(error, match=said):
        critical_difference(scores, **options)
