from __future__ import annotations

import math

import numpy as np
import pytest

from skhpo import Float, Int, Space
from skhpo.exceptions import SpaceError

NAN = float("nan")


@pytest.mark.parametrize(
    ("domain", "told"),
    [
        (Float(1, 0), ["low=1", "high=0", "write Float(0, 1)"]),
        (Float(1, 1), ["low=1", "high=1", "write [1] for a constant"]),
        (Float(0, 1, log=True), ["low=0", "needs low > 0", "log=False"]),
        (Float(-1, 1, log=True), ["low=-1", "needs low > 0"]),
        (Float(NAN, 1), ["low=nan", "not a finite number", "Float(low, high)"]),
        (Float(0, NAN), ["high=nan", "not a finite number"]),
        (Float(0, math.inf), ["high=inf", "not a finite number"]),
        (Float("0", 1), ["low='0'", "not a finite number"]),
        (Float(False, 1), ["low=False", "not a finite number"]),
        (Float(0, None), ["high=None", "not a finite number"]),
        (Float(1, 10, log=True, step=1), ["log and step exclude each other", "geomspace(1, 10"]),
        (Float(0, 1, step=0), ["step=0", "must be positive"]),
        (Float(0, 1, step=-0.1), ["step=-0.1", "must be positive"]),
        (Float(0, 1, step=2), ["step=2", "at most high - low = 1"]),
        (Float(-1e20, 0, step=1), ["step=1", "too small", "leave it out"]),
        (Float(0, 1, step=1e-320), ["too small"]),
        (Float(0, 2**2000), ["too large"]),
        (Float(0, 1, step=NAN), ["step=nan"]),
        (Int(5, 1), ["low=5", "high=1", "write Int(1, 5)"]),
        (Int(3, 3), ["write [3] for a constant"]),
        (Int(0, 8, log=True), ["low=0", "needs low > 0"]),
        (Int(NAN, 8), ["low=nan", "Int(low, high)"]),
        (Int(0.5, 8), ["low=0.5", "not an integer", "Float(0.5, 8)"]),
        (Int(0, 8, step=0.5), ["step=0.5", "not an integer"]),
        (Int(0, 8, step=NAN), ["step=nan", "not an integer"]),
        (Int(0, 8, step=math.inf), ["step=inf", "not an integer"]),
        (Int(0, 8, step=0), ["step=0", "must be positive"]),
        (Int(0, 8, step=9), ["step=9", "at most"]),
        (Int(1, 8, log=True, step=2), ["log and step exclude each other"]),
        (Int(0, 10**20), ["too large", "list", "Float(0, 100000000000000000000)"]),
    ],
    ids=repr,
)
def test_what_cannot_be_meant_is_refused_with_a_remedy(domain, told):
    with pytest.raises(SpaceError) as caught:
        Space({"alpha": domain})
    message = str(caught.value)
    assert "Parameter 'alpha'" in message
    for part in told:
        assert part in message


def test_bounds_are_included_and_never_passed():
    for domain in (Float(0.1, 0.7), Float(1e-4, 1e2, log=True), Float(1e-300, 1e300, log=True)):
        assert domain.from_unit(0.0) == domain.low
        assert domain.from_unit(1.0) == domain.high
        assert domain.low in domain
        assert domain.high in domain
        assert np.nextafter(domain.low, -1) not in domain
        assert np.nextafter(domain.high, math.inf) not in domain
        for position in np.linspace(0, 1, 101):
            value = domain.from_unit(position)
            assert domain.low <= value <= domain.high
            assert type(value) is float


def test_log_means_that_orders_of_magnitude_count():
    assert Float(1e-4, 1e4, log=True).from_unit(0.5) == pytest.approx(1.0)
    assert Float(1e-4, 1e4, log=True).to_unit(1e2) == pytest.approx(0.75)
    draws = [Int(1, 1000, log=True).sample(np.random.default_rng(seed)) for seed in range(300)]
    assert 0.4 < np.mean([draw <= 31 for draw in draws]) < 0.6


@pytest.mark.parametrize("domain", [Float(0, 1), Int(0, 9), Int(1, 9, log=True)])
def test_numbers_that_are_not_numbers_are_outside(domain):
    for value in (NAN, math.inf, -math.inf, np.float64("inf"), True, "1", None, 1j, [1]):
        assert value not in domain


@pytest.mark.parametrize(
    ("domain", "values"),
    [
        (Float(0, 1, step=0.3), [0, 0.3, 0.6, 0.9]),
        (Float(0, 1, step=0.35), [0, 0.35, 0.7]),
        (Float(0, 1, step=0.5), [0, 0.5, 1]),
        (Float(0, 0.3, step=0.1), [0, 0.1, 0.2, 0.3]),
        (Float(-1, 1, step=0.75), [-1, -0.25, 0.5]),
        (Float(1e-13, 4e-13, step=1e-13), [1e-13, 2e-13, 3e-13, 4e-13]),
        (Int(1, 10, step=4), [1, 5, 9]),
        (Int(-3, 0), [-3, -2, -1, 0]),
        (Int(0, 1), [0, 1]),
        (Int(1.0, 3.0), [1, 2, 3]),
        (Int(np.uint8(250), np.uint8(255), step=np.uint8(5)), [250, 255]),
        (Int(1, 5, log=True), [1, 2, 3, 4, 5]),
    ],
    ids=repr,
)
def test_values_of_a_finite_range(domain, values):
    assert list(domain.values()) == pytest.approx(values, rel=1e-12)
    assert domain.size == len(values)
    assert all(value in domain for value in values)
    drawn = {domain.sample(np.random.default_rng(seed)) for seed in range(300)}
    assert sorted(drawn) == pytest.approx(values, rel=1e-12)
    assert len({domain.key(value) for value in values}) == len(values)
    for value in domain.values():
        assert domain.from_unit(domain.to_unit(value)) == value


@pytest.mark.parametrize(
    ("domain", "value"),
    [
        (Float(0, 1, step=0.3), 1.0),
        (Float(0, 1, step=0.35), 1.0),
        (Float(0, 1, step=0.35), 0.36),
        (Float(1e-13, 4e-13, step=1e-13), 1.5e-13),
        (Int(1, 10, step=4), 10),
        (Int(1, 10, step=4), 2),
        (Int(0, 3), 1.5),
    ],
    ids=repr,
)
def test_what_lies_between_the_steps_is_outside(domain, value):
    assert value not in domain


def test_steps_forgive_rounding():
    assert 0.3 in Float(0, 1, step=0.1)
    assert 0.1 + 0.2 in Float(0, 1, step=0.1)
    assert Float(0, 1, step=0.1).key(0.3) == Float(0, 1, step=0.1).key(0.1 + 0.2)


def test_integers_come_as_plain_ones():
    for domain in (Int(np.int64(1), np.int64(9)), Int(1, 10**6, log=True), Int(1.0, 9.0)):
        assert type(domain.sample(np.random.default_rng(0))) is int
        assert type(domain.from_unit(0.7)) is int
        assert 3.0 in domain
        assert np.int32(3) in domain
        assert domain.key(np.int32(3)) == domain.key(3.0) == 3


@pytest.mark.parametrize("log", [False, True])
def test_huge_ranges_of_integers(log):
    domain = Int(1, 10**12, log=log)
    assert domain.size == 10**12
    values = [1, 2, 3, 10**6 + 1, 10**12 - 1, 10**12]
    values += [domain.sample(np.random.default_rng(seed)) for seed in range(50)]
    for value in values:
        assert domain.from_unit(domain.to_unit(value)) == value
        (moved,) = domain.neighbours(
            np.array([[domain.to_unit(value)]]), np.random.default_rng(0), 1e-15
        )
        assert abs(domain.decode(moved) - value) == 1


@pytest.mark.parametrize("domain", [Int(1, 4, log=True), Int(1, 4), Float(0, 1.5, step=0.5)])
def test_each_value_has_its_part_of_the_interval(domain):
    positions = np.linspace(0, 1, 10_001)
    values = [domain.from_unit(position) for position in positions]
    assert values == sorted(values)
    assert len(set(values)) == 4
    for value in set(values):
        owned = positions[[other == value for other in values]]
        assert owned.min() <= domain.to_unit(value) <= owned.max()


def test_repr_can_be_read():
    for domain in (Float(1e-4, 1, log=True), Float(0, 1, step=0.1), Int(1, 8, log=True)):
        assert eval(repr(domain)) == domain
