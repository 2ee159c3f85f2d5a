from __future__ import annotations

import math
import warnings
from collections import Counter

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from skhpo import Categorical, Float, Int, Space
from skhpo.exceptions import SpaceError, SpaceExhaustedError
from skhpo.history import History
from skhpo.samplers import InitialParams, QuasiRandomSampler, RandomSampler
from skhpo.trial import Assignment, Trial

BRANCHES = Space(
    [
        {"kernel": ["linear"], "C": Float(0, 1)},
        {"kernel": ["rbf"], "C": Float(0, 1), "gamma": Float(0, 1)},
        {"kernel": ["poly"], "C": Float(0, 1), "degree": Int(1, 4)},
    ]
)


def suggest(space, history, sampler=None):
    rng = np.random.default_rng([history.seed, len(history.trials)])
    return (sampler or QuasiRandomSampler()).suggest(space, history, rng)


def grow(space, n_trials, seed=0, sampler=None):
    history = History(seed=seed)
    for number in range(n_trials):
        history.append(Trial(number, suggest(space, history, sampler)))
        history.append(Assignment(number, None, (0,)))
    return history


def column(history, name):
    return [trial.params[name] for trial in history.trials]


@pytest.mark.parametrize("seed", range(3))
def test_one_sobol_sequence_for_each_search(seed):
    """Trial k has point k: the cells of every (t, m, s)-net are met, whatever the seed."""
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    history = grow(space, 64, seed)
    points = np.array([column(history, "x"), column(history, "y")])
    for n, (n_x, n_y) in [(16, (16, 1)), (16, (4, 4)), (64, (1, 64)), (64, (8, 8)), (64, (2, 32))]:
        cells = np.floor(points[:, :n] * [[n_x], [n_y]]).astype(int)
        assert len(set(zip(*cells, strict=True))) == n
    assert qmc.discrepancy(points.T) < 0.002  # of 64 random points: 0.008 or so


def test_seeds_make_other_sequences():
    space = Space({"x": Float(0, 1)})
    firsts = {grow(space, 1, seed).trials[0].params["x"] for seed in range(10)}
    assert len(firsts) == 10
    assert min(firsts) < 0.4 < 0.6 < max(firsts)


def test_values_of_a_list_come_up_equally_often():
    space = Space(
        {"kind": ["a", "b", "c", "d"], "size": Categorical([1, 2], ordered=True), "x": Float(0, 1)}
    )
    history = grow(space, 32)
    assert set(Counter(column(history, "kind")).values()) == {8}
    assert set(Counter(column(history, "size")).values()) == {16}
    both = Counter(zip(column(history, "kind"), column(history, "size"), strict=True))
    assert set(both.values()) == {4}


def test_numbers_of_values_that_are_no_power_of_two():
    history = grow(Space({"kind": ["a", "b", "c"], "x": Float(0, 1)}), 64)
    assert set(Counter(column(history, "kind")).values()) <= {20, 21, 22, 23}


def test_scales_are_respected():
    space = Space({"C": Float(1e-4, 1e4, log=True), "z": stats.norm(), "n": Int(1, 8)})
    history = grow(space, 64)
    assert sorted(Counter(np.floor(np.log10(column(history, "C")))).values()) == [8] * 8
    quartiles = np.digitize(stats.norm.cdf(column(history, "z")), [0.25, 0.5, 0.75])
    assert sorted(Counter(quartiles).values()) == [16] * 4
    assert sorted(Counter(column(history, "n")).values()) == [8] * 8


# --------------------------------------------------------------------------- branches


def balance(history):
    counts = Counter(trial.params["kernel"] for trial in history.trials)
    return [counts[kernel] for kernel in ("linear", "rbf", "poly")]


@pytest.mark.parametrize("n_trials", [3, 4, 8, 30])
def test_branches_come_in_turn(n_trials):
    counts = balance(grow(BRANCHES, n_trials))
    assert max(counts) - min(counts) <= 1


def test_each_branch_has_a_sequence_of_its_own():
    history = grow(BRANCHES, 48)
    for kernel in ("linear", "rbf", "poly"):
        C = [trial.params["C"] for trial in history.trials if trial.params["kernel"] == kernel]
        assert sorted(math.floor(16 * c) for c in C) == list(range(16))


def test_what_the_user_wants_first_is_made_up_for():
    first = [{"kernel": "rbf", "C": c, "gamma": 0.5} for c in (0.1, 0.2, 0.3)]
    sampler = InitialParams(first, then=QuasiRandomSampler())
    history = grow(BRANCHES, 9, sampler=sampler)
    assert balance(history) == [3, 3, 3]
    rest = [trial.params for trial in history.trials if trial.params["kernel"] == "linear"]
    alone = [t.params for t in grow(BRANCHES, 9).trials if t.params["kernel"] == "linear"]
    assert rest == alone


def test_a_branch_that_is_exhausted_leaves_its_turn_to_the_others():
    space = Space([{"n": [1, 2, 3]}, {"x": Float(0, 1)}, {"y": Float(0, 1)}])
    history = grow(space, 31)
    counts = Counter(name for trial in history.trials for name in trial.params)
    assert counts == {"n": 3, "x": 14, "y": 14}


def test_branches_that_overlap():
    space = Space([{"x": [1, 2]}, {"x": [1, 2, 3]}, {"x": [3]}])
    assert sorted(column(grow(space, 3), "x")) == [1, 2, 3]
    with pytest.raises(SpaceExhaustedError):
        suggest(space, grow(space, 3))


# --------------------------------------------------------------------------- tried, or odd


def test_points_that_were_tried_are_passed_over():
    space = Space({"x": Float(0, 1), "y": Float(0, 1)})
    points = [trial.params for trial in grow(space, 6).trials]
    history = History()
    for number, params in enumerate([points[0], points[2], points[3]]):
        history.append(Trial(number, params))
    assert suggest(space, history) == points[1]
    history.append(Trial(3, points[1]))
    assert suggest(space, history) == points[4]


def test_a_finite_space_to_the_end():
    space = Space({"a": [1, 2, 3], "b": ["x", "y", "z"], "c": [True, False]})
    history = grow(space, 18)
    assert len({space.key(trial.params) for trial in history.trials}) == 18
    with pytest.raises(SpaceExhaustedError, match="all 18 configurations"):
        suggest(space, history)


def test_values_that_hardly_ever_come_up():
    space = Space({"k": stats.geom(1 - 1e-12)})
    assert column(grow(space, 3), "k") == [1, 1, 1]


def test_what_can_only_be_drawn_from():
    class Coin:
        def rvs(self, random_state=None):
            return random_state.randint(10**6)

    space = Space({"coin": Coin(), "x": Float(0, 1)})
    QuasiRandomSampler().check(space)
    history = grow(space, 16)
    assert len(set(column(history, "coin"))) == 16
    assert sorted(math.floor(16 * x) for x in column(history, "x")) == list(range(16))
    assert column(grow(space, 16), "coin") == column(history, "coin")


def test_too_many_parameters():
    space = Space({f"x{number}": Float(0, 1) for number in range(qmc.Sobol.MAXDIM + 1)})
    with pytest.raises(SpaceError, match=r"21202 parameters.*use RandomSampler"):
        QuasiRandomSampler().check(space)


def test_no_warning_and_no_filter_left_behind():
    filters = list(warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        grow(BRANCHES, 11)
    assert warnings.filters == filters


def test_its_points_are_more_even_than_random_ones():
    space = Space({f"x{number}": Float(0, 1) for number in range(5)})

    def discrepancies(sampler):
        histories = [grow(space, 10, seed, sampler) for seed in range(10)]
        return [
            qmc.discrepancy([list(trial.params.values()) for trial in history.trials])
            for history in histories
        ]

    assert np.median(discrepancies(None)) < 0.7 * np.median(discrepancies(RandomSampler()))
