"""The record everything is decided from: append-only, and summed up so that decisions are cheap."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from typing import Any

from skhpo.counts import counted
from skhpo.summary import Event, Record, Summary
from skhpo.trial import Assignment, Evaluation, FormerTrial, Measurement, Resource, Trial

__all__ = ["Event", "History", "Record"]


class History:
    """Everything that happened in a search, in order.

    The three kinds of record are a :class:`~skhpo.trial.Trial` that was opened, an
    :class:`~skhpo.trial.Assignment` that was decided, and a :class:`~skhpo.trial.Measurement`
    that came in. All else is derived from them, so that a history that is read back record by
    record answers as the original did: resume is replay. Whenever an interruption (Ctrl-C)
    strikes, a record has been taken in completely or not at all.

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
    early_may_win : bool, default=False
        Whether a score after less training may win over those after more; see :attr:`best`.

    Attributes
    ----------
    records : list of Trial, Assignment or Measurement
        The record itself.
    written : callable or None
        Called with all records after each new one: writes down what it has not written yet.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        metric: str | None = "score",
        former: Sequence[FormerTrial] = (),
        full: Resource = None,
        early_may_win: bool = False,
    ) -> None:
        self.seed = seed
        self.metric = metric
        self.former = tuple(former)
        self.full = full
        self.early_may_win = early_may_win
        self.records: list[Record] = []
        self.written: Callable[[Sequence[Record]], None] | None = None
        self._kept: Summary | None = Summary(metric)

    def __len__(self) -> int:
        return len(self.records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self.records)

    def __repr__(self) -> str:
        return (
            f"History({counted(len(self.trials), 'trial')}, {self.n_pending} of them running, "
            f"{counted(len(self.measurements), 'measurement')})"
        )

    def __getstate__(self) -> dict[str, Any]:
        """A copy is written down by nobody."""
        return {**vars(self), "written": None}

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
        before = self._summary
        before.check(record)
        n_evaluations = len(before.evaluations)
        self.records.append(record)  # the one step: until here nothing has happened, now all has
        if self.written is not None:
            self.written(self.records)
        return next(iter(self.evaluations[n_evaluations:]), None)

    def extend(self, records: Iterable[Record]) -> None:
        """Add records that are written down already, one after the other.

        Parameters
        ----------
        records : iterable of Trial, Assignment or Measurement
            What happened. Those before one that does not fit are taken in.

        Raises
        ------
        ValueError
            If one cannot follow what is there then.
        """
        summary = self._summary
        self._kept = None  # as when it is read: interrupted, it would be made anew
        for record in records:
            summary.check(record)
            self.records.append(record)
            summary.add(record)
        self._kept = summary

    def replayed(self, n_records: int | None = None) -> History:
        """Return a new history of the first ``n_records`` records (None: all), read again.

        Parameters
        ----------
        n_records : int or None
            How many.
        """
        history = History(
            seed=self.seed,
            metric=self.metric,
            former=self.former,
            full=self.full,
            early_may_win=self.early_may_win,
        )
        history.extend(self.records[:n_records])
        return history

    def snapshot(self) -> History:
        """Return a history that stays as this one is now, and is written down by nobody.

        Nothing is read again, as :meth:`replayed` does: it takes hundredths of a second for
        100,000 trials. Not to be asked for while another thread adds records.
        """
        twin = copy(self)
        twin.records = self.records.copy()
        twin._kept = self._summary.copy()
        return twin

    # ------------------------------------------------------------------ reading

    @property
    def _summary(self) -> Summary:
        """What the records add up to.

        While it takes in new ones nothing is kept: were it interrupted, it would be made anew.
        """
        summary = self._kept
        if summary is not None and summary.n_read == len(self.records):
            return summary
        self._kept = None
        summary = Summary(self.metric) if summary is None else summary
        for record in self.records[summary.n_read :]:
            summary.add(record)
        self._kept = summary
        return summary

    @property
    def trials(self) -> list[Trial]:
        """Trials by number; not to be changed."""
        return self._summary.trials

    @property
    def measurements(self) -> list[Measurement]:
        """Measurements in the order in which they came in; not to be changed."""
        return self._summary.measurements

    @property
    def evaluations(self) -> list[Evaluation]:
        """Finished assignments in the order in which they were finished; not to be changed."""
        return self._summary.evaluations

    @property
    def events(self) -> list[Event]:
        """The record with finished assignments in place of measurements; not to be changed."""
        return self._summary.events

    @property
    def pending(self) -> list[Trial]:
        """Trials with an unfinished assignment, by number."""
        summary = self._summary
        return [summary.trials[number] for number in sorted(summary.open)]

    @property
    def n_pending(self) -> int:
        """How many trials have an unfinished assignment."""
        return len(self._summary.open)

    @property
    def unfinished(self) -> list[tuple[Assignment, tuple[int, ...]]]:
        """Open assignments, oldest first, each with the folds still missing."""
        summary = self._summary
        return [(a, tuple(sorted(summary.missing[k]))) for k, a in summary.open.items()]

    @property
    def best(self) -> Evaluation | None:
        """The best usable evaluation at the highest resource; the older trial where scores tie.

        A score after more training is worth more than any after less. Only where
        :attr:`early_may_win`, the best of all counts, and the one that took less where they tie.
        """
        summary = self._summary
        leaders = [
            (_amount(resource), summary.usable[resource, rung[0][1]])
            for resource, rung in summary.rungs.items()
            if rung
        ]
        if self.early_may_win:
            leaders.sort(key=lambda leader: (-leader[1].score, leader[0]))
        else:
            leaders.sort(key=lambda leader: -leader[0])
        return leaders[0][1] if leaders else None

    def latest(self, number: int) -> Evaluation | None:
        """Return the newest evaluation of a trial, or None before its first.

        Parameters
        ----------
        number : int
            The trial's number.
        """
        return self._summary.latest.get(number)

    def folds(self, number: int) -> Sequence[Measurement]:
        """Return the newest measurement of each fold of a trial, in the order of the folds.

        Parameters
        ----------
        number : int
            The trial's number.
        """
        return [measurement for _, measurement in sorted(self._summary.by_fold[number].items())]

    def state(self, number: int, fold: int, resource: Resource) -> str | None:
        """Return the checksum of a fitted state, or None if none was left.

        Parameters
        ----------
        number, fold : int
            Of which trial, on which fold.
        resource : float or None
            Total resource it has had.
        """
        return self._summary.states.get((number, fold, resource))

    def rung(self, resource: Resource) -> list[int]:
        """Return the trials with a usable evaluation at exactly ``resource``, best first.

        Parameters
        ----------
        resource : float or None
            The rung.
        """
        return [number for _, number in self._summary.rungs.get(resource, [])]


def _amount(resource: Resource) -> float:
    return -math.inf if resource is None else resource
