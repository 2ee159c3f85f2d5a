"""The one loop: ask scheduler and sampler, submit, take the next completion, record.

There is no second loop for "asynchronous", "synchronous", one worker, or going on after an
interruption: a synchronous algorithm is a scheduler that answers *wait*, and an interrupted
search is a history with unfinished assignments.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from time import monotonic
from typing import Any, Literal, get_args
from warnings import warn

import numpy as np
from sklearn.utils import check_random_state

from skhpo.callbacks import Callback
from skhpo.exceptions import SchedulerError, SkhpoWarning, SpaceExhaustedError, TrialError
from skhpo.execution import Executor, executor_for
from skhpo.history import History
from skhpo.objective import FunctionObjective, Objective
from skhpo.samplers import RandomSampler, Sampler
from skhpo.schedulers import FullBudget, Scheduler
from skhpo.settings import check_count, check_instance
from skhpo.space import Space
from skhpo.stopping import StoppingRule, as_rules
from skhpo.trial import (
    Assignment,
    Evaluation,
    Fork,
    FormerTrial,
    Measurement,
    Params,
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

__all__ = ["Tuner"]


class Tuner:
    """Searches a space for the best value of an objective: sampler, scheduler and tuner.

    Parameters
    ----------
    space : Space, dict or list of dicts
        What may be tried; see :class:`~skhpo.Space`.
    objective : callable, Objective or None, default=None
        ``objective(params)`` or ``objective(params, resource)``, returning a number or a dict of
        numbers by metric; ``params`` is a dict. None where values are only brought by
        :meth:`tell`.
    sampler : Sampler or None, default=None
        Which configuration next. None: random.
    scheduler : Scheduler or None, default=None
        Who gets how much resource. None: everybody all, without an end.
    direction : {"maximize", "minimize"}, default="maximize"
        What is good. Inside, and in the history, greater is better: values are negated on their
        way in where less is better.
    n_jobs : int or None, default=None
        Workers, as in joblib; the kind of worker is chosen by ``joblib.parallel_config``.
    max_concurrent_trials : int or None, default=None
        Trials that may be open at a time. None: as many as fill the workers when each fold of a
        trial has one, if decisions depend on measurements; otherwise one for each worker.
    max_retries : int, default=1
        How often a task is tried again when its worker died.
    raise_failures : bool, default=False
        Raise a trial's exception instead of recording it.
    callbacks : sequence of Callback, default=()
        Who is told what happens.
    stopping : StoppingRule, sequence of StoppingRule or None, default=None
        When it is enough, before the scheduler has no more to do: for example
        :class:`~skhpo.stopping.Timeout`. The first rule that says so ends the search.
    executor : Executor or None, default=None
        Where tasks run. None: chosen by ``n_jobs`` at each :meth:`run`.
    random_state : int, RandomState instance or None, default=None
        Seed of all random numbers.
    metric : str or None, default="score"
        Which score is optimised, where the objective reports several; None for the first.
    history : History or None, default=None
        What an earlier search recorded, to go on with; its seed and metric then count, and what
        it knew before. None: a new one.
    former : sequence of FormerTrial, default=()
        What another search found out, with scores in this tuner's direction: the sampler learns
        from it, and it counts as no trial of this search.

    Attributes
    ----------
    history : History
        The record everything is decided from.
    space : Space
        What may be tried.
    stop_reason : str or None
        Why the search ended last: ``"budget"`` (all that was asked for was tried), ``"space
        exhausted"``, ``"callback"``, or what the stopping rule says: ``"timeout"``,
        ``"patience"``, ``"regret"``. None before that, and after an interruption.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> tuner = Tuner({"x": Float(-1, 1)}, lambda params: params["x"] ** 2,
    ...               direction="minimize", random_state=0)
    >>> tuner.run(n_trials=30).best_score < 0.01
    True

    The values may come from anywhere:

    >>> tuner = Tuner({"x": Float(-1, 1)}, random_state=0)
    >>> task = tuner.ask()
    >>> tuner.tell(task, 0.5)
    >>> tuner.best_score
    0.5
    """

    def __init__(
        self,
        space: Space | Mapping[str, Any] | Sequence[Mapping[str, Any]],
        objective: Callable[..., float] | Objective | None = None,
        *,
        sampler: Sampler | None = None,
        scheduler: Scheduler | None = None,
        direction: Literal["maximize", "minimize"] = "maximize",
        n_jobs: int | None = None,
        max_concurrent_trials: int | None = None,
        max_retries: int = 1,
        raise_failures: bool = False,
        callbacks: Sequence[Callback] = (),
        stopping: StoppingRule | Sequence[StoppingRule] | None = None,
        executor: Executor | None = None,
        random_state: int | np.random.RandomState | None = None,
        metric: str | None = "score",
        history: History | None = None,
        former: Sequence[FormerTrial] = (),
    ) -> None:
        if direction not in ("maximize", "minimize"):
            raise ValueError(f'direction must be "maximize" or "minimize", got {direction!r}')
        check_count("Tuner", "max_concurrent_trials", max_concurrent_trials, or_none=True)
        check_count("Tuner", "max_retries", max_retries, least=0)
        check_instance("Tuner", "sampler", sampler, Sampler, "BayesianSampler()", or_none=True)
        example = "FullBudget(n_trials=50)"
        check_instance("Tuner", "scheduler", scheduler, Scheduler, example, or_none=True)
        for callback in callbacks:
            check_instance("Tuner", "callbacks", callback, Callback, "[MyCallback()]")
        rules = as_rules("Tuner", stopping)
        for known in former:
            check_instance("Tuner", "former", known, FormerTrial, "FormerTrial(params, score)")
        if history is not None and former:
            raise ValueError(
                "give either history or former: a history keeps what it knew from the beginning"
            )
        self.space = space if isinstance(space, Space) else Space(space)
        _check_former(former, self.space)
        self.sampler = sampler if sampler is not None else RandomSampler()
        self.sampler.check(self.space)
        self.scheduler = scheduler if scheduler is not None else FullBudget(n_trials=None)
        self.n_jobs = n_jobs
        self.max_concurrent_trials = max_concurrent_trials
        self.max_retries = max_retries
        self.raise_failures = raise_failures
        self.callbacks = callbacks
        self.executor = executor
        self.stopping = rules
        self.stop_reason: str | None = None
        self._sign = 1 if direction == "maximize" else -1
        if history is None:
            seed = check_random_state(random_state).randint(np.iinfo(np.int32).max)
            known_before = [replace(known, score=self._sign * known.score) for known in former]
            history = History(seed=int(seed), metric=metric, former=known_before)
        plan = self.scheduler.plan()
        if history.full is None and plan is not None:
            history.full = plan.full
        self.history = history
        self._objective = _as_objective(objective)
        for rule in rules:
            rule.check(self.space, self._objective.n_folds)
        self._queue: deque[Task] = deque()
        self._deaths: dict[tuple[int, int], list[str]] = {}
        self._started_at: float | None = None
        self._is_over = False
        self._is_exhausted = False

    def __repr__(self) -> str:
        best = self.history.best
        found = "no score yet" if best is None else f"best score {self.best_score:.4g}"
        return (
            f"Tuner({len(self.history.trials)} trials, {self.history.n_pending} of them running, "
            f"{found})"
        )

    # ------------------------------------------------------------------ the loop

    def run(self, n_trials: int | None = None) -> Tuner:
        """Search until the scheduler stops, the space is exhausted, or enough was tried.

        After an interruption (Ctrl-C) everything finished is in :attr:`history`, and another
        call goes on where this one was stopped: it does what was left undone, tasks that
        :meth:`ask` handed out included.

        Parameters
        ----------
        n_trials : int or None, default=None
            Stop at this number of trials in all, counting those of earlier calls. None: until
            the scheduler stops.

        Returns
        -------
        self : Tuner

        Raises
        ------
        ValueError
            If there is neither an objective nor an end.
        SchedulerError
            If the scheduler waits for nothing.
        ExecutionError
            If the workers cannot do their work at all.
        """
        if isinstance(self._objective, _Elsewhere):
            raise ValueError("run() needs an objective; give one, or use ask() and tell()")
        check_count("Tuner.run", "n_trials", n_trials, or_none=True)
        has_plan = self.scheduler.plan() is not None
        has_end = math.isfinite(self.space.size) or has_plan or bool(self.stopping)
        if n_trials is None and not has_end:
            raise ValueError(
                "run() would never end: give n_trials, or a scheduler with an end such as "
                "FullBudget(n_trials)"
            )
        executor = self.executor if self.executor is not None else executor_for(self.n_jobs)
        self._is_over = False
        self.stop_reason = None
        self._started_at = monotonic()
        try:
            try:
                executor.start(self._objective.evaluate)
                self._tell_callbacks("on_start")
                self._take_up_unfinished()
                self._drain(executor, n_trials)
            except BaseException:
                self.stop_reason = None
                raise
            finally:
                # Whatever ended it: what was finished and not taken yet is not lost.
                for task, report in executor.close():
                    if report.status != "worker-died":  # that one is tried again
                        self.history.append(self._measurement(task, report))
        finally:
            self._tell_callbacks("on_end")
            self._is_over = False
            self._started_at = None
        self._warn_of_failures()
        return self

    def _warn_of_failures(self) -> None:
        """Say that not one call of a function succeeded; other objectives report for themselves."""
        errors = [m.error for m in self.history.measurements if m.status != "completed"]
        is_function = isinstance(self._objective, FunctionObjective)
        if is_function and errors and len(errors) == len(self.history.measurements):
            warn(
                f"The objective failed in all {len(errors)} trials. The first error was\n"
                f"{errors[0]}",
                SkhpoWarning,
                stacklevel=3,
            )

    def _drain(self, executor: Executor, n_trials: int | None) -> None:
        """Keep the workers busy until there is nothing more to do."""
        n_in_flight = 0
        while True:
            # A cluster may have no worker for a while: then one task waits for the first.
            n_slots = max(1, executor.n_slots)
            while n_in_flight < n_slots:
                task = self._next_task(self._concurrency(n_slots), n_trials)
                if task is None:
                    break
                executor.submit(task)
                n_in_flight += 1
            if not n_in_flight:
                return
            completed = executor.next_completed()
            if completed is not None:
                n_in_flight -= 1
                self._take(*completed)

    def _concurrency(self, n_slots: int) -> int:
        """How many trials may be open: no more than pays, where decisions need measurements."""
        if self.max_concurrent_trials is not None:
            return self.max_concurrent_trials
        if self.sampler.is_adaptive or self.scheduler.is_adaptive:
            return math.ceil(n_slots / self._objective.n_folds)
        return n_slots

    def _take(self, task: Task, report: Report) -> None:
        """Try a task again if its worker died under it, otherwise record what came of it."""
        deaths = self._deaths.setdefault((task.trial, task.fold), [])
        if report.status == "worker-died":
            deaths.append(f"attempt {task.attempt}: {report.error}")
            if task.attempt <= self.max_retries:
                self._queue.appendleft(replace(task, attempt=task.attempt + 1))
                return
            report = replace(report, error="\n".join(deaths))
        del self._deaths[task.trial, task.fold]
        self._record(task, report)
        if report.status != "completed" and self.raise_failures:
            account = TrialError(f"trial {task.trial} on fold {task.fold}: {report.error}")
            if report.exception is None:
                raise account
            # An exception that travelled has lost its traceback; the account has it as text.
            has_travelled = report.exception.__traceback__ is None
            raise report.exception from account if has_travelled else None

    # ------------------------------------------------------------------ deciding

    def _next_task(self, max_open: float, n_trials: int | None = None) -> Task | None:
        """Return the next piece of work, of running trials first, or None if there is none now."""
        if not self._queue and self.history.n_pending < max_open:
            self._decide(n_trials)
        return self._queue.popleft() if self._queue else None

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
            self._end("space exhausted" if self._is_exhausted else "budget")
        elif (reason := self._reason_to_stop()) is not None:
            self._end(reason)
        elif isinstance(action, Promote):
            self._assign(self.history.trials[action.trial], action.resource)
        elif not may_start:
            raise SchedulerError(f"{self.scheduler!r} opens a trial although it may not: {action}")
        else:
            try:
                trial = self._new_trial(action)
            except SpaceExhaustedError:  # those there are may still go on
                self._is_exhausted = True
                self._decide(n_trials)
            else:
                self._assign(trial, action.resource)

    def _reason_to_stop(self) -> str | None:
        """Ask the stopping rules; without any trial there would be no result."""
        if not self.history.trials or self._started_at is None:
            return None
        seconds = monotonic() - self._started_at
        due = (
            rule.reason
            for rule in self.stopping
            if rule.should_stop(self.space, self.history, seconds)
        )
        return next(due, None)

    def _end(self, reason: str) -> None:
        """Open nothing any more. What is running is brought to its end."""
        if not self._is_over:
            self._is_over, self.stop_reason = True, reason

    def _assign(self, trial: Trial, resource: Resource) -> None:
        """Record that a trial is to be brought to a resource, and queue what that takes."""
        tasks = self._tasks(trial, resource)
        is_new = trial.number == len(self.history.trials)
        if is_new:
            self.history.append(trial)
        self.history.append(Assignment(trial.number, resource, tuple(task.fold for task in tasks)))
        self._queue.extend(tasks)
        if is_new:
            self._tell_callbacks("on_trial_start", trial)

    def _tasks(self, trial: Trial, resource: Resource) -> Sequence[Task]:
        evaluation = self.history.latest(trial.number)
        reached = trial.parent_resource if evaluation is None else evaluation.resource
        return self._objective.tasks(trial, resource, reached)

    def _new_trial(self, action: Start | Fork) -> Trial:
        """Choose a configuration. The random numbers are keyed by (seed, trial number)."""
        number = len(self.history.trials)
        rng = np.random.default_rng([self.history.seed, number])
        if isinstance(action, Start):
            return Trial(number, self.sampler.suggest(self.space, self.history, rng))
        params = self.history.trials[action.parent].params
        copied = self.history.latest(action.parent)
        return Trial(
            number,
            self.sampler.perturb(self.space, self.history, params, rng),
            parent=action.parent,
            parent_resource=None if copied is None else copied.resource,
        )

    def _take_up_unfinished(self) -> None:
        """Queue what an interrupted run left undone: the missing folds of open assignments."""
        self._queue.clear()
        self._deaths.clear()
        self._is_exhausted = False
        for assignment, missing in self.history.unfinished:
            tasks = self._tasks(self.history.trials[assignment.trial], assignment.resource)
            self._queue.extend(task for task in tasks if task.fold in missing)
        newest = self.history.records[-1] if len(self.history) else None
        if isinstance(newest, Trial):  # cut off before it was assigned to anything
            before = self.history.replayed(len(self.history) - 1)
            action = self.scheduler.next(before)
            assert isinstance(action, (Start, Fork)), "the same history, another decision"
            self._assign(newest, action.resource)

    # ------------------------------------------------------------------ recording

    def _measurement(self, task: Task, report: Report) -> Measurement:
        return Measurement(
            trial=task.trial,
            fold=task.fold,
            resource=task.resource,
            status=report.status,
            scores=self._signed(report.scores),
            train_scores=None if report.train_scores is None else self._signed(report.train_scores),
            fit_time=report.fit_time,
            score_time=report.score_time,
            started_at=report.started_at,
            finished_at=report.finished_at,
            attempts=task.attempt,
            error=report.error,
            spent=report.spent,
        )

    def _record(self, task: Task, report: Report) -> None:
        measurement = self._measurement(task, report)
        evaluation = self.history.append(measurement)
        if report.stop:
            self._end("callback")
        self._tell_callbacks("on_measurement", measurement)
        if evaluation is not None:
            self._tell_callbacks("on_evaluation", evaluation)

    def _signed(self, scores: Mapping[str, float]) -> Mapping[str, float]:
        """Negate scores where less is better."""
        return {name: self._sign * score for name, score in scores.items()}

    def _tell_callbacks(self, hook: str, *what: Any) -> None:
        for callback in self.callbacks:
            if getattr(callback, hook)(self.history, *what):
                self._end("callback")

    # ------------------------------------------------------------------ ask and tell

    def ask(self) -> Task | None:
        """Return the next piece of work, for somebody else to do.

        Returns
        -------
        Task or None
            ``task.params`` is the configuration, ``task.resource`` the total resource it is to
            be trained for. None when there is nothing now: either the search is over, or it
            waits for values of tasks that were handed out.
        """
        if self._started_at is None:
            self._started_at = monotonic()
        return self._next_task(self.max_concurrent_trials or math.inf)

    def tell(
        self,
        task: Task,
        score: Any = None,
        *,
        status: Status = "completed",
        error: str | None = None,
    ) -> None:
        """Bring the value of a task that :meth:`ask` handed out.

        Parameters
        ----------
        task : Task
            What was done.
        score : float, optional
            What came of it, in the tuner's direction; NaN if it cannot be compared. Needed unless
            ``status`` tells of a failure.
        status : {"completed", "failed", "worker-died", "timeout", "pruned"}, default="completed"
            How it ended; the score of anything but "completed" is not looked at.
        error : str or None, default=None
            What went wrong, for people.

        Raises
        ------
        ValueError
            If the task was not handed out, or was told before, or the status is unknown.
        """
        if status not in get_args(Status):
            raise ValueError(f"status must be one of {get_args(Status)}, got {status!r}")
        if not isinstance(task, Task):
            raise ValueError(f"tell() takes a task that ask() handed out, got {task!r}")
        awaited = {a.trial: missing for a, missing in self.history.unfinished}
        if task.fold not in awaited.get(task.trial, ()):
            raise ValueError(
                f"nobody waits for trial {task.trial} on fold {task.fold}: it was told already, or "
                f"run() has done it, or it was never asked for"
            )
        scores: dict[str, float] = {}
        if status == "completed":
            if not isinstance(score, Real):
                raise ValueError(
                    f"tell() needs a number as the score, got {score!r}; for a task that failed, "
                    f'write status="failed"'
                )
            scores = {self.history.metric or "score": float(score)}
        self._record(task, Report(scores=scores, status=status, error=error))

    # ------------------------------------------------------------------ what was found

    @property
    def best_trial(self) -> Trial:
        """The trial with the best score.

        Raises
        ------
        ValueError
            If no trial was completed with a score.
        """
        return self.history.trials[self._best.trial]

    @property
    def best_params(self) -> Params:
        """Configuration of the best trial."""
        return self.best_trial.params

    @property
    def best_score(self) -> float:
        """Its value, in the tuner's direction; infinity counts, NaN does not."""
        return self._sign * self._best.score

    @property
    def _best(self) -> Evaluation:
        best = self.history.best
        if best is not None:
            return best
        message = "no trial was completed with a score yet, so there is no best one"
        errors = [measurement.error for measurement in self.history.measurements]
        error = next(filter(None, errors), None)
        raise ValueError(message if error is None else f"{message}; the first error was\n{error}")


def _check_former(former: Sequence[FormerTrial], space: Space) -> None:
    """Say what nobody can learn from: configurations that are not in the space."""
    outside = [known.params for known in former if not space.contains(known.params)]
    if outside:
        warn(
            f"{len(outside)} of the {len(former)} configurations of former are outside of the "
            f"search space and left out. The first one: {dict(outside[0])!r}",
            UserWarning,
            stacklevel=3,
        )


def _as_objective(objective: Callable[..., float] | Objective | None) -> Objective:
    if objective is None:
        return _Elsewhere()
    return objective if isinstance(objective, Objective) else FunctionObjective(objective)


class _Elsewhere:
    """The objective of a tuner that is only asked and told."""

    n_folds = 1

    def evaluate(self, task: Task) -> Report:
        raise NotImplementedError  # run() refuses before anybody could get here

    def tasks(self, trial: Trial, resource: Resource, reached: Resource) -> Sequence[Task]:
        return [Task(trial.number, 0, resource, dict(trial.params), reached, trial.parent)]
