"""The one loop: ask the agenda, submit, take the next completion, record.

There is no second loop for "asynchronous", "synchronous", one worker, or going on after an
interruption: a synchronous algorithm is a scheduler that answers *wait*, and an interrupted
search is a history with unfinished assignments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from skhpo.agenda import Agenda
from skhpo.control import PAUSE_LOOK
from skhpo.exceptions import TrialError
from skhpo.execution import Executor
from skhpo.milestones import Milestones
from skhpo.trial import Measurement, Report, Task

__all__ = ["Loop"]


class Loop:
    """Keeps workers busy with what is on an agenda, and records what comes of it.

    Parameters
    ----------
    agenda : Agenda
        What is to be done.
    sign : {1, -1}
        What scores are multiplied with on their way in, so that greater is better.
    max_concurrent_trials : int or None
        Trials that may be open at a time. None: as many as fill the workers when each fold of a
        trial has one, if decisions depend on measurements; otherwise one for each worker.
    max_retries : int
        How often a task is tried again when its worker died.
    raise_failures : bool
        Raise a trial's exception, after it was recorded.
    """

    def __init__(
        self,
        agenda: Agenda,
        sign: int,
        max_concurrent_trials: int | None,
        max_retries: int,
        raise_failures: bool,
    ) -> None:
        self.agenda = agenda
        self.sign = sign
        self.max_concurrent_trials = max_concurrent_trials
        self.max_retries = max_retries
        self.raise_failures = raise_failures
        self._deaths: dict[tuple[int, int], list[str]] = {}
        self._milestones = Milestones()

    def run(self, executor: Executor, n_trials: int | None) -> None:
        """Work until there is nothing more to do, and leave nothing running, whatever happens.

        Parameters
        ----------
        executor : Executor
            Where tasks run.
        n_trials : int or None
            Stop at this number of trials in all; None: until the agenda ends.
        """
        agenda = self.agenda
        agenda.open()
        self._deaths.clear()
        try:
            try:
                executor.start(agenda.objective.evaluate)
                agenda.tell("on_start")
                agenda.take_up_unfinished()
                self._drain(executor, n_trials)
            except BaseException:
                agenda.stop_reason = None
                raise
            finally:
                # Whatever ended it: what was finished and not taken yet is not lost.
                for task, report in executor.close():
                    if report.status != "worker-died":  # that one is tried again
                        agenda.history.append(self._measurement(task, report))
        finally:
            agenda.close()

    def _drain(self, executor: Executor, n_trials: int | None) -> None:
        """Keep the workers busy until there is nothing more to do."""
        n_in_flight = 0
        while True:
            # A cluster may have no worker for a while: then one task waits for the first.
            n_slots = max(1, executor.n_slots)
            while n_in_flight < n_slots:
                task = self.agenda.next_task(self._concurrency(n_slots), n_trials)
                if task is None:
                    break
                executor.submit(task)
                n_in_flight += 1
            if not n_in_flight and self.agenda.is_paused:
                self.agenda.gate.wait()
                continue
            if not n_in_flight:
                return
            # Who pauses it may want it to go on before anything is completed.
            completed = executor.next_completed(PAUSE_LOOK if self.agenda.is_paused else None)
            if completed is not None:
                n_in_flight -= 1
                self._take(*completed)

    def _concurrency(self, n_slots: int) -> int:
        """How many trials may be open: no more than pays, where decisions need measurements."""
        if self.max_concurrent_trials is not None:
            return self.max_concurrent_trials
        if self.agenda.is_adaptive:
            return math.ceil(n_slots / self.agenda.objective.n_folds)
        return n_slots

    def _take(self, task: Task, report: Report) -> None:
        """Try a task again if its worker died under it, otherwise record what came of it."""
        if report.status == "worker-died":
            deaths = self._deaths.setdefault((task.trial, task.fold), [])
            deaths.append(f"attempt {task.attempt}: {report.error}")
            if task.attempt <= self.max_retries:
                self.agenda.put_back(replace(task, attempt=task.attempt + 1))
                return
            report = replace(report, error="\n".join(deaths))
            deaths.clear()
        self.record(task, report)
        if report.status != "completed" and self.raise_failures:
            account = TrialError(f"trial {task.trial} on fold {task.fold}: {report.error}")
            if report.exception is None:
                raise account
            # An exception that travelled has lost its traceback; the account has it as text.
            has_travelled = report.exception.__traceback__ is None
            raise report.exception from account if has_travelled else None

    def record(self, task: Task, report: Report) -> None:
        """Add what came of a task to the history, and tell the callbacks.

        Parameters
        ----------
        task : Task
            What was done.
        report : Report
            What came of it.
        """
        measurement = self._measurement(task, report)
        evaluation = self.agenda.history.append(measurement)
        if report.stop:
            self.agenda.end("callback")
        self.agenda.tell("on_measurement", measurement)
        if evaluation is not None:
            for hook in ("on_evaluation", *self._milestones(self.agenda.history, evaluation)):
                self.agenda.tell(hook, evaluation)

    def _measurement(self, task: Task, report: Report) -> Measurement:
        train_scores = report.train_scores
        deaths = self._deaths.pop((task.trial, task.fold), [])
        return Measurement(
            trial=task.trial,
            fold=task.fold,
            resource=task.resource,
            status=report.status,
            scores=self._signed(report.scores),
            train_scores=None if train_scores is None else self._signed(train_scores),
            fit_time=report.fit_time,
            score_time=report.score_time,
            started_at=report.started_at,
            finished_at=report.finished_at,
            attempts=task.attempt,
            error=report.error,
            state=report.state,
            rounds=report.rounds,
            spent=report.spent,
            deaths="\n".join(deaths) or None,
        )

    def _signed(self, scores: Mapping[str, float]) -> Mapping[str, float]:
        """Negate scores where less is better."""
        return {name: self.sign * score for name, score in scores.items()}
