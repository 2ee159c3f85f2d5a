"""Search a space for the best value of any objective: run it here, or ask and tell."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, Literal, get_args
from warnings import warn
from weakref import finalize

import numpy as np

from skhpo.agenda import Agenda
from skhpo.breaker import CircuitBreaker
from skhpo.callbacks import Callback, as_callbacks
from skhpo.control import Control, Gate, Switch
from skhpo.counts import counted
from skhpo.exceptions import warn_user
from skhpo.execution import Executor
from skhpo.faults import FaultTolerance
from skhpo.fingerprint import fingerprint
from skhpo.history import History
from skhpo.loop import Loop
from skhpo.objective import Elsewhere, FunctionObjective, Objective, as_objective
from skhpo.replay import discrepancies
from skhpo.samplers import RandomSampler, Sampler
from skhpo.schedulers import FullBudget, Scheduler
from skhpo.settings import check_count, check_instance
from skhpo.space import Space
from skhpo.status import SearchStatus, Watch
from skhpo.stopping import StoppingRule, as_rules
from skhpo.storage import Recorder, seed_for
from skhpo.storage.commands import CommandFile
from skhpo.trial import Evaluation, FormerTrial, Params, Report, Status, Task, Trial
from skhpo.workers import Workers

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
    trial_timeout : float or None, default=None
        Seconds that one trial may take on one fold, counted from when a worker begins with it.
        After that it has the status ``"timeout"``, and its worker process is ended; a thread cannot
        be, and goes on in the background. With it ``n_jobs=1`` is one process. None: no limit.
    faults : FaultTolerance or None, default=None
        How often a task is tried again when its worker died, how much memory a worker may take,
        and how many failures in the beginning end the search. None:
        ``FaultTolerance()``, with its defaults.
    deterministic : int or None, default=None
        So many tasks are under way at a time, however many workers there are, and their results
        are taken in the order in which they were handed out: the same seed then gives the same
        history for every number of workers. Workers wait for each other at times; eight tasks
        for each of them keep them busy. The number matters as the seed does. None: results
        are taken as they come.
    raise_failures : bool, default=False
        Raise a trial's exception instead of recording it.
    callbacks : Callback, sequence of Callback or None, default=None
        Who is told what happens, and may stop it; a :class:`~skhpo.control.Control` pauses, resumes
        and stops it from another thread.
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
    storage : path-like or None, default=None
        A folder to keep the search in. If there is one already, it is gone on with: what was
        finished is not done again, and what was cut off is. It must be the same search; only its
        number of trials may be another. None: nothing is written.
    former : sequence of FormerTrial, default=()
        What another search found out, with scores in this tuner's direction: the sampler learns
        from it, and it counts as no trial of this search.

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
        trial_timeout: float | None = None,
        faults: FaultTolerance | None = None,
        deterministic: int | None = None,
        raise_failures: bool = False,
        callbacks: Callback | Sequence[Callback] | None = None,
        stopping: StoppingRule | Sequence[StoppingRule] | None = None,
        executor: Executor | None = None,
        random_state: int | np.random.RandomState | None = None,
        metric: str | None = "score",
        history: History | None = None,
        storage: str | os.PathLike[str] | None = None,
        former: Sequence[FormerTrial] = (),
    ) -> None:
        if direction not in ("maximize", "minimize"):
            raise ValueError(f'direction must be "maximize" or "minimize", got {direction!r}')
        check_count("Tuner", "max_concurrent_trials", max_concurrent_trials, or_none=True)
        faults = faults if faults is not None else FaultTolerance()
        self._workers = Workers(n_jobs, executor, trial_timeout, faults, deterministic)
        check_instance("Tuner", "sampler", sampler, Sampler, "BayesianSampler()", or_none=True)
        example = "FullBudget(n_trials=50)"
        check_instance("Tuner", "scheduler", scheduler, Scheduler, example, or_none=True)
        callbacks = as_callbacks("Tuner", callbacks)
        rules = as_rules("Tuner", stopping)
        space = space if isinstance(space, Space) else Space(space)
        _check_known(former, history, storage, space)
        sampler = sampler if sampler is not None else RandomSampler()
        sampler.check(space)
        scheduler = scheduler if scheduler is not None else FullBudget(n_trials=None)
        self._sign = 1 if direction == "maximize" else -1
        if history is None:
            known_before = [replace(known, score=self._sign * known.score) for known in former]
            seed = seed_for(storage, random_state)
            history = History(seed=seed, metric=metric, former=known_before)
        plan = scheduler.plan()
        if history.full is None and plan is not None:
            history.full = plan.full
        history.early_may_win = scheduler.early_may_win
        measured = as_objective(objective)
        for rule in rules:
            rule.check(space, measured.n_folds)
        if faults.max_failures is not None and not raise_failures:
            # the last one, so that all others know of what has failed
            callbacks = [*callbacks, CircuitBreaker(faults.max_failures)]
        self._agenda = Agenda(space, measured, sampler, scheduler, rules, callbacks, history)
        self._loop = Loop(
            self._agenda, self._sign, max_concurrent_trials, faults.max_retries, raise_failures
        )
        self._watch = Watch(self._agenda, self._sign)
        switches: list[Switch] = [each for each in callbacks if isinstance(each, Control)]
        if storage is not None:
            switches.append(CommandFile(storage))
        self._agenda.gate = Gate(switches, self._watch)
        self._recorder: Recorder | None = None
        if storage is not None:
            identity = fingerprint(measured, sampler, scheduler, history, direction, deterministic)
            self._recorder = Recorder(storage, history, space, identity)
            with self._recorder.opened():  # what does not fit is refused before anything is done
                pass

    @property
    def space(self) -> Space:
        """What may be tried."""
        return self._agenda.space

    @property
    def sampler(self) -> Sampler:
        """Which configuration next."""
        return self._agenda.sampler

    @property
    def scheduler(self) -> Scheduler:
        """Who gets how much resource."""
        return self._agenda.scheduler

    @property
    def history(self) -> History:
        """The record everything is decided from."""
        return self._agenda.history

    @property
    def stop_reason(self) -> str | None:
        """Why the search ended last.

        ``"budget"`` (all that was asked for was tried), ``"space exhausted"``, ``"callback"``, or
        what the stopping rule says: ``"timeout"``, ``"patience"``, ``"regret"``; ``"stopped"`` by
        a :class:`~skhpo.control.Control` or ``python -m skhpo stop``. None before that, and after
        an interruption.
        """
        return self._agenda.stop_reason

    def __repr__(self) -> str:
        best = self.history.best
        found = "no score yet" if best is None else f"best score {self.best_score:.4g}"
        return (
            f"Tuner({counted(len(self.history.trials), 'trial')}, {self.history.n_pending} of "
            f"them running, {found})"
        )

    # ------------------------------------------------------------------ run

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
        AllFailedError
            If the first trials have all failed.
        """
        if isinstance(self._agenda.objective, Elsewhere):
            raise ValueError("run() needs an objective; give one, or use ask() and tell()")
        check_count("Tuner.run", "n_trials", n_trials, or_none=True)
        has_plan = self.scheduler.plan() is not None
        has_end = math.isfinite(self.space.size) or has_plan or bool(self._agenda.stopping)
        if n_trials is None and not has_end:
            raise ValueError(
                "run() would never end: give n_trials, or a scheduler with an end such as "
                "FullBudget(n_trials)"
            )
        if self._recorder is not None:
            self._recorder.open()
        try:
            objective, learns = self._agenda.objective, self.sampler.is_adaptive
            executor = self._workers.executor_for(objective, self.space, learns)
            self._watch.begin(max(1, executor.n_slots), n_trials)
            if self._recorder is not None:
                self._recorder.announce(self._watch.session)
            self._loop.run(executor, n_trials)
        finally:
            self.close()
        self._warn_of_failures()
        return self

    def status(self) -> SearchStatus:
        """Return how far the search is. May be called from any thread, also while it runs.

        Returns
        -------
        SearchStatus
            As of now.
        """
        return self._watch()

    def replay(self) -> list[str]:
        """Take all decisions of the history again, each from what was known by then.

        Nothing is measured, and nothing recorded. A history tells by it whether its configurations
        are those that this sampler and this scheduler choose: here, or in the version, on the
        machine, with the settings of somebody who reads a report.

        Returns
        -------
        list of str
            What would be decided otherwise; empty if all would be the same.

        Examples
        --------
        >>> from skhpo import Float, Tuner
        >>> space = {"x": Float(-1, 1)}
        >>> tuner = Tuner(space, lambda params: params["x"], random_state=0).run(n_trials=5)
        >>> Tuner(space, history=tuner.history).replay()
        []
        """
        return list(discrepancies(self._agenda))

    def close(self) -> None:
        """Let go of the storage, if there is one, and if :meth:`ask` has taken it."""
        if self._recorder is not None:
            self._recorder.close(self.stop_reason)

    def _warn_of_failures(self) -> None:
        """Say that a function gave nothing to compare; other objectives report for themselves."""
        measurements = self.history.measurements
        is_function = isinstance(self._agenda.objective, FunctionObjective)
        if not is_function or not measurements or self.history.best is not None:
            return
        errors = [m.error for m in measurements if m.status != "completed"]
        if len(errors) == len(measurements):
            outcome = f"failed in all {len(errors)} trials. The first error was\n{errors[0]}"
        else:
            reported = dict.fromkeys(name for m in measurements for name in m.scores)
            outcome = (
                f"failed, or gave NaN as {self.history.metric or next(iter(reported))!r}, in all "
                f"{len(measurements)} trials: none is the best. It reported {list(reported)}."
            )
        warn_user(f"The objective {outcome}")

    # ------------------------------------------------------------------ ask and tell

    def ask(self) -> Task | None:
        """Return the next piece of work, for somebody else to do.

        Returns
        -------
        Task or None
            ``task.params`` is the configuration, ``task.resource`` the total resource it is to
            be trained for. None when there is nothing now: the search is over or paused, or it
            waits for values of tasks that were handed out.
        """
        if self._recorder is not None and not self._recorder.is_open:
            self._recorder.open()
            finalize(self, self._recorder.close)
            self._agenda.open()
            self._agenda.take_up_unfinished()
        return self._agenda.next_task(self._loop.max_concurrent_trials or math.inf)

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
        status : {"completed", "failed", "diverged", "worker-died", "timeout", "pruned"}, \
                default="completed"
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
        self._loop.record(task, Report(scores=scores, status=status, error=error))

    # ------------------------------------------------------------------ what was found

    def trials_dataframe(self) -> Any:
        """Return what came of each configuration, for pandas.

        Returns
        -------
        DataFrame
            One row for each configuration and resource, as :func:`~skhpo.inspection.trials` has
            them.

        Raises
        ------
        MissingExtraError
            If pandas is not there.
        """
        from skhpo.inspection.frames import trials_dataframe

        return trials_dataframe(self)

    def report(self, file: str | os.PathLike[str]) -> None:
        """Write what was found as one HTML file, which any browser opens without a network.

        Parameters
        ----------
        file : path-like
            Its name; see :func:`skhpo.dashboard.report`.

        Raises
        ------
        MissingExtraError
            If plotly is not there.
        """
        from skhpo.dashboard import report

        report(self, file)

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


def _check_known(
    former: Sequence[FormerTrial],
    history: History | None,
    storage: str | os.PathLike[str] | None,
    space: Space,
) -> None:
    """Refuse what is known twice, and say what nobody can learn from: what is not in the space."""
    for known in former:
        check_instance("Tuner", "former", known, FormerTrial, "FormerTrial(params, score)")
    if history is not None and former:
        raise ValueError(
            "give either history or former: a history keeps what it knew from the beginning"
        )
    if history is not None and len(history) and storage is not None:
        raise ValueError("give either history or storage, which keeps one of its own")
    outside = [known.params for known in former if not space.contains(known.params)]
    if outside:
        warn(
            f"{len(outside)} of the {len(former)} configurations of former are outside of the "
            f"search space and left out. The first one: {dict(outside[0])!r}",
            UserWarning,
            stacklevel=3,
        )
