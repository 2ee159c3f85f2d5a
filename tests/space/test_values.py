from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from skhpo.space.values import ValueIndex, is_finite, is_integer, is_number, same_value

NAN = float("nan")


def greet():
    return "hello"


SAME = [
    (1, np.int64(1)),
    (1.5, np.float64(1.5)),
    (NAN, float("nan")),
    (NAN, np.float32("nan")),
    (True, np.True_),
    ("rbf", np.str_("rbf")),
    (None, None),
    ((1, "a", (2.0,)), (np.int32(1), "a", (np.float64(2.0),))),
    ((1, [2]), (1, [2])),
    ([1, [NAN]], [1, [NAN]]),
    ({"a": 1, "b": [2]}, {"b": [2], "a": 1}),
    (np.array([1.0, NAN]), np.array([1.0, NAN])),
    (np.array(["a"], dtype=object), np.array(["a"], dtype=object)),
    (SVC(C=2), SVC(C=2)),
    (SVC, SVC),
    (greet, greet),
    ({1, 2}, {2, 1}),
]

DIFFERENT = [
    (1, 2),
    (1, True),
    (0, False),
    (1, 1.0),
    (1.0, True),
    (1, "1"),
    (None, NAN),
    (None, "None"),
    (b"a", "a"),
    ((1, 2), [1, 2]),
    ((1, 2), (1, 2, 3)),
    ((1, 2), (1, True)),
    ([1], [1, 1]),
    ({"a": 1}, {"b": 1}),
    ({"a": 1}, {"a": 2}),
    (np.array([1, 2]), np.array([1, 3])),
    (np.array([1, 2]), np.array([[1, 2]])),
    (np.array([1, 2]), [1, 2]),
    (SVC(C=2), SVC(C=3)),
    (SVC(), LogisticRegression()),
    (SVC, SVC()),
    (greet, len),
]


class Secretive:
    """Something whose == raises, as that of many arrays does when one asks for its truth."""

    def __eq__(self, other):
        raise ValueError("ambiguous")

    __hash__ = None


@pytest.mark.parametrize(("a", "b"), SAME, ids=repr)
def test_same(a, b):
    assert same_value(a, b)
    assert same_value(b, a)
    assert ValueIndex(["before", a]).find(b) == 1
    assert ValueIndex(["before", b]).find(a) == 1
    assert len(ValueIndex([a, b])) == 1


@pytest.mark.parametrize(("a", "b"), DIFFERENT, ids=repr)
def test_different(a, b):
    assert not same_value(a, b)
    assert not same_value(b, a)
    index = ValueIndex([a, b])
    assert len(index) == 2
    assert (index.find(a), index.find(b)) == (0, 1)


def test_an_object_that_cannot_be_compared_is_the_same_as_itself():
    one, other = Secretive(), Secretive()
    assert same_value(one, one)
    assert not same_value(one, other)
    assert ValueIndex([one, other]).find(other) == 1
    assert ValueIndex([one]).find(other) is None


def test_index_keeps_first_of_equals_in_order():
    index = ValueIndex(["b", "a", "b", (1,), (1,), 3, np.int64(3)])
    assert list(index) == ["b", "a", (1,), 3]
    assert index[2] == (1,)
    assert index.find("c") is None
    assert index.find([1]) is None


def test_a_number_of_another_kind_is_found_if_only_that_one_is_there():
    assert ValueIndex([1.0, 10.0]).find(10) == 1
    assert ValueIndex([1, 10]).find(10.0) == 1
    assert ValueIndex([1, 1.0]).find(1.0) == 1
    assert ValueIndex([1, 1.0]).find(1) == 0
    assert ValueIndex([1, 10]).find(True) is None
    assert ValueIndex([True, False]).find(1) is None


def test_long_lists_are_searched_fast():
    tuples = [(i, j) for i in range(100) for j in range(100)]
    index = ValueIndex(tuples)
    assert len(index) == 10_000
    assert all(index.find(value) == position for position, value in enumerate(tuples))


def test_kinds_of_numbers():
    assert is_number(1)
    assert is_number(np.float32(1))
    assert is_number(Fraction(1, 2))
    assert not any(map(is_number, [True, np.True_, "1", None, 1j, [1]]))
    assert is_finite(10**400)
    assert not any(map(is_finite, [math.inf, -math.inf, NAN, np.float64("inf"), "1", True]))
    assert is_integer(3.0)
    assert is_integer(np.int8(3))
    assert not any(map(is_integer, [3.5, math.inf, np.float64("inf"), NAN, "3", True, None]))
