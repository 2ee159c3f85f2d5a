"""A lowest rung that tells nothing is noticed, and survived."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from sklearn.base import BaseEstimator
from sklearn.model_selection import ShuffleSplit

from skhpo import Float, HalvingASHASearchCV, HalvingSearchCV
from skhpo.exceptions import SkhpoWarning
from skhpo.inspection import rung_correlations

SPACE = {"x": Float(0, 1), "y": Float(0, 1)}
X = np.zeros((20, 1))


class Learner(BaseEstimator):
    """Its scores rise with the steps; best at (0.7, 0.2), where they end at 1."""

    def __init__(self, x=0.5, y=0.5, steps=1):
        self.x = x
        self.y = y
        self.steps = steps

    def fit(self, X, y=None):
        return self

    @property
    def quality(self):
        return 1 - (self.x - 0.7) ** 2 - (self.y - 0.2) ** 2

    def score(self, X, y=None):
        return self.quality - 0.5 * math.exp(-self.steps / 8)


class LateLearner(Learner):
    """After the first step, its score is a number drawn at random for each configuration."""

    def score(self, X, y=None):
        if self.steps == 1:
            return float(np.random.default_rng([int(1e9 * self.x), int(1e9 * self.y)]).random())
        return super().score(X, y)


def fitted(search, learner, **settings):
    one_split = ShuffleSplit(n_splits=1, random_state=0)
    return search(learner, SPACE, resource="steps", max_resources=27, cv=one_split, **settings).fit(
        X
    )


def test_noise_at_the_lowest_rung_is_noticed():
    with pytest.warns(SkhpoWarning, match=r"scores after 1 \(steps\).* Write min_resources=3"):
        search = fitted(HalvingASHASearchCV, LateLearner(), n_candidates=243, random_state=1)
    table = rung_correlations(search)
    assert table["high"][0] < 0.5 < table["low"][1]


@pytest.mark.filterwarnings("ignore:.*scores after 1")
def test_noise_at_the_lowest_rung_is_survived():
    """Who is promoted is chance, but the model learns from what becomes of them.

    A single search may have bad luck; the median of five beats drawing at random, whose best
    has a median of 0.978 (0.983 is the most that 27 steps allow).
    """
    best = [
        fitted(
            HalvingASHASearchCV, LateLearner(), n_candidates=120, sampler="bayes", random_state=seed
        ).best_score_
        for seed in range(5)
    ]
    assert np.median(best) > 0.981


def test_the_remedy_is_one():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        search = fitted(
            HalvingASHASearchCV,
            LateLearner(),
            n_candidates=40,
            sampler="bayes",
            min_resources=3,
            random_state=0,
        )
    assert search.best_score_ > 0.97


@pytest.mark.parametrize("search", [HalvingSearchCV, HalvingASHASearchCV])
def test_noise_is_noticed_whatever_suggests(search):
    with pytest.warns(SkhpoWarning, match="tell little about those after 3"):
        fitted(search, LateLearner(), n_candidates=243, random_state=0)


@pytest.mark.parametrize("sampler", ["random", "bayes"])
@pytest.mark.parametrize("search", [HalvingSearchCV, HalvingASHASearchCV])
def test_nothing_is_said_of_rungs_that_tell_something(search, sampler):
    n_candidates = 243 if sampler == "random" else 40
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted(search, Learner(), n_candidates=n_candidates, sampler=sampler, random_state=0)
