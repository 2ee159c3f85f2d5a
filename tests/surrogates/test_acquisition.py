from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import check_grad
from scipy.stats import norm

from skhpo.surrogates import (
    Columns,
    ExpectedImprovement,
    GaussianProcess,
    GaussianProcessPosterior,
    Hyperparameters,
    LogExpectedImprovement,
    LogNoisyExpectedImprovement,
    ProbabilityOfImprovement,
    ThompsonSampling,
    UpperConfidenceBound,
)
from skhpo.surrogates.improvement import log_expected_improvement
from skhpo.surrogates.kernel import Kernel


def log_ei(z, std=1.0):
    z = np.atleast_1d(np.asarray(z, dtype=float))
    return log_expected_improvement(z * std, np.full_like(z, std), 0.0)


@pytest.mark.parametrize("z", [-3.0, -1.0, -0.5, 0.0, 1.0, 10.0, 1e6])
def test_is_the_logarithm_of_the_textbook_formula(z):
    expected = math.log(norm.pdf(z) + z * norm.cdf(z))
    assert log_ei(z)[0][0] == pytest.approx(expected, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("z", [-2.0, -10.0, -30.0, -300.0])
def test_left_branch_against_quadrature(z):
    # h(z) / phi(z) = int_0^inf t exp(z t - t^2 / 2) dt, without cancellation for z < 0
    integral = quad(lambda t: t * math.exp(z * t - 0.5 * t * t), 0.0, 40.0 / -z, epsabs=0)[0]
    expected = math.log(integral) + norm.logpdf(z)
    assert log_ei(z)[0][0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("z", [-1e3, -1e4, -1e6, -1e8])
def test_asymptotics_of_the_far_tail(z):
    expected = norm.logpdf(z) - 2.0 * math.log(-z)
    value, by_mean, by_std = (float(part[0]) for part in log_ei(z))
    assert value == pytest.approx(expected, rel=1e-9)
    assert by_mean == pytest.approx(-z, rel=1e-5)
    assert by_std == pytest.approx(z * z, rel=1e-5)


@pytest.mark.parametrize("seam", [-1.0, -1e3])
def test_branches_join_smoothly(seam):
    left, right = log_ei(seam * (1 + 1e-9)), log_ei(seam * (1 - 1e-9))
    for below, above in zip(left, right, strict=True):
        assert below[0] == pytest.approx(above[0], rel=1e-7)


def test_finite_and_increasing_from_minus_a_million():
    z = np.concatenate([-np.geomspace(1e6, 1e-3, 2000), np.geomspace(1e-3, 1e6, 2000)])
    value, by_mean, by_std = log_ei(z)
    assert np.isfinite(value).all()
    assert (np.diff(value) > 0).all()
    assert (by_mean > 0).all()
    assert (by_std > 0)[z < 30].all()


@given(
    mean=st.floats(-50, 5), std=st.floats(1e-3, 1e2), incumbent=st.floats(-5, 5), step=st.just(1e-6)
)
def test_derivatives_against_finite_differences(mean, std, incumbent, step):
    def value(mean, std):
        return log_expected_improvement(np.array([mean]), np.array([std]), incumbent)[0][0]

    _, by_mean, by_std = log_expected_improvement(np.array([mean]), np.array([std]), incumbent)
    h = step * std
    numeric = (value(mean + h, std) - value(mean - h, std)) / (2 * h)
    assert by_mean[0] == pytest.approx(numeric, rel=1e-4, abs=1e-6)
    numeric = (value(mean, std + h) - value(mean, std - h)) / (2 * h)
    assert by_std[0] == pytest.approx(numeric, rel=1e-4, abs=1e-6)


RULES = [
    LogExpectedImprovement(),
    LogExpectedImprovement(xi=0.5),
    ExpectedImprovement(),
    ProbabilityOfImprovement(),
    UpperConfidenceBound(),
    UpperConfidenceBound(beta=0.1),
    ThompsonSampling(),
    LogNoisyExpectedImprovement(),
]


def belief(rng, n=12, noise=0.0):
    X = rng.random((n, 3))
    y = np.sin(5 * X.sum(axis=1)) + noise * rng.standard_normal(n)
    return X, GaussianProcess().fit(X, y)


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_gradient_of_the_criterion_by_the_point(rule, rng):
    X, posterior = belief(rng)
    criterion = rule.criterion(posterior, X, rng)
    assert criterion.is_smooth
    for x in rng.random((5, 3)):
        error = check_grad(
            lambda x: criterion(x[None])[0], lambda x: criterion.with_gradient(x[None])[1][0], x
        )
        assert error < 1e-4 * np.linalg.norm(criterion.with_gradient(x[None])[1]) + 1e-8


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_value_with_and_without_gradient_agree(rule, rng):
    X, posterior = belief(rng)
    criterion = rule.criterion(posterior, X, rng)
    points = rng.random((20, 3))
    np.testing.assert_allclose(criterion(points), criterion.with_gradient(points)[0], atol=1e-12)


def values(rule, posterior, X, points, rng):
    return rule.criterion(posterior, X, rng)(points)


def test_rules_are_those_of_the_textbooks(rng):
    X, posterior = belief(rng)
    points = rng.random((50, 3))
    mean, std = posterior.predict(points)
    best = posterior.predict(X)[0].max()
    z = (mean - best - 0.1) / std
    ei = std * (z * norm.cdf(z) + norm.pdf(z))
    args = posterior, X, points, rng
    np.testing.assert_allclose(values(ExpectedImprovement(0.1), *args), ei, atol=1e-14)
    np.testing.assert_allclose(np.exp(values(LogExpectedImprovement(0.1), *args)), ei, atol=1e-14)
    np.testing.assert_allclose(np.exp(values(ProbabilityOfImprovement(0.1), *args)), norm.cdf(z))
    np.testing.assert_allclose(values(UpperConfidenceBound(1.5), *args), mean + 1.5 * std)


def test_incumbent_is_the_best_posterior_mean(rng):
    X = rng.random((30, 1))
    y = np.zeros(30)
    y[7] = 3.0  # one lucky measurement among many at nearby points
    posterior = GaussianProcess().fit(X, y + 0.5 * rng.standard_normal(30))
    best = posterior.predict(X)[0].max()
    assert best < y.max() - 0.5
    points = rng.random((50, 1))
    mean, std = posterior.predict(points)
    z = (mean - best) / std
    expected = std * (z * norm.cdf(z) + norm.pdf(z))
    np.testing.assert_allclose(
        values(ExpectedImprovement(0.0), posterior, X, points, rng), expected, atol=1e-14
    )


# --------------------------------------------------------------------------- draws


def test_drawn_functions_have_the_posteriors_mean_and_spread(rng):
    _, posterior = belief(rng)
    points = rng.random((6, 3))
    mean, std = posterior.predict(points)
    draws = np.array([posterior.draw(rng)(points) for _ in range(1500)])
    np.testing.assert_allclose(draws.mean(axis=0), mean, atol=0.12 * std.max())
    np.testing.assert_allclose(draws.std(axis=0), std, rtol=0.15, atol=0.02)


def test_drawn_function_is_one_function(rng):
    _, posterior = belief(rng)
    path = posterior.draw(rng)
    points = rng.random((6, 3))
    np.testing.assert_array_equal(path(points), path(points))
    np.testing.assert_allclose(path(points[:2]), path(points)[:2])


@pytest.mark.parametrize("noise", [1e-9, 2e-3])
def test_noisy_improvement_is_plain_improvement_without_much_noise(noise, rng):
    X = rng.random((12, 2))
    y = np.sin(5 * X.sum(axis=1))
    h = Hyperparameters(Kernel(np.array([0.5, 0.5]), Columns.apart(2), 1.0, 0.2, 0.3), noise)
    posterior = GaussianProcessPosterior.given(X, y, h)
    points = rng.random((40, 2))
    noisy = values(LogNoisyExpectedImprovement(xi=0.0), posterior, X, points, rng)
    plain = values(LogExpectedImprovement(xi=0.0), posterior, X, points, rng)
    near = plain > -5
    assert near.sum() > 5
    np.testing.assert_allclose(noisy[near], plain[near], atol=0.0 if noise < 1e-6 else 0.3)


def test_noisy_improvement_averages_over_what_the_incumbent_might_be(rng):
    """With many fantasies, it is the expectation a Monte Carlo estimate gives."""
    X, y = rng.random((8, 1)), rng.standard_normal(8)
    h = Hyperparameters(Kernel(np.array([0.3]), Columns.apart(1), 1.0), 0.5)
    posterior = GaussianProcessPosterior.given(X, y, h)
    points = rng.random((5, 1))
    noisy = values(LogNoisyExpectedImprovement(512, xi=0.0), posterior, X, points, rng)
    both = np.concatenate([X, points])
    K, k = h.kernel(X, X) + 0.5 * np.eye(8), h.kernel(both, X)
    mean = k @ np.linalg.solve(K, y)
    covariance = h.kernel(both, both) - k @ np.linalg.solve(K, k.T)
    f = rng.multivariate_normal(mean, covariance, size=200_000)
    gain = np.maximum(f[:, 8:] - f[:, :8].max(axis=1)[:, None], 0.0).mean(axis=0)
    np.testing.assert_allclose(np.exp(noisy), gain, rtol=0.1, atol=2e-3)


class Guess:
    """A posterior that can do the least a posterior must."""

    is_smooth = False

    def predict(self, X):
        return np.zeros(len(X)), np.ones(len(X))

    def given_data(self, X, y):
        return self

    def condition_on(self, X):
        return self


def test_thompson_sampling_refuses_a_posterior_without_functions_to_draw(rng):
    with pytest.raises(TypeError, match="Guess"):
        ThompsonSampling().criterion(Guess(), rng.random((3, 2)), rng)


@pytest.mark.parametrize("rule", [LogExpectedImprovement(), LogNoisyExpectedImprovement()])
def test_rule_without_gradients_is_not_smooth(rule, rng):
    assert not rule.criterion(Guess(), rng.random((3, 2)), rng).is_smooth
