from __future__ import annotations

import pytest
from sklearn.base import BaseEstimator
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import HalvingGridSearchCV

from skhpo.schedulers import HalvingIterations, exhausting_resource


class Worthless(BaseEstimator):
    """Scores what its candidate is, whatever the resource."""

    def __init__(self, x=0, epochs=1):
        self.x = x
        self.epochs = epochs

    def fit(self, X, y):
        return self

    def score(self, X, y):
        return self.x


def scikit_learn(n_candidates, **settings):
    search = HalvingGridSearchCV(
        Worthless(), {"x": list(range(n_candidates))}, cv=2, resource="epochs", **settings
    )
    return search.fit([[0]] * 4, [0, 1] * 2)


CASES = [
    (n_candidates, least, most, factor, aggressive)
    for n_candidates, least, most in [(10, 1, 20), (30, 2, 9), (64, 1, 100), (5, 1, 1000)]
    for factor in (2, 3, 2.5)
    for aggressive in (False, True)
]


@pytest.mark.parametrize(("n_candidates", "least", "most", "factor", "aggressive"), CASES)
def test_the_numbers_of_scikit_learn(n_candidates, least, most, factor, aggressive):
    theirs = scikit_learn(
        n_candidates,
        min_resources=least,
        max_resources=most,
        factor=factor,
        aggressive_elimination=aggressive,
    )
    ours = HalvingIterations(n_candidates, least, most, factor, aggressive)
    assert ours.n_required_iterations == theirs.n_required_iterations_
    assert ours.n_possible_iterations == theirs.n_possible_iterations_
    assert ours.n_iterations == theirs.n_iterations_
    assert list(ours.n_resources) == theirs.n_resources_
    assert list(ours.n_trials) == theirs.n_candidates_
    assert ours.n_remaining == theirs.n_remaining_candidates_


@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("n_candidates", [8, 10, 30])
def test_exhausting_as_scikit_learn_does(n_candidates, factor):
    theirs = scikit_learn(n_candidates, min_resources="exhaust", max_resources=1000, factor=factor)
    ours = exhausting_resource(n_candidates, 1, 1000, factor)
    assert ours == theirs.min_resources_
    assert HalvingIterations(n_candidates, ours, 1000, factor).n_resources[-1] <= 1000


def test_exact_at_exact_powers_where_scikit_learn_is_not():
    theirs = scikit_learn(243, min_resources=1, max_resources=243, factor=3)
    assert theirs.n_iterations_ == 5
    ours = HalvingIterations(243, 1, 243, 3)
    assert (ours.n_required_iterations, ours.n_possible_iterations) == (6, 6)
    assert ours.n_resources == (1, 3, 9, 27, 81, 243)
    assert ours.n_trials == (243, 81, 27, 9, 3, 1)
    assert exhausting_resource(243, 1, 243, 3) == 1


@pytest.mark.parametrize("factor", [2, 3, 10])
@pytest.mark.parametrize("top", [27, 243, 729, 1000, 59049])
def test_rungs_are_powers(top, factor):
    resources = HalvingIterations(10**6, 1, top, factor).n_resources
    assert resources == tuple(factor**k for k in range(len(resources)))
    assert factor ** len(resources) > top >= resources[-1]


def test_iterations_at_the_same_resource_are_one_rung():
    iterations = HalvingIterations(60, 20, 180, 3, aggressive_elimination=True)
    assert iterations.n_resources == (20, 20, 60, 180)
    assert iterations.n_trials == (60, 20, 7, 3)
    assert iterations.bracket.resources == (20, 60, 180)
    assert iterations.bracket.n_trials == (60, 7, 3)


def test_bad_input():
    with pytest.raises(ValueError, match="n_candidates must be an integer of 1 or more, got 0"):
        HalvingIterations(0, 1, 9)
    with pytest.raises(ValueError, match="min_resources must not be greater than max_resources"):
        HalvingIterations(9, 10, 9)
    with pytest.raises(ValueError, match="factor must be a number 2 or more, got 1"):
        HalvingIterations(9, 1, 9, 1)
