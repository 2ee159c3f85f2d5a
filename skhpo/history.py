"""The record everything is decided from: append-only, and indexed so that a decision is cheap."""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from skhpo.trial import Assignment, Evaluation, FormerTrial, Measurement, Resource, Trial

__all__ = ["History", "Record"]

Record: TypeAlias = Trial | Assignment | Measurement


class History:
    """Everything that happened in a search, in order.

    The three kinds of record are a :class:`~skhpo.trial.Trial` that was opened, an
    :class:`~skhpo.trial.Assignment` that was decided, and a :class:`~skhpo.trial.Measurement`
    that came in. All else is derived from them while they are appended, so that a history that
    is read back record by record answers as the original did: resume is replay.

    Parameters
    ----------
    seed : int, default=0
        The seed of the search. Random numbers for trial ``k`` come from
        ``numpy.random.default_rng([seed, k])`` and from nowhere else.
    metric : str or None, default="score"
        Which of the scores is optimised (greater is better); None for the first one reported.
        Where there is only one score, its name does not matter.
    former : sequence of FormerTrial, default=()
        What was known before the search: samplers learn from it, nothing else counts it.
    full : float or None, default=None
        Resource of complete training; None if nobody knows, or training is not divided.

    Attributes
    ----------
    records : list of Trial, Assignment or Measurement
        The record itself.
    trials : list of Trial
        By number.
    measurements : list of Measurement
        In the order in which they came in.
    evaluations : list of Evaluation
        Finished assignments, in the order in which they were finished.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        metric: str | None = "score",
        former: Sequence[FormerTrial] = (),
        full: Resource = None,
    ) -> None:
        self.seed = seed
        self.metric = metric
        self.former = tuple(former)
        self.full = full
        self.records: list[Record] = []
        self.trials: list[Trial] = []
        self.measurements: list[Measurement] = []
        self.evaluations: list[Evaluation] = []
        self._open: dict[int, Assignment] = {}
        self._missing: dict[int, set[int]] = {}
        self._by_fold: dict[int, dict[int, Measurement]] = {}
        self._latest: dict[int, Evaluation] = {}
        self._usable: dict[tuple[Resource, int], Evaluation] = {}
        self._rungs: dict[Resource, list[tuple[float, int]]] = {}

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __repr__(self) -> str:
        return (
            f"History({len(self.trials)} trials, {len(self._open)} of them running, "
            f"{len(self.measurements)} measurements)"
        )

    # ------------------------------------------------------------------ writing

    def append(self, record: Record) -> Evaluation | None:
        """Add a record.

        Parameters
        ----------
        record : Trial, Assignment or Measurement
            What happened.

        Returns
        -------
        Evaluation or None
            The assignment this record finished, if it was the last missing measurement of one.

        Raises
        ------
        ValueError
            If the record cannot follow what is there: a gap in the trial numbers, an assignment
            for a trial that is still busy, a measurement nobody waits for (any more).
        """
        if isinstance(record, Trial):
            self._check(record.number == len(self.trials), record, "trials are numbered in order")
            known = record.parent is None or 0 <= record.parent < record.number
            self._check(known, record, "there is no such parent")
            self.trials.append(record)
            self._by_fold[record.number] = {}
            evaluation = None
        elif isinstance(record, Assignment):
            self._check(0 <= record.trial < len(self.trials), record, "there is no such trial")
            self._check(record.trial not in self._open, record, "the trial is still busy")
            self._check(len(record.folds) > 0, record, "it has no fold")
            self._check(len(set(record.folds)) == len(record.folds), record, "a fold comes twice")
            self._open[record.trial] = record
            self._missing[record.trial] = set(record.folds)
            evaluation = None
        else:
            missing = self._missing.get(record.trial, set())
            self._check(record.fold in missing, record, "nobody waits for it")
            asked = self._open[record.trial].resource
            self._check(record.resource == asked, record, f"resource {asked} was asked for")
            missing.remove(record.fold)
            self.measurements.append(record)
            self._by_fold[record.trial][record.fold] = record
            evaluation = None if missing else self._close(record.trial)
        self.records.append(record)
        return evaluation

    @staticmethod
    def _check(holds: bool, record: Record, reason: str) -> None:
        if not holds:
            raise ValueError(f"{record!r} does not fit into this history: {reason}")

    def _value(self, measurement: Measurement) -> float:
        """The score that is optimised; NaN if there is none."""
        scores = measurement.scores
        if self.metric is None or (len(scores) == 1 and self.metric not in scores):
            return next(iter(scores.values()), math.nan)  # the first, or the only one there is
        return scores.get(self.metric, math.nan)

    def _close(self, number: int) -> Evaluation:
        """Sum up a finished assignment over the newest measurement of each fold.

        When folds are the resource, those measured under earlier assignments count too.
        """
        assignment = self._open.pop(number)
        del self._missing[number]
        by_fold = sorted(self._by_fold[number].items())
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
        self._latest[number] = evaluation
        self._rank(evaluation)
        return evaluation

    def _rank(self, evaluation: Evaluation) -> None:
        """Put a trial in its place on the rung, which it leaves if it was there before.

        Ties go to the lower number, whichever came in first, so that the order in which results
        arrive does not matter.
        """
        resource, number = evaluation.resource, evaluation.trial
        rung = self._rungs.setdefault(resource, [])
        before = self._usable.pop((resource, number), None)
        if before is not None:
            del rung[bisect_left(rung, (-before.score, number))]
        if evaluation.is_usable:
            insort(rung, (-evaluation.score, number))
            self._usable[resource, number] = evaluation

    def replayed(self, n_records: int | None = None) -> History:
        """Return a new history of the first ``n_records`` records (None: all), read again.

        Parameters
        ----------
        n_records : int or None
            How many.
        """
        history = History(seed=self.seed, metric=self.metric, former=self.former, full=self.full)
        for record in self.records[:n_records]:
            history.append(record)
        return history

    # ------------------------------------------------------------------ reading

    @property
    def pending(self) -> list[Trial]:
        """Trials with an unfinished assignment, by number."""
        return [self.trials[number] for number in sorted(self._open)]

    @property
    def n_pending(self) -> int:
        """How many trials have an unfinished assignment."""
        return len(self._open)

    @property
    def unfinished(self) -> list[tuple[Assignment, tuple[int, ...]]]:
        """Open assignments, by trial, each with the folds still missing."""
        return [(self._open[k], tuple(sorted(self._missing[k]))) for k in sorted(self._open)]

    @property
    def best(self) -> Evaluation | None:
        """The best usable evaluation at the highest resource; the older trial where scores tie.

        A score after more training is worth more than any after less.
        """
        climbed = [resource for resource, rung in self._rungs.items() if rung]
        if not climbed:
            return None
        highest = max(climbed, key=lambda resource: -math.inf if resource is None else resource)
        _, number = self._rungs[highest][0]
        return self._usable[highest, number]

    def latest(self, number: int) -> Evaluation | None:
        """Return the newest evaluation of a trial, or None before its first.

        Parameters
        ----------
        number : int
            The trial's number.
        """
        return self._latest.get(number)

    def folds(self, number: int) -> Sequence[Measurement]:
        """Return the newest measurement of each fold of a trial, in the order of the folds.

        Parameters
        ----------
        number : int
            The trial's number.
        """
        return [measurement for _, measurement in sorted(self._by_fold[number].items())]

    def rung(self, resource: Resource) -> list[int]:
        """Return the trials with a usable evaluation at exactly ``resource``, best first.

        Parameters
        ----------
        resource : float or None
            The rung.
        """
        return [number for _, number in self._rungs.get(resource, [])]
