from __future__ import annotations

import math
import re

import numpy as np
import pytest

from skhpo.settings import check_count, check_instance, check_number, named
from skhpo.surrogates import (
    ExpectedImprovement,
    GaussianProcess,
    LogExpectedImprovement,
    LogNoisyExpectedImprovement,
    LogNormal,
    ProbabilityOfImprovement,
    RandomForest,
    UpperConfidenceBound,
)

RULES = [
    ExpectedImprovement,
    LogExpectedImprovement,
    LogNoisyExpectedImprovement,
    ProbabilityOfImprovement,
]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LogNormal(0.0, 1.0), "median must be a number greater than 0, got 0"),
        (lambda: LogNormal(1.0, -1.0), "sd must be"),
        (lambda: GaussianProcess(max_points=1), "max_points must be an integer of 2 or more"),
        (lambda: GaussianProcess(max_iter=0), "max_iter must be"),
        (lambda: RandomForest(n_trees=0), "n_trees must be an integer of 1 or more, got 0"),
        (lambda: RandomForest(ratio_features=5), "ratio_features .* and at most 1, got 5"),
        (lambda: RandomForest(min_samples_split=1), "min_samples_split must be"),
        (lambda: RandomForest(min_samples_leaf=True), "min_samples_leaf .* got True"),
        (lambda: RandomForest(min_variance=-1), "min_variance must be"),
        (lambda: UpperConfidenceBound(beta="1"), "beta must be a number 0 or more, got '1'"),
        (lambda: UpperConfidenceBound(beta=math.nan), "got nan"),
        (lambda: LogNoisyExpectedImprovement(n_fantasies=0), "n_fantasies must be"),
    ],
)
def test_refuses_what_cannot_work(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def check(value, **bounds):
    check_number("Sampler", "rate", value, **bounds)


@pytest.mark.parametrize(
    ("closed", "inside", "outside", "bounds"),
    [
        ("both", [0, 0.5, 1], [-0.1, 1.1], "0 or more and at most 1"),
        ("left", [0, np.float32(0.5)], [-0.1, 1], "0 or more and less than 1"),
        ("right", [np.int64(1)], [0, 1.1], "greater than 0 and at most 1"),
        ("neither", [0.5], [0, 1], "greater than 0 and less than 1"),
    ],
)
def test_numbers_within_bounds(closed, inside, outside, bounds):
    for value in inside:
        check(value, most=1, closed=closed)
    for value in [*outside, math.nan, True, "0.5", None, 0.5j]:
        told = f"Sampler: rate must be a number {bounds}, got {value!r}"
        with pytest.raises(ValueError, match=re.escape(told)):
            check(value, most=1, closed=closed)


@pytest.mark.parametrize("value", [0, -1, 2.0, True, "3", None, math.inf])
def test_counts(value):
    check_count("Sampler", "size", np.int64(1))
    check_count("Sampler", "size", 0, least=0)
    with pytest.raises(ValueError, match=f"size must be an integer of 1 or more, got {value!r}"):
        check_count("Sampler", "size", value)


def test_objects():
    check_instance("Tuner", "sampler", 3, int, "3")
    with pytest.raises(TypeError, match="Tuner: sampler must be a int such as 3, got None"):
        check_instance("Tuner", "sampler", None, int, "3")


def test_none_will_do_where_it_is_said():
    check_count("Sampler", "size", None, or_none=True)
    check(None, or_none=True)
    check_instance("Tuner", "sampler", None, int, "3", or_none=True)
    with pytest.raises(ValueError, match="1 or more, or None, got 0"):
        check_count("Sampler", "size", 0, or_none=True)
    with pytest.raises(ValueError, match="0 or more, or None, got -1"):
        check(-1, or_none=True)
    with pytest.raises(TypeError, match="such as 3, or None, got 'x'"):
        check_instance("Tuner", "sampler", "x", int, "3", or_none=True)


@pytest.mark.parametrize("rule", RULES)
def test_the_improvement_that_counts_is_not_negative(rule):
    with pytest.raises(ValueError, match=f"{rule.__name__}: xi must be a number 0 or more"):
        rule(xi=-0.1)


def test_a_prior_is_no_number():
    with pytest.raises(TypeError, match=r"length_scale must be a prior such as LogNormal\("):
        GaussianProcess(length_scale=0.3)


def test_names_stand_for_what_they_make():
    assert named("sampler", "a", {"a": list, "b": dict}, "skhpo.samplers") == []
    given = object()
    assert named("sampler", given, {"a": list}, "skhpo.samplers") is given


def test_a_misspelt_name_is_told_the_nearest():
    told = (
        r"sampler='bayse' is not known. Did you mean 'bayes'\? "
        r"Write one of \['random', 'bayes'\], or an object of skhpo.samplers."
    )
    with pytest.raises(ValueError, match=told):
        named("sampler", "bayse", {"random": list, "bayes": list}, "skhpo.samplers")
