from __future__ import annotations

import pickle
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import approx_fprime, check_grad
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, RationalQuadratic

from skhpo.surrogates import (
    Columns,
    GaussianProcess,
    GaussianProcessPosterior,
    Hyperparameters,
    LogNormal,
)
from skhpo.surrogates.cholesky import cholesky, inverse_factor
from skhpo.surrogates.evidence import NegativeLogDensity
from skhpo.surrogates.kernel import Kernel

APART = Columns.apart(2)
TOGETHER = Columns((1, 2, 1), n_active=2.5)  # the second parameter has two columns
SCALES = np.array([0.3, 0.8, 1.1, 0.5])
HYPERPARAMETERS = Hyperparameters(Kernel(SCALES[:2], APART, 1.7, 0.6, 0.9), 1e-3, mean=0.4)
JOINT = Hyperparameters(Kernel(SCALES[:2], APART, 1.7), 1e-3, mean=0.4)


def smooth(X):
    return np.sin(6 * X[:, 0]) + X[:, 1] ** 2


def data(rng, n=15):
    X = rng.random((n, 2))
    return X, smooth(X)


def oracle(X, y, h):
    """Scikit-learn's process, which has no additive kernels."""
    kernel = ConstantKernel(h.kernel.joint_variance) * Matern(h.kernel.length_scales, nu=2.5)
    model = GaussianProcessRegressor(kernel, alpha=h.noise_variance, optimizer=None)
    return model.fit(X, y - h.mean)


def covariance(A, B, kernel):
    """The formula of the kernel, from scikit-learn's correlations."""
    columns, unit = kernel.columns, np.sqrt(kernel.columns.effective_dimension)
    alone = []
    for j in range(columns.n_parameters):
        mine = columns.parameter == j
        length_scales = kernel.length_scales[mine] / unit
        each = RationalQuadratic(1.0, alpha=2.0)
        alone.append(each(A[:, mine] / length_scales, B[:, mine] / length_scales))
    pairs = [p * q for p, q in combinations(alone, 2)]
    total = kernel.joint_variance * Matern(kernel.length_scales, nu=2.5)(A, B)
    total += kernel.additive_variance * np.mean(alone, axis=0)
    return total + (kernel.pair_variance * np.mean(pairs, axis=0) if pairs else 0.0)


def density(X, y, columns=APART):
    n = X.shape[1] + 4
    return NegativeLogDensity(X, y, columns, np.linspace(-1.0, 0.5, n), np.linspace(0.5, 2.0, n))


# --------------------------------------------------------------------------- the posterior


def test_predicts_as_scikit_learn(rng):
    X, y = data(rng)
    points = rng.random((40, 2))
    mean, std = GaussianProcessPosterior.given(X, y, JOINT).predict(points)
    expected = oracle(X, y, JOINT).predict(points, return_std=True)
    np.testing.assert_allclose(mean - JOINT.mean, expected[0], rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(std, expected[1], rtol=1e-6)


@pytest.mark.parametrize("columns", [Columns.apart(1), APART, Columns.apart(4), TOGETHER])
def test_predicts_by_the_textbook_with_all_parts_of_the_kernel(rng, columns):
    d = len(columns.parameter)
    X, points = rng.random((15, d)), rng.random((40, d))
    y, pair_variance = np.sin(6 * X[:, 0]) + X[:, -1] ** 2, 0.9 * (d > 1)
    h = Hyperparameters(Kernel(SCALES[:d], columns, 1.7, 0.6, pair_variance), 1e-3, mean=0.4)
    k, K = covariance(points, X, h.kernel), covariance(X, X, h.kernel)
    K += h.noise_variance * np.eye(len(X))
    mean, std = GaussianProcessPosterior.given(X, y, h).predict(points)
    np.testing.assert_allclose(mean, h.mean + k @ np.linalg.solve(K, y - h.mean), rtol=1e-8)
    variance = h.kernel.variance - np.einsum("ij,ji->i", k, np.linalg.solve(K, k.T))
    np.testing.assert_allclose(std, np.sqrt(variance), rtol=1e-6)
    np.testing.assert_allclose(h.kernel(points, X), k, rtol=1e-10)


def test_learns_what_each_dimension_does_alone(rng):
    X, points = rng.random((40, 6)), rng.random((200, 6))
    weights = np.arange(6)
    y, truth = (np.sin(7 * A + weights).sum(axis=1) for A in (X, points))
    spread = y.std()
    posterior = GaussianProcess().fit(X, y / spread)
    joint_only = GaussianProcess(additive_variance=LogNormal(1e-6, 0.1)).fit(X, y / spread)
    errors = [
        np.mean((p.predict(points)[0] - truth / spread) ** 2) for p in (posterior, joint_only)
    ]
    assert posterior.hyperparameters.kernel.additive_variance > 0.5
    assert errors[0] < 0.2 * errors[1]


def test_learns_what_two_parameters_do_together():
    rng = np.random.default_rng(0)
    X, points = rng.random((80, 6)), rng.random((200, 6))
    pairs = [(0, 1), (1, 2), (3, 4), (4, 5), (0, 5)]
    y, truth = (
        sum(np.sin(4 * A[:, i]) * np.cos(4 * A[:, j]) for i, j in pairs) for A in (X, points)
    )
    no_pairs = GaussianProcess(pair_variance=LogNormal(1e-6, 0.1))
    errors = [
        np.mean((model.fit(X, y / y.std()).predict(points)[0] - truth / y.std()) ** 2)
        for model in (GaussianProcess(), no_pairs)
    ]
    assert errors[0] < 0.5 * errors[1]


def test_columns_of_one_parameter_count_as_one(rng):
    """Names at the same distance from each other are as alike, however many there are."""
    few, many = Columns((1, 2)), Columns((1, 6))
    correlations = []
    for columns in (few, many):
        d = len(columns.parameter)
        kernel = Kernel(np.ones(d), columns, 0.0, 1.0, 1.0)
        A, B = np.zeros((1, d)), np.zeros((1, d))
        A[0, 1] = B[0, 2] = 1.0
        correlations.append(kernel(A, B).item())
    assert correlations[0] == pytest.approx(correlations[1])


@pytest.mark.parametrize("d", [0, 1, 2])
def test_the_variance_is_the_covariance_of_a_point_with_itself(rng, d):
    kernel = GaussianProcess().fit(rng.random((5, d)), np.arange(5.0)).hyperparameters.kernel
    x = np.full((1, d), 0.5)
    assert kernel(x, x).item() == pytest.approx(kernel.variance)


def test_refuses_columns_that_are_not_those_of_the_points(rng):
    with pytest.raises(ValueError, match=r"widths .* 2 columns.* 3"):
        GaussianProcess().fit(rng.random((4, 2)), np.arange(4.0), Columns((1, 2)))


def test_interpolates_data_without_noise(rng):
    X, y = data(rng)
    h = Hyperparameters(Kernel(SCALES[:2], APART, 1.7, 0.6, 0.9), 1e-10)
    mean, std = GaussianProcessPosterior.given(X, y, h).predict(X)
    np.testing.assert_allclose(mean, y, atol=1e-6)
    assert (std < 1e-4).all()
    assert (std > 0).all()


@pytest.mark.parametrize("columns", [Columns.apart(1), APART, TOGETHER])
def test_gradients_of_the_prediction(rng, columns):
    d = len(columns.parameter)
    X, points = rng.random((15, d)), rng.random((6, d))
    h = Hyperparameters(Kernel(SCALES[:d], columns, 1.7, 0.6, 0.9 * (d > 1)), 1e-3, mean=0.4)
    posterior = GaussianProcessPosterior.given(X, np.sin(6 * X[:, 0]) + X[:, -1] ** 2, h)
    mean, std, mean_gradient, std_gradient = posterior.predict_with_gradient(points)
    np.testing.assert_allclose((mean, std), posterior.predict(points))
    for i, x in enumerate(points):
        numeric = approx_fprime(x, lambda x: np.ravel(posterior.predict(x[None])), 1e-7)
        np.testing.assert_allclose([mean_gradient[i], std_gradient[i]], numeric, atol=1e-5)


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 12), k=st.integers(0, 6))
@settings(max_examples=30, deadline=None)
def test_conditioning_equals_appending_the_expected_measurements(seed, n, k):
    rng = np.random.default_rng(seed)
    X, y = data(rng, n)
    pending, points = rng.random((k, 2)), rng.random((9, 2))
    posterior = GaussianProcessPosterior.given(X, y, HYPERPARAMETERS)
    fantasies = np.concatenate([y, posterior.predict(pending)[0]]) if k else y
    refitted = GaussianProcessPosterior.given(
        np.concatenate([X, pending]), fantasies, HYPERPARAMETERS
    )
    conditioned = posterior.condition_on(pending)
    np.testing.assert_allclose(conditioned.predict(points), refitted.predict(points), rtol=1e-6)
    np.testing.assert_allclose(conditioned.predict(points)[0], posterior.predict(points)[0])
    assert (conditioned.predict(points)[1] <= posterior.predict(points)[1] + 1e-9).all()


def test_conditioning_on_measured_and_on_equal_points(rng):
    X, y = data(rng)
    h = Hyperparameters(Kernel(SCALES[:2], APART, 1.7, 0.6, 0.9), 1e-8)
    posterior = GaussianProcessPosterior.given(X, y, h)
    conditioned = posterior.condition_on(np.concatenate([X[:3], X[:3], X[:1]]))
    np.testing.assert_allclose(conditioned.predict(X)[0], y, atol=1e-4)


# --------------------------------------------------------------------------- the fit


@pytest.mark.parametrize("columns", [Columns.apart(1), APART, TOGETHER])
def test_density_is_the_marginal_likelihood_and_the_prior(rng, columns):
    d = len(columns.parameter)
    X = rng.random((15, d))
    y = np.sin(6 * X[:, 0]) + X[:, -1] ** 2
    negative_log_density = density(X, y, columns)
    differences = []
    for theta in rng.normal(-0.5, 0.5, size=(5, d + 4)):
        h = negative_log_density.hyperparameters(theta)
        K = covariance(X, X, h.kernel) + h.noise_variance * np.eye(len(X))
        likelihood = multivariate_normal(np.full(len(X), h.mean), K).logpdf(y)
        z = (theta - np.linspace(-1.0, 0.5, d + 4)) / np.linspace(0.5, 2.0, d + 4)
        expected = -likelihood + 0.5 * z @ z + 0.5 * h.mean**2
        differences.append(negative_log_density(theta)[0] - expected)
    np.testing.assert_allclose(differences, differences[0], atol=1e-8)  # the constant left out


@pytest.mark.parametrize(
    ("n", "columns"),
    [(1, Columns.apart(1)), (2, Columns.apart(3)), (20, TOGETHER), (40, Columns.apart(8))],
)
def test_gradient_of_the_density(rng, n, columns):
    X = rng.random((n, len(columns.parameter)))
    negative_log_density = density(X, np.sin(6 * X.sum(axis=1)), columns)
    for theta in rng.normal(-0.5, 0.5, size=(3, X.shape[1] + 4)):
        error = check_grad(
            lambda t: negative_log_density(t)[0], lambda t: negative_log_density(t)[1], theta
        )
        assert error < 1e-5 * max(1.0, np.linalg.norm(negative_log_density(theta)[1]))


def test_length_scales_are_expected_to_grow_with_the_root_of_the_dimension():
    """One measurement tells nothing of them, so that they are what the prior likes best."""
    flat, of_many, of_branches = (
        GaussianProcess()
        .fit(np.full((1, columns.n_parameters), 0.5), np.zeros(1), columns)
        .hyperparameters.kernel.length_scales
        for columns in (Columns.apart(2), Columns.apart(20), Columns((1,) * 20, n_active=2.0))
    )
    assert flat == pytest.approx(flat[0])
    assert of_many == pytest.approx(np.sqrt(10) * flat[0], rel=1e-3)
    assert of_branches == pytest.approx(flat[0], rel=1e-3)


def test_finds_out_which_dimension_matters(rng):
    X = rng.random((40, 3))
    kernel = GaussianProcess().fit(X, np.sin(8 * X[:, 1])).hyperparameters.kernel
    assert kernel.length_scales.argmin() == 1
    assert kernel.length_scales[[0, 2]].min() > 3 * kernel.length_scales[1]


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_finds_out_how_noisy_measurements_are(rng, noise):
    X = rng.random((60, 2))
    y = smooth(X) / smooth(X).std() + noise * rng.standard_normal(60)
    assert GaussianProcess().fit(X, y).hyperparameters.noise_variance ** 0.5 == pytest.approx(
        noise, rel=0.35, abs=0.02
    )


def test_predicts_points_it_has_not_seen(rng):
    X, points = rng.random((150, 4)), rng.random((50, 4))
    posterior = GaussianProcess().fit(X, np.sin(3 * X).sum(axis=1))
    mean, std = posterior.predict(points)
    error = np.abs(mean - np.sin(3 * points).sum(axis=1))
    assert error.max() < 0.1
    assert (error < 5 * std + 1e-3).all()


def test_fit_is_a_pure_function(rng):
    X, y = data(rng, 80)
    model, points = GaussianProcess(), rng.random((5, 2))
    first = model.fit(X, y).predict(points)
    model.fit(rng.random((10, 3)), rng.random(10))
    np.testing.assert_array_equal(model.fit(X, y).predict(points), first)
    np.testing.assert_array_equal(
        pickle.loads(pickle.dumps(model)).fit(X, y).predict(points), first
    )


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (np.full((1, 2), 0.5), np.array([0.0])),
        (np.full((5, 2), 0.5), np.zeros(5)),
        (np.full((5, 2), 0.5), np.array([1.0, -1.0, 0.0, 2.0, -2.0])),
        (np.random.default_rng(0).random((60, 2)), np.zeros(60)),
        (np.repeat(np.random.default_rng(0).random((20, 2)), 3, axis=0), np.arange(60) / 30),
        (np.linspace(0, 1e-9, 20).reshape(10, 2), np.linspace(-1, 1, 10)),
        (np.random.default_rng(0).random((10, 2)), np.array([1e6] + [0.0] * 9)),
        (np.empty((4, 0)), np.arange(4.0)),
    ],
    ids=["one", "same", "contradictions", "flat", "duplicates", "crowded", "outlier", "no columns"],
)
def test_awkward_data_gives_finite_predictions(X, y):
    posterior = GaussianProcess().fit(X, y)
    points = np.random.default_rng(1).random((10, X.shape[1]))
    assert all(np.isfinite(part).all() for part in posterior.predict_with_gradient(points))
    assert (posterior.predict(points)[1] > 0).all()


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (np.zeros((0, 2)), np.zeros(0), "n >= 1"),
        (np.zeros(3), np.zeros(3), r"\(3,\)"),
        (np.zeros((3, 2)), np.zeros(4), r"\(4,\)"),
        (np.full((3, 2), np.nan), np.zeros(3), "finite"),
        (np.zeros((3, 2)), np.array([0.0, np.inf, 0.0]), "finite"),
    ],
)
def test_refuses_data_it_cannot_use(X, y, message):
    with pytest.raises(ValueError, match=message):
        GaussianProcess().fit(X, y)


# --------------------------------------------------------------------------- linear algebra


def test_cholesky_adds_what_rounding_errors_took():
    K = np.asfortranarray(np.ones((5, 5)) - 1e-10 * np.eye(5))
    U = np.triu(cholesky(K))
    np.testing.assert_allclose(U.T @ U, K, atol=1e-8)


@pytest.mark.parametrize("K", [-np.eye(3), np.array([[1.0, 9.0], [9.0, 1.0]])])
def test_cholesky_refuses_what_is_no_covariance(K):
    with pytest.raises(np.linalg.LinAlgError):
        cholesky(np.asfortranarray(K))


def test_inverse_factor(rng):
    A = rng.random((6, 9))
    K = A @ A.T
    R = inverse_factor(K)
    np.testing.assert_allclose(R @ R.T @ K, np.eye(6), atol=1e-8)


def test_of_too_many_points_the_better_half_is_kept(rng):
    X, y = data(rng, 60)
    posterior = GaussianProcess(max_points=20).fit(X, y)
    kept = {tuple(x) for x in posterior.X}
    assert len(posterior.X) == 20
    assert {tuple(x) for x in X[np.argsort(-y)[:10]]} <= kept


@pytest.mark.parametrize("how", ["fitted", "given other data", "given"])
def test_of_thousands_of_points_a_thousand_are_kept(rng, how):
    """Without being told: what a prediction costs grows with the square of their number."""
    X, y = data(rng, 1500)
    if how == "fitted":
        posterior = GaussianProcess().fit(X, y)
    elif how == "given other data":
        posterior = GaussianProcess().fit(X[:20], y[:20]).given_data(X, y)
    else:
        posterior = GaussianProcessPosterior.given(X, y, HYPERPARAMETERS)
    assert posterior.R.shape == (1000, 1000)
    assert len(posterior.X) == len(posterior.alpha) == 1000


def test_of_many_points_a_part_decides_the_hyperparameters(rng):
    """From 301 on, that is: what is left out of the fit is in the posterior all the same."""
    X = rng.random((330, 2))
    y = np.sin(5 * X[:, 0]) + 0.1 * rng.standard_normal(330)
    whole = GaussianProcess().fit(X, y)
    matters = []
    for place in range(20):
        other = y.copy()
        other[place] += 3.0
        posterior = GaussianProcess().fit(X, other)
        assert posterior.predict(X[[place]])[0] != whole.predict(X[[place]])[0]
        matters.append(
            posterior.hyperparameters.noise_variance != whole.hyperparameters.noise_variance
        )
    assert 15 <= sum(matters) < 20
