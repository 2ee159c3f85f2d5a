from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from skhpo import Categorical, Float, Int, Space
from skhpo.exceptions import SpaceError, SpaceExhaustedError
from skhpo.history import History
from skhpo.samplers import EvolutionSampler, QuasiRandomSampler, RandomSampler
from skhpo.trial import Assignment, FormerTrial, Measurement, Trial

CUBE = Space({name: Float(0, 1) for name in "vwxyz"})
CLONES = {"crossover_probability": 0.0, "mutation_probability": 0.0}


def rng_for(history):
    return np.random.default_rng([history.seed, len(history.trials)])


def start(history, params):
    number = len(history.trials)
    history.append(Trial(number, params))
    history.append(Assignment(number, None, (0,)))
    return number


def finish(history, number, score):
    status = "failed" if score is None else "completed"
    scores = {} if score is None else {"score": score}
    history.append(Measurement(number, 0, None, status, scores))


def record(params_and_scores):
    history = History()
    for params, score in params_and_scores:
        number = start(history, params)
        if score != "running":
            finish(history, number, score)
    return history


def run(sampler, space, objective, n_trials, seed=0):
    history = History(seed=seed)
    for _ in range(n_trials):
        params = sampler.suggest(space, history, rng_for(history))
        finish(history, start(history, params), objective(params))
    return history


def children(sampler, space, history, n=200):
    return [sampler.suggest(space, history, np.random.default_rng(seed)) for seed in range(n)]


def points(scores):
    """One trial for each score, its parameters 0.01, 0.02, …"""
    return [
        (dict.fromkeys("vwxyz", round(0.01 * (place + 1), 2)), score)
        for place, score in enumerate(scores)
    ]


def parents_of(sampler, history, n=200):
    """Whose values the children have, where nothing but one parameter may have changed."""
    counts = Counter()
    for child in children(sampler, CUBE, history, n):
        (value, n_same), *_ = Counter(child.values()).most_common()
        if n_same >= 3:
            counts[value] += 1
    return counts


# --------------------------------------------------------------------------- selection

ONE_PARENT = {"crossover_probability": 0.0, "mutation_probability": 0.2}


def test_the_fittest_are_the_parents():
    history = record(points([5.0, 1.0, 4.0, 0.0, 3.0, 2.0]))
    sampler = EvolutionSampler(population_size=3, tournament_size=1, **ONE_PARENT)
    parents = parents_of(sampler, history)
    assert parents.keys() == {0.01, 0.03, 0.05}
    assert min(parents.values()) > 0.2 * parents.total()


def test_the_youngest_are_the_parents_and_the_elite():
    history = record(points([5.0, 4.0, 3.0, 2.0, 1.0, 0.0]))
    settings = {"population_size": 3, "tournament_size": 1, "survival": "youngest", **ONE_PARENT}
    without = parents_of(EvolutionSampler(**settings, n_elite=0), history)
    assert without.keys() == {0.04, 0.05, 0.06}
    assert parents_of(EvolutionSampler(**settings), history).keys() == without.keys() | {0.01}
    elite = parents_of(EvolutionSampler(**settings, n_elite=2), history)
    assert elite.keys() == without.keys() | {0.01, 0.02}


@pytest.mark.parametrize("size", [1, 2, 5])
def test_pressure_of_a_tournament(size):
    """The best of P members wins with probability 1 - (1 - 1/P)^k (Goldberg and Deb)."""
    history = record(points([4.0, 3.0, 2.0, 1.0]))
    sampler = EvolutionSampler(population_size=4, tournament_size=size, **ONE_PARENT)
    parents = parents_of(sampler, history, 600)
    expected = 1 - (1 - 1 / 4) ** size
    assert abs(parents[0.01] / parents.total() - expected) < 0.07


def test_failed_and_running_trials_are_no_parents():
    history = record(points([None, 1.0, math.nan, "running", math.inf, 0.0]))
    sampler = EvolutionSampler(population_size=6, **ONE_PARENT)
    assert parents_of(sampler, history).keys() == {0.02, 0.06}


def test_former_knowledge_may_be_a_parent():
    history = History(former=[FormerTrial(dict.fromkeys("vwxyz", x), x) for x in (0.2, 0.9)])
    sampler = EvolutionSampler(population_size=2, tournament_size=9, **ONE_PARENT)
    parents = parents_of(sampler, history)
    assert parents[0.9] > 0.98 * parents.total()


# --------------------------------------------------------------------------- children


def test_uniform_crossover():
    history = record([(dict.fromkeys("vwxyz", 0.25), 1.0), (dict.fromkeys("vwxyz", 0.75), 1.0)])
    sampler = EvolutionSampler(
        population_size=2, tournament_size=1, crossover_probability=1.0, mutation_probability=0.0
    )
    bred = children(sampler, CUBE, history)
    assert {value for child in bred for value in child.values()} == {0.25, 0.75}
    assert len({tuple(child.values()) for child in bred}) == 2**5 - 2


def test_crossover_between_branches_exchanges_what_both_have():
    space = Space(
        [
            {"kind": ["a"], "C": Float(0, 1), "n": Int(0, 9), "only": Float(0, 1)},
            {"kind": ["b"], "C": Float(0, 1), "n": Int(0, 99), "other": Float(0, 1)},
        ]
    )
    history = record(
        [
            ({"kind": "a", "C": 0.25, "n": 3, "only": 0.1}, 1.0),
            ({"kind": "b", "C": 0.75, "n": 5, "other": 0.9}, 1.0),
            # no parents, but a fair trial for each branch
            ({"kind": "a", "C": 0.5, "n": 4, "only": 0.5}, 0.0),
            ({"kind": "b", "C": 0.5, "n": 4, "other": 0.5}, 0.0),
        ]
    )
    sampler = EvolutionSampler(
        population_size=2, tournament_size=1, crossover_probability=1.0, mutation_probability=0.0
    )
    bred = Counter(tuple(child.values()) for child in children(sampler, space, history))
    (first, n_first), (second, n_second), *strangers = bred.most_common()
    # in alphabetical order: C, kind, n, and what only one of them has
    assert {first, second} == {(0.75, "a", 3, 0.1), (0.25, "b", 5, 0.9)}
    assert 0 < len(strangers) < 0.5 * (n_first + n_second)


def test_mutations_of_all_sizes_and_none_elsewhere():
    space = Space({"x": Float(0, 1), "kind": ["a", "b", "c"], "n": Int(0, 99)})
    history = record([({"x": 0.5, "kind": "a", "n": 50}, 1.0)])
    sampler = EvolutionSampler(population_size=2, crossover_probability=0.0)
    history.append(Trial(1, {"x": 0.1, "kind": "b", "n": 0}))
    bred = children(sampler, space, history, 600)
    changes = [[child["x"] != 0.5, child["kind"] != "a", child["n"] != 50] for child in bred]
    assert min(map(sum, changes)) == 1
    assert np.mean([sum(change) for change in changes]) < 1.8
    assert np.min(np.mean(changes, axis=0)) > 0.3
    steps = [abs(child["x"] - 0.5) for child in bred if child["x"] != 0.5]
    assert np.quantile(steps, 0.25) < 0.02
    assert np.quantile(steps, 0.95) > 0.2


def test_without_any_change_there_is_chance():
    """Clones were tried before: what is left is random."""
    history = record(points([1.0, 2.0]))
    child = EvolutionSampler(population_size=2, **CLONES).suggest(CUBE, history, rng_for(history))
    assert CUBE.key(child) not in {CUBE.key(trial.params) for trial in history.trials}


# --------------------------------------------------------------------------- the course of it


def test_the_first_trials_are_quasi_random():
    history = run(EvolutionSampler(population_size=6), CUBE, lambda p: p["x"], 7)
    other = run(QuasiRandomSampler(), CUBE, lambda p: p["x"], 7)
    assert history.trials[:6] == other.trials[:6]
    assert history.trials[6] != other.trials[6]


def test_nobody_waits_while_all_run():
    history = record(points(["running"] * 12))
    sampler = EvolutionSampler(population_size=4)
    params = sampler.suggest(CUBE, history, rng_for(history))
    assert params == QuasiRandomSampler().suggest(CUBE, history, rng_for(history))


def test_a_small_space_is_tried_to_its_end():
    space = Space({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [True, False]})
    history = run(EvolutionSampler(population_size=4), space, lambda p: p["a"], 18)
    with pytest.raises(SpaceExhaustedError):
        EvolutionSampler().suggest(space, history, rng_for(history))


@pytest.mark.parametrize("score", [None, math.nan, math.inf, -math.inf, 0.0])
def test_useless_scores(score):
    history = run(EvolutionSampler(population_size=4), CUBE, lambda _: score, 20)
    assert len({CUBE.key(trial.params) for trial in history.trials}) == 20


# --------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"population_size": 1}, "population_size must be an integer of 2 or more, got 1"),
        ({"population_size": 2.5}, "population_size.*got 2.5"),
        ({"tournament_size": 0}, "tournament_size must be an integer of 1 or more, got 0"),
        ({"n_elite": -1}, "n_elite must be an integer of 0 or more, got -1"),
        ({"crossover_probability": 1.1}, r"crossover_probability.* at most 1, got 1\.1"),
        ({"crossover_probability": "often"}, "crossover_probability.*got 'often'"),
        ({"mutation_probability": math.nan}, "mutation_probability.*or None, got nan"),
        ({"survival": "oldest"}, r"survival='oldest' is not known.*\['fittest', 'youngest'\]"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        EvolutionSampler(**settings)


def test_what_can_only_be_drawn_from_is_refused():
    class Coin:
        def rvs(self, random_state=None):
            return 0

    with pytest.raises(SpaceError, match="'coin'"):
        EvolutionSampler().check(Space({"coin": Coin()}))


# --------------------------------------------------------------------------- does it work

MIXED = Space(
    [
        {"kind": [kind], f"x{kind}": Float(0, 1), "n": Int(1, 50), "mode": ["p", "q", "r", "s"]}
        for kind in (1, 2, 3)
    ]
)


def mixed(params):
    kind = params["kind"]
    distance = abs(params[f"x{kind}"] - 0.3) + abs(params["n"] - 40) / 50
    return kind / 4 - distance - (params["mode"] != "r") / 2


@pytest.mark.parametrize("survival", ["fittest", "youngest"])
def test_far_better_than_random_search(survival):
    def regrets(sampler):
        return [0.75 - run(sampler, MIXED, mixed, 120, seed).best.score for seed in range(5)]

    ours, random = regrets(EvolutionSampler(survival=survival)), regrets(RandomSampler())
    assert np.median(ours) < np.median(random) / 4


def test_ordered_values_are_followed():
    space = Space({"size": Categorical([*"abcdefgh"], ordered=True), "n": Int(0, 1000)})
    history = run(
        EvolutionSampler(), space, lambda p: "abcdefgh".index(p["size"]) + p["n"] / 1000, 120
    )
    best = history.trials[history.best.trial].params
    assert best["size"] == "h"
    assert best["n"] > 900
