"""What kind of axis the values of a parameter have."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from skhpo.inspection.features import Features
from skhpo.inspection.scales import GAP, scale_of, score_scale_of, values_of

nan = math.nan


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3], "linear"),
        ([0.5, np.float32(2), np.int64(3), Fraction(1, 3)], "linear"),
        ([1, 100], "linear"),
        ([1, 101], "log"),
        ([1e-300, 1e299], "log"),
        ([0, 1000], "linear"),
        ([-1, 1000], "linear"),
        ([5e-324, 1e-300], "log"),
        ([GAP, 1, GAP, 2], "linear"),
        (["a", "b"], "categories"),
        ([1, "b"], "categories"),
        ([True, False], "categories"),
        ([np.True_, np.False_], "categories"),
        ([1.0, nan], "categories"),
        ([1.0, math.inf], "categories"),
        ([1, 10**400], "categories"),
        ([-1e308, 1e308], "categories"),
        ([None, 1], "categories"),
        ([7, 7, 7], "categories"),
        ([GAP], "categories"),
        ([], "categories"),
    ],
)
def test_kinds(values, kind):
    scale = scale_of("p", values)
    assert scale.kind == kind
    positions = scale.positions(values)
    np.testing.assert_array_equal(np.isnan(positions), [value is GAP for value in values])
    there = positions[~np.isnan(positions)]
    assert ((there >= 0) & (there <= 1)).all()
    marks, texts = scale.ticks()
    assert len(marks) == len(texts)
    assert ((marks > -1e-9) & (marks < 1 + 1e-9)).all()
    if len(there):
        assert texts


def test_numbers_that_lie_evenly_are_not_in_powers_of_ten():
    """Also where the least of many is very small by chance."""
    rng = np.random.default_rng(0)
    assert scale_of("p", rng.random(10_000).tolist()).kind == "linear"
    assert scale_of("p", (10 ** rng.uniform(-3, 0, 10_000)).tolist()).kind == "log"


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        ([0.001, *np.linspace(0.05, 1.0, 19)], "linear"),
        (np.geomspace(0.001, 1.0, 20).tolist(), "log"),
    ],
)
def test_the_first_ones_tell_the_scale_to_all_who_ask(first, kind):
    """0.001 to 1 is three orders of magnitude; and what is crowded later on does not count."""
    for values in (first, first + np.linspace(0.9, 1.0, 200).tolist()):
        assert scale_of("p", values).kind == kind
        features = Features(["p"], [{"p": value} for value in values])
        assert features.features[0].scale == scale_of("p", values)


def test_scores_are_linear_in_every_picture():
    scores = (10.0 ** np.linspace(0, 6, 20)).tolist()
    assert scale_of("score", scores).kind == "log"
    scale = score_scale_of("score", scores)
    assert scale.kind == "linear"
    assert scale.positions([1.0, 500_000.5, 1e6]).tolist() == [0, 0.5, 1]
    assert score_scale_of("score", [0.5, 0.5]).is_constant


def test_positions_of_numbers():
    assert scale_of("p", [0, 10]).positions([0, 5, 10, GAP]).tolist()[:3] == [0, 0.5, 1]
    log = scale_of("p", [0.01, 100.0])
    np.testing.assert_allclose(
        log.positions([0.01, 1, 100, "?", 0, -1]), [0, 0.5, 1, nan, nan, nan]
    )
    assert log.ticks()[1] == ["0.01", "0.1", "1", "10", "100"]
    np.testing.assert_allclose(log.ticks()[0], [0, 0.25, 0.5, 0.75, 1])


@pytest.mark.parametrize(
    ("low", "high", "texts"),
    [
        (0, 10, ["0", "2", "4", "6", "8", "10"]),
        (0.0, 0.7, ["0", "0.2", "0.4", "0.6"]),
        (1, 3, ["1", "2", "3"]),
        (-0.5, 0.5, ["-0.4", "-0.2", "0", "0.2", "0.4"]),
    ],
)
def test_ticks_are_round(low, high, texts):
    assert scale_of("p", [low, high]).ticks()[1] == texts


def test_categories_are_in_order_numbers_first():
    scale = scale_of("p", ["b", 10, None, 9, "a", True])
    assert scale.texts == ("9", "10", "None", "True", "a", "b")
    assert scale.coordinates(["a", 9, GAP]).tolist()[:2] == [4, 0]
    assert scale.positions(["b", 9]).tolist() == [1, 0]
    assert not scale.is_constant


def test_a_constant_is_in_the_middle():
    for value in (0.5, "a", None):
        scale = scale_of("p", [value, value])
        assert scale.is_constant
        assert scale.positions([value]).tolist() == [0.5]


def test_the_rarer_ones_share_the_last_place():
    values = [f"c{k:02}" for k in range(20) for _ in range(20 - k)]
    scale = scale_of("p", values, most=3)
    assert scale.texts == ("c00", "c01", "c02", "17 others")
    assert scale.coordinates(["c00", "c03", "c19"]).tolist() == [0, 3, 3]


def test_names_that_are_long_can_be_told_apart():
    values = [LogisticRegression(C=0.5, max_iter=1000), LogisticRegression(C=0.5, max_iter=2000)]
    values += ["x" * 30 + "y" + "x" * 30, "x" * 30 + "z" + "x" * 30, SVC()]
    scale = scale_of("p", values)
    assert len(set(scale.texts)) == 5
    assert len(set(scale.coordinates(values).tolist())) == 5
    assert max(map(len, scale.texts)) <= 24
    assert "SVC()" in scale.texts


def test_gaps_are_not_none():
    values = values_of("p", [{"p": None}, {"q": 1}, {"p": 3}])
    assert values == [None, GAP, 3]
    scale = scale_of("p", values)
    assert scale.texts == ("3", "None")
    np.testing.assert_array_equal(scale.coordinates(values), [1, nan, 0])
