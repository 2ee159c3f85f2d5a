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


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([FIRST[0], {"x": 3, "kind": "a"}], r"params\[1\] sets 'x' to 3, which is outside"),
        ([{"x": 0.5}], r"params\[0\].* lacks \['kind'\]"),
        ([{"x": 0.5, "knd": "a"}], r"params\[0\] sets 'knd'.*Did you mean 'kind'"),
        (["x"], r"params\[0\] must be a dict of parameters, got 'x'"),
    ],
    ids=str,
)
def test_what_is_not_in_the_space_is_refused_before_the_search(given, told):
    with pytest.raises(SpaceError, match=told):
        tuner(given)


@pytest.mark.parametrize(
    "given", ["x", None, 5, iter(FIRST)], ids=lambda given: type(given).__name__
)
def test_what_is_no_list_is_refused_at_once(given):
    with pytest.raises(TypeError, match=r"params must be a list of dicts such as \[\{'.*, got "):
        InitialParams(given, then=RandomSampler())


def test_one_dict_goes_into_a_list():
    with pytest.raises(TypeError, match=r"such as \[\{'x': 1\}\], got \{'x': 1\}"):
        InitialParams({"x": 1}, then=RandomSampler())


def test_the_one_that_follows_is_a_sampler():
    with pytest.raises(TypeError, match=r"then must be a Sampler such as RandomSampler\(\), got"):
        InitialParams(FIRST, then=RandomSampler)


def test_adaptive_as_the_one_that_follows():
    assert not InitialParams(FIRST, then=RandomSampler()).is_adaptive
    assert InitialParams(FIRST, then=BayesianSampler()).is_adaptive
