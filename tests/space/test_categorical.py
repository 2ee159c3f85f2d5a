from __future__ import annotations

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.svm import SVC

from skhpo import Categorical, Space
from skhpo.exceptions import SpaceError
from skhpo.space.values import same_value

VALUES = [
    None,
    True,
    1,
    1.0,
    "1",
    float("nan"),
    (1, 2),
    [1, 2],
    {"a": [1, None]},
    np.array([1.0, 2.0]),
    SVC(C=2),
    SVC,
    len,
    lambda x: x,
    "passthrough",
]


def draws(domain, n=300):
    return [domain.sample(np.random.default_rng(seed)) for seed in range(n)]


def test_any_value_may_stand_in_a_list():
    domain = Categorical(VALUES)
    assert domain.size == len(VALUES)
    assert not domain.is_ordered
    for position, value in enumerate(VALUES):
        assert value in domain
        assert domain.key(value) == position
        columns = domain.encode(value)
        assert columns.sum() == 1
        assert columns[position] == 1
        assert domain.decode(columns) is value
    assert {domain.key(value) for value in draws(domain)} == set(range(len(VALUES)))
    assert "other" not in domain
    assert (1, 3) not in domain


def test_values_are_known_again_after_copying():
    domain = Categorical([value for value in VALUES if not callable(value) or value is len])
    for other in (copy.deepcopy(domain), pickle.loads(pickle.dumps(domain))):
        for value in domain.values():
            assert other.key(value) == domain.key(value)
            assert same_value(other.decode(domain.encode(value)), value)


def test_two_or_eight_is_never_three():
    space = Space({"n": [2, 8]})
    domain = space.branches[0]["n"]
    assert set(draws(domain)) == {2, 8}
    assert {domain.from_unit(position) for position in np.linspace(0, 1, 101)} == {2, 8}
    rng = np.random.default_rng(0)
    assert {domain.decode(row) for row in domain.sample_columns(100, rng)} == {2, 8}
    for outside in (3, 5, 2.5):
        assert outside not in domain


def test_numbers_are_ordered_by_size_for_a_model_and_as_listed_for_a_grid():
    domain = Categorical([100, 1, 10])
    assert domain.is_ordered
    assert domain.n_columns == 1
    assert domain.to_unit(1) < domain.to_unit(10) < domain.to_unit(100)
    assert domain.to_unit(10) == 0.5, "by rank, not by value"
    assert list(domain.values()) == [100, 1, 10]


@pytest.mark.parametrize(
    ("choices", "ordered", "n_columns"),
    [
        ([1, 2.5, 10], None, 1),
        ([1, 2, 3], False, 3),
        (["s", "m", "l"], None, 3),
        (["s", "m", "l"], True, 1),
        ([1, 2, None], None, 3),
        ([1, 2, float("nan")], None, 3),
        ([0, 1, True], None, 3),
        (["a", "b"], None, 1),
        ([True, False], None, 1),
        (["a"], None, 0),
        (["a", "a"], None, 0),
        (["a", "b", "a"], None, 1),
        (range(100), None, 1),
    ],
)
def test_columns(choices, ordered, n_columns):
    domain = Categorical(choices, ordered=ordered)
    assert domain.n_columns == n_columns
    assert domain.encode(choices[0]).shape == (n_columns,)
    assert domain.decode(domain.encode(choices[-1])) == pytest.approx(choices[-1], nan_ok=True)


def test_order_as_said():
    domain = Categorical(["small", "medium", "large"], ordered=True)
    positions = [domain.to_unit(value) for value in domain.values()]
    assert positions == sorted(positions)
    assert Categorical([3, 1, 2], ordered=True).to_unit(3) < 0.5


def test_what_stands_twice_is_one_value_drawn_twice_as_often():
    domain = Categorical(["a", "b", "a", np.str_("a")])
    assert domain.size == 2
    assert list(domain.values()) == ["a", "b"]
    assert 0.65 < np.mean([value == "a" for value in draws(domain, 500)]) < 0.85


def test_not_a_number_stands_for_itself():
    domain = Categorical([float("nan"), np.nan, 1.0])
    assert domain.size == 2
    assert domain.key(float("nan")) == domain.key(np.float64("nan")) == 0


def test_one_sample_and_all_samples_are_different():
    domain = Categorical([1, 1.0])
    assert domain.size == 2
    assert domain.key(1) != domain.key(1.0)
    assert {type(value) for value in draws(domain)} == {int, float}


@pytest.mark.parametrize(
    "spec",
    [
        [1, 2, 3],
        (1, 2, 3),
        range(1, 4),
        np.array([1, 2, 3]),
        pd.Series([1, 2, 3], index=[7, 8, 9]),
        pd.Index([1, 2, 3]),
        Categorical(np.array([1, 2, 3])),
        Categorical(pd.Series([1, 2, 3], index=[7, 8, 9])),
        Categorical((1, 2, 3)),
    ],
    ids=lambda spec: type(spec).__name__,
)
def test_what_a_list_may_be(spec):
    domain = Space({"x": spec}).branches[0]["x"]
    assert list(domain.values()) == [1, 2, 3]
    assert {type(value) for value in draws(domain)} == {int}


@pytest.mark.parametrize(
    ("spec", "remedy"),
    [
        ("linear", "['linear']"),
        (5, "[5]"),
        (None, "[None]"),
        (np.float64(0.5), "0.5"),
        (SVC(), "[SVC()]"),
        ({"a": 1}, "[{'a': 1}]"),
        ({1}, "sorted({1})"),
        (iter([1]), "list(<list_iterator"),
        ((n for n in [1]), "list(<generator"),
        (np.array([[1, 2], [3, 4]]), "list(array)"),
        ([], "at least one value"),
        (np.array([]), "at least one value"),
        (range(0), "at least one value"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("read", [lambda spec: spec, Categorical])
def test_what_is_no_list_is_refused_with_a_remedy(spec, remedy, read):
    with pytest.raises(SpaceError) as caught:
        Space({"kernel": read(spec)})
    assert "Parameter 'kernel'" in str(caught.value)
    assert remedy in str(caught.value)


def test_a_value_that_is_not_listed_is_named():
    with pytest.raises(SpaceError, match=r"'c' is not one of \['a', 'b'\]"):
        Categorical(["a", "b"]).key("c")


def test_estimators_of_a_pipeline_step():
    space = Space({"reduce": ["passthrough", PCA(2), PCA(3)], "clf": [SVC(C=1), SVC(C=2)]})
    assert space.size == 6
    copied = copy.deepcopy(space)
    for params in space.grid():
        assert copied.key(params) == space.key(params)
