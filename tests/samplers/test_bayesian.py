from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import loguniform
from threadpoolctl import threadpool_limits

from skhpo.exceptions import SpaceExhaustedError
from skhpo.history import History
from skhpo.samplers import QuasiRandomSampler, RandomSampler
from skhpo.samplers.bayesian import BayesianSampler
from skhpo.space import Categorical, Float, Int, Space
from skhpo.surrogates import (
    Columns,
    ExpectedImprovement,
    GaussianProcess,
    LogExpectedImprovement,
    LogNoisyExpectedImprovement,
    LogNormal,
    ProbabilityOfImprovement,
    RandomForest,
    ThompsonSampling,
    UpperConfidenceBound,
)
from skhpo.surrogates.transforms import normalise
from skhpo.trial import Assignment, FormerTrial, Measurement, Trial

MIXED = Space(
    {
        "C": loguniform(1e-3, 1e3),
        "depth": Int(1, 20),
        "kind": ["a", "b", "c"],
        "u": Float(0, 1),
        "flag": [True, False],
    }
)
CONDITIONAL = Space(
    [
        {"kernel": ["linear"], "C": Float(1e-3, 1e3, log=True)},
        {"kernel": ["rbf"], "C": Float(1e-3, 1e3, log=True), "gamma": Float(1e-4, 1e2, log=True)},
    ]
)
SQUARE = Space({"x": Float(0, 1), "y": Float(0, 1)})
SMALL = Space({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [True, False]})
SPACES = [MIXED, CONDITIONAL, SQUARE, SMALL]


def score(params):
    """A function on any space: the nearer the row to a fixed point, the better."""
    parts = [position(value) for _, value in sorted(params.items())]
    return -sum((part - 0.3) ** 2 for part in parts)


def position(value):
    if isinstance(value, (str, bool)):
        return len(repr(value)) / 10
    return math.atan(float(value)) / math.pi + 0.5


def branin(params):
    x, y = 15 * params["x"] - 5, 15 * params["y"]
    valley = y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6
    return -(valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10)


BRANIN_BEST = -0.397887


def measure(history, number, value):
    scores = {"score": value} if isinstance(value, float) else {}
    status = "completed" if isinstance(value, float) else value
    history.append(Measurement(number, 0, None, status, scores))


def start(history, params):
    number = len(history.trials)
    history.append(Trial(number, params))
    history.append(Assignment(number, None, (0,)))
    return number


def rng_for(history):
    return np.random.default_rng([history.seed, len(history.trials)])


def run(sampler, space, objective, n, seed=0):
    history = History(seed=seed)
    for _ in range(n):
        number = start(history, sampler.suggest(space, history, rng_for(history)))
        measure(history, number, objective(history.trials[number].params))
    return history


def replay(history, order=None, skip=()):
    """The same trials, measured in another order; those in ``skip`` are still running."""
    other = History(seed=history.seed)
    for trial in history.trials:
        start(other, trial.params)
    measurements = (
        history.measurements if order is None else [history.measurements[k] for k in order]
    )
    for measurement in measurements:
        if measurement.trial not in skip:
            other.append(measurement)
    return other


# --------------------------------------------------------------------------- the laws


@pytest.mark.parametrize("space", SPACES)
def test_stays_in_the_space_and_repeats_nothing(space):
    history = run(BayesianSampler(), space, score, 16)
    assert all(space.contains(trial.params) for trial in history.trials)
    assert len({space.key(trial.params) for trial in history.trials}) == 16


@pytest.mark.parametrize("space", SPACES)
def test_a_function_of_seed_and_history(space):
    history = run(BayesianSampler(), space, score, 14)
    first = BayesianSampler().suggest(space, history, rng_for(history))
    assert BayesianSampler().suggest(space, history, rng_for(history)) == first
    sampler = pickle.loads(pickle.dumps(BayesianSampler()))
    assert sampler.suggest(space, history, rng_for(history)) == first
    assert sampler.suggest(space, replay(history), rng_for(history)) == first  # no cache helps


@given(order=st.permutations(range(14)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_results_is_irrelevant(order):
    history = run(RandomSampler(), MIXED, score, 14)
    expected = BayesianSampler().suggest(MIXED, history, rng_for(history))
    other = replay(history, order)
    assert BayesianSampler().suggest(MIXED, other, rng_for(history)) == expected


def test_another_seed_is_another_search():
    history = run(RandomSampler(), MIXED, score, 14)
    one, two = (
        BayesianSampler().suggest(MIXED, history, np.random.default_rng(seed)) for seed in (1, 2)
    )
    assert one != two


@pytest.mark.parametrize(("factor", "shift"), [(4.0, 0.0), (1.0, 16.0), (2.0**-20, 0.5)])
def test_scaling_and_shifting_the_scores_is_irrelevant(factor, shift):
    def rounded(params):
        return round(branin(params) * 2**20) / 2**20

    history = run(RandomSampler(), SQUARE, rounded, 20)
    expected = BayesianSampler().suggest(SQUARE, history, rng_for(history))
    moved = History()
    for trial in history.trials:
        measure(moved, start(moved, trial.params), factor * rounded(trial.params) + shift)
    suggestion = BayesianSampler().suggest(SQUARE, moved, rng_for(moved))
    assert suggestion == pytest.approx(expected, abs=1e-5)


def test_exhausts_a_finite_space_and_says_so():
    history = run(BayesianSampler(), SMALL, score, 18)
    assert len({SMALL.key(trial.params) for trial in history.trials}) == 18
    with pytest.raises(SpaceExhaustedError):
        BayesianSampler().suggest(SMALL, history, rng_for(history))


# --------------------------------------------------------------------------- awkward histories


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "failed", "diverged", "pruned"])
def test_tolerates_failures(value):
    def objective(params):
        return value if params["flag"] else score(params)

    history = run(BayesianSampler(), MIXED, objective, 20)
    assert len(history.evaluations) == 20


def test_avoids_where_trials_fail():
    def objective(params):
        return "failed" if params["x"] > 0.5 else branin(params)

    history = run(BayesianSampler(), SQUARE, objective, 30)
    failed = sum(trial.params["x"] > 0.5 for trial in history.trials[10:])
    assert failed <= 6


def test_nothing_but_failures_is_quasi_random_search():
    history = run(BayesianSampler(), SQUARE, lambda _: "failed", 15)
    expected = QuasiRandomSampler().suggest(SQUARE, history, rng_for(history))
    assert BayesianSampler().suggest(SQUARE, history, rng_for(history)) == expected


def test_constant_scores():
    history = run(BayesianSampler(), MIXED, lambda _: 0.5, 15)
    assert len({MIXED.key(trial.params) for trial in history.trials}) == 15


def test_one_result_and_many_running_trials():
    history = History()
    for _ in range(20):
        start(history, BayesianSampler().suggest(SQUARE, history, rng_for(history)))
        if len(history.trials) == 4:
            measure(history, 0, 1.0)
    points = np.array([(trial.params["x"], trial.params["y"]) for trial in history.trials])
    gaps = np.linalg.norm(points[:, None] - points[None], axis=-1) + np.eye(20)
    assert gaps[4:, 4:].min() > 0.01  # running trials keep the next ones away


def test_running_trials_change_the_suggestion():
    history = run(RandomSampler(), SQUARE, branin, 20)
    first = BayesianSampler().suggest(SQUARE, history, rng_for(history))
    rng = rng_for(history)
    start(history, first)
    second = BayesianSampler().suggest(SQUARE, history, rng)
    assert math.dist(first.values(), second.values()) > 0.01


def test_trials_outside_of_the_space_are_passed_over():
    history = run(RandomSampler(), Space({"x": Float(0, 1), "y": Float(0, 5)}), branin, 30)
    params = BayesianSampler().suggest(SQUARE, history, rng_for(history))
    assert SQUARE.contains(params)


# --------------------------------------------------------------------------- settings


def test_starts_with_the_initial_sampler():
    for initial in (None, RandomSampler()):
        sampler = BayesianSampler(n_initial_points=6, initial_sampler=initial)
        expected, history = initial or QuasiRandomSampler(), History()
        for _ in range(6):
            params = sampler.suggest(SQUARE, history, rng_for(history))
            assert params == expected.suggest(SQUARE, history, rng_for(history))
            measure(history, start(history, params), branin(params))
        modelled = sampler.suggest(SQUARE, history, rng_for(history))
        assert modelled != expected.suggest(SQUARE, history, rng_for(history))


def test_former_knowledge_takes_the_place_of_initial_trials():
    known = run(RandomSampler(), SQUARE, branin, 20)
    former = [FormerTrial(t.params, known.latest(t.number).score) for t in known.trials]
    history = History(former=former)
    params = BayesianSampler().suggest(SQUARE, history, rng_for(history))
    assert params != QuasiRandomSampler().suggest(SQUARE, history, rng_for(history))
    known_suggestion = BayesianSampler().suggest(SQUARE, known, rng_for(history))
    assert params == pytest.approx(known_suggestion)


def test_settings_are_used():
    history = run(RandomSampler(), SQUARE, branin, 15)
    rough = GaussianProcess(length_scale=LogNormal(0.02, 0.1))
    default = BayesianSampler().suggest(SQUARE, history, rng_for(history))
    assert BayesianSampler(rough).suggest(SQUARE, history, rng_for(history)) != default


def test_constant_space():
    space = Space({"a": [1], "b": Categorical(["x"])})
    history = run(BayesianSampler(n_initial_points=1), space, lambda _: 0.0, 1)
    with pytest.raises(SpaceExhaustedError):
        BayesianSampler(n_initial_points=1).suggest(space, history, rng_for(history))


# --------------------------------------------------------------------------- does it work


def test_far_better_than_random_search_on_branin():
    def regrets(sampler):
        return [
            BRANIN_BEST - run(sampler, SQUARE, branin, 40, seed).best.score for seed in range(5)
        ]

    bayesian, random = regrets(BayesianSampler()), regrets(RandomSampler())
    assert np.median(bayesian) < np.median(random) / 100
    assert max(bayesian) < min(random) / 5


def test_finds_the_right_category_and_integer():
    def objective(params):
        wrong = {"a": 0.3, "b": 0.0, "c": 0.5}[params["kind"]]
        exponent = math.log10(params["C"]) / 3
        return -(wrong + (exponent - 0.4) ** 2 + ((params["depth"] - 7) / 10) ** 2)

    best = max(
        (trial.params for trial in run(BayesianSampler(), MIXED, objective, 45).trials),
        key=objective,
    )
    assert best["kind"] == "b"
    assert abs(best["depth"] - 7) <= 1
    assert objective(best) > -0.02


def test_no_branch_is_given_up_after_a_few_unlucky_draws():
    """One branch is mostly worse than the others, but holds the best."""
    space = Space([{"k": [name], "x": Float(0, 1)} for name in "abcd"])

    def objective(params):
        if params["k"] == "d":
            return 1.0 - 2.0 * abs(params["x"] - 0.37)
        return 0.5 - 0.1 * (params["x"] - 0.5) ** 2

    for seed in range(3):
        history = run(BayesianSampler(), space, objective, 40, seed)
        counts = [sum(t.params["k"] == name for t in history.trials) for name in "abcd"]
        assert min(counts) >= 1 + math.log2(40) / 2 - 1  # the last ones may be due just now
        assert history.best.score > 0.9


def test_a_due_branch_that_is_exhausted_does_not_hold_up_the_others():
    space = Space([{"k": ["a"]}, {"k": ["b"], "x": Float(0, 1)}])
    history = run(BayesianSampler(), space, lambda p: p.get("x", 0.0), 20)
    assert sum(trial.params["k"] == "a" for trial in history.trials) == 1


ACQUISITIONS = [
    LogExpectedImprovement(),
    ExpectedImprovement(),
    ProbabilityOfImprovement(),
    UpperConfidenceBound(),
    ThompsonSampling(),
]


@pytest.mark.parametrize("acquisition", ACQUISITIONS, ids=repr)
def test_every_acquisition_beats_random_search(acquisition):
    sampler = BayesianSampler(acquisition=acquisition)
    found, random = (
        [run(each, SQUARE, branin, 30, seed).best.score for seed in range(3)]
        for each in (sampler, RandomSampler())
    )
    assert np.mean(found) > np.mean(random)
    assert np.median(found) > BRANIN_BEST - 0.5


@pytest.mark.parametrize("acquisition", ACQUISITIONS, ids=repr)
def test_forest_finds_where_scores_are_good_although_they_jump(acquisition):
    space = Space({name: Float(0, 1) for name in "abcde"})

    def stairs(params):
        return -float(sum(math.floor(8 * abs(x - 0.4)) for x in params.values()))

    late, random = (
        [stairs(trial.params) for trial in run(sampler, space, stairs, 40).trials[20:]]
        for sampler in (BayesianSampler(RandomForest(), acquisition), RandomSampler())
    )
    assert np.median(late) > np.median(random)


def test_every_tenth_suggestion_of_a_forest_is_unguided():
    history = run(BayesianSampler(RandomForest()), SQUARE, branin, 19)
    for n_trials, is_guided in ((19, True), (20, False)):
        params = BayesianSampler(RandomForest()).suggest(SQUARE, history, rng_for(history))
        unguided = QuasiRandomSampler().suggest(SQUARE, history, rng_for(history))
        assert len(history.trials) == n_trials
        assert (params != unguided) == is_guided
        measure(history, start(history, params), branin(params))


@pytest.mark.parametrize("n", [57, 61])
def test_the_model_is_fitted_now_and_then_and_nothing_depends_on_when(n, monkeypatch):
    history = run(RandomSampler(), SQUARE, branin, 50)
    sampler, n_fits = BayesianSampler(), []
    fit = GaussianProcess.fit
    monkeypatch.setattr(
        GaussianProcess,
        "fit",
        lambda self, X, y, c=None: n_fits.append(len(y)) or fit(self, X, y, c),
    )
    while len(history.trials) < n:
        params = sampler.suggest(SQUARE, history, rng_for(history))
        measure(history, start(history, params), branin(params))
    assert 0 < len(n_fits) < n - 50
    expected = sampler.suggest(SQUARE, history, rng_for(history))
    assert BayesianSampler().suggest(SQUARE, replay(history), rng_for(history)) == expected
    for order in (range(n - 1, -1, -1), np.random.default_rng(0).permutation(n)):
        other = replay(history, order)
        assert BayesianSampler().suggest(SQUARE, other, rng_for(history)) == expected


def test_a_long_history_is_modelled_by_a_part_of_it():
    history = run(RandomSampler(), SQUARE, branin, 150)
    brief = BayesianSampler(GaussianProcess(max_points=60))
    params = brief.suggest(SQUARE, history, rng_for(history))
    best = history.trials[history.best.trial].params
    assert branin(params) > branin(best) - 5.0


def test_from_a_thousand_observations_on_a_suggestion_costs_the_same():
    """The model keeps 1000 of them, and 300 are what it has to improve on."""
    seen = []

    class Spy(LogNoisyExpectedImprovement):
        def criterion(self, posterior, X, rng):
            seen.append((len(posterior.X), len(X)))
            return super().criterion(posterior, X, rng)

    history = run(RandomSampler(), SQUARE, branin, 1500)
    params = BayesianSampler(acquisition=Spy()).suggest(SQUARE, history, rng_for(history))
    assert seen == [(1000, 300)]
    assert branin(params) > BRANIN_BEST - 1.0


def test_noisy_scores():
    """The best of many noisy scores is a lucky one; the search must not stay with it."""
    noise = np.random.default_rng(0)
    searches = [
        run(BayesianSampler(), SQUARE, lambda p: branin(p) + 10 * noise.normal(), 40, seed)
        for seed in range(3)
    ]
    late = [branin(trial.params) for history in searches for trial in history.trials[25:]]
    assert np.median(late) > BRANIN_BEST - 10.0


def test_suggestions_do_not_depend_on_the_number_of_threads():
    """Nor, therefore, on the machine: sums are always added up in the same order."""
    space = Space({f"x{i}": Float(0, 1) for i in range(6)})
    history = History()
    rng = np.random.default_rng(0)
    for number in range(80):
        params = space.sample(rng)
        history.append(Trial(number, params))
        history.append(Assignment(number, None, (0,)))
        score = -sum((x - 0.3) ** 2 for x in params.values())
        history.append(Measurement(number, 0, None, "completed", {"score": score}))
    suggestions = []
    for n_threads in (1, 2, 4):
        with threadpool_limits(n_threads):
            suggestion = BayesianSampler().suggest(space, history, np.random.default_rng(1))
        suggestions.append(suggestion)
    assert suggestions[0] == suggestions[1] == suggestions[2]


# --------------------------------------------------------------------------- its parts


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"surrogate": "forrest"}, ValueError, "Did you mean 'forest'"),
        ({"acquisition": "xyz"}, ValueError, "one of"),
        ({"surrogate": GaussianProcess}, TypeError, "GaussianProcess"),
        ({"n_initial_points": 0}, ValueError, "n_initial_points must be an integer of 1 or more"),
        ({"n_initial_points": 2.5}, ValueError, "got 2.5"),
        ({"initial_sampler": RandomSampler}, TypeError, r"such as RandomSampler\(\), or None"),
    ],
)
def test_refuses_settings_at_once(settings, error, message):
    with pytest.raises(error, match=message):
        BayesianSampler(**settings)


def test_names_stand_for_objects():
    assert BayesianSampler("forest", "ei").surrogate == RandomForest()
    assert BayesianSampler("forest", "ei").acquisition == ExpectedImprovement()
    assert BayesianSampler().acquisition == LogNoisyExpectedImprovement()


def test_a_branch_that_had_no_fair_trial_is_next():
    branches = [{"kind": [kind], "x": Float(0, 1)} for kind in "abcd"]
    space, rng = Space(branches), np.random.default_rng(0)
    history = History(seed=0)
    for number in range(30):  # the last branch had one bad trial; the first is the best by far
        params = {"kind": "d" if number == 0 else "abc"[number % 3], "x": float(rng.random())}
        value = {"a": 1.0, "b": 0.5, "c": 0.4, "d": -5.0}[params["kind"]] - params["x"] ** 2
        measure(history, start(history, params), value)
    assert BayesianSampler().suggest(space, history, rng)["kind"] == "d"


def test_the_model_sees_normalised_scores_and_the_columns_of_the_space():
    calls = []

    class Spy(GaussianProcess):
        def fit(self, X, y, columns=None):
            calls.append((y, columns))
            return super().fit(X, y, columns)

    scores = np.array([0.1, 0.3, -1e6, 0.2, 0.5, 0.4, -2e6, 0.25])
    left = iter(scores)
    history = run(RandomSampler(), CONDITIONAL, lambda _: float(next(left)), len(scores))
    BayesianSampler(Spy(), n_initial_points=2).suggest(CONDITIONAL, history, rng_for(history))
    ((y, columns),) = calls
    np.testing.assert_allclose(y, normalise(scores))
    assert columns == Columns(CONDITIONAL.encoding.widths, CONDITIONAL.encoding.n_active)
