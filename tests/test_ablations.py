"""The variants of skhpo's samplers that are compared with the samplers themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime, check_grad

from benchmarks.samplers.ablations.__main__ import main, report
from benchmarks.samplers.ablations.folds import FoldSpread, own_spread, whole_spread
from benchmarks.samplers.ablations.regions import _Boxed, _side
from benchmarks.samplers.ablations.steps import GeometricSteps
from benchmarks.samplers.ablations.variants import VARIANTS
from benchmarks.samplers.ablations.warping import WarpedGaussianProcess
from benchmarks.samplers.problems import PROBLEMS
from benchmarks.samplers.results import Results, Run
from skhpo import Float, Space, Tuner
from skhpo.samplers import BayesianSampler
from skhpo.surrogates import GaussianProcess
from skhpo.surrogates.columns import Columns

COLUMNS = Columns((1, 3, 1))


def data(n=15, seed=0):
    rng = np.random.default_rng(seed)
    X = np.column_stack([rng.random(n), np.eye(3)[rng.integers(3, size=n)], rng.random(n)])
    y = np.sin(12 * X[:, 0] ** 3) + X[:, 1] + 0.1 * rng.normal(size=n)
    return X, (y - y.mean()) / y.std()


def search(sampler, n=18, seed=0):
    """Return the points of a search."""
    tuner = Tuner({"x": Float(0, 1), "y": Float(0, 1)}, sampler=sampler, random_state=seed)
    for _ in range(n):
        task = tuner.ask()
        tuner.tell(task, bowl(task.params))
    return [(trial.params["x"], trial.params["y"]) for trial in tuner.history.trials]


def bowl(params):
    return -((params["x"] - 0.3) ** 2) - (params["y"] - 0.6) ** 2


# --------------------------------------------------------------------------- warping


@pytest.fixture
def density():
    X, y = data()
    return WarpedGaussianProcess()._density(X, y, COLUMNS)


def test_without_warping_the_density_is_the_plain_one(density):
    X, y = data()
    plain = GaussianProcess()._density(X, y, COLUMNS)
    value, gradient = plain(plain.start)
    warped_value, warped_gradient = density(density.start)
    assert warped_value == pytest.approx(value)
    assert warped_gradient[: len(gradient)] == pytest.approx(gradient, rel=1e-3, abs=1e-4)


def test_the_gradient_of_the_warped_density(density):
    rng = np.random.default_rng(1)
    theta = density.start + 0.3 * rng.standard_normal(len(density.start))
    error = check_grad(lambda t: density(t)[0], lambda t: density(t)[1], theta)
    assert error < 1e-4 * np.linalg.norm(density(theta)[1])


def test_a_bent_axis_is_found_and_gradients_follow_it():
    X, y = data(40)
    posterior = WarpedGaussianProcess().fit(X, y, COLUMNS)
    warp = posterior.hyperparameters.kernel.warp
    assert warp.a[0] > 1.2  # the ripples are at the upper end
    assert (warp.a[1:4] == 1).all()  # no order, nothing to bend
    assert (warp.b[1:4] == 1).all()
    point = np.array([0.4, 0.0, 1.0, 0.0, 0.7])
    by_mean, by_std = posterior.predict_with_gradient(point[None])[2:]
    for which, gradient in enumerate((by_mean, by_std)):
        expected = approx_fprime(point, lambda x, at=which: posterior.predict(x[None])[at][0])
        assert gradient[0, [0, 4]] == pytest.approx(expected[[0, 4]], rel=1e-3, abs=1e-5)


# --------------------------------------------------------------------------- folds


def test_spreads_by_hand():
    scores = np.array([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0], [0.0, 1.0, 5.0]])
    assert whole_spread(scores) == pytest.approx([1 / 3, 1 / 3, 7 / 3])
    # two of three agree on how hard the folds are: nothing of their spread is their own
    assert own_spread(scores) == pytest.approx([0.0, 0.0, 1.0])


def test_folds_that_agree_change_nothing():
    told = FoldSpread(lambda params: np.full(3, bowl(params)), whole_spread)
    assert search(told) == search(BayesianSampler())


def test_folds_that_do_not_agree_do():
    def scores(params):
        return bowl(params) + np.array([-0.3, 0.0, 0.3])

    assert search(FoldSpread(scores, whole_spread)) != search(BayesianSampler())
    assert search(FoldSpread(scores, own_spread)) == search(BayesianSampler())


def test_known_noise_in_units_of_the_model():
    """A transform that is linear here, so that variances are scaled by its squared slope."""
    space, rng = Space({"x": Float(0, 1)}), np.random.default_rng(0)
    told = FoldSpread(lambda params: params["x"] + np.array([-0.1, 0.0, 0.1]), whole_spread)
    X = rng.random((12, 1))
    for row in X:
        params = space.encoding.decode(row)
        told._surrogate.known[row.tobytes()] = told._fold_scores(params)
    variances = told._surrogate.variances(X, 5 * X[:, 0] - 2)
    assert variances == pytest.approx(np.full(12, 25 * 0.01 / 3))


# --------------------------------------------------------------------------- region, steps


def test_the_box_grows_with_success_and_shrinks_without():
    rising, flat = np.arange(1.0, 41.0), np.zeros(41)
    assert _side([*rising[:9]], d=2) == 1.6  # the third success in it
    assert _side([*rising], d=2) == 1.6  # never larger
    assert _side([*flat[:10]], d=2) == 0.4  # four in it
    assert _side([*flat[:11]], d=2) == 0.4  # the last one was anywhere
    assert _side([*flat[:18]], d=2) == 0.2
    assert _side([*flat[:20]], d=8) == 0.8  # more parameters, more patience


def test_outside_of_the_box_it_is_worse():
    class Slope:
        def __call__(self, X):
            return X.sum(axis=1)

        def with_gradient(self, X):
            return self(X), np.ones_like(X)

    boxed = _Boxed(Slope(), np.array([0.2, -np.inf]), np.array([0.4, np.inf]))
    X = np.array([[0.3, 0.9], [0.4, 0.9], [0.5, 0.9], [0.1, 0.9]])
    assert boxed(X)[:2] == pytest.approx([1.2, 1.3])
    assert (boxed(X)[2:] < 0).all()
    for x in X[[0, 2, 3]]:
        expected = approx_fprime(x, lambda x: boxed(x[None])[0])
        assert boxed.with_gradient(x[None])[1][0] == pytest.approx(expected, rel=1e-3)


def test_steps_grow_geometrically():
    model = GeometricSteps()
    rng = np.random.default_rng(0)
    X, y = rng.random((60, 2)), rng.standard_normal(60)
    for n in range(4, 60):
        model.fit(X[:n], y[:n])
    assert list(model.kept) == [4, 5, 6, 7, 8, 9, 10, 15, 22, 33, 50]


def test_a_step_is_a_fit_like_any_other():
    X, y = data(15)
    stepping = GeometricSteps().fit(X, y, COLUMNS)
    plain = GaussianProcess().fit(X, y, COLUMNS)
    np.testing.assert_array_equal(stepping.alpha, plain.alpha)


# --------------------------------------------------------------------------- the command


def test_ratios_by_hand():
    problem = PROBLEMS["camel"]
    best, range_ = problem.best, problem.best - problem.median

    def run(variant, seed, regret, milliseconds):
        values = [best - regret * range_] * 3
        return Run("camel", variant, seed, values, values, [milliseconds / 1e3] * 3, {})

    runs = [run("gp", 0, 0.1, 10), run("gp", 1, 0.4, 10)]
    runs += [run("gp-warped", 0, 0.1, 20), run("gp-warped", 1, 0.1, 30)]
    text = report({each.key: each for each in runs}, ["gp", "gp-warped"], [problem], 3)
    row = text.splitlines()[-2].split("  ")
    cells = [cell.strip() for cell in row if cell]
    assert cells == [
        "gp-warped",
        "gp",
        "1",
        "2",
        "0.50 [0.25, 1.00]",
        "0.40 [0.25, 1.00]",
        "25 to 10",
    ]


def test_every_variant_from_the_command_line(tmp_path, capsys):
    command = ["--results", str(tmp_path), "--problems", "camel", "classifiers-wine"]
    main([*command, "--seeds", "1", "--trials", "12"])
    text = capsys.readouterr().out
    runs = Results(tmp_path).runs()
    assert not [run.error for run in runs.values() if run.error]
    for name, variant in VARIANTS.items():
        assert ("classifiers-wine", name, 0) in runs
        assert (("camel", name, 0) in runs) != variant.needs_folds
        assert (f"\n{name} " in text) == (name != variant.baseline)
    main([*command[:4], "--seeds", "1", "--trials", "12"])  # all of it is there
    text = capsys.readouterr().out
    assert "seed 0:" not in text
    assert "gp-warped" in text
    assert "fold-spread" not in text  # on no problem of these
