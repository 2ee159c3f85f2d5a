from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from skhpo import Categorical, Float, Int, Space, Tuner
from skhpo.exceptions import SpaceExhaustedError
from skhpo.history import History
from skhpo.samplers import RandomSampler
from skhpo.schedulers import FullBudget
from skhpo.testing import VirtualExecutor
from skhpo.trial import Assignment, Trial


def suggest(space, history):
    rng = np.random.default_rng([history.seed, len(history.trials)])
    return RandomSampler().suggest(space, history, rng)


def grow(space, n_trials, seed=0):
    history = History(seed=seed)
    for number in range(n_trials):
        history.append(Trial(number, suggest(space, history)))
        history.append(Assignment(number, None, (0,)))
    return history


def test_the_first_draw_is_the_space_s_own():
    space = Space({"x": Float(0, 1), "n": Int(0, 9)})
    history = History(seed=3)
    assert suggest(space, history) == space.sample(np.random.default_rng([3, 0]))


def test_seeds_matter():
    space = Space({"x": Float(0, 1)})
    assert grow(space, 1, seed=0).trials != grow(space, 1, seed=1).trials


def test_what_is_hardly_ever_drawn_is_found_in_the_end():
    space = Space({"a": ["usual"] * 10_000 + ["rare"]})
    assert [trial.params["a"] for trial in grow(space, 2).trials] in (
        ["usual", "rare"],
        ["rare", "usual"],
    )
    with pytest.raises(SpaceExhaustedError, match="all 2 configurations"):
        suggest(space, grow(space, 2))


def test_what_is_left_of_a_space_is_drawn_at_random_too():
    space = Space({"a": ["usual"] * 10_000 + [1, 2, 3]})
    orders = {tuple(t.params["a"] for t in grow(space, 4, seed).trials) for seed in range(20)}
    assert len(orders) > 3
    assert all(set(order) == {"usual", 1, 2, 3} for order in orders)


def test_weights_of_branches_do_not_depend_on_their_size():
    space = Space([{"n": [1]}, {"x": Float(0, 1)}])
    drawn = [suggest(space, History(seed=seed)) for seed in range(200)]
    assert 70 < sum("n" in params for params in drawn) < 130


def test_an_infinite_space_of_few_likely_values_repeats_itself_at_last():
    """There is no enumerating it; that is the price."""
    space = Space({"k": stats.geom(1 - 1e-12)})
    assert [trial.params["k"] for trial in grow(space, 3).trials] == [1, 1, 1]


def test_distributions_that_can_only_be_drawn_from():
    class Coin:
        def rvs(self, random_state=None):
            return random_state.randint(10**6)

    space = Space({"x": Coin(), "y": [1, 2]})
    keys = [space.key(trial.params) for trial in grow(space, 20).trials]
    assert len(set(keys)) == 20


def test_same_candidates_for_every_number_of_workers():
    space = {"x": Float(0, 1), "kind": Categorical(["a", "b"]), "n": stats.randint(0, 3)}
    expected = None
    for n_slots in (1, 2, 4, 9):
        for seed in range(5):
            tuner = Tuner(
                space,
                lambda params: params["x"],
                scheduler=FullBudget(20),
                executor=VirtualExecutor(n_slots, seed=seed),
                random_state=0,
            ).run()
            expected = expected or tuner.history.trials
            assert tuner.history.trials == expected
            assert tuner.best_params == max((t.params for t in expected), key=lambda p: p["x"])
