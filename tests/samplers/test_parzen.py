from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from skhpo.samplers.parzen import (
    CategoricalKernels,
    DiscreteKernels,
    GaussianKernels,
    ParzenEstimator,
    bandwidths,
    linear_forgetting,
)
from skhpo.space import Categorical, Float, Int, Space
from skhpo.space.space import as_domain

MU = np.array([0.0, 0.2, 0.5, 0.97, 1.0])
SIGMA = np.array([0.03, 0.5, 1.0, 0.03, 0.2])

DISCRETE = {
    "linear": Int(1, 12),
    "log": Int(1, 40, log=True),
    "steps": Float(0, 1, step=0.25),
    "numbers": as_domain("x", [1, 5, 100]),
    "pair": as_domain("x", ["a", "b"]),
    "unequal": as_domain("x", stats.binom(6, 0.2)),
}

FINITE = Space(
    [
        {"kernel": ["linear"], "C": Int(1, 4)},
        {
            "kernel": ["rbf"],
            "C": Int(1, 4),
            "gamma": ["scale", "auto", 0.1],
            "n": Int(1, 9, log=True),
        },
        {"kernel": ["poly"], "C": [1, 10], "degree": Int(2, 3), "constant": [7]},
    ]
)
MIXED = Space({"x": Float(0, 1), "y": Float(1e-3, 1e3, log=True), "kind": ["a", "b", "c"]})


def estimator(space, n=12, seed=0):
    rng = np.random.default_rng(seed)
    rows = space.encoding.sample(n, rng)
    return rows, ParzenEstimator(space.encoding, rows, rng.uniform(0.5, 1.0, n))


def all_rows(space):
    return space.encoding.encode(list(space.grid()))


# --------------------------------------------------------------------------- one parameter


def test_gaussian_kernels_are_truncated_gaussians():
    columns = np.linspace(0, 1, 41)[:, None]
    expected = stats.truncnorm.logpdf(columns, -MU / SIGMA, (1 - MU) / SIGMA, MU, SIGMA)
    assert GaussianKernels(MU, SIGMA).log_density(columns) == pytest.approx(expected)


@pytest.mark.parametrize("k", range(len(MU)))
def test_gaussian_samples_follow_their_kernel(k):
    drawn = GaussianKernels(MU, SIGMA).sample(np.full(2000, k), np.random.default_rng(k))[:, 0]
    assert ((drawn >= 0) & (drawn <= 1)).all()
    kernel = stats.truncnorm(-MU[k] / SIGMA[k], (1 - MU[k]) / SIGMA[k], MU[k], SIGMA[k])
    assert stats.kstest(drawn, kernel.cdf).pvalue > 0.001


@pytest.mark.parametrize("domain", DISCRETE.values(), ids=DISCRETE)
def test_probabilities_of_discrete_values_have_the_sum_one(domain):
    columns = np.array([domain.encode(value) for value in domain.values()])
    mass = np.exp(DiscreteKernels(GaussianKernels(MU, SIGMA), domain).log_density(columns))
    assert mass.sum(axis=0) == pytest.approx(1.0)
    assert mass[columns[:, 0] < 0.5, 0].sum() > 0.99  # all of a narrow kernel is around its centre
    assert mass[columns[:, 0] > 0.7, 3].sum() > 0.99


@pytest.mark.parametrize("domain", DISCRETE.values(), ids=DISCRETE)
@pytest.mark.parametrize("k", [1, 2])
def test_discrete_samples_follow_their_kernel(domain, k):
    kernels = DiscreteKernels(GaussianKernels(MU, SIGMA), domain)
    columns = np.array([domain.encode(value) for value in domain.values()])
    drawn = kernels.sample(np.full(4000, k), np.random.default_rng(0))
    counts = (np.abs(drawn - columns.T) < 1e-12).sum(axis=0)
    assert counts.sum() == 4000  # each is exactly the position of a value
    expected = 4000 * np.exp(kernels.log_density(columns)[:, k])
    often = expected > 5
    rest = [4000 - counts[often].sum()], [4000 - expected[often].sum()]
    statistic = np.sum((counts[often] - expected[often]) ** 2 / expected[often])
    assert stats.chi2.sf(statistic, often.sum()) > 0.001
    assert abs(rest[0][0] - rest[1][0]) < 30


def test_values_of_a_huge_range_are_told_apart():
    domain = Int(1, 10**9)
    kernels = DiscreteKernels(GaussianKernels(np.array([0.5]), np.array([0.1])), domain)
    columns = np.array([domain.encode(value) for value in (5 * 10**8, 6 * 10**8)])
    first, second = kernels.log_density(columns)[:, 0]
    assert first - second == pytest.approx(0.5, rel=1e-4)


def test_categorical_samples_follow_their_probabilities():
    probabilities = np.array([[0.2, 0.5, 0.3], [0.05, 0.1, 0.85]])
    kernels = CategoricalKernels(probabilities)
    for k, expected in enumerate(probabilities):
        drawn = kernels.sample(np.full(4000, k), np.random.default_rng(k))
        assert (drawn.sum(axis=1) == 1).all()
        assert drawn.mean(axis=0) == pytest.approx(expected, abs=0.03)
    assert np.exp(kernels.log_density(np.eye(3)))[:, 0] == pytest.approx(probabilities[0])


def test_bandwidths_reach_to_the_farther_neighbour():
    assert bandwidths(np.array([0.7, 0.1, 0.4]), 0.05) == pytest.approx([0.3, 0.3, 0.3])
    assert bandwidths(np.array([0.9, 0.1, 0.3]), 0.25) == pytest.approx([0.6, 0.25, 0.6])
    assert bandwidths(np.array([0.2]), 0.05) == pytest.approx([0.8])
    assert bandwidths(np.array([]), 0.05).shape == (0,)


@pytest.mark.parametrize("n", [0, 1, 24, 25, 26, 27, 60, 400])
def test_forgetting_is_that_of_hyperopt(n):
    """``linear_forgetting_weights`` of its version 0.3.0, in ``tpe.py``, with its default of 25."""
    if n < 25:
        expected = np.ones(n)
    else:
        ramp = np.linspace(1 / n, 1.0, num=n - 25)
        expected = np.concatenate([ramp, np.ones(25)])
    np.testing.assert_array_equal(linear_forgetting(n), expected)


# --------------------------------------------------------------------------- all of them


def test_probabilities_of_a_finite_space_have_the_sum_one():
    _, density = estimator(FINITE)
    assert np.exp(density.log_density(all_rows(FINITE))).sum() == pytest.approx(1.0)


def test_a_density_has_the_integral_one():
    _, density = estimator(MIXED)
    positions = np.linspace(0, 1, 201)
    x, y = (grid.ravel() for grid in np.meshgrid(positions, positions))
    total = 0.0
    for kind in "abc":
        row = MIXED.encoding.encode([{"x": 0.5, "y": 1.0, "kind": kind}])[0]
        slots = {slot.name: slot.columns.start for slot in MIXED.encoding.slots(0)}
        rows = np.repeat(row[None], len(x), axis=0)
        rows[:, slots["x"]], rows[:, slots["y"]] = x, y
        values = np.exp(density.log_density(rows)).reshape(201, 201)
        total += integrate.simpson(integrate.simpson(values, x=positions), x=positions)
    assert total == pytest.approx(1.0, abs=1e-3)


def test_samples_follow_the_density():
    _, density = estimator(FINITE)
    configurations = list(FINITE.grid())
    rows = density.sample(4000, np.random.default_rng(0))
    drawn = [FINITE.key(FINITE.encoding.decode(row)) for row in rows]
    counts = np.array([drawn.count(FINITE.key(params)) for params in configurations])
    expected = 4000 * np.exp(density.log_density(all_rows(FINITE)))
    often = expected > 5
    assert counts.sum() == 4000
    assert often.sum() > 10
    statistic = np.sum((counts[often] - expected[often]) ** 2 / expected[often])
    assert stats.chi2.sf(statistic, often.sum()) > 0.001


@pytest.mark.parametrize("space", [FINITE, MIXED], ids=["finite", "mixed"])
def test_samples_mean_a_configuration_exactly(space):
    _, density = estimator(space)
    rows = density.sample(50, np.random.default_rng(0))
    again = space.encoding.encode([space.encoding.decode(row) for row in rows])
    assert again == pytest.approx(rows)


def test_the_formula():
    """A sum of products of kernels, one component for each configuration and one for the prior."""
    space = Space({"x": Float(0, 1), "kind": ["a", "b", "c"]})
    seen = [{"x": 0.2, "kind": "a"}, {"x": 0.6, "kind": "c"}]
    density = ParzenEstimator(space.encoding, space.encoding.encode(seen), np.array([1.0, 0.5]))

    def gaussian(mu, sigma):
        return stats.truncnorm.pdf(0.5, -mu / sigma, (1 - mu) / sigma, mu, sigma)

    expected = (
        1.0 * gaussian(0.2, 0.4) * 0.175
        + 0.5 * gaussian(0.6, 0.4) * 0.65
        + 1.0 * gaussian(0.5, 1.0) * (1 / 3)
    ) / 2.5
    (value,) = density.log_density(space.encoding.encode([{"x": 0.5, "kind": "c"}]))
    assert math.exp(value) == pytest.approx(expected)


def test_it_is_multivariate():
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    corners = [
        {"x": 0.1, "y": 0.1},
        {"x": 0.12, "y": 0.12},
        {"x": 0.9, "y": 0.9},
        {"x": 0.88, "y": 0.88},
    ]
    density = ParzenEstimator(space.encoding, space.encoding.encode(corners), np.ones(4))
    other = [{"x": 0.1, "y": 0.9}]
    both, neither = density.log_density(space.encoding.encode([corners[0], *other]))
    assert both - neither > 1.0


def test_a_shared_parameter_is_learnt_about_in_the_other_branch():
    shared, own = Float(0, 1), Float(0, 1)
    space = Space([{"k": ["a"], "x": shared, "z": own}, {"k": ["b"], "x": shared, "w": own}])
    seen = [{"k": "a", "x": 0.1 + 0.01 * i, "z": 0.9} for i in range(4)]
    density = ParzenEstimator(space.encoding, space.encoding.encode(seen), np.ones(4))
    rows = space.encoding.encode(
        [
            {"k": "b", "x": 0.1, "w": 0.1},
            {"k": "b", "x": 0.9, "w": 0.1},
            {"k": "b", "x": 0.1, "w": 0.9},
        ]
    )
    near, far, same = density.log_density(rows)
    assert near > far
    assert near == pytest.approx(same)  # nothing is known of w


def test_without_anything_seen_it_is_the_prior():
    density = ParzenEstimator(FINITE.encoding, np.empty((0, FINITE.encoding.n_columns)), np.ones(0))
    branches = [
        FINITE.encoding.branch(row) for row in density.sample(3000, np.random.default_rng(0))
    ]
    assert np.bincount(branches) / 3000 == pytest.approx([1 / 3] * 3, abs=0.04)
    assert np.exp(density.log_density(all_rows(FINITE))).sum() == pytest.approx(1.0)


def test_constants_count_for_nothing():
    space = Space({"a": [1], "b": Categorical(["x"])})
    _, density = estimator(space)
    assert density.log_density(all_rows(space)) == pytest.approx([0.0])
    assert space.encoding.decode(density.sample(1, np.random.default_rng(0))[0]) == {
        "a": 1,
        "b": "x",
    }
