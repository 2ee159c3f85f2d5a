from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skhpo import Categorical, Float, Int, Space, Tuner
from skhpo.samplers import BayesianSampler
from skhpo.surrogates import RandomForest
from skhpo.surrogates.transforms import normalise
from skhpo.testing import VirtualExecutor


def jumps(X):
    return np.where(X[:, 0] > 0.4, 1.0, -1.0) + np.where(X[:, 1] > 0.7, 0.5, 0.0)


def data(rng, n=60, d=2):
    X = rng.random((n, d))
    return X, normalise(jumps(X))


# --------------------------------------------------------------------------- the prediction


def leaf_of(structure, x):
    """Walk down a tree, by the rule of scikit-learn's documentation."""
    node = 0
    while structure.children_left[node] != structure.children_right[node]:
        goes_left = np.float32(x[structure.feature[node]]) <= structure.threshold[node]
        node = (structure.children_left if goes_left else structure.children_right)[node]
    return node


@pytest.mark.parametrize("min_samples_leaf", [1, 8])
def test_law_of_total_variance_by_hand(rng, min_samples_leaf):
    X, y = data(rng)
    y = y + 0.3 * rng.standard_normal(len(y))
    model = RandomForest(min_samples_leaf=min_samples_leaf, min_variance=0.05)
    posterior = model.fit(X, y)
    points = rng.random((9, 2))
    means, stds = posterior.predict(points)
    for point, mean, std in zip(points, means, stds, strict=True):
        leaves = [(tree, leaf_of(tree.structure, point)) for tree in posterior.trees]
        mu = [tree.structure.value[leaf].item() for tree, leaf in leaves]
        sigma2 = [max(tree.structure.impurity[leaf], 0.05) for tree, leaf in leaves]
        # E[Y] = E[E[Y|t]], and Var[Y] = E[Var[Y|t]] + E[E[Y|t]^2] - E[Y]^2
        assert mean == pytest.approx(np.mean(mu))
        variance = np.mean(sigma2) + np.mean(np.square(mu)) - np.mean(mu) ** 2
        assert std == pytest.approx(np.sqrt(variance))


def test_leaves_hold_what_was_measured(rng):
    """One tree with all the data in one leaf is the sample's mean and variance."""
    y = np.array([3.0, 3.0, 3.0, 3.0, 1.0, 1.0])
    X = np.full((6, 2), 0.5)  # nothing to split at
    posterior = RandomForest(n_trees=400, min_variance=1e-6).fit(X, y)
    mean, std = posterior.predict(np.array([[0.1, 0.9]]))
    # a bootstrap sample's mean varies by var / n, and its variance is less by as much
    assert mean[0] == pytest.approx(y.mean(), abs=0.1)
    assert std[0] == pytest.approx(y.std(), rel=0.05)


def test_finds_jumps_and_what_does_not_matter(rng):
    X, points = rng.random((150, 4)), rng.random((200, 4))
    far = (np.abs(points[:, 0] - 0.4) > 0.05) & (np.abs(points[:, 1] - 0.7) > 0.05)
    mean, std = RandomForest().fit(X, jumps(X)).predict(points)
    error = np.abs(mean - jumps(points))
    assert np.median(error[far]) < 0.1
    assert std[~far].mean() > 1.5 * std[far].mean()


def test_uncertainty_grows_away_from_data():
    X = np.concatenate([np.linspace(0, 0.3, 12), np.linspace(0.7, 1, 12)])[:, None]
    posterior = RandomForest(n_trees=100).fit(X, np.sign(X[:, 0] - 0.5))
    near, far = (posterior.predict(at)[1] for at in (X, np.linspace(0.4, 0.6, 12)[:, None]))
    assert far.min() > 2 * near.mean()


def test_less_uncertainty_with_more_data(rng):
    points = rng.random((100, 2))
    few, many = (RandomForest().fit(*data(rng, n)).predict(points)[1] for n in (10, 250))
    assert few.mean() > 1.5 * many.mean()


@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 30), d=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_predictions_stay_within_the_data(seed, n, d):
    rng = np.random.default_rng(seed)
    X, y = rng.random((n, d)), rng.standard_normal(n)
    mean, std = RandomForest().fit(X, y).predict(rng.random((20, d)))
    assert (mean >= y.min() - 1e-9).all()
    assert (mean <= y.max() + 1e-9).all()
    # no distribution on an interval has a larger standard deviation than half its length
    assert (std >= 0.1 - 1e-9).all()
    assert (std <= np.hypot(np.ptp(y) / 2, 0.1) + 1e-9).all()


def test_rows_are_predicted_one_by_one(rng):
    posterior = RandomForest().fit(*data(rng))
    points = rng.random((50, 2))
    order = rng.permutation(50)
    for part, shuffled in zip(
        posterior.predict(points), posterior.predict(points[order]), strict=True
    ):
        np.testing.assert_array_equal(part[order], shuffled)
    alone = np.concatenate([posterior.predict(point[None]) for point in points], axis=1)
    np.testing.assert_allclose(alone, posterior.predict(points))
    in_columns = np.asfortranarray(points)
    np.testing.assert_array_equal(posterior.predict(in_columns), posterior.predict(points))


def test_a_space_of_all_kinds(rng):
    """Encoded values that are the same value are the same to the trees."""
    space = Space(
        {"a": Float(1e-4, 1, log=True), "b": Int(1, 9), "c": Categorical(["x", "y", "z"])}
    )
    X = space.encoding.sample(80, rng)
    y = np.array([params["c"] == "y" for params in map(space.encoding.decode, X)], dtype=float)
    posterior = RandomForest().fit(X, y)
    points = space.encoding.sample(50, rng)
    expected = [params["c"] == "y" for params in map(space.encoding.decode, points)]
    assert np.mean(posterior.predict(points)[0].round() == expected) > 0.9
    again = space.encoding.encode([space.encoding.decode(row) for row in X])
    np.testing.assert_array_equal(posterior.predict(again), posterior.predict(X))


# --------------------------------------------------------------------------- running trials


def test_conditioning_is_a_fit_with_what_was_expected(rng):
    X, y = data(rng)
    posterior, running, points = RandomForest().fit(X, y), rng.random((5, 2)), rng.random((40, 2))
    refitted = RandomForest().fit(
        np.concatenate([X, running]), np.concatenate([y, posterior.predict(running)[0]])
    )
    np.testing.assert_array_equal(
        posterior.condition_on(running).predict(points), refitted.predict(points)
    )
    assert posterior.condition_on(np.empty((0, 2))) is posterior


def test_conditioning_takes_uncertainty_away():
    X = np.concatenate([np.linspace(0, 0.3, 12), np.linspace(0.7, 1, 12)])[:, None]
    posterior = RandomForest(n_trees=50).fit(X, np.sign(X[:, 0] - 0.5))
    running = np.linspace(0.47, 0.53, 4)[:, None]
    before, after = posterior.predict(running), posterior.condition_on(running).predict(running)
    assert after[1].mean() < 0.6 * before[1].mean()


def test_a_sampler_with_a_forest_climbs_stairs():
    tuner = Tuner(
        {"x": Float(0, 1), "n": Int(0, 100)},
        lambda params: np.ceil(5 * params["x"]) - abs(params["n"] - 62) // 4,
        sampler=BayesianSampler(surrogate=RandomForest()),
        max_concurrent_trials=3,
        executor=VirtualExecutor(3),
        random_state=0,
    ).run(n_trials=30)
    assert tuner.best_score == 5  # the highest: one in 72 draws
    assert len({str(trial.params) for trial in tuner.history.trials}) == 30


# --------------------------------------------------------------------------- the fit


def test_fit_is_a_pure_function(rng):
    X, y = data(rng)
    model, points = RandomForest(), rng.random((30, 2))
    state = np.random.get_state()[1].copy()
    first = model.fit(X, y).predict(points)
    model.fit(rng.random((10, 3)), rng.random(10))
    np.testing.assert_array_equal(model.fit(X, y).predict(points), first)
    np.testing.assert_array_equal(RandomForest().fit(X.copy(), y).predict(points), first)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    assert not np.array_equal(RandomForest(seed=1).fit(X, y).predict(points), first)


def test_pickles(rng):
    posterior, points = RandomForest().fit(*data(rng)), rng.random((30, 2))
    again = pickle.loads(pickle.dumps(posterior))
    np.testing.assert_array_equal(again.predict(points), posterior.predict(points))
    np.testing.assert_array_equal(
        again.condition_on(points).predict(points), posterior.condition_on(points).predict(points)
    )


def test_it_is_not_smooth(rng):
    posterior = RandomForest().fit(*data(rng))
    assert not posterior.is_smooth
    assert not hasattr(posterior, "predict_with_gradient")


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (np.full((1, 2), 0.5), np.array([0.7])),
        (np.random.default_rng(0).random((60, 2)), np.full(60, 0.7)),
        (np.empty((4, 0)), np.full(4, 0.7)),
    ],
    ids=["one", "flat", "no columns"],
)
def test_data_that_tells_one_number(X, y):
    mean, std = RandomForest().fit(X, y).predict(np.random.default_rng(1).random((9, X.shape[1])))
    np.testing.assert_allclose(mean, 0.7)
    np.testing.assert_allclose(std, 0.1)


def test_repeated_points():
    X = np.repeat([[0.2, 0.2], [0.8, 0.8]], 200, axis=0)
    y = np.concatenate([np.full(200, -1.0), np.resize([0.0, 2.0], 200)])
    mean, std = RandomForest(n_trees=50).fit(X, y).predict(X[[0, -1]])
    np.testing.assert_allclose(mean, [-1.0, 1.0], atol=0.05)
    np.testing.assert_allclose(std, [0.1, 1.0], atol=0.05)


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
        RandomForest().fit(X, y)


def test_draws_its_trees(rng):
    X = rng.random((40, 2))
    posterior = RandomForest().fit(X, X[:, 0])
    points = rng.random((30, 2))
    draws = np.array([posterior.draw(rng)(points) for _ in range(200)])
    np.testing.assert_allclose(draws.mean(axis=0), posterior.predict(points)[0], atol=0.1)
    assert len(np.unique(draws, axis=0)) == 10
    assert not posterior.draw(rng).is_smooth
