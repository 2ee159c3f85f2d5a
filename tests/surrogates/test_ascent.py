from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from skhpo.surrogates import GaussianProcess, LogExpectedImprovement
from skhpo.surrogates.ascent import climb


class Paraboloid:
    """Ill-conditioned, with its top at ``top``; counts the evaluations."""

    def __init__(self, top):
        self.top = np.asarray(top)
        self.A = np.diag(10.0 ** np.linspace(0, 3, len(top))) + 0.5
        self.evaluations = 0

    def __call__(self, X):
        return self.with_gradient(X)[0]

    def with_gradient(self, X):
        self.evaluations += 1
        away = X - self.top
        return -0.5 * np.einsum("ij,jk,ik->i", away, self.A, away), -away @ self.A


def test_finds_the_top_from_everywhere(rng):
    X = rng.random((20, 4))
    criterion, free = Paraboloid([0.2, 0.5, 0.7, 0.9]), np.ones_like(X, bool)
    ends, values = climb(criterion, X, free, max_iter=100, tol=1e-9)
    np.testing.assert_allclose(ends, np.tile(criterion.top, (20, 1)), atol=1e-3)
    assert (values > -1e-6).all()


def test_stays_in_the_cube_and_goes_to_its_edge(rng):
    criterion = Paraboloid([-0.5, 0.5, 1.5])
    X = rng.random((10, 3))
    ends, values = climb(criterion, X, np.ones_like(X, bool), max_iter=60, tol=1e-6)
    best = minimize(
        lambda x: -criterion(x[None])[0], np.full(3, 0.5), bounds=[(0, 1)] * 3, method="L-BFGS-B"
    )
    np.testing.assert_allclose(values, -best.fun, atol=1e-3, rtol=1e-4)
    assert ((ends >= 0) & (ends <= 1)).all()


def test_moves_only_what_is_free(rng):
    X, free = rng.random((10, 3)), rng.random((10, 3)) < 0.5
    ends, _ = climb(Paraboloid([0.3, 0.6, 0.9]), X, free)
    np.testing.assert_array_equal(ends[~free], X[~free])


def test_searches_do_not_depend_on_each_other(rng):
    criterion, X = Paraboloid([0.3, 0.6, 0.9]), rng.random((6, 3))
    free = np.ones_like(X, bool)
    together = climb(criterion, X, free)[0]
    alone = np.concatenate([climb(criterion, x[None], free[:1])[0] for x in X])
    np.testing.assert_allclose(together, alone, atol=1e-10)


def test_costs_what_it_may(rng):
    criterion, X = Paraboloid([0.3, 0.6, 0.9]), rng.random((6, 3))
    climb(criterion, X, np.ones_like(X, bool), max_iter=5)
    assert criterion.evaluations <= 6


def test_nothing_free_is_no_search(rng):
    criterion, X = Paraboloid([0.3, 0.6, 0.9]), rng.random((6, 3))
    np.testing.assert_array_equal(climb(criterion, X, np.zeros_like(X, bool))[0], X)
    assert criterion.evaluations == 1


@pytest.mark.parametrize("seed", range(5))
def test_as_good_as_scipy_on_expected_improvement(seed):
    rng = np.random.default_rng(seed)
    X = rng.random((40, 3))
    posterior = GaussianProcess().fit(X, np.sin(6 * X).sum(axis=1))
    criterion = LogExpectedImprovement().criterion(posterior, X, rng)
    starts = rng.random((300, 3))
    starts = starts[np.argsort(-criterion(starts))[:6]]
    ends, values = climb(criterion, starts, np.ones_like(starts, bool))
    peers = [
        minimize(
            lambda x: tuple(-part[0] for part in criterion.with_gradient(x[None])),
            start,
            jac=True,
            bounds=[(0, 1)] * 3,
            method="L-BFGS-B",
        )
        for start in starts
    ]
    np.testing.assert_allclose(values, criterion(ends))
    assert (values >= criterion(starts)).all()
    assert values.max() >= max(-peer.fun for peer in peers) - 0.01
