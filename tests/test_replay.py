"""A recorded run, decided again."""

from __future__ import annotations

import re

import pytest

from skhpo import FaultTolerance, Float, Int, Tuner
from skhpo.history import History
from skhpo.samplers import (
    BayesianSampler,
    GridSampler,
    Perturbation,
    PopulationSampler,
    RandomSampler,
    TPESampler,
)
from skhpo.schedulers import (
    AsynchronousHalving,
    Bracket,
    FullBudget,
    Hyperband,
    PopulationTraining,
    SuccessiveHalving,
)
from skhpo.testing import VirtualExecutor, outcomes, truncations

SPACE = {"x": Float(-1, 1), "k": Int(1, 9)}


def quality(params, resource=1.0):
    return -abs(params["x"] - 0.3) - 1.0 / (resource or 1.0)


RECIPES = {
    "random": (RandomSampler, lambda: FullBudget(12)),
    "bayes": (lambda: BayesianSampler(n_initial_points=4), lambda: FullBudget(12)),
    "tpe": (lambda: TPESampler(n_initial_points=4), lambda: FullBudget(15)),
    "asha": (RandomSampler, lambda: AsynchronousHalving(15, (1, 3, 9))),
    "halving": (RandomSampler, lambda: SuccessiveHalving(Bracket((9, 3, 1), (1, 3, 9)))),
    "hyperband": (RandomSampler, lambda: Hyperband((1, 3, 9))),
    "pbt": (lambda: PopulationSampler(Perturbation()), lambda: PopulationTraining(5, (1, 2, 3, 4))),
}


def tuner_of(recipe, **settings):
    sampler, scheduler = RECIPES[recipe]
    settings.setdefault("sampler", sampler())
    settings.setdefault("scheduler", scheduler())
    return Tuner(SPACE, quality, random_state=3, **settings)


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("n_slots", [1, 4])
def test_the_same_decisions_from_every_prefix(recipe, n_slots):
    executor = VirtualExecutor(n_slots, fate=lambda task: "failed" if task.trial % 5 == 1 else None)
    tuner = tuner_of(recipe, executor=executor).run()
    before = outcomes(tuner.history)
    assert tuner.replay() == []
    # somebody else, with nothing but the record
    again = tuner_of(recipe, history=tuner.history.replayed())
    assert again.replay() == []
    assert outcomes(tuner.history) == before


@pytest.mark.parametrize("recipe", ["random", "asha", "pbt"])
def test_cut_off_anywhere(recipe):
    whole = tuner_of(recipe, executor=VirtualExecutor(3)).run().history
    for history in truncations(whole):
        assert tuner_of(recipe, history=history).replay() == []


def test_a_limit_of_trials_and_a_space_that_ends():
    tuner = tuner_of("asha", executor=VirtualExecutor(2)).run(n_trials=6)
    assert tuner.replay() == []
    small = Tuner({"k": Int(1, 4)}, quality_of_k, sampler=GridSampler(), random_state=0)
    assert small.run().replay() == []


def quality_of_k(params):
    return params["k"]


def test_an_interrupted_run_that_went_on():
    tuner = tuner_of("asha", executor=VirtualExecutor(3))
    for n_trials in (4, 9, None):
        tuner.run(n_trials)
    assert tuner.replay() == []


def test_workers_that_died():
    executor = VirtualExecutor(
        2, fate=lambda task: "worker-died" if task.trial % 3 == 0 and task.attempt < 3 else None
    )
    tuner = tuner_of("bayes", executor=executor, faults=FaultTolerance(max_retries=2)).run()
    assert tuner.replay() == []


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"sampler": TPESampler(n_initial_points=6)}, r"record \d+: Trial\(number=.* was recorded"),
        ({"scheduler": AsynchronousHalving(15, (1, 2, 9))}, r"up to 3 was recorded, now it is"),
        (
            {"scheduler": AsynchronousHalving(3, (1, 3, 9))},
            r"was recorded, now it is (Stop|Wait)\(\)",
        ),
    ],
)
def test_what_would_be_decided_otherwise(settings, told):
    history = tuner_of("asha", executor=VirtualExecutor(2)).run().history
    found = tuner_of("asha", history=history, **settings).replay()
    assert found
    assert any(re.search(told, line) for line in found)


def test_another_seed():
    history = tuner_of("random").run().history
    other = History(seed=history.seed + 1)
    for record in history:
        other.append(record)
    assert len(tuner_of("random", history=other).replay()) == 12
