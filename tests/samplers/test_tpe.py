from __future__ import annotations

import math

import numpy as np
import pytest

from skhpo.exceptions import SpaceError, SpaceExhaustedError
from skhpo.history import History
from skhpo.samplers import GridSampler, RandomSampler, TPESampler
from skhpo.space import Categorical, Float, Int, Space
from skhpo.trial import Assignment, FormerTrial, Measurement, Trial

SQUARE = Space({"x": Float(0, 1), "y": Float(0, 1)})
MIXED = Space(
    {
        "C": Float(1e-3, 1e3, log=True),
        "depth": Int(1, 20),
        "kind": ["a", "b", "c"],
        "flag": [True, False],
    }
)
SMALL = Space({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [True, False]})
C = Float(1e-3, 1e3, log=True)
CONDITIONAL = Space(
    [
        {"kernel": ["linear"], "C": C},
        {"kernel": ["rbf"], "C": C, "gamma": Float(1e-4, 1e2, log=True)},
        {"kernel": ["poly"], "C": C, "degree": Int(2, 8)},
    ]
)


def bowl(params):
    return -((params["x"] - 0.3) ** 2) - (params["y"] - 0.6) ** 2


def mixed(params):
    wrong = {"a": 0.3, "b": 0.0, "c": 0.5}[params["kind"]] + 0.1 * params["flag"]
    exponent = math.log10(params["C"]) / 3
    return -(wrong + (exponent - 0.4) ** 2 + ((params["depth"] - 7) / 10) ** 2)


def conditional(params):
    """The third branch is best, if one knows how to set it up."""
    exponent = (math.log10(params["C"]) - 1) / 3
    wrong = {
        "linear": lambda: 0.3,
        "rbf": lambda: 0.2 + (math.log10(params["gamma"]) / 3) ** 2,
        "poly": lambda: ((params["degree"] - 6) / 4) ** 2,
    }[params["kernel"]]()
    return -(wrong + exponent**2)


def rng_for(history):
    return np.random.default_rng([history.seed, len(history.trials)])


def start(history, params):
    number = len(history.trials)
    history.append(Trial(number, params))
    history.append(Assignment(number, None, (0,)))
    return number


def measure(history, number, value):
    if isinstance(value, str):
        history.append(Measurement(number, 0, None, value, {}))
    else:
        history.append(Measurement(number, 0, None, "completed", {"score": value}))


def run(sampler, space, objective, n, seed=0):
    history = History(seed=seed)
    for _ in range(n):
        number = start(history, sampler.suggest(space, history, rng_for(history)))
        measure(history, number, objective(history.trials[number].params))
    return history


def suggestions(space, history, n=20):
    return [TPESampler().suggest(space, history, np.random.default_rng(k)) for k in range(n)]


# --------------------------------------------------------------------------- does it work


@pytest.mark.parametrize(
    ("space", "objective", "best"),
    [(SQUARE, bowl, 0.0), (MIXED, mixed, 0.0), (CONDITIONAL, conditional, 0.0)],
    ids=["continuous", "mixed", "conditional"],
)
def test_better_than_random_search(space, objective, best):
    def regret(sampler):
        runs = [run(sampler, space, objective, 50, seed) for seed in range(5)]
        return np.mean([best - history.best.score for history in runs])

    assert regret(TPESampler()) < regret(RandomSampler()) / 3


def test_suggestions_are_where_the_good_ones_are():
    history = run(RandomSampler(), SQUARE, bowl, 60)
    distances = [math.dist((p["x"], p["y"]), (0.3, 0.6)) for p in suggestions(SQUARE, history)]
    assert np.median(distances) < 0.15  # 0.4 for random ones


def test_finds_the_right_category_and_integer():
    history = run(TPESampler(), MIXED, mixed, 60)
    best = history.trials[history.best.trial].params
    assert best["kind"] == "b"
    assert abs(best["depth"] - 7) <= 2


def test_the_interplay_of_parameters_counts():
    """Only both at the left or both at the right are good: each alone says nothing."""
    history = run(RandomSampler(), SQUARE, lambda p: -abs(p["x"] - p["y"]), 100)
    gaps = [abs(p["x"] - p["y"]) for p in suggestions(SQUARE, history)]
    assert np.median(gaps) < 0.1  # 0.3 for random ones


# --------------------------------------------------------------------------- forgetting


@pytest.mark.parametrize("is_old", [lambda x: x < 0.5, lambda x: x > 0.5], ids=["low", "high"])
def test_what_was_bad_long_ago_is_tried_again(is_old):
    """As many are good, and as many bad, in either half: only when they were bad differs."""
    space, history = Space({"x": Float(0, 1)}), History()
    bad = sorted(np.linspace(0, 1, 100), key=lambda x: not is_old(x))
    good = [0.2, 0.8, 0.22, 0.78, 0.24, 0.76, 0.26, 0.74, 0.28, 0.72, 0.3, 0.7]
    for x, score in [(x, 0.0) for x in bad] + [(x, 1.0) for x in good]:
        measure(history, start(history, {"x": float(x)}), score)
    assert sum(is_old(params["x"]) for params in suggestions(space, history, 40)) > 30


# --------------------------------------------------------------------------- branches


def test_the_better_branch_is_suggested_more_often():
    history = run(RandomSampler(), CONDITIONAL, lambda p: float(p["kernel"] == "rbf"), 60)
    kernels = [params["kernel"] for params in suggestions(CONDITIONAL, history)]
    assert kernels.count("rbf") >= 15


def test_a_branch_learns_from_another_one():
    """What is shared is good at 100 in the other branches, and was never tried in this one."""
    history = History()
    rng = np.random.default_rng(0)
    for _ in range(60):
        params = CONDITIONAL.sample(rng)
        if params["kernel"] != "poly":
            good = abs(math.log10(params["C"]) - 2) < 0.5
            measure(history, start(history, params), float(good))
    for degree in range(2, 5):
        measure(history, start(history, {"kernel": "poly", "C": 1e-3, "degree": degree}), 1.0)
    exponents = [
        math.log10(params["C"])
        for params in suggestions(CONDITIONAL, history, 60)
        if params["kernel"] == "poly"
    ]
    assert max(exponents, default=-3) > 1


def test_no_branch_is_starved():
    """Nor is one that can never win given more than its start."""
    history = run(TPESampler(), CONDITIONAL, lambda p: float(p["kernel"] == "rbf"), 80)
    kernels = [trial.params["kernel"] for trial in history.trials]
    assert min(kernels.count("linear"), kernels.count("poly")) >= 4
    assert kernels.count("rbf") > 60


def test_a_branch_of_which_nothing_is_left_is_not_waited_for():
    space = Space([{"k": ["only"]}, {"k": ["other"], "x": Float(0, 1)}])
    history = run(TPESampler(), space, lambda p: -abs(p.get("x", 1) - 0.3), 40)
    late = [trial.params["x"] for trial in history.trials[20:]]
    assert np.median(np.abs(np.array(late) - 0.3)) < 0.1  # 0.2 for random ones


# --------------------------------------------------------------------------- awkward histories


def test_running_trials_keep_the_next_ones_away():
    history = run(RandomSampler(), SQUARE, bowl, 40)
    alone = [(p["x"], p["y"]) for p in suggestions(SQUARE, history)]
    centre = np.median(alone, axis=0)
    for offset in np.linspace(-0.03, 0.03, 12):
        start(history, {"x": centre[0] + offset, "y": centre[1] - offset})
    crowded = [(p["x"], p["y"]) for p in suggestions(SQUARE, history)]

    def spread(points):
        return np.median(np.linalg.norm(np.array(points) - centre, axis=1))

    assert spread(crowded) > spread(alone)


def test_nothing_but_running_trials_and_one_result():
    history = History()
    for _ in range(20):
        start(history, TPESampler().suggest(SQUARE, history, rng_for(history)))
        if len(history.trials) == 4:
            measure(history, 0, 1.0)
    assert len({SQUARE.key(trial.params) for trial in history.trials}) == 20


def test_avoids_where_trials_fail():
    def objective(params):
        return "failed" if params["x"] > 0.5 else bowl(params)

    history = run(TPESampler(), SQUARE, objective, 50)
    failed = sum(trial.params["x"] > 0.5 for trial in history.trials[10:])
    assert failed < 12


def test_a_failed_trial_is_never_good():
    """Not even where its score, the worst one seen, is as good as all others."""
    history = History()
    rng = np.random.default_rng(0)
    for number in range(40):
        x = 0.9 if number < 20 else 0.1
        params = {"x": x + rng.uniform(-0.05, 0.05), "y": rng.random()}
        measure(history, start(history, params), "failed" if number < 20 else 1.0)
    assert all(params["x"] < 0.5 for params in suggestions(SQUARE, history))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "failed", "diverged", "pruned"])
def test_tolerates_failures(value):
    history = run(TPESampler(), MIXED, lambda p: value if p["flag"] else mixed(p), 20)
    assert len(history.evaluations) == 20


def test_nothing_but_failures_is_random_search():
    history = run(TPESampler(), SQUARE, lambda _: "failed", 15)
    expected = RandomSampler().suggest(SQUARE, history, rng_for(history))
    assert TPESampler().suggest(SQUARE, history, rng_for(history)) == expected


@pytest.mark.parametrize("space", [MIXED, CONDITIONAL], ids=["mixed", "conditional"])
def test_constant_scores(space):
    history = run(TPESampler(), space, lambda _: 0.5, 25)
    assert len({space.key(trial.params) for trial in history.trials}) == 25


def test_only_the_order_of_scores_counts():
    history = run(RandomSampler(), MIXED, mixed, 30)
    moved = History(seed=history.seed)
    for trial in history.trials:
        measure(moved, start(moved, trial.params), math.expm1(3 * mixed(trial.params)) + 7)
    assert suggestions(MIXED, moved) == suggestions(MIXED, history)


def test_exhausts_a_finite_space_and_says_so():
    history = run(TPESampler(n_initial_points=4), SMALL, lambda p: float(p["a"]), 18)
    assert len({SMALL.key(trial.params) for trial in history.trials}) == 18
    with pytest.raises(SpaceExhaustedError):
        TPESampler().suggest(SMALL, history, rng_for(history))


def test_a_space_of_one_point():
    space = Space({"a": [1], "b": Categorical(["x"])})
    history = run(TPESampler(n_initial_points=1), space, lambda _: 0.0, 1)
    with pytest.raises(SpaceExhaustedError):
        TPESampler(n_initial_points=1).suggest(space, history, rng_for(history))


def test_former_knowledge_counts():
    rng = np.random.default_rng(0)
    former = [
        FormerTrial(params, bowl(params)) for params in (SQUARE.sample(rng) for _ in range(60))
    ]
    sampler = TPESampler(n_initial_points=1)

    def distance(history):
        measure(history, start(history, {"x": 0.9, "y": 0.1}), -0.6)
        found = [sampler.suggest(SQUARE, history, np.random.default_rng(k)) for k in range(20)]
        return np.median([math.dist((p["x"], p["y"]), (0.3, 0.6)) for p in found])

    assert distance(History(former=former)) < 0.15 < distance(History())


# --------------------------------------------------------------------------- settings


def test_starts_with_the_initial_sampler():
    space = Space({"x": Int(0, 999), "y": Int(0, 999)})
    sampler, history = TPESampler(n_initial_points=6, initial_sampler=GridSampler()), History()
    for _ in range(6):
        params = sampler.suggest(space, history, rng_for(history))
        assert params == GridSampler().suggest(space, history, rng_for(history))
        measure(history, start(history, params), float(params["y"]))
    grid = GridSampler().suggest(space, history, rng_for(history))
    assert sampler.suggest(space, history, rng_for(history)) != grid


def test_what_can_only_be_drawn_from_is_refused():
    class Dice:
        def rvs(self, random_state=None):
            return 4

    with pytest.raises(SpaceError, match=r"Parameter 'dice'.*RandomSearchCV"):
        TPESampler().check(Space({"dice": Dice()}))
