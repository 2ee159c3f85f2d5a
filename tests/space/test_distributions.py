from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from skhpo import Space
from skhpo.exceptions import SpaceError

CONTINUOUS = [
    stats.uniform(-2, 5),
    stats.loguniform(1e-4, 1e2),
    stats.norm(3, 2),
    stats.lognorm(2),
    stats.expon(scale=10),
    stats.gamma(2),
    stats.beta(2, 5),
    stats.cauchy(),
    stats.halfcauchy(scale=3),
    stats.truncnorm(-1, 2),
    stats.rv_histogram(np.histogram([1, 2, 2, 3, 9], bins=4), density=False),
    stats.norm,
]

DISCRETE = [
    stats.randint(2, 9),
    stats.binom(10, 0.3),
    stats.poisson(4),
    stats.poisson(3, loc=-7),
    stats.geom(0.2),
    stats.zipf(2),
    stats.zipf(1.5),
    stats.nbinom(5, 0.05),
    stats.dlaplace(0.3),
    stats.boltzmann(0.5, 20),
    stats.randint(-5, 10**12),
    stats.geom(1e-7),
    stats.rv_discrete(values=([0, 10, 20, 500], [0.1, 0.4, 0.2, 0.3])),
    stats.rv_discrete(values=([-5, 2], [0.5, 0.5]))(),
]


def name(distribution):
    if not hasattr(distribution, "rvs"):
        return None
    return f"{getattr(distribution, 'dist', distribution).name}{getattr(distribution, 'args', '')}"


def domain_of(distribution):
    return Space({"x": distribution}).branches[0]["x"]


@pytest.mark.parametrize("distribution", CONTINUOUS, ids=name)
def test_continuous(distribution):
    domain = domain_of(distribution)
    assert domain.size == math.inf
    assert domain.is_continuous
    low, high = distribution.support()
    for position in (0.0, 1e-6, 0.01, 0.3, 0.5, 0.9, 1 - 1e-6, 1.0):
        value = domain.from_unit(position)
        assert type(value) is float
        assert low <= value <= high
        assert math.isfinite(value)
        assert value in domain
        is_bounded = np.isfinite(distribution.support()).all()
        far = 2e-9 if is_bounded else 2e-6  # tails without an end are cut off
        assert domain.to_unit(value) == pytest.approx(position, abs=far)
    for seed in range(30):
        value = domain.sample(np.random.default_rng(seed))
        assert value == domain.sample(np.random.default_rng(seed))
        assert domain.from_unit(domain.to_unit(value)) == pytest.approx(value, rel=1e-9, abs=1e-12)
    for outside in (math.nan, math.inf, -math.inf, np.nextafter(low, -math.inf), "1", None, True):
        assert outside not in domain


@pytest.mark.parametrize("distribution", CONTINUOUS, ids=name)
def test_ends(distribution):
    """Those of a bounded distribution can be tried; where there is a tail, neither side's can."""
    domain = domain_of(distribution)
    ends, support = [domain.from_unit(0.0), domain.from_unit(1.0)], distribution.support()
    if np.isfinite(support).all():
        np.testing.assert_allclose(ends, support)
    else:
        assert support[0] < ends[0] < ends[1] < support[1]
        np.testing.assert_allclose(distribution.cdf(ends), [1e-6, 1 - 1e-6], rtol=1e-6)
    near = domain.neighbours(np.full((20, 1), 0.5), np.random.default_rng(0), scale=10.0)
    there_and_back = [domain.encode(domain.decode(row)) for row in near]
    np.testing.assert_allclose(there_and_back, near, atol=1e-9)


@pytest.mark.parametrize("distribution", DISCRETE, ids=name)
def test_discrete(distribution):
    domain = domain_of(distribution)
    assert not domain.is_continuous
    rng = np.random.default_rng(0)
    seen = {domain.sample(rng) for _ in range(50)} | {
        domain.from_unit(position) for position in (0.0, 0.1, 0.5, 0.99, 1.0)
    }
    for value in seen:
        assert type(value) is int
        assert value in domain
        assert float(value) in domain
        assert value + 0.5 not in domain
        assert domain.from_unit(domain.to_unit(value)) == value
        assert domain.key(np.int64(value)) == domain.key(float(value)) == value
    rows = domain.sample_columns(200, rng)
    near = domain.neighbours(rows, rng, scale=0.01)
    np.testing.assert_array_equal(domain.snap(near[:, 0]), near[:, 0])
    for row, other in zip(rows, near, strict=True):
        assert domain.decode(row) in domain
        assert domain.decode(other) in domain
        assert domain.decode(other) != domain.decode(row)
    for outside in (math.nan, math.inf, -math.inf, "1", None, True):
        assert outside not in domain


def test_values_follow_their_probability():
    domain = domain_of(stats.rv_discrete(values=([0, 10], [0.9, 0.1])))
    rows = domain.sample_columns(1000, np.random.default_rng(0))
    assert 0.85 < np.mean([domain.decode(row) == 0 for row in rows]) < 0.95


@pytest.mark.parametrize(
    ("distribution", "size"),
    [
        (stats.randint(2, 9), 7),
        (stats.binom(10, 0.3), 11),
        (stats.rv_discrete(values=([0, 10, 20], [0.5, 0.5, 0.0])), 2),
        (stats.randint(0, 10**12), 10**12),
        (stats.poisson(4), math.inf),
        (stats.dlaplace(1), math.inf),
    ],
    ids=name,
)
def test_size(distribution, size):
    assert domain_of(distribution).size == size
    if size < 100:
        assert len(list(domain_of(distribution).values())) == size


def test_gaps_are_stepped_over():
    domain = domain_of(stats.rv_discrete(values=([0, 10, 500], [0.2, 0.5, 0.3])))
    rows = np.repeat([domain.encode(10)], 50, axis=0)
    moved = {domain.decode(row) for row in domain.neighbours(rows, np.random.default_rng(0), 1e-6)}
    assert moved == {0, 500}
    assert 5 not in domain


def test_a_tail_without_probability_is_represented_by_its_nearest_value():
    domain = domain_of(stats.zipf(2))
    assert 10**9 in domain
    assert 0 < domain.from_unit(domain.to_unit(10**9)) < 10**9


@pytest.mark.parametrize(
    ("distribution", "told"),
    [
        (stats.uniform(0, -1), ["uniform(0, -1)", "check its arguments"]),
        (stats.uniform(loc=math.nan), ["uniform(loc=nan)"]),
        (stats.loguniform(10, 1), ["(10, 1)", "order"]),
        (stats.loguniform(0, 1), ["(0, 1)"]),
        (stats.norm(0, -1), ["norm(0, -1)", "signs"]),
        (stats.randint(5, 2), ["randint(5, 2)"]),
        (stats.poisson(-1), ["poisson(-1)"]),
        (stats.uniform([0, 1], [1, 2]), ["one number each"]),
        (stats.beta, ["lacks its arguments", "beta(a, b)"]),
        (stats.poisson, ["lacks its arguments", "poisson(mu)"]),
        (stats.rv_discrete(values=([0.5, 1.5], [0.5, 0.5])), ["integers", "[0.5, 1.5]", "a list"]),
    ],
    ids=name,
)
def test_arguments_that_make_no_sense_are_refused_with_a_remedy(distribution, told):
    with pytest.raises(SpaceError) as caught:
        Space({"C": distribution})
    assert "Parameter 'C'" in str(caught.value)
    for part in told:
        assert part in str(caught.value)


@pytest.mark.parametrize("distribution", [stats.norm(0, 1), stats.norm, stats.poisson(2)], ids=name)
def test_values_of_infinitely_many(distribution):
    with pytest.raises(SpaceError, match="infinitely many values; write a list"):
        domain_of(distribution).values()


class Coin:
    """All that scikit-learn asks of a distribution."""

    def rvs(self, random_state=None):
        assert isinstance(random_state, np.random.RandomState)
        return random_state.choice([-1, 1])


def test_an_object_with_rvs_is_enough_to_draw():
    domain = domain_of(Coin())
    assert {domain.sample(np.random.default_rng(seed)) for seed in range(20)} == {-1, 1}
    assert domain.sample(np.random.default_rng(5)) == domain.sample(np.random.default_rng(5))
    assert "anything" in domain
    assert domain.key(1) == domain.key(np.int64(1)) != domain.key(1.0)
    assert domain.key(math.nan) == domain.key(float("nan"))
    assert domain.key([1, 2]) == domain.key([1, 2]) != domain.key([1, 3])
    assert domain.key((1, [2])) == domain.key((1, [2]))
    assert domain.key(np.array([1.0])) == domain.key(np.array([1.0]))


def test_several_numbers_at_once_can_be_drawn():
    domain = domain_of(stats.dirichlet([1, 1, 1]))
    value = domain.sample(np.random.default_rng(0))
    assert np.sum(value) == pytest.approx(1)
    assert domain.key(value) == domain.key(value.copy())


def test_what_can_only_be_drawn_from_says_so_to_a_model():
    space = Space({"x": Coin()})
    rng = np.random.default_rng(0)
    row = np.empty((1, 0))
    for attempt in (
        lambda: space.encoding.encode([{"x": 1}]),
        lambda: space.encoding.decode(np.empty(0)),
        lambda: space.encoding.sample(1, rng),
        lambda: space.branches[0]["x"].neighbours(row, rng, 0.1),
    ):
        with pytest.raises(SpaceError, match="RandomSearchCV"):
            attempt()
    with pytest.raises(SpaceError, match="list of values"):
        space.branches[0]["x"].values()


def test_histograms_are_told_apart():
    """Both are called 'Distribution', and both lack arguments."""
    one, other = (
        stats.rv_histogram(np.histogram(data, bins=3), density=False)
        for data in ([1, 2, 3], [7, 8, 9])
    )
    space = Space([{"x": one(), "a": [1]}, {"x": other(), "b": [1]}])
    assert space.encoding.n_columns == 3
    shared = Space([{"x": stats.norm(1), "a": [1]}, {"x": stats.norm(1), "b": [1]}])
    assert shared.encoding.n_columns == 2
