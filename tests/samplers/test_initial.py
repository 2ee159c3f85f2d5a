from __future__ import annotations

import pytest

from skhpo import Float, Tuner
from skhpo.exceptions import SpaceError
from skhpo.samplers import BayesianSampler, GridSampler, InitialParams, RandomSampler
from skhpo.testing import VirtualExecutor

SPACE = {"x": Float(0, 1), "kind": ["a", "b"]}
FIRST = [{"x": 0.5, "kind": "b"}, {"x": 0.25, "kind": "a"}]


def tuner(initial, space=SPACE, then=None, **options):
    sampler = InitialParams(initial, then=then or RandomSampler())
    return Tuner(space, lambda params: params["x"], sampler=sampler, random_state=0, **options)


def tried(tuner):
    return [trial.params for trial in tuner.history.trials]


def test_given_ones_come_first_in_order():
    searched = tuner(FIRST, executor=VirtualExecutor(3)).run(n_trials=4)
    assert tried(searched)[:2] == FIRST
    assert len({repr(params) for params in tried(searched)}) == 4


def test_none_is_tried_twice():
    searched = tuner([{"x": 1}, {"x": 1.0}, {"x": 3}], {"x": [1, 2, 3]}, GridSampler())
    assert tried(searched.run(n_trials=10)) == [{"x": 1}, {"x": 3}, {"x": 2}]


def test_given_ones_are_not_changed_or_shared():
    given = [dict(FIRST[0])]
    task = tuner(given).ask()
    task.params["x"] = 7
    assert given == FIRST[:1]


def test_one_outside_of_the_space_is_refused():
    with pytest.raises(SpaceError, match="sets 'x' to 3"):
        tuner([{"x": 3, "kind": "a"}]).ask()


def test_adaptive_as_the_one_that_follows():
    assert not InitialParams(FIRST, then=RandomSampler()).is_adaptive
    assert InitialParams(FIRST, then=BayesianSampler()).is_adaptive
