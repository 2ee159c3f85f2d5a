"""What is to be done next: what scheduler and sampler decide, as tasks."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from time import monotonic
from typing import Any

import numpy as np

from skhpo.callbacks import Callback
from skhpo.control import Gate
from skhpo.exceptions import SchedulerError, SpaceExhaustedError
from skhpo.history import History
from skhpo.objective import Objective
from skhpo.samplers import Sampler
from skhpo.schedulers import Scheduler
from skhpo.space import Space
from skhpo.stopping import StoppingRule
from skhpo.trial import Assignment, Fork, Promote, Resource, Start, Stop, Task, Trial, Wait

__all__ = ["Agenda"]


class Agenda:
    """Decides what is done next, records the decision, and hands it out task by task.

    Parameters
    ----------
    space : Space
        What may be tried.
    objective : Objective
        In which tasks a trial is measured.
    sampler : Sampler
        Which configuration next.
    scheduler : Scheduler
        Who gets how much resource.
    stopping : sequence of StoppingRule
        When it is enough.
    callbacks : sequence of Callback
        Who is told, and may end it.
    history : History
        The record everything is decided from.

    Attributes
    ----------
    gate : Gate
        Where somebody may want it to pause, or to stop.
    stop_reason : str or None
        Why it ended last; None before that.
    is_paused : bool
        Whether nothing is handed out just now, because somebody wants it so.
    """

    def __init__(
        self,
        space: Space,
        objective: Objective,
        sampler: Sampler,
        scheduler: Scheduler,
        stopping: Sequence[StoppingRule],
        callbacks: Sequence[Callback],
        history: History,
    ) -> None:
        self.space = space
        self.objective = objective
        self.sampler = sampler
        self.scheduler = scheduler
        self.stopping = stopping
        self.callbacks = callbacks
        self.history = history
        self.gate = Gate()
        self.stop_reason: str | None = None
        self.is_paused = False
        self._queue: deque[Task] = deque()
        self._started_at: float | None = None
        self._paused_at = 0.0
        self._is_over = False
        self._is_exhausted = False

    @property
    def is_adaptive(self) -> bool:
        """Whether decisions depend on measurements."""
        return self.sampler.is_adaptive or self.scheduler.is_adaptive

    # ------------------------------------------------------------------ from beginning to end

    def open(self) -> None:
        """Begin, or begin again after whatever ended it last."""
        self.stop_reason = None
        self._is_over = self._is_exhausted = False
        self._queue.clear()
        self._begin()

    def _begin(self) -> None:
        self._started_at = monotonic()
        self.gate.open()

    def take_up_unfinished(self) -> None:
        """Queue what an interrupted run left undone: the missing folds of open assignments."""
        for assignment, missing in self.history.unfinished:
            tasks = self._tasks(self.history.trials[assignment.trial], assignment.resource)
            self._queue.extend(task for task in tasks if task.fold in missing)
        newest = self.history.records[-1] if len(self.history) else None
        if isinstance(newest, Trial):  # cut off before it was assigned to anything
            before = self.history.replayed(len(self.history) - 1)
            action = self.scheduler.next(before)
            assert isinstance(action, (Start, Fork)), "the same history, another decision"
            self._assign(newest, action.resource)

    def next_task(self, max_open: float, n_trials: int | None = None) -> Task | None:
        """Return the next piece of work, of running trials first.

        Parameters
        ----------
        max_open : float
            So many trials may be open at a time.
        n_trials : int or None
            So many may be started in all; None for no limit.

        Returns
        -------
        Task or None
            None if there is nothing to be done now.

        Raises
        ------
        SchedulerError
            If the scheduler waits for nothing, or starts what it may not.
        """
        if self._started_at is None:
            self._begin()
        self._look_at_the_gate()
        if self.is_paused:
            return None
        if not self._queue and self.history.n_pending < max_open:
            self._decide(n_trials)
        return self._queue.popleft() if self._queue else None

    def put_back(self, task: Task) -> None:
        """Hand out a task once more, before any other.

        Parameters
        ----------
        task : Task
            Whatever came of it does not count.
        """
        self._queue.appendleft(task)

    def tell(self, hook: str, *what: Any) -> None:
        """Tell the callbacks; the first that wants to stop ends it.

        Parameters
        ----------
        hook : str
            Name of their method.
        *what : object
            What it is told, besides the history.
        """
        for callback in self.callbacks:
            if getattr(callback, hook)(self.history, *what):
                self.end("callback")

    def end(self, reason: str) -> None:
        """Decide nothing any more. What is running is brought to its end.

        Parameters
        ----------
        reason : str
            Why; the first one counts.
        """
        if not self._is_over:
            self._is_over, self.stop_reason = True, reason

    def close(self) -> None:
        """Tell all callbacks that it is over, and stop the clock. Who asks then asks anew."""
        with ExitStack() as last:
            last.callback(self._stop_the_clock)
            for callback in reversed(self.callbacks):
                last.callback(callback.on_end, self.history)

    def _stop_the_clock(self) -> None:
        self._is_over = self.is_paused = False
        self._started_at = None
        self.gate.close()

    # ------------------------------------------------------------------ what others want of it

    @property
    def is_open(self) -> bool:
        """Whether it has begun, and is not over."""
        return self._started_at is not None

    @property
    def seconds(self) -> float:
        """For how long it has been at work; not while it is paused."""
        started_at = self._started_at
        if started_at is None:
            return 0.0
        return (self._paused_at if self.is_paused else monotonic()) - started_at

    def _look_at_the_gate(self) -> None:
        """End, pause or go on, as somebody wants. What is over already is brought to its end."""
        wanted = self.gate.wanted()
        if wanted == "stop":
            self.end("stopped")
        is_paused = wanted == "pause" and not self._is_over
        if is_paused == self.is_paused:
            return
        if is_paused:
            self._paused_at = monotonic()
        elif self._started_at is not None:
            self._started_at += monotonic() - self._paused_at
        self.is_paused = is_paused
        self.tell("on_pause" if is_paused else "on_resume")

    # ------------------------------------------------------------------ deciding

    def _decide(self, n_trials: int | None) -> None:
        """Ask the scheduler, and the sampler if it wants a new trial; queue what follows."""
        if self._is_over:
            return
        is_enough = n_trials is not None and len(self.history.trials) >= n_trials
        may_start = not (is_enough or self._is_exhausted)
        action = self.scheduler.next(self.history, may_start)
        if isinstance(action, Wait):
            if not self.history.n_pending:
                raise SchedulerError(f"{self.scheduler!r} waits, but nothing is running")
        elif isinstance(action, Stop):
            self.end("space exhausted" if self._is_exhausted else "budget")
        elif (reason := self._reason_to_stop()) is not None:
            self.end(reason)
        elif isinstance(action, Promote):
            self._assign(self.history.trials[action.trial], action.resource)
        elif not may_start:
            raise SchedulerError(f"{self.scheduler!r} opens a trial although it may not: {action}")
        else:
            try:
                trial = self.new_trial(action, self.history)
            except SpaceExhaustedError:  # those there are may still go on
                self._is_exhausted = True
                self._decide(n_trials)
            else:
                self._assign(trial, action.resource)

    def _reason_to_stop(self) -> str | None:
        """Ask the stopping rules; without any trial there would be no result."""
        if not self.history.trials or self._started_at is None:
            return None
        seconds = self.seconds
        due = (
            rule.reason
            for rule in self.stopping
            if rule.should_stop(self.space, self.history, seconds)
        )
        return next(due, None)

    def _assign(self, trial: Trial, resource: Resource) -> None:
        """Record that a trial is to be brought to a resource, and queue what that takes."""
        tasks = self._tasks(trial, resource)
        is_new = trial.number == len(self.history.trials)
        if is_new:
            self.history.append(trial)
        self.history.append(Assignment(trial.number, resource, tuple(task.fold for task in tasks)))
        self._queue.extend(tasks)
        if is_new:
            self.tell("on_trial_start", trial)

    def _tasks(self, trial: Trial, resource: Resource) -> Sequence[Task]:
        evaluation = self.history.latest(trial.number)
        reached = trial.parent_resource if evaluation is None else evaluation.resource
        tasks = self.objective.tasks(trial, resource, reached)
        if reached is None:
            return tasks
        owner = trial.parent if evaluation is None else trial.number
        assert owner is not None, "who has had something is a copy, or was measured"
        return [
            replace(task, state=self.history.state(owner, task.fold, reached)) for task in tasks
        ]

    def new_trial(self, action: Start | Fork, history: History) -> Trial:
        """Choose a configuration. The random numbers are keyed by (seed, trial number).

        Parameters
        ----------
        action : Start or Fork
            What the scheduler wants.
        history : History
            What is known; nothing is added to it.

        Raises
        ------
        SpaceExhaustedError
            If there is no other one.
        """
        number = len(history.trials)
        rng = np.random.default_rng([history.seed, number])
        if isinstance(action, Start):
            return Trial(number, self.sampler.suggest(self.space, history, rng))
        params = self.sampler.perturb(self.space, history, action, rng)
        return Trial(number, params, action.parent, action.parent_resource, action.replaces)
