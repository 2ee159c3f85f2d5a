"""What the records of a history add up to."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from copy import copy
from typing import TypeAlias

from skhpo.trial import Assignment, Evaluation, Measurement, Resource, Trial

__all__ = ["Event", "Record", "Summary"]

Record: TypeAlias = Trial | Assignment | Measurement

#: What samplers and schedulers learn from: measurements come to them summed up.
Event: TypeAlias = Trial | Assignment | Evaluation


class Summary:
    """What records add up to, taken in one by one; see :class:`~skhpo.history.History`.

    Parameters
    ----------
    metric : str or None
        Which of the scores is optimised.

    Attributes
    ----------
    n_read : int
        How many records were taken in.
    trials, measurements, evaluations, events : list
        As of the history.
    open : dict of int to Assignment
        By trial: what it is busy with.
    missing : dict of int to frozenset of int
        By trial: the folds that are not measured yet.
    by_fold : dict of int to dict of int to Measurement
        By trial and fold: the newest measurement.
    latest : dict of int to Evaluation
        By trial: the newest one.
    usable : dict of (float, int) to Evaluation
        By resource and trial: the newest one there, if it is usable.
    rungs : dict of float to list of (float, int)
        By resource: the negative scores and numbers of usable trials, best first.
    states : dict of (int, int, float) to str
        By trial, fold and resource: the checksum of the state that was left.
    """

    def __init__(self, metric: str | None) -> None:
        self._metric = metric
        self.n_read = 0
        self.trials: list[Trial] = []
        self.measurements: list[Measurement] = []
        self.evaluations: list[Evaluation] = []
        self.events: list[Event] = []
        self.open: dict[int, Assignment] = {}
        self.missing: dict[int, frozenset[int]] = {}
        self.by_fold: dict[int, dict[int, Measurement]] = {}
        self.latest: dict[int, Evaluation] = {}
        self.usable: dict[tuple[Resource, int], Evaluation] = {}
        self.rungs: dict[Resource, list[tuple[float, int]]] = {}
        self.states: dict[tuple[int, int, Resource], str] = {}

    def copy(self) -> Summary:
        """Return one that goes its own way from here; what it holds is shared."""
        twin = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, (list, dict)):
                setattr(twin, name, value.copy())
        twin.rungs = {resource: rung.copy() for resource, rung in self.rungs.items()}
        return twin

    def check(self, record: Record) -> None:
        """Refuse a record that cannot follow; see :meth:`~skhpo.history.History.append`."""
        objection = self._objection(record)
        if objection is not None:
            raise ValueError(f"{record!r} does not fit into this history: {objection}")

    def _objection(self, record: Record) -> str | None:
        """Say why a record cannot follow; None if it can."""
        if isinstance(record, Trial):
            if record.number != len(self.trials):
                return "trials are numbered in order"
            if record.parent is not None and not 0 <= record.parent < record.number:
                return "there is no such parent"
        elif isinstance(record, Assignment):
            if not 0 <= record.trial < len(self.trials):
                return "there is no such trial"
            if record.trial in self.open:
                return "the trial is still busy"
            if not record.folds:
                return "it has no fold"
            if len(set(record.folds)) != len(record.folds):
                return "a fold comes twice"
        else:
            if record.fold not in self.missing.get(record.trial, ()):
                return "nobody waits for it"
            asked = self.open[record.trial].resource
            if record.resource != asked:
                return f"resource {asked} was asked for"
        return None

    def add(self, record: Record) -> None:
        """Take in a record that was checked."""
        if isinstance(record, Trial):
            self.trials.append(record)
            self.events.append(record)
            self.by_fold[record.number] = {}
        elif isinstance(record, Assignment):
            self.events.append(record)
            self.open[record.trial] = record
            self.missing[record.trial] = frozenset(record.folds)
        else:
            # What belongs to one trial is replaced, not changed: copies share it.
            missing = self.missing[record.trial] - {record.fold}
            self.missing[record.trial] = missing
            self.measurements.append(record)
            self.by_fold[record.trial] = {**self.by_fold[record.trial], record.fold: record}
            if record.state is not None:
                self.states[record.trial, record.fold, record.resource] = record.state
            if not missing:
                self._close(record.trial)
        self.n_read += 1

    def _value(self, measurement: Measurement) -> float:
        """The score that is optimised; NaN if there is none."""
        scores = measurement.scores
        if self._metric is None or (len(scores) == 1 and self._metric not in scores):
            return next(iter(scores.values()), math.nan)  # the first, or the only one there is
        return scores.get(self._metric, math.nan)

    def _close(self, number: int) -> None:
        """Sum up a finished assignment over the newest measurement of each fold.

        When folds are the resource, those measured under earlier assignments count too.
        """
        assignment = self.open.pop(number)
        del self.missing[number]
        by_fold = sorted(self.by_fold[number].items())
        scores = tuple(self._value(m) for _, m in by_fold)
        failures = [m.status for _, m in by_fold if m.status != "completed"]
        evaluation = Evaluation(
            trial=number,
            resource=assignment.resource,
            score=math.nan if failures else sum(scores) / len(scores),
            fold_scores=scores,
            status=failures[0] if failures else "completed",
            measurements=tuple(m for _, m in by_fold),
        )
        self.evaluations.append(evaluation)
        self.events.append(evaluation)
        self.latest[number] = evaluation
        self._rank(evaluation)

    def _rank(self, evaluation: Evaluation) -> None:
        """Put a trial in its place on the rung, which it leaves if it was there before.

        Ties go to the lower number, whichever came in first, so that the order in which results
        arrive does not matter.
        """
        resource, number = evaluation.resource, evaluation.trial
        rung = self.rungs.setdefault(resource, [])
        before = self.usable.pop((resource, number), None)
        if before is not None:
            del rung[bisect_left(rung, (-before.score, number))]
        if evaluation.is_usable:
            insort(rung, (-evaluation.score, number))
            self.usable[resource, number] = evaluation
