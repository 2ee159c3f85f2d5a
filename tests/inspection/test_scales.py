"""What kind of axis the values of a parameter have."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from skhpo import Categorical, RandomSearchCV, Tuner
from skhpo.inspection.features import Features
from skhpo.inspection.scales import GAP, distinct_labels, scale_of, score_scale_of, values_of
from skhpo.inspection.spaces import declared_scale, orders_of
from skhpo.storage.view import read_search

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


# --------------------------------------------------------------------------- names side by side

NESTED = [
    f"preprocessing__columntransformer__{pipeline}__step_{k}__regularisation"
    for pipeline in ("numeric", "categorical")
    for k in (0, 1, 10)
]


@pytest.mark.parametrize(
    ("names", "longest", "labels"),
    [
        (["C", "a  b"], 9, ["C", "a b"]),
        (NESTED[:2], 24, ["…step_0__regularisation", "…step_1__regularisation"]),
        (NESTED[:2], 17, ["…step_0__regular…", "…step_1__regular…"]),
        (["model__C", *NESTED[:2]], 8, ["model__C", "…ep_0__…", "…ep_1__…"]),
        ([NESTED[0], NESTED[4]], 17, ["…numeric__…regul…", "…categoric…regul…"]),
        ([NESTED[0]] * 2, 17, ["prepr…ularisation"] * 2),
        (["a" * 9 + "1" + "b" * 9, "a" * 9 + "2" + "b" * 9], 7, ["…aaa1b…", "…aaa2b…"]),
        (["", " ", "a", "a "], 5, [" #1", " #2", "a #1", "a #2"]),
    ],
)
def test_labels_say_what_tells_names_apart(names, longest, labels):
    assert distinct_labels(names, longest) == labels


@pytest.mark.parametrize("longest", [40, 24, 17, 14, 8])
def test_labels_of_nested_names_keep_each_difference(longest):
    """No name is told from another one by a number that says nothing of it."""
    labels = distinct_labels(NESTED, longest)
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= longest
    assert not any("#" in text for text in labels)


pieces = st.sampled_from(["step", "_", "__", "0", "1", "#", " ", "…", "regularisation", "$"])


@settings(max_examples=300, deadline=None)
@given(
    names=st.lists(st.lists(pieces, max_size=12).map("".join), unique=True, max_size=12),
    longest=st.integers(5, 30),
)
def test_labels_of_different_names_differ(names, longest):
    labels = distinct_labels(names, longest)
    assert len(labels) == len(names)
    assert len(set(labels)) == len(names)
    assert all(len(text) <= longest for text in labels)
    for name, text in zip(names, labels, strict=True):
        if len(name) <= longest and name == name.strip() and "  " not in name:
            assert text == name or "#" in text


# --------------------------------------------------------------------------- declared orders


def test_categories_stand_as_their_space_declares(tmp_path):
    """Also of a search on disk, which has them in words; strangers follow."""
    sizes = ["small", "medium", "large", "huge"]
    space = {"size": Categorical(sizes), "depth": [None, 10, 5], "C": [1.0, 2.0]}
    tuner = Tuner(space, lambda params: 1.0, random_state=0, storage=tmp_path).run(n_trials=20)
    for source in (tuner, read_search(tmp_path)):
        values = values_of("size", (trial.params for trial in source.history.trials))
        scale = declared_scale(source, "size", values)
        assert scale.texts == tuple(sizes)
        assert scale.coordinates(["huge", "small"]).tolist() == [3, 0]
        assert declared_scale(source, "size", ["a", "large", "3", 2, "small"]).texts == (
            "small", "large", "2", "3", "a",
        )  # fmt: skip
    values = values_of("depth", (trial.params for trial in tuner.history.trials))
    assert declared_scale(tuner, "depth", values).texts == ("None", "10", "5")
    assert declared_scale(tuner, "C", [2.0, 1.0]).kind == "linear"
    assert orders_of(tuner.history) == {}
    assert declared_scale(tuner.history, "size", sizes).texts == tuple(sorted(sizes))


def test_orders_of_spaces_as_others_write_them():
    space = [{"kernel": ["rbf", "poly"], "C": np.array([3, 1])}, {"kernel": ("linear",)}]
    assert orders_of(RandomSearchCV(None, space)) == {
        "kernel": ["rbf", "poly", "linear"],
        "C": [3, 1],
    }
