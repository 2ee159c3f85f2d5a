from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from skhpo.schedulers import rungs
from skhpo.schedulers.rungs import check_resources, n_divisions

TOPS = [27, 243, 729, 1000, 59049]


@pytest.mark.parametrize("factor", [2, 3, 10])
@pytest.mark.parametrize("top", TOPS)
def test_counted_from_the_top_by_dividing_once_for_each_rung(top, factor):
    expected = [top]
    while top // factor ** len(expected) >= 1:
        expected.insert(0, top // factor ** len(expected))
    assert rungs(1, top, factor) == tuple(expected)
    assert all(type(rung) is int for rung in rungs(1, top, factor))


@pytest.mark.parametrize(
    ("top", "factor", "n"), [(27, 3, 4), (243, 3, 6), (729, 3, 7), (1000, 10, 4), (59049, 3, 11)]
)
def test_exact_at_exact_powers(top, factor, n):
    assert rungs(1, top, factor) == tuple(factor**k for k in range(n))


def test_exact_where_the_logarithm_is_not():
    assert math.floor(math.log(243, 3)) == 4  # the error
    assert n_divisions(243, 3) == 5
    powers = [(factor, k) for factor in range(2, 30) for k in range(1, 12)]
    for factor, k in powers:
        assert n_divisions(factor**k, factor) == k
        assert n_divisions(factor**k - 1, factor) == k - 1


def test_no_rung_is_below_the_lowest():
    for lowest in range(1, 120):
        ladder = rungs(lowest, 1000, 3)
        assert ladder[-1] == 1000
        assert ladder[0] >= lowest
        assert 1000 // 3 ** len(ladder) < lowest


def test_factors_that_are_no_integers_are_not_rounded():
    assert rungs(1, 1000, 2.5) == (1, 4, 10, 25, 64, 160, 400, 1000)
    e = Fraction(math.e)
    assert rungs(1, 500, math.e) == tuple(int(500 // e**k) for k in range(6, -1, -1))


def test_numbers_of_numpy():
    assert rungs(np.int32(1), np.int32(2**30), np.int32(2))[0] == 1
    assert rungs(np.int64(1), np.int64(81), np.float64(3)) == (1, 3, 9, 27, 81)


def test_one_rung():
    assert rungs(9, 9, 3) == (9,)
    assert rungs(5, 9, 3) == (9,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 9, 3), "min_resource must be an integer of 1 or more, got 0"),
        ((1.5, 9, 3), "min_resource must be an integer"),
        ((1, "auto", 3), "max_resource must be an integer of 1 or more, got 'auto'"),
        ((10, 9, 3), "min_resource must not be greater than max_resource, got 10 and 9"),
        ((1, 9, 1.5), "factor must be a number 2 or more, got 1.5"),
        ((1, 9, True), "factor must be a number"),
        ((1, 9, math.nan), "factor must be a number"),
        ((1, 9, math.inf), "factor must be a"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        rungs(*arguments)


@pytest.mark.parametrize(
    "resources", [(), 9, "19", (0, 1), (1, 1), (3, 1), (1, None), (1, math.inf), (1, math.nan)]
)
def test_resources_that_are_no_ladder(resources):
    with pytest.raises(ValueError, match=r"mine: resources must be numbers above 0 that grow"):
        check_resources("mine", resources)
