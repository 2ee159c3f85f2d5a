"""What mattered, on functions of which that is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import randint, uniform
from sklearn.datasets import load_iris
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import RandomizedSearchCV
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from skhpo import Float, HyperbandSearchCV, Tuner
from skhpo.history import History
from skhpo.inspection import importance, interactions
from skhpo.inspection.emulator import MOST_TRIALS
from skhpo.inspection.observed import observed
from skhpo.samplers import BayesianSampler
from skhpo.trial import Assignment, Measurement, Trial

LETTERS = "abcdefgh"


def recorded(configurations, scores, resource=None):
    """A history of trials on one fold; None is a failure."""
    history = History()
    for number, (params, score) in enumerate(zip(configurations, scores, strict=True)):
        history.append(Trial(number, params))
        measure(history, number, resource, score)
    return history


def measure(history, number, resource, score):
    history.append(Assignment(number, resource, (0,)))
    status, scores = ("failed", {}) if score is None else ("completed", {"score": score})
    history.append(Measurement(number, 0, resource, status, scores))


def at_random(function, d, n=100, seed=0):
    U = np.random.default_rng(seed).random((n, d))
    configurations = [dict(zip(LETTERS, u.tolist(), strict=False)) for u in U]
    return recorded(configurations, function(U).tolist())


def parts(table):
    return dict(zip(table["parameter"].tolist(), table["importance"].tolist(), strict=True))


# --------------------------------------------------------------------------- functions


def ishigami(U):
    """I. M. Sobol, Yu. L. Levitan 1999; a = 7, b = 0.1."""
    x = (2 * U - 1) * np.pi
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def ishigami_parts():
    a, b = 7.0, 0.1
    first = 0.5 * (1 + b * math.pi**4 / 5) ** 2
    both = b**2 * math.pi**8 * (1 / 18 - 1 / 50)
    total = first + a**2 / 8 + both
    return {"a": first / total, "b": a**2 / 8 / total, "c": 0.0}, both / total


def sobol_g(weights):
    weights = np.array(weights, dtype=float)
    return lambda U: np.prod((np.abs(4 * U - 2) + weights) / (1 + weights), axis=1)


def sobol_g_parts(weights):
    V = 1 / (3 * (1 + np.array(weights, dtype=float)) ** 2)
    total = np.prod(1 + V) - 1
    together = {(i, j): V[i] * V[j] / total for i in range(len(V)) for j in range(i)}
    return V / total, together


def additive(weights):
    return lambda U: U @ np.array(weights, dtype=float)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("d", [3, 8])
def test_ishigami(seed, d):
    """It goes up and down twice along b: a forest grown on the trials puts a before b."""
    history = at_random(ishigami, d, seed=seed)
    table = importance(history)
    found, (expected, both) = parts(table), ishigami_parts()
    # Alone, c does nothing, as those from d on: among these there is no order.
    assert list(found)[: 3 if d == 3 else 2] == ["b", "a", "c"][: 3 if d == 3 else 2]
    for name, part in expected.items():
        assert found[name] == pytest.approx(part, abs=0.12)
    assert max(part for name, part in found.items() if name not in "ab") < 0.02
    pairs = interactions(history)
    assert {pairs["first"][0], pairs["second"][0]} == {"a", "c"}
    # of three cosines of each, and of what a hundred trials tell in eight dimensions
    assert both / 2 < pairs["importance"][0] < both


@pytest.mark.parametrize("seed", range(2))
def test_sobols_g_function(seed):
    weights = [0, 1, 4.5, 9, 99, 99, 99, 99]
    found = parts(importance(at_random(sobol_g(weights), 8, seed=seed)))
    assert list(found)[:3] == ["a", "b", "c"]
    expected, _ = sobol_g_parts(weights)
    for name, part in zip(LETTERS, expected, strict=True):
        assert found[name] == pytest.approx(part, abs=0.08)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("method", ["fanova", "permutation"])
def test_a_sum(seed, method):
    weights = np.array([8, 5, 3, 2, 1, 0, 0, 0])
    history = at_random(additive(weights), 8, seed=seed)
    table = importance(history, method)
    found = parts(table)
    assert list(found)[:5] == ["a", "b", "c", "d", "e"]
    expected = weights**2 / (weights**2).sum()
    for name, part in zip(LETTERS, expected, strict=True):
        assert found[name] == pytest.approx(part, abs=0.25 if method == "permutation" else 0.05)
    assert (table["low"] <= table["importance"]).all()
    assert (table["importance"] <= table["high"]).all()
    assert (table["n"] == 100).all()
    assert interactions(history)["importance"].max() < 0.05


@pytest.mark.parametrize("n_trials", [80, 200])
def test_two_parameters_that_do_nothing_alone_come_first(n_trials):
    """A tree that looks one step ahead does not see them, however many trials there are."""

    def score(U):
        return 4 * U[:, 0] + 2 * U[:, 1] + 6 * (U[:, 2] - 0.5) * (U[:, 3] - 0.5)

    pairs = interactions(at_random(score, 6, n=n_trials))
    assert (pairs["first"][0], pairs["second"][0]) == ("c", "d")
    true = (36 / 144) / (16 / 12 + 4 / 12 + 36 / 144)
    assert pairs["importance"][0] == pytest.approx(true, abs=0.02)
    assert pairs["importance"][1:].max() < 0.01


def test_permutation_counts_what_parameters_do_together():
    """Of a product around zero neither does anything alone; both have all of the variance."""
    history = at_random(lambda U: (2 * U[:, 0] - 1) * (2 * U[:, 1] - 1), 3)
    alone, with_others = parts(importance(history)), parts(importance(history, "permutation"))
    for name in "ab":
        assert alone[name] < 0.1
        assert with_others[name] == pytest.approx(1.0, abs=0.25)
    assert max(alone["c"], with_others["c"]) < 0.05
    pairs = interactions(history)
    assert (pairs["first"][0], pairs["second"][0]) == ("a", "b")
    assert pairs["importance"][0] > 0.8
    assert pairs["low"][0] <= pairs["importance"][0] <= pairs["high"][0]


# --------------------------------------------------------------------------- a forest


def test_a_forest_finds_what_a_sum_is_made_of():
    """With many trials: it is coarse, and of what matters little it sees more than there is."""
    weights = np.array([8, 4, 2, 0, 0])
    expected = weights**2 / (weights**2).sum()
    for seed in range(2):
        table = importance(at_random(additive(weights), 5, n=400, seed=seed), "forest")
        found = parts(table)
        assert list(found)[:3] == ["a", "b", "c"]
        for name, part in zip(LETTERS, expected, strict=False):
            assert found[name] == pytest.approx(part, abs=0.06)
        assert (table["low"] <= table["importance"]).all()
        assert (table["importance"] <= table["high"]).all()
        assert (table["n"] == 400).all()


def test_the_limits_of_a_forest_are_those_of_its_trees():
    """Where thresholds are all there is, every tree is the same, and there is no spread."""
    rng = np.random.default_rng(0)
    a, b = rng.integers(2, size=(2, 200)).tolist()
    configurations = [{"a": bool(x), "b": bool(y)} for x, y in zip(a, b, strict=True)]
    scores = [2.0 * x + y for x, y in zip(a, b, strict=True)]
    table = importance(recorded(configurations, scores), "forest")
    for column in ("importance", "low", "high"):
        assert table[column] == pytest.approx([0.8, 0.2])


def test_a_forest_sees_steps():
    """Where a Gaussian process expects that all is smooth."""
    history = at_random(lambda U: 2.0 * (U[:, 0] > 0.5) + (U[:, 1] > 0.5), 4)
    found = parts(importance(history, "forest"))
    assert found["a"] == pytest.approx(0.8, abs=0.1)
    assert found["b"] == pytest.approx(0.2, abs=0.1)


@pytest.mark.parametrize("seed", range(2))
def test_a_forest_of_branches(seed):
    found = parts(importance(mixed(n=400, seed=seed), "forest"))
    assert list(found)[:2] == ["kernel", "rate"]
    for name, variance in (("kernel", 0.681), ("rate", 0.347), ("degree", 0.035)):
        assert found[name] == pytest.approx(variance / 1.136, abs=0.1)
    assert found["useless"] < 0.02


def test_trees_cannot_tell_a_branch_by_what_it_lacks():
    """Half of the kinds have a side, which does nothing; where there is none, it may be any."""
    rng = np.random.default_rng(0)
    configurations = [
        {"kind": kind, **({"side": int(rng.integers(1, 3))} if kind in "abcd" else {})}
        for kind in rng.choice(list("abcdefgh"), size=100).tolist()
    ]
    found = parts(
        importance(recorded(configurations, [float("side" in c) for c in configurations]), "forest")
    )
    assert found["kind"] > 0.95
    assert found["side"] < 0.05


def test_a_forest_of_branches_that_no_parameter_tells():
    rng = np.random.default_rng(0)
    values = rng.random(60).tolist()
    configurations = [{"ab"[k % 2]: value} for k, value in enumerate(values)]
    scores = [value if k % 2 else 5.0 for k, value in enumerate(values)]
    found = parts(importance(recorded(configurations, scores), "forest"))
    assert next(iter(found)) == "(branch)"
    assert found["(branch)"] > 0.9
    assert max(found["a"], found["b"]) < 0.05


@pytest.mark.parametrize("n", [2, 5, 7, 8])
def test_a_forest_of_few_trials(n):
    """Leaves have three trials at least; six are split by some releases of scikit-learn only."""
    table = importance(at_random(additive([1.0]), 1, n=n), "forest")
    assert (table["n"] == n).all()
    if n < 6:
        assert np.isnan(table["importance"]).all()
        assert np.isnan(table["high"]).all()
    else:
        assert table["importance"] == pytest.approx([1.0])


def test_a_forest_is_drawn_by_the_seed():
    history = at_random(ishigami, 3)
    one, again = importance(history, "forest"), importance(history, "forest")
    other = importance(history, "forest", random_state=1)
    np.testing.assert_array_equal(one["importance"], again["importance"])
    assert (one["importance"] != other["importance"]).all()


# --------------------------------------------------------------------------- searches


@pytest.mark.parametrize("seed", range(2))
def test_a_search_that_crowds_at_the_best(seed):
    def objective(params):
        return (
            -8 * (params["a"] - 0.3) ** 2 - 3 * (params["b"] - 0.6) ** 2 - (params["c"] - 0.5) ** 2
        )

    space = {name: Float(0, 1) for name in "abcd"}
    tuner = Tuner(space, objective, sampler=BayesianSampler(), random_state=seed).run(n_trials=60)
    assert list(parts(importance(tuner)))[:3] == ["a", "b", "c"]


def mixed(n=100, seed=0, noise=0.05):
    """Powers of ten, whole numbers, names and a parameter of one branch."""
    rng = np.random.default_rng(seed)
    configurations, scores = [], []
    for _ in range(n):
        params = {
            "rate": float(10 ** rng.uniform(-5, 0)),
            "depth": int(rng.integers(1, 9)),
            "kernel": ["rbf", "poly", "linear"][rng.integers(3)],
            "useless": bool(rng.integers(2)),
        }
        score = -((math.log10(params["rate"]) + 2) ** 2) / 4 + 0.2 * params["depth"] / 8
        if params["kernel"] == "poly":
            params["degree"] = int(rng.integers(2, 6))
            score -= 0.5 * params["degree"]
        configurations.append(params)
        scores.append(score + noise * rng.normal())
    return recorded(configurations, scores)


@pytest.mark.parametrize("seed", range(2))
def test_logarithms_names_and_branches(seed):
    """Variances: 0.347 of rate, 0.681 of kernel, 0.035 of degree, 0.003 of depth, and of kernel and
    degree together 0.069.
    """
    found = parts(importance(mixed(seed=seed)))
    assert list(found)[:3] == ["kernel", "rate", "degree"]
    for name, variance in (("kernel", 0.681), ("rate", 0.347), ("degree", 0.035)):
        assert found[name] == pytest.approx(variance / 1.136, abs=0.05)
    assert found["useless"] < 0.02
    pairs = interactions(mixed(seed=seed))
    assert {pairs["first"][0], pairs["second"][0]} == {"kernel", "degree"}
    assert pairs["importance"][0] == pytest.approx(0.069 / 1.136, abs=0.03)


def test_branches_that_no_parameter_tells():
    rng = np.random.default_rng(0)
    values = rng.random(60).tolist()
    configurations = [{"ab"[k % 2]: value} for k, value in enumerate(values)]
    scores = [value if k % 2 else 5.0 for k, value in enumerate(values)]
    found = parts(importance(recorded(configurations, scores)))
    assert list(found) == ["(branch)", "b", "a"]
    assert found["(branch)"] > 0.9
    assert found["a"] < 0.02


def test_values_that_are_no_numbers():
    models = [SVC(), DecisionTreeClassifier(), DummyClassifier()]
    rng = np.random.default_rng(0)
    configurations = [
        {
            "model": models[k % 3],
            "depth": [None, 3, "auto"][rng.integers(3)],
            "flag": bool(rng.integers(2)),
            "widths": [(8,), (8, 8)][rng.integers(2)],
            "function": [max, min][rng.integers(2)],
        }
        for k in range(60)
    ]
    scores = [(k % 3) + 0.3 * params["flag"] for k, params in enumerate(configurations)]
    found = parts(importance(recorded(configurations, scores)))
    assert list(found)[:2] == ["model", "flag"]
    assert sum(found[name] for name in ("depth", "widths", "function")) < 0.05


def test_scikit_learns_own_search():
    X, y = load_iris(return_X_y=True)
    search = RandomizedSearchCV(
        DecisionTreeClassifier(random_state=0),
        {"max_depth": randint(1, 8), "min_impurity_decrease": uniform(0, 0.6)},
        n_iter=40,
        cv=3,
        random_state=0,
    ).fit(X, y)
    found = parts(importance(search.cv_results_))
    assert list(found) == ["min_impurity_decrease", "max_depth"]
    assert found["min_impurity_decrease"] > 0.5


def test_scores_after_the_same_training():
    """Most trials were measured after one epoch; others are looked at when they are asked for."""
    X, y = load_iris(return_X_y=True)
    search = HyperbandSearchCV(
        SGDClassifier(random_state=0),
        {"alpha": Float(1e-6, 1, log=True)},
        resource="epochs",
        max_resources=9,
        cv=2,
        random_state=0,
    ).fit(X, y)
    at = {
        resource: len({e.trial for e in search.history_.evaluations if e.resource == resource})
        for resource in (1, 3, 9)
    }
    assert at[1] >= max(at.values())
    assert importance(search)["n"][0] == at[1]
    assert importance(search, resource=9)["n"][0] == at[9]
    with pytest.raises(ValueError, match=r"resource=5.*There are: \[1"):
        importance(search, resource=5)


def test_ties_go_to_more_training():
    history = recorded([{"x": x} for x in (1.0, 2.0, 3.0)], [0.1, 0.2, 0.3], resource=1)
    for number, score in enumerate((0.5, None, 0.5)):
        measure(history, number, 2, score)
    assert np.isnan(importance(history)["importance"]).all()  # equal scores, at 2
    assert importance(history, resource=1)["importance"] == pytest.approx([1.0])


def test_large_searches():
    n = 20 * MOST_TRIALS
    history = at_random(additive([4, 2, 1]), 3, n=n)
    table = importance(history)
    assert list(parts(table)) == ["a", "b", "c"]
    assert (table["n"] == MOST_TRIALS).all()


def test_how_far_a_run_has_diverged_is_no_news():
    """Where one of them ends at -1e30, the others still tell something."""
    U = np.random.default_rng(0).random((80, 2))
    scores = additive([1, 0.5])(U)
    scores[[3, 5]] = -1e30, -math.inf
    configurations = [dict(zip("ab", u.tolist(), strict=True)) for u in U]
    found = parts(importance(recorded(configurations, scores.tolist())))
    assert list(found) == ["a", "b"]
    assert found["a"] > 0.3


def test_how_far_below_the_others_a_score_counts():
    """Five times the spread of the middle half; above, all are as they are."""
    scores = [*np.linspace(0.0, 1.0, 21).tolist(), -1e30, -9.0, -math.inf, 7.0]
    found = observed(recorded([{"x": k} for k in range(25)], scores)).scores
    lower, upper = np.quantile([s for s in scores if math.isfinite(s)], [0.25, 0.75])
    least = lower - 5 * (upper - lower)
    assert -9.0 < least < -2.0
    np.testing.assert_allclose(found[21:], [least, least, least, 7.0])
    np.testing.assert_allclose(found[:21], scores[:21])


def test_the_same_seed_says_the_same():
    history = at_random(ishigami, 3)
    one, again = importance(history), importance(history)
    other = importance(history, random_state=1)
    np.testing.assert_array_equal(one["importance"], again["importance"])
    assert (one["importance"] != other["importance"]).all()
    np.testing.assert_allclose(one["importance"], other["importance"], atol=0.1)


# --------------------------------------------------------------------------- nothing to be said


@pytest.mark.parametrize(
    ("configurations", "scores", "n"),
    [
        ([], [], 0),
        ([{"x": 0.5}], [1.0], 1),
        ([{"x": 0.5}, {"x": 0.7}], [None, None], 0),
        ([{"x": 0.5}, {"x": 0.7}], [1.0, None], 1),
        ([{"x": 0.5}, {"x": 0.7}], [1.0, 1.0], 2),
        ([{"x": 0.5}, {"x": 0.7}], [math.inf, math.inf], 0),
        ([{"x": 0.5}, {"x": 0.7}], [-math.inf, -math.inf], 2),
        ([{"x": 0.5}, {"x": 0.5}], [1.0, 2.0], 2),
    ],
    ids=["none", "one", "failed", "one score", "equal", "infinite", "lowest", "constant"],
)
@pytest.mark.parametrize("method", ["fanova", "permutation", "forest"])
def test_nothing_can_be_said(configurations, scores, n, method):
    table = importance(recorded(configurations, scores), method)
    assert set(table["parameter"]) == {name for params in configurations for name in params}
    assert np.isnan(table["importance"]).all()
    assert np.isnan(table["low"]).all()
    assert (table["n"] == n).all()
    assert len(interactions(recorded(configurations, scores))["importance"]) == 0


def test_a_parameter_with_one_value():
    history = recorded([{"x": float(k), "seed": 7} for k in range(8)], [float(k) for k in range(8)])
    assert parts(importance(history)) == pytest.approx({"x": 1.0, "seed": 0.0})
    assert len(interactions(history)["first"]) == 0


def test_a_parameter_of_failures_only():
    history = recorded(
        [*({"kind": "a", "x": float(k)} for k in range(8)), {"kind": "b", "y": 1.0}],
        [*map(float, range(8)), None],
    )
    found = parts(importance(history))
    assert next(iter(found)) == "x"
    assert found["kind"] == 0.0
    assert math.isnan(found["y"])


def test_two_trials():
    history = recorded([{"x": 0.5, "n": 1}, {"x": 0.7, "n": 2}], [1.0, 2.0])
    table = importance(history)
    assert (table["high"] <= 1.0 + 1e-9).all()
    assert not np.isnan(table["importance"]).any()


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda h: importance(h, "fanva"), ValueError, "Did you mean 'fanova'"),
        (lambda h: importance(h, "Forest"), ValueError, "Did you mean 'forest'"),
        (lambda h: importance(h, metric="accuracy"), ValueError, r"metric='accuracy'"),
        (lambda h: importance(3), TypeError, "History"),
        (lambda h: interactions("path"), TypeError, "read_search"),
        (lambda h: importance(h, resource=4), ValueError, "There are: none"),
    ],
)
def test_bad_input(call, error, said):
    with pytest.raises(error, match=said):
        call(at_random(additive([1, 2]), 2, n=5))
