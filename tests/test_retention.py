"""Fitted states are on disk as long as they are needed, and no longer."""

from __future__ import annotations

import os

import pytest

from skhpo import Float, Tuner
from skhpo.callbacks import Callback
from skhpo.history import History
from skhpo.retention import Retention
from skhpo.schedulers import (
    AsynchronousHalving,
    Bracket,
    FoldRacing,
    FullBudget,
    Hyperband,
    MedianStopping,
    PatienceStopping,
    PercentileStopping,
    Plan,
    Scheduler,
    StoppingHalving,
    SuccessiveHalving,
)
from skhpo.storage import Checkpoints
from skhpo.testing import VirtualExecutor
from skhpo.trial import Assignment, Measurement, Report, Start, Stop, Task, Trial

RUNGS = (1, 3, 9)
SIZE = 1000  # of a state on one fold, in bytes


def on_disk(checkpoints):
    """Return the states there are, whatever the fold."""
    return {
        (int(trial), float(file.partition("-")[2].removesuffix(".pkl")))
        for trial in os.listdir(checkpoints.folder)
        for file in os.listdir(os.path.join(checkpoints.folder, trial))
    }


class Stateful:
    """An objective with two folds that leaves a state, and looks at what is there meanwhile."""

    n_folds = 2

    def __init__(self, folder):
        self.checkpoints = Checkpoints(str(folder))
        self.seen = []
        self.n_missed = 0

    def evaluate(self, task):
        self.seen.append((task, on_disk(self.checkpoints)))
        if task.reached is not None:
            self.n_missed += self.checkpoints.load(task.trial, task.fold, task.reached) is None
        self.checkpoints.save(task.trial, task.fold, task.resource, b"x" * SIZE)
        return Report(scores={"score": task.params["x"] * (1 + task.resource)})

    def tasks(self, trial, resource, reached):
        return [
            Task(trial.number, fold, resource, dict(trial.params), reached, trial.parent)
            for fold in range(self.n_folds)
        ]


def run(objective, scheduler, n_slots=1, max_bytes=None, callbacks=()):
    """Run a search in which states are kept in order, and return its history."""
    retention = Retention(objective.checkpoints, scheduler, max_bytes)
    tuner = Tuner(
        {"x": Float(0, 1)},
        objective,
        scheduler=scheduler,
        executor=VirtualExecutor(n_slots),
        callbacks=[retention, *callbacks],
        random_state=0,
    )
    return tuner.run().history


def highest(history):
    """Return the highest resource that each trial was sent to."""
    return {record.trial: record.resource for record in history if isinstance(record, Assignment)}


@pytest.mark.parametrize("n_slots", [1, 3, 8])
def test_only_survivors_of_synchronous_halving_are_on_disk(n_slots, tmp_path):
    """At each rung: who was left behind at the one below is gone before anybody goes on."""
    objective = Stateful(tmp_path)
    history = run(objective, SuccessiveHalving(Bracket((9, 3, 1), RUNGS)), n_slots)
    reached = highest(history)
    for task, states in objective.seen:
        assert {reached[trial] for trial, _ in states} <= {r for r in RUNGS if r >= task.resource}
        assert len(states) <= {1: 9, 3: 3 + 3, 9: 1 + 1}[task.resource]
    assert on_disk(objective.checkpoints) == {(history.best.trial, 9)}
    assert objective.n_missed == 0


@pytest.mark.parametrize("n_slots", [1, 4])
@pytest.mark.parametrize(
    "scheduler",
    [
        FullBudget(9, 9),
        Hyperband(RUNGS, factor=3),
        StoppingHalving(9, RUNGS),
        PercentileStopping(9, RUNGS, n_warmup_trials=2),
        MedianStopping(9, RUNGS, n_warmup_trials=2),
        PatienceStopping(9, RUNGS, n_iter_no_change=1, tol=0.9),
        FoldRacing(9, n_folds=4),
    ],
    ids=repr,
)
def test_in_the_end_only_the_best_is_left(scheduler, n_slots, tmp_path):
    """Where it is known of all others that they are out."""
    objective = Stateful(tmp_path)
    best = run(objective, scheduler, n_slots).best
    assert on_disk(objective.checkpoints) == {(best.trial, best.resource)}


def test_who_rests_keeps_the_newest_state(tmp_path):
    """Of a trial that may be promoted later, what it had at rungs below is gone."""
    objective = Stateful(tmp_path)
    history = run(objective, AsynchronousHalving(20, RUNGS), n_slots=4)
    resting = {(trial, r) for trial, r in highest(history).items() if r < 9}
    assert on_disk(objective.checkpoints) == resting | {(history.best.trial, 9)}
    assert objective.n_missed == 0


def test_failed_trials_are_out(tmp_path):
    objective = Stateful(tmp_path)
    fails = lambda task: "failed" if task.trial != 4 and task.fold == 1 else None  # noqa: E731
    tuner = Tuner(
        {"x": Float(0, 1)},
        objective,
        scheduler=AsynchronousHalving(9, RUNGS),
        executor=VirtualExecutor(fate=fails),
        callbacks=[Retention(objective.checkpoints, AsynchronousHalving(9, RUNGS))],
    )
    tuner.run()
    assert {trial for trial, _ in on_disk(objective.checkpoints)} == {4}


class Filling(Callback):
    """Sees how much is on disk after each evaluation."""

    def __init__(self, checkpoints):
        self.checkpoints = checkpoints
        self.totals = []

    def on_evaluation(self, history, evaluation):
        states = on_disk(self.checkpoints)
        self.totals.append(sum(self.checkpoints.size(*state) for state in states))


def test_the_bytes_are_bounded(tmp_path):
    """States of the lowest rung go first; who is promoted all the same trains anew."""
    most = 8 * 2 * (SIZE + 100)
    objective, free = Stateful(tmp_path / "bounded"), Stateful(tmp_path / "free")
    for each in (objective, free):
        os.mkdir(each.checkpoints.folder)
    filling, overflowing = Filling(objective.checkpoints), Filling(free.checkpoints)
    history = run(objective, AsynchronousHalving(24, RUNGS), 2, most, [filling])
    unbounded = run(free, AsynchronousHalving(24, RUNGS), 2, None, [overflowing])
    assert max(overflowing.totals) > 1.3 * most
    assert max(filling.totals) <= most
    assert highest(history) == highest(unbounded), "no decision depends on it"
    at_second = {(trial, 3) for trial, resource in highest(history).items() if resource == 3}
    assert 2 <= len(at_second) <= 7
    assert at_second <= on_disk(objective.checkpoints)


def test_what_running_trials_go_on_from_is_not_deleted_for_space(tmp_path):
    """Neither their own states, nor those they were copied from, nor the best."""
    checkpoints, history = Checkpoints(str(tmp_path)), History()
    for number, score in enumerate([0.1, 0.2, 0.3, 0.9]):
        history.append(Trial(number, {"x": score}))
        history.append(Assignment(number, 1, (0, 1)))
        for fold in range(2):
            history.append(Measurement(number, fold, 1, "completed", {"score": score}))
            checkpoints.save(number, fold, 1, b"x" * SIZE)
    history.append(Assignment(0, 3, (0, 1)))
    history.append(Trial(4, {"x": 0.5}, parent=1, parent_resource=1))
    history.append(Assignment(4, 3, (0, 1)))
    Retention(checkpoints, AsynchronousHalving(9, (1, 3)), 0).on_start(history)
    assert on_disk(checkpoints) == {(0, 1), (1, 1), (3, 1)}


class Forgetful(Scheduler):
    """Does not say what is obsolete."""

    def next(self, history, may_start=True):
        return Start(1) if may_start and len(history.trials) < 3 else Stop()

    def plan(self):
        return Plan((Bracket((3,), (1,)),))


def test_a_scheduler_that_does_not_say_loses_nothing(tmp_path):
    objective = Stateful(tmp_path)
    run(objective, Forgetful())
    assert on_disk(objective.checkpoints) == {(trial, 1) for trial in range(3)}


def test_what_an_earlier_run_left_is_put_in_order(tmp_path):
    """States of trials that were decided on before count, and go."""
    checkpoints = Checkpoints(str(tmp_path))
    history = History()
    for number in range(4):
        history.append(Trial(number, {"x": 0.1 * number}))
        history.append(Assignment(number, 1, (0, 1)))
        for fold in range(2):
            history.append(Measurement(number, fold, 1, "completed", {"score": float(number)}))
            checkpoints.save(number, fold, 1, b"x" * SIZE)
    Retention(checkpoints, SuccessiveHalving(Bracket((4, 2), (1, 3)))).on_start(history)
    assert on_disk(checkpoints) == {(2, 1), (3, 1)}
    Retention(checkpoints, AsynchronousHalving(9, (1, 3)), 3 * SIZE).on_start(history)
    assert on_disk(checkpoints) == {(3, 1)}
