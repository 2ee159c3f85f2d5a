from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import ParameterGrid

from skhpo import Float, Int, Space, Tuner
from skhpo.exceptions import SpaceError, SpaceExhaustedError
from skhpo.history import History
from skhpo.samplers import GridSampler
from skhpo.testing import VirtualExecutor
from skhpo.trial import Trial

SPEC = [
    {"kernel": ["rbf"], "C": [10, 1, 100], "gamma": ["scale", 0.1]},
    {"kernel": ["linear"], "C": [1, 10]},
]


@pytest.mark.parametrize("n_slots", [1, 3])
def test_the_order_is_that_of_parameter_grid(n_slots):
    tuner = Tuner(
        SPEC,
        lambda params: params["C"],
        sampler=GridSampler(),
        executor=VirtualExecutor(n_slots, seed=n_slots),
    ).run(n_trials=100)
    assert [trial.params for trial in tuner.history.trials] == list(ParameterGrid(SPEC))
    assert tuner.best_params == {"C": 100, "gamma": "scale", "kernel": "rbf"}


def test_what_others_tried_is_passed_over():
    space = Space({"n": Int(1, 3)})
    history = History()
    history.append(Trial(0, {"n": 2}))
    history.append(Trial(1, {"n": "outside"}))
    sampler, rng = GridSampler(), np.random.default_rng(0)
    assert sampler.suggest(space, history, rng) == {"n": 1}
    history.append(Trial(2, {"n": 1}))
    assert sampler.suggest(space, history, rng) == {"n": 3}
    history.append(Trial(3, {"n": 3}))
    with pytest.raises(SpaceExhaustedError, match="all 3 configurations"):
        sampler.suggest(space, history, rng)


def test_one_sampler_serves_several_searches_at_once():
    one, other = Space({"a": [1, 2]}), Space({"b": [5, 6]})
    sampler, rng = GridSampler(), np.random.default_rng(0)
    histories = History(), History()
    for space, history in zip((one, other), histories, strict=True):
        history.append(Trial(0, sampler.suggest(space, history, rng)))
    assert sampler.suggest(one, histories[0], rng) == {"a": 2}
    assert sampler.suggest(other, histories[1], rng) == {"b": 6}
    assert sampler.suggest(other, histories[0], rng) == {"b": 5}, "another space, the same history"


def test_infinitely_many_values_are_refused_at_once():
    with pytest.raises(SpaceError, match="'x' has infinitely many values"):
        Tuner({"n": [1, 2], "x": Float(0, 1)}, sampler=GridSampler())


def test_large_grids_are_not_built():
    space = Space({name: Int(0, 999) for name in "abcdef"})
    assert GridSampler().suggest(space, History(), np.random.default_rng(0)) == dict.fromkeys(
        "abcdef", 0
    )
