"""What holds for every scheduler."""

from __future__ import annotations

import copy
import pickle
import warnings
from abc import abstractmethod
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from skhpo.callbacks import Callback
from skhpo.exceptions import SkhpoWarning
from skhpo.faults import FaultTolerance
from skhpo.history import History
from skhpo.objective import Objective
from skhpo.retention import Retention
from skhpo.samplers import RandomSampler
from skhpo.schedulers import Plan, Scheduler
from skhpo.schedulers.base import State
from skhpo.space import Float
from skhpo.storage import Checkpoints
from skhpo.testing.base import Laws
from skhpo.testing.histories import decisions, outcomes, replay, truncations
from skhpo.testing.virtual import VirtualExecutor
from skhpo.trial import (
    Action,
    Assignment,
    Fork,
    Promote,
    Report,
    Resource,
    Start,
    Status,
    Stop,
    Task,
    Trial,
    Wait,
)
from skhpo.tuner import Tuner

__all__ = ["SchedulerLaws"]

_SEEDS = range(6)
_SLOTS = (1, 2, 5)
_MOST_RECORDS = 20_000  # a scheduler that has decided this often is taken to never end


class SchedulerLaws(Laws):
    """What holds for every scheduler with an end; subclass and say how to make one."""

    @abstractmethod
    def make_scheduler(self) -> Scheduler:
        """Return a new scheduler, with a plan of at most some dozens of trials."""

    @pytest.mark.parametrize("n_slots", _SLOTS)
    @pytest.mark.parametrize("seed", _SEEDS)
    def test_ends_and_spends_what_is_planned(self, seed: int, n_slots: int) -> None:
        """In whichever order results come in, the plan is carried out as far as it binds."""
        scheduler = self.make_scheduler()
        plan = scheduler.plan()
        assert plan is not None
        history = _run(scheduler, VirtualExecutor(n_slots, seed=seed))
        assert not history.pending
        assert _n_started(history) == plan.n_trials
        if plan.spends == "exactly":
            assert _assigned(history) == _planned(plan)
            assert plan.cost is None or _cost(history) == pytest.approx(plan.cost)
        elif plan.spends == "at most":
            assert _assigned(history) <= _planned(plan)
        assert _cost(history) <= _most(plan) + 1e-9

    @pytest.mark.parametrize("n_slots", _SLOTS)
    @pytest.mark.parametrize("seed", _SEEDS)
    def test_failures_are_not_promoted_and_do_not_stop_it(self, seed: int, n_slots: int) -> None:
        """With any of its trials failing it ends, and never spends more than planned."""
        scheduler = self.make_scheduler()
        plan = scheduler.plan()
        assert plan is not None
        history = _run(scheduler, VirtualExecutor(n_slots, seed=seed, fate=_fate))
        assert not history.pending
        assert any(evaluation.status != "completed" for evaluation in history.evaluations)
        assert _n_started(history) == plan.n_trials
        assert _cost(history) <= _most(plan) + 1e-9

    @pytest.mark.parametrize("n_slots", _SLOTS)
    def test_ends_if_everything_fails(self, n_slots: int) -> None:
        """Nothing is promoted, and no result is waited for."""
        executor = VirtualExecutor(n_slots, fate=lambda task: "worker-died")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SkhpoWarning)  # that everything failed
            history = _run(self.make_scheduler(), executor)
        assert not history.pending
        assert history.best is None

    def test_function_of_the_history(self) -> None:
        """At every prefix a new, a copied and a pickled scheduler decide the same, twice."""
        scheduler = self.make_scheduler()
        history = _run(scheduler, VirtualExecutor(3, seed=1, fate=_fate))
        for prefix in truncations(history):
            decided = scheduler.next(prefix)
            before = list(prefix)
            others = [
                scheduler,
                self.make_scheduler(),
                copy.deepcopy(scheduler),
                pickle.loads(pickle.dumps(scheduler)),
            ]
            assert all(other.next(prefix) == decided for other in others)
            assert scheduler.next(replay(prefix)) == decided
            assert list(prefix) == before

    def test_same_decisions_for_any_number_of_workers(self) -> None:
        """What is run, and how far, does not depend on which result came in first.

        An asynchronous scheduler excuses itself from this law.
        """
        expected = decisions(_run(self.make_scheduler(), VirtualExecutor(1)))
        for n_slots in (2, 3, 5):
            for seed in _SEEDS:
                history = _run(self.make_scheduler(), VirtualExecutor(n_slots, seed=seed))
                assert decisions(history) == expected

    @pytest.mark.parametrize("n_slots", _SLOTS)
    @pytest.mark.parametrize("n_trials", [1, 3])
    def test_ends_where_no_more_trials_may_start(self, n_slots: int, n_trials: int) -> None:
        """Told that there are enough trials, it goes on with those there are, and ends."""
        history = _run(self.make_scheduler(), VirtualExecutor(n_slots), n_trials=n_trials)
        assert len(history.trials) <= n_trials
        assert not history.pending

    def test_stopping_and_resuming_at_every_prefix(self) -> None:
        """A run that was cut off anywhere and taken up again is the run that was not."""
        whole = _run(self.make_scheduler(), VirtualExecutor())
        for prefix in truncations(whole):
            resumed = _run(self.make_scheduler(), VirtualExecutor(), prefix)
            assert outcomes(resumed) == outcomes(whole)

    def test_stopping_and_resuming_with_several_workers(self) -> None:
        """What is run, and how far, is the same after a run was cut off anywhere.

        An asynchronous scheduler excuses itself from this law: tasks begun anew end at other times.
        """
        whole = _run(self.make_scheduler(), VirtualExecutor(3))
        for prefix in truncations(whole):
            resumed = _run(self.make_scheduler(), VirtualExecutor(3), prefix)
            assert decisions(resumed) == decisions(whole)

    @pytest.mark.parametrize("n_slots", _SLOTS)
    @pytest.mark.parametrize("seed", _SEEDS)
    def test_no_state_is_missed(self, seed: int, n_slots: int, tmp_path: Path) -> None:
        """What a trial goes on from, or was copied from, has not been deleted before."""
        objective = _Continued(Checkpoints(str(tmp_path)))
        scheduler = self.make_scheduler()
        retention = Retention(objective.checkpoints, scheduler)
        executor = VirtualExecutor(n_slots, seed=seed, fate=_mishap)
        _run(scheduler, executor, objective=objective, callbacks=[retention])
        assert not objective.missed

    def test_obsolete_states_only_grow(self) -> None:
        """They are a function of the history, and what is added to them is added at the end."""
        history = _run(self.make_scheduler(), VirtualExecutor(3, seed=1, fate=_fate))
        scheduler, before = self.make_scheduler(), list[State]()
        for prefix in truncations(history):
            obsolete = list(scheduler.obsolete_states(prefix))
            assert obsolete == list(self.make_scheduler().obsolete_states(prefix))
            assert obsolete[: len(before)] == before
            before = obsolete
        assert list(scheduler.obsolete_states(history)) == before


class _Watched(Scheduler):
    """A scheduler whose every decision is checked."""

    def __init__(self, scheduler: Scheduler) -> None:
        self.scheduler = scheduler

    @property
    def is_adaptive(self) -> bool:  # type: ignore[override]
        return self.scheduler.is_adaptive

    def plan(self) -> Plan | None:
        return self.scheduler.plan()

    def next(self, history: History, may_start: bool = True) -> Action:
        assert len(history) < _MOST_RECORDS, "does not end"
        action = self.scheduler.next(history, may_start)
        assert isinstance(action, (Start, Promote, Fork, Wait, Stop))
        if isinstance(action, Wait):
            assert history.n_pending, "waits, but nothing is running"
        elif isinstance(action, Promote):
            self._check_finished(history, action.trial)
            latest = history.latest(action.trial)
            assert latest is not None
            assert _amount(action.resource) >= _amount(latest.resource), "takes resource away"
        elif isinstance(action, Fork):
            self._check_fork(history, action)
        return action

    def _check_fork(self, history: History, fork: Fork) -> None:
        assert fork.parent in history.rung(fork.parent_resource), "copies what was not measured"
        assert _amount(fork.resource) > _amount(fork.parent_resource), "a copy that does not train"
        if fork.replaces is not None:
            replaced = {trial.replaces for trial in history.trials}
            assert fork.replaces not in replaced, f"trial {fork.replaces} was replaced before"
            training = {trial.number for trial in history.pending}
            assert fork.replaces not in training, f"replaces trial {fork.replaces} in training"

    def _check_finished(self, history: History, number: int) -> None:
        latest = history.latest(number)
        assert latest is not None, f"trial {number} was never measured"
        assert latest.is_usable, f"trial {number} failed"
        assert history.trials[number] not in history.pending, f"trial {number} is running"


def _run(
    scheduler: Scheduler,
    executor: VirtualExecutor,
    history: History | None = None,
    n_trials: int | None = None,
    objective: Objective | None = None,
    callbacks: Sequence[Callback] = (),
) -> History:
    """Run a search to its end, from the beginning or from where a history was cut off."""
    tuner = Tuner(
        {"x": Float(0, 1)},
        _objective_of(scheduler) if objective is None else objective,
        sampler=RandomSampler(),
        scheduler=_Watched(scheduler),
        executor=executor,
        callbacks=callbacks,
        random_state=0,
        history=history,
        faults=FaultTolerance(max_failures=None),
    )
    return tuner.run(n_trials).history


def _objective_of(scheduler: Scheduler) -> Any:
    """An objective that takes a resource if the scheduler spends one."""
    plan = scheduler.plan()
    assert plan is not None, "the laws are for schedulers with an end"
    if plan.cost is None:
        return lambda params: params["x"]
    return lambda params, resource: params["x"] - 1 / (1 + resource)


class _Continued:
    """An objective with two folds that keeps states, and takes note of those it misses."""

    n_folds = 2

    def __init__(self, checkpoints: Checkpoints) -> None:
        self.checkpoints = checkpoints
        self.missed: list[Task] = []

    def evaluate(self, task: Task) -> Report:
        """Look for the state to go on from, as the evaluation of an estimator does."""
        if task.reached is not None and not self._is_there(task):
            self.missed.append(task)
        if task.resource is not None:
            self.checkpoints.save(task.trial, task.fold, task.resource, "state")
        progress = 0.0 if task.resource is None else 1 / (1 + task.resource)
        return Report(scores={"score": task.params["x"] - progress})

    def _is_there(self, task: Task) -> bool:
        assert task.reached is not None
        owners = [task.trial]
        if task.parent is not None and task.reached == task.parent_resource:
            owners.append(task.parent)
        return any(
            self.checkpoints.load(owner, task.fold, task.reached) is not None for owner in owners
        )

    def tasks(self, trial: Trial, resource: Resource, reached: Resource) -> list[Task]:
        """One task for each fold."""
        return [
            Task(
                trial=trial.number,
                fold=fold,
                resource=resource,
                params=dict(trial.params),
                reached=reached,
                parent=trial.parent,
                parent_resource=trial.parent_resource,
            )
            for fold in range(self.n_folds)
        ]


def _mishap(task: Task) -> Status | None:
    """Some trials fail, and some workers die under a first attempt."""
    if task.trial % 7 == 3:
        return "failed"
    return "worker-died" if task.attempt == 1 and (task.trial + task.fold) % 3 == 0 else None


def _fate(task: Task) -> Status | None:
    """Every third trial goes wrong, in one of the ways in which trials can."""
    fates: dict[int, Status] = {0: "failed", 3: "worker-died", 6: "timeout", 9: "diverged"}
    return fates.get(task.trial % 12)


def _amount(resource: Resource) -> float:
    return 0.0 if resource is None else resource


def _n_started(history: History) -> int:
    """How many trials began from nothing."""
    return sum(trial.parent is None for trial in history.trials)


def _assigned(history: History) -> Counter[Resource]:
    """Count assignments by resource."""
    return Counter(record.resource for record in history if isinstance(record, Assignment))


def _planned(plan: Plan) -> Counter[Resource]:
    """Count what is planned by resource."""
    counts: Counter[Resource] = Counter()
    for bracket in plan.brackets:
        for n_trials, resource in zip(bracket.n_trials, bracket.resources, strict=True):
            counts[resource] += n_trials
    return counts


def _most(plan: Plan) -> float:
    """Return what may be spent at most: what is planned, or all that full training would take."""
    if plan.cost is None:
        return 0.0
    if plan.spends != "about":
        return plan.cost
    return sum(b.n_trials[0] * _amount(b.resources[-1]) for b in plan.brackets)


def _cost(history: History) -> float:
    """Return the total resource spent: each assignment pays what its trial has not had yet."""
    cost, reached = 0.0, dict[int, float]()
    for record in history:
        if isinstance(record, Assignment):
            inherited = _amount(history.trials[record.trial].parent_resource)
            before = reached.get(record.trial, inherited)
            cost += _amount(record.resource) - before
            reached[record.trial] = _amount(record.resource)
    return cost
