"""Domains as Optuna's distributions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, expon, geom, loguniform, norm, randint, uniform
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from skhpo import Categorical, Float, Int, Space

optuna = pytest.importorskip("optuna", reason="needs the extra 'optuna'")

from optuna.distributions import CategoricalDistribution as C  # noqa: E402
from optuna.distributions import FloatDistribution as F  # noqa: E402
from optuna.distributions import IntDistribution as I  # noqa: E402

from skhpo.exchange.distributions import translations  # noqa: E402


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        (Float(-1, 2), F(-1, 2)),
        (Float(1e-3, 10, log=True), F(1e-3, 10, log=True)),
        (Float(0, 1, step=0.3), F(0, 0.9, step=0.3)),
        (Int(1, 9), I(1, 9)),
        (Int(1, 9, step=3), I(1, 7, step=3)),
        (Int(1, 256, log=True), I(1, 256, log=True)),
        (Categorical(["a", None, True]), C(["a", None, True])),
        ([2, 8], C([2, 8])),
        (["one"], C(["one"])),
        (uniform(1, 2), F(1, 3)),
        (loguniform(1e-2, 1e2), F(1e-2, 1e2, log=True)),
        (randint(3, 8), I(3, 7)),
        (binom(5, 0.5), I(0, 5)),
    ],
)
def test_what_is_known_of_a_domain(domain, expected):
    space = Space({"x": domain})
    params = [space.sample(np.random.default_rng(seed)) for seed in range(20)]
    translation = translations(space, params)["x"]
    assert translation.distribution == expected
    for each in params:
        held = translation(each["x"])
        assert held == each["x"]
        assert expected._contains(expected.to_internal_repr(held))


@pytest.mark.parametrize("domain", [norm(), expon(), geom(0.2)], ids=["norm", "expon", "geom"])
def test_without_an_end_far_quantiles_stand_for_it_and_what_was_tried_is_inside(domain):
    tried = int(domain.ppf(1 - 1e-8)) if domain.dist.name == "geom" else domain.ppf(1 - 1e-8)
    translation = translations(Space({"x": domain}), [{"x": tried}])["x"]
    distribution = translation.distribution
    assert distribution.high == pytest.approx(tried)
    assert distribution.low <= domain.ppf(0.001)
    assert np.isfinite(distribution.low)


def test_nobody_knows_the_space_then_what_was_tried_counts():
    tried = [{"i": 3, "f": 0.5, "c": "x"}, {"i": 7, "f": 2, "c": None}]
    found = translations(None, tried)
    assert found["i"].distribution == I(3, 7)
    assert found["f"].distribution == F(0.5, 2)
    assert found["c"].distribution == C(["x", None])


def test_branches_with_one_kind_of_range_share_it():
    space = Space([{"x": Float(0, 1), "a": Int(1, 2)}, {"x": Float(2, 3)}])
    assert translations(space, [])["x"].distribution == F(0, 3)


def test_branches_with_different_kinds_make_a_list():
    space = Space([{"gamma": ["scale", "auto"]}, {"gamma": Float(0, 1)}])
    translation = translations(space, [{"gamma": 0.25}, {"gamma": "auto"}])["gamma"]
    assert translation.distribution == C(["scale", "auto", 0.25])
    assert translation(0.25) == 0.25
    assert not translation.is_told_in_words


def test_what_optuna_cannot_hold_is_told_in_words():
    choices = [StandardScaler(), MinMaxScaler(), (1, 2), None, "passthrough"]
    translation = translations(Space({"scaler": choices}), [])["scaler"]
    expected = ("StandardScaler()", "MinMaxScaler()", "(1, 2)", None, "passthrough")
    assert translation.distribution.choices == expected
    assert [translation(value) for value in choices] == list(expected)
    assert translation.is_told_in_words


def test_what_is_equal_is_told_apart():
    choices = [1, True, 1.0, float("nan"), "nan"]
    translation = translations(Space({"x": choices}), [])["x"]
    held = translation.distribution.choices
    assert held == (1, "True", "1.0", "nan", "'nan'")
    assert [translation(value) for value in choices] == list(held)


def test_two_values_that_look_the_same_are_told_apart():
    class Same:
        def __repr__(self):
            return "same"

    values = [Same(), Same()]
    translation = translations(Space({"x": values}), [])["x"]
    assert [translation(value) for value in values] == ["same", "same (1)"]
