from __future__ import annotations

import math

import pytest

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


@pytest.mark.parametrize("rule", RULES)
def test_the_improvement_that_counts_is_not_negative(rule):
    with pytest.raises(ValueError, match=f"{rule.__name__}: xi must be a number 0 or more"):
        rule(xi=-0.1)


def test_a_prior_is_no_number():
    with pytest.raises(TypeError, match=r"length_scale must be a prior such as LogNormal\("):
        GaussianProcess(length_scale=0.3)
