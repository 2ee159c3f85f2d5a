"""A search in which nothing works ends early, and says why."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest

from skhpo import FaultTolerance, Float, Tuner
from skhpo.breaker import CircuitBreaker
from skhpo.callbacks import Callback
from skhpo.exceptions import AllFailedError, SkhpoError, SkhpoWarning
from skhpo.schedulers import AsynchronousHalving, FullBudget
from skhpo.testing import VirtualExecutor
from skhpo.trial import Evaluation, Report, Task

SPACE = {"x": Float(0, 1)}


class Failing:
    """An objective on three folds that fails as it is told to."""

    n_folds = 3

    def __init__(self, fails=lambda task: True):
        self.fails = fails

    def evaluate(self, task: Task) -> Report:
        if self.fails(task):
            raise ZeroDivisionError(f"trial {task.trial} on fold {task.fold}")
        return Report(scores={"score": task.params["x"]})

    def tasks(self, trial, resource, reached):
        return [Task(trial.number, fold, resource, dict(trial.params)) for fold in range(3)]


def tuner_of(objective, max_failures=10, **settings):
    faults = FaultTolerance(max_failures=max_failures)
    settings.setdefault("executor", VirtualExecutor(2))
    return Tuner(SPACE, objective, faults=faults, random_state=0, **settings)


def test_the_first_ten_by_default():
    tuner = Tuner(SPACE, Failing(), executor=VirtualExecutor(2), random_state=0)
    with pytest.raises(AllFailedError, match="The first 10 trials have all failed") as caught:
        tuner.run(n_trials=100)
    assert isinstance(caught.value, SkhpoError)
    assert isinstance(caught.value, ValueError)
    told = str(caught.value)
    assert "Trial 0 was the first of them:\nTraceback" in told
    assert "ZeroDivisionError: trial 0 on fold 0" in told
    assert "faults=FaultTolerance(max_failures=None)" in told
    assert len(tuner.history.evaluations) == 10
    assert len(tuner.history.trials) <= 11
    assert tuner.stop_reason is None
    assert pickle.loads(pickle.dumps(caught.value)).args == caught.value.args


@pytest.mark.parametrize("n_slots", [1, 5])
@pytest.mark.parametrize("max_failures", [1, 4])
def test_so_many_as_are_asked_for(max_failures, n_slots):
    tuner = tuner_of(Failing(), max_failures, executor=VirtualExecutor(n_slots))
    with pytest.raises(AllFailedError, match=f"The first {max_failures} trials"):
        tuner.run(n_trials=100)
    assert len(tuner.history.evaluations) == max_failures


@pytest.mark.parametrize("status", ["failed", "diverged", "timeout", "worker-died"])
def test_whatever_the_failure(status):
    executor = VirtualExecutor(2, fate=lambda task: status)
    with pytest.raises(AllFailedError, match=f"the fate of this task was: {status}"):
        tuner_of(Failing(), 3, executor=executor).run(n_trials=10)


@pytest.mark.parametrize("good", [(0, 0), (3, 2)])
def test_one_fold_that_works_is_enough(good):
    tuner = tuner_of(Failing(lambda task: (task.trial, task.fold) != good), 4)
    tuner.run(n_trials=30)
    assert len(tuner.history.evaluations) == 30


def test_one_that_works_later_is_too_late():
    tuner = tuner_of(Failing(lambda task: task.trial != 8), 4)
    with pytest.raises(AllFailedError):
        tuner.run(n_trials=30)


def test_nan_is_no_failure():
    tuner = tuner_of(lambda params: np.nan, 3)
    with pytest.warns(SkhpoWarning, match="gave NaN"):
        tuner.run(n_trials=20)
    assert len(tuner.history.evaluations) == 20


def test_fewer_trials_than_that_fail_as_ever():
    with pytest.warns(SkhpoWarning, match="failed in all 9 trials"):
        tuner = tuner_of(lambda params: 1 / 0).run(n_trials=9)
    assert len(tuner.history.evaluations) == 9


def test_none_is_never():
    with pytest.warns(SkhpoWarning, match="failed in all 25 trials"):
        tuner_of(lambda params: 1 / 0, None).run(n_trials=25)


def test_raise_failures_raises_the_first_one():
    with pytest.raises(ZeroDivisionError, match="trial 0"):
        tuner_of(Failing(), 1, raise_failures=True).run(n_trials=9)


def test_who_begins_again_has_as_many_tries_again():
    broken = [True]
    tuner = tuner_of(Failing(lambda task: broken[0]), 3, scheduler=FullBudget(20))
    for n_evaluations in (3, 6):
        with pytest.raises(AllFailedError):
            tuner.run()
        assert len(tuner.history.evaluations) == n_evaluations
    broken[0] = False
    tuner.run()
    assert len(tuner.history.trials) == 20
    statuses = [e.status for e in sorted(tuner.history.evaluations, key=lambda e: e.trial)]
    assert statuses.count("completed") == 14
    broken[0] = True  # that something has worked is not forgotten
    tuner.run(n_trials=20)


def test_trials_count_not_their_rungs():
    """One that fails on its first rung goes no further; so many different ones are meant."""
    tuner = tuner_of(Failing(), 5, scheduler=AsynchronousHalving(30, (1, 3, 9)))
    with pytest.raises(AllFailedError, match="The first 5 trials"):
        tuner.run()
    assert len({evaluation.trial for evaluation in tuner.history.evaluations}) == 5


def test_who_asks_and_tells_is_not_stopped():
    tuner = Tuner(SPACE, random_state=0, faults=FaultTolerance(max_failures=2))
    for _ in range(5):
        tuner.tell(tuner.ask(), status="failed", error="broken")
    assert len(tuner.history.evaluations) == 5


def test_what_was_pruned_counts_neither_way(monkeypatch):
    breaker = CircuitBreaker(2)
    history = Tuner(SPACE, random_state=0).history
    breaker.on_start(history)
    for number, status in enumerate(["failed", "pruned", "pruned"]):
        breaker.on_evaluation(history, Evaluation(number, None, np.nan, (), status))
    with pytest.raises(AllFailedError, match=r"Trial 0 was the first of them:\nfailed"):
        breaker.on_evaluation(history, Evaluation(3, None, np.nan, (), "failed"))


def test_the_others_are_told_of_the_last_failure_too():
    class Counting(Callback):
        n = 0

        def on_evaluation(self, history, evaluation):
            self.n += 1

        def on_end(self, history):
            self.n += 100

    counting = Counting()
    with pytest.raises(AllFailedError):
        tuner_of(Failing(), 3, callbacks=[counting]).run(n_trials=10)
    assert counting.n == 103


def test_errors_of_warnings_make_no_difference():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(AllFailedError):
            tuner_of(Failing(), 2).run(n_trials=10)
