from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.optimize import check_grad
from scipy.stats import norm

from skhpo.surrogates import GaussianProcess, LogExpectedImprovement
from skhpo.surrogates.acquisition import log_expected_improvement


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


def test_gradient_of_the_criterion_by_the_point(rng):
    X = rng.random((12, 3))
    posterior = GaussianProcess().fit(X, np.sin(5 * X.sum(axis=1)))
    criterion = LogExpectedImprovement().criterion(posterior, X, rng)
    for x in rng.random((5, 3)):
        error = check_grad(
            lambda x: criterion(x[None])[0], lambda x: criterion.with_gradient(x[None])[1][0], x
        )
        assert error < 1e-4 * np.linalg.norm(criterion.with_gradient(x[None])[1])


def test_value_with_and_without_gradient_agree(rng):
    X = rng.random((12, 3))
    posterior = GaussianProcess().fit(X, X.sum(axis=1))
    criterion = LogExpectedImprovement().criterion(posterior, X, rng)
    points = rng.random((20, 3))
    np.testing.assert_allclose(criterion(points), criterion.with_gradient(points)[0])


def test_incumbent_is_the_best_posterior_mean(rng):
    X = rng.random((30, 1))
    y = np.zeros(30)
    y[7] = 3.0  # one lucky measurement among many at nearby points
    posterior = GaussianProcess().fit(X, y + 0.5 * rng.standard_normal(30))
    best = posterior.predict(X)[0].max()
    assert LogExpectedImprovement(xi=0.0).criterion(posterior, X, rng).incumbent == best
    assert LogExpectedImprovement(xi=0.5).criterion(posterior, X, rng).incumbent == best + 0.5
