from __future__ import annotations

import math
import re

import numpy as np
import pytest
from scipy import stats
from sklearn.linear_model import Ridge
from sklearn.model_selection import ParameterGrid

from skhpo import Categorical, Float, Int, RandomSearchCV, Space
from skhpo.exceptions import SkhpoWarning, SpaceError

CONDITIONAL = [
    {"kernel": ["linear"], "C": Float(0.1, 10, log=True)},
    {"kernel": ["rbf"], "C": [1, 10], "gamma": ["scale", 0.1]},
]


class Dice:
    """Can be drawn from."""

    def __init__(self, sides, *, seed=None):
        self.sides = sides

    def rvs(self, random_state):
        return random_state.randint(self.sides)


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ([], ["empty list", "at least one dict"]),
        ("C", ["is a dict", "'C'", "str"]),
        (5, ["is a dict", "5", "int"]),
        (None, ["is a dict", "None"]),
        ([{"C": [1]}, "D"], ["is a dict", "'D'"]),
        ({1: [2]}, ["names are strings", "1"]),
        ({"C": []}, ["'C'", "empty"]),
        ([{"C": [1]}, {"C": [1], "gamma": ()}], ["'gamma'", "empty"]),
        ({"C": Float}, ["'C'", "the class Float", "write an instance of it, Float(low, high)."]),
        ({"C": Int}, ["'C'", "Int(low, high)."]),
        ({"C": Categorical}, ["'C'", "Categorical(choices)."]),
        ({"C": Dice}, ["'C'", "the class Dice", "Dice(sides)."]),
    ],
    ids=repr,
)
def test_what_is_no_space_is_refused(spec, told):
    with pytest.raises(SpaceError) as caught:
        Space(spec)
    for part in told:
        assert part in str(caught.value)


@pytest.mark.parametrize("spec", [CONDITIONAL, tuple(CONDITIONAL), iter(CONDITIONAL)])
def test_a_list_of_dicts_is_one_space(spec):
    space = Space(spec)
    assert len(space.branches) == 2
    assert space.names == ("C", "gamma", "kernel")
    assert space.size == math.inf
    drawn = [space.sample(np.random.default_rng(seed)) for seed in range(100)]
    assert 30 < sum(params["kernel"] == "linear" for params in drawn) < 70
    for params in drawn:
        assert space.contains(params)
        assert ("gamma" in params) == (params["kernel"] == "rbf")


def test_membership_respects_the_branches():
    space = Space(CONDITIONAL)
    assert space.find_branch({"kernel": "linear", "C": 5}) == 0
    assert space.find_branch({"gamma": "scale", "C": 10, "kernel": "rbf"}) == 1
    assert space.find_branch({"kernel": "rbf", "C": 5, "gamma": "scale"}) is None
    assert not space.contains({"kernel": "linear", "C": 5, "gamma": "scale"})
    assert not space.contains({"kernel": "rbf", "C": 1})


@pytest.mark.parametrize(
    ("params", "told"),
    [
        (
            {"kernel": "linear", "c": 1},
            ["sets 'c'", "Did you mean 'C'?", "['C', 'gamma', 'kernel']"],
        ),
        ({"kernel": "linear"}, ["lacks ['C']", "['C', 'kernel'] or ['C', 'gamma', 'kernel']"]),
        ({"C": 1, "gamma": 0.1}, ["lacks ['kernel']"]),
        ({"kernel": "linear", "C": 100}, ["sets 'C' to 100", "widen the space"]),
        ({"kernel": "rbf", "C": 1, "gamma": 3}, ["sets 'gamma' to 3", "another value"]),
        ([("C", 1)], ["must be a dict", "[('C', 1)]"]),
    ],
    ids=repr,
)
def test_check_says_why(params, told):
    with pytest.raises(SpaceError) as caught:
        Space(CONDITIONAL).check(params, label="initial_params[3]")
    assert str(caught.value).startswith("initial_params[3] ")
    for part in told:
        assert part in str(caught.value)


def test_check_says_if_branches_are_mixed():
    space = Space([{"a": [1]}, {"b": [1]}])
    with pytest.raises(SpaceError, match="mixes several branches"):
        space.check({"a": 1, "b": 1})


def test_key():
    space = Space({"n": Int(0, 9), "x": Float(0, 1), "kind": ["a", None]})
    params = {"n": 3, "x": 0.5, "kind": None}
    same = {"kind": None, "x": np.float64(0.5), "n": np.int64(3)}
    assert space.key(params) == space.key(same)
    assert hash(space.key(params)) == hash(space.key(same))
    for other in ({"n": 4}, {"x": 0.6}, {"kind": "a"}):
        assert space.key({**params, **other}) != space.key(params)
    with pytest.raises(SpaceError, match="'n' to 10"):
        space.key({**params, "n": 10})


GRIDS = [
    {"b": [10, 1, 5], "a": ["y", "x"], "c": [None]},
    [{"kernel": ["rbf"], "C": [1, 10], "gamma": [0.1, 1]}, {"kernel": ["linear"], "C": [10, 1]}],
    {},
    {"a": [True, 1, 1.0]},
]


@pytest.mark.parametrize("spec", GRIDS, ids=repr)
def test_the_grid_is_that_of_scikit_learn(spec):
    assert [repr(params) for params in Space(spec).grid()] == [
        repr(dict(sorted(params.items()))) for params in ParameterGrid(spec)
    ]
    assert Space(spec).size == len(ParameterGrid(spec))


def test_the_grid_of_ranges():
    space = Space({"n": Int(1, 5, step=2), "x": Float(0, 1, step=0.5), "k": stats.randint(0, 2)})
    assert space.size == 3 * 3 * 2
    assert len(list(space.grid())) == 18
    assert next(space.grid()) == {"k": 0, "n": 1, "x": 0.0}


def test_the_grid_has_what_branches_share_once():
    space = Space([{"a": [1, 2]}, {"a": [2, 3]}, {"a": [3], "b": [1]}])
    assert list(space.grid()) == [{"a": 1}, {"a": 2}, {"a": 3}, {"a": 3, "b": 1}]
    assert space.size == 5, "an upper bound where branches overlap"


@pytest.mark.parametrize("domain", [Float(0, 1), stats.norm(), stats.poisson(2)])
def test_there_is_no_grid_of_infinitely_many(domain):
    space = Space({"n": [1, 2], "x": domain})
    assert space.size == math.inf
    with pytest.raises(SpaceError, match=r"'x' has infinitely many values.*list.*step"):
        next(space.grid())


def test_long_lists_and_huge_sizes():
    space = Space({"n": range(10**4), "m": Int(0, 10**12 - 1), "x": Float(0, 1, step=0.5)})
    assert space.size == 10**4 * 10**12 * 3
    assert space.contains(space.sample(np.random.default_rng(0)))


def test_repr():
    assert repr(Space(CONDITIONAL)) == "Space({C, kernel} or {C, gamma, kernel}, size=inf)"


def test_domains_are_taken_as_they_are():
    domain = Categorical(["a", "b", "c"], ordered=True)
    assert Space({"x": domain}).branches[0]["x"] is domain


RANGES = {
    (
        0.1,
        10.0,
    ): "list of 2 values, not a range. Write Float(0.1, 10.0) for a range, or [0.1, 10.0]",
    (1, 10): "Write Int(1, 10) for a range, or [1, 10] for the values",
    (2, 10.0): "Write Float(2, 10.0) for a range",
    (
        1e-6,
        1e2,
        "log-uniform",
    ): "list of 3 values, not a range. Write Float(1e-06, 100.0, log=True)",
    (1, 5, "uniform"): "Write Int(1, 5) for a range",
}


@pytest.mark.parametrize(("spec", "message"), RANGES.items())
def test_a_tuple_that_looks_like_a_range(spec, message):
    """It is a list of values, as in scikit-learn, but few mean that."""
    with pytest.warns(SkhpoWarning, match=re.escape(message)) as caught:
        space = Space({"x": spec})
    assert caught[0].filename == __file__
    assert "Parameter 'x'" in str(caught[0].message)
    assert space.size == len(spec)
    assert all(space.contains({"x": value}) for value in spec)
    with pytest.warns(SkhpoWarning, match="'alpha': the tuple .* not a range") as caught:
        RandomSearchCV(Ridge(), {"alpha": spec[:2]}, n_iter=2, cv=2).fit([[1], [2]] * 3, range(6))
    assert caught[0].filename == __file__


@pytest.mark.parametrize(
    "spec",
    [
        (1, 2),
        (True, 5),
        (None, 5),
        ("a", "b"),
        (10.0, 0.1),
        (0.1, 1.0, 10.0),
        (1,),
        (3, 1),
        (1, 2, 9),
        (1, 4, 8, 9),
    ],
)
def test_other_tuples_are_lists_of_values(spec):
    """Warnings are errors here."""
    assert Space({"x": spec}).size == len(spec)
