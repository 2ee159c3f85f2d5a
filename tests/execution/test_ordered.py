"""Completions in the order of submission: the same decisions for every number of workers."""

from __future__ import annotations

import random
import time

import joblib
import pytest
from execution_tasks import complete, task

from skhpo import Float, Int, Tuner
from skhpo.execution import OrderedExecutor, ThreadExecutor
from skhpo.samplers import (
    BayesianSampler,
    Perturbation,
    PopulationSampler,
    QuasiRandomSampler,
    TPESampler,
)
from skhpo.schedulers import AsynchronousHalving, FullBudget, PopulationTraining
from skhpo.testing import VirtualExecutor, outcomes
from skhpo.trial import Report, Task

SPACE = {"x": Float(-1, 1), "k": Int(1, 9)}


def test_oldest_first_whoever_is_first():
    inner = VirtualExecutor(3, duration=lambda task: 10.0 - task.trial)
    executor = OrderedExecutor(inner, lag=5)
    executor.start(lambda task: Report())
    for number in range(5):
        executor.submit(task(number))
    assert inner.n_in_flight == 3
    done = [executor.next_completed()[0].trial for _ in range(5)]
    assert done == list(range(5))
    assert executor.next_completed() is None


def test_no_more_at_a_time_than_the_inner_one_has_room_for():
    executor = OrderedExecutor(inner := VirtualExecutor(2), lag=6)
    executor.start(lambda task: Report())
    most = 0

    def watched(original):
        def submit(task):
            nonlocal most
            original(task)
            most = max(most, inner.n_in_flight)

        return submit

    inner.submit = watched(inner.submit)
    assert [t.trial for t, _ in complete(executor, [task(n) for n in range(30)])] == list(range(30))
    assert most == 2


def test_a_timeout_of_the_wait():
    executor = OrderedExecutor(ThreadExecutor(2), lag=3)
    go = []

    def evaluate(task):
        while task.trial == 0 and not go:
            time.sleep(0.001)
        return Report()

    executor.start(evaluate)
    for number in range(3):
        executor.submit(task(number))
    try:
        assert executor.next_completed(timeout=0.05) is None  # 1 and 2 are done, but not their turn
    finally:
        go.append(True)
    assert [executor.next_completed()[0].trial for _ in range(3)] == [0, 1, 2]
    assert executor.close() == []


def test_what_was_finished_in_turn_is_not_lost_and_the_rest_is_done_again():
    """Who goes on then knows what was known then."""
    durations = [4.0, 1.0, 2.0, 9.0, 1.0]
    inner = VirtualExecutor(3, duration=lambda task: durations[task.trial])
    executor = OrderedExecutor(inner, lag=5)
    executor.start(lambda task: Report())
    for number in range(5):
        executor.submit(task(number))
    assert executor.next_completed()[0].trial == 0  # after 1, 2 and 4
    assert inner.n_in_flight == 1
    assert [t.trial for t, _ in executor.close()] == [1, 2]


def test_no_lag():
    with pytest.raises(ValueError, match="n_slots must be at least 1, got 0"):
        OrderedExecutor(VirtualExecutor(), lag=0)


# --------------------------------------------------------------------------- the same search


def quality(params, resource=None):
    """What is measured; with a resource, more of it helps."""
    value = -((params["x"] - 0.3) ** 2) - abs(params["k"] - 4) / 10
    return value if resource is None else value - 1.0 / resource


class Steps:
    """An objective that is trained in steps, on two folds."""

    n_folds = 2

    def evaluate(self, task: Task) -> Report:
        return Report(scores={"score": quality(task.params, task.resource) + task.fold / 50})

    def tasks(self, trial, resource, reached):
        return [
            Task(
                trial.number,
                fold,
                resource,
                dict(trial.params),
                reached,
                parent=trial.parent,
                parent_resource=trial.parent_resource,
            )
            for fold in range(2)
        ]


RECIPES = {
    "bayes": (quality, lambda: BayesianSampler(n_initial_points=4), lambda: FullBudget(14)),
    "tpe": (Steps(), lambda: TPESampler(n_initial_points=4), lambda: FullBudget(20, resource=3)),
    "asha": (
        Steps(),
        QuasiRandomSampler,
        lambda: AsynchronousHalving(20, (1, 3, 9)),
    ),
    "pbt": (
        Steps(),
        lambda: PopulationSampler(Perturbation()),
        lambda: PopulationTraining(5, (2, 4, 6, 8, 10, 12)),
    ),
}


def run(recipe, executor, lag):
    objective, sampler, scheduler = RECIPES[recipe]
    tuner = Tuner(
        SPACE,
        objective,
        sampler=sampler(),
        scheduler=scheduler(),
        executor=executor,
        deterministic=lag,
        random_state=7,
    )
    return outcomes(tuner.run().history)


@pytest.mark.parametrize("recipe", RECIPES)
def test_the_same_history_for_every_number_of_workers(recipe):
    expected = run(recipe, VirtualExecutor(1), lag=6)
    for n_slots, seed in ((1, 1), (2, 2), (3, 3), (8, 4)):
        assert run(recipe, VirtualExecutor(n_slots, seed=seed), lag=6) == expected


@pytest.mark.parametrize("recipe", ["bayes", "asha", "pbt"])
def test_the_number_of_tasks_under_way_matters_and_without_one_the_workers_do(recipe):
    with_lag = {lag: run(recipe, VirtualExecutor(3), lag) for lag in (1, 6)}
    assert with_lag[1] != with_lag[6]
    live = [run(recipe, VirtualExecutor(n_slots), lag=None) for n_slots in (1, 4)]
    assert live[0] != live[1]


class Slow:
    """Takes a time that nobody can foresee."""

    def __call__(self, params):
        time.sleep(random.SystemRandom().random() / 100)
        return quality(params)


@pytest.mark.parametrize(("backend", "n_jobs"), [("threading", 2), ("threading", 3), ("loky", 2)])
def test_the_same_history_in_threads_and_processes(backend, n_jobs):
    def history(n_jobs):
        sampler = BayesianSampler(n_initial_points=4)
        tuner = Tuner(SPACE, Slow(), sampler=sampler, deterministic=4, random_state=1)
        with joblib.parallel_config(backend, n_jobs=n_jobs):
            return outcomes(tuner.run(n_trials=12).history)

    assert history(n_jobs) == history(1)
