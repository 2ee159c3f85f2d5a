"""How much there is to do, and how long that takes, judged by what was done."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from skhpo.objective import Objective
from skhpo.schedulers import Plan
from skhpo.trial import Measurement, Resource

__all__ = ["Forecast", "Workload", "duration"]


@dataclass(frozen=True)
class Workload:
    """What a search is going to do: at most, but for those that promote whom they can.

    Parameters
    ----------
    n_trials : int
        Trials that are started.
    n_folds : int
        Folds of each.
    fits : mapping of float or None to int
        By resource: how many times a trial is measured there, on one fold.
    units : mapping of float or None to float
        By resource: how much of it one of these takes, in units that are the same for all.
    """

    n_trials: int
    n_folds: int
    fits: Mapping[Resource, int]
    units: Mapping[Resource, float]

    @classmethod
    def planned(
        cls, plan: Plan, n_folds: int, n_tasks: Callable[[Resource, Resource], int]
    ) -> Workload:
        """Return what a plan comes to.

        Parameters
        ----------
        plan : Plan
            Who is going to be measured where.
        n_folds : int
            Folds of a trial.
        n_tasks : callable
            (resource, resource reached before) -> folds that a trial is measured on.
        """
        fits: Counter[Resource] = Counter()
        spent: dict[Resource, float] = {}
        for bracket in plan.brackets:
            before: Resource = None
            for n_trials, resource in zip(bracket.n_trials, bracket.resources, strict=True):
                paid = 1.0 if resource is None else resource
                if plan.is_continued:
                    paid -= before or 0.0
                fits[resource] += n_trials * n_tasks(resource, before)
                spent[resource] = spent.get(resource, 0.0) + n_trials * paid
                before = resource
        fits = +fits
        units = {resource: spent[resource] / n_fits for resource, n_fits in fits.items()}
        return cls(plan.n_trials, n_folds, dict(fits), units)

    @classmethod
    def of(cls, plan: Plan, objective: Objective) -> Workload:
        """Return what a plan comes to with an objective.

        Parameters
        ----------
        plan : Plan
            Who is going to be measured where.
        objective : Objective
            What is measured. It may say ``n_tasks(resource, reached)``, on how many folds, and
            ``is_continued``, whether training goes on from what was reached before.
        """
        n_folds = objective.n_folds
        n_tasks = getattr(objective, "n_tasks", lambda resource, reached: n_folds)
        is_continued = getattr(objective, "is_continued", plan.is_continued)
        return cls.planned(replace(plan, is_continued=is_continued), n_folds, n_tasks)

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain data, which JSON can hold."""
        rungs = [[resource, n, self.units[resource]] for resource, n in self.fits.items()]
        return {"n_trials": self.n_trials, "n_folds": self.n_folds, "rungs": rungs}

    @classmethod
    def from_plain(cls, plain: Any) -> Workload | None:
        """Return what :meth:`to_plain` returned; None if it is nothing of that kind.

        Parameters
        ----------
        plain : object
            Whatever a journal holds.
        """
        try:
            rungs = [(r, n, float(units)) for r, n, units in plain["rungs"]]
            fits, units = {r: n for r, n, _ in rungs}, {r: each for r, _, each in rungs}
            work = cls(plain["n_trials"], plain["n_folds"], fits, units)
        except (TypeError, ValueError, KeyError, OverflowError):
            return None
        counts = [work.n_trials, work.n_folds, *fits.values()]
        is_sound = all(type(n) is int and n > 0 for n in counts) and all(
            (r is None or type(r) in (int, float)) and 0 <= units[r] < math.inf for r in fits
        )
        return work if is_sound else None

    @property
    def n_fits(self) -> int:
        """All fits together."""
        return sum(self.fits.values())

    def total(self, n_done: int) -> int:
        """Return how many fits are expected in all: some promote more than planned.

        Parameters
        ----------
        n_done : int
            How many there are by now.
        """
        return max(self.n_fits, n_done)


class Forecast:
    """Says how long the rest of a search takes.

    A fit at some resource is taken to last as long as those there did in the mean. Where none was
    finished yet, it lasts in proportion to the resource it takes, judged by those elsewhere. What
    is left altogether is divided by how many workers were kept busy in the mean: seconds of fits
    for each second of the run, in which the time between fits counts as well. What passed before
    the first fit began, while workers were started, comes once and does not count.

    Parameters
    ----------
    work : Workload
        What there is to do.
    n_workers : int
        How many do it. Nothing is said before each of them can have finished something.
    before : iterable of Measurement, default=()
        What was done in earlier runs.
    """

    def __init__(self, work: Workload, n_workers: int, before: Iterable[Measurement] = ()) -> None:
        self.work = work
        self.n_workers = n_workers
        self._n_done: Counter[Resource] = Counter()
        self._seconds: dict[Resource, float] = {}
        self._n_now, self._busy, self._startup = 0, 0.0, 0.0
        for measurement in before:
            self.add_earlier(measurement)

    def add_earlier(self, measurement: Measurement) -> None:
        """Count what was done in an earlier run.

        Parameters
        ----------
        measurement : Measurement
            It says how long fits take, but not how busy the workers are now.
        """
        self._count(measurement)

    def add(self, measurement: Measurement, seconds: float = math.nan) -> None:
        """Count what was done in this run.

        Parameters
        ----------
        measurement : Measurement
            The newest.
        seconds : float, default=NaN
            For how long this run had been at work when it came in; NaN if nobody knows.
        """
        taken = self._count(measurement)
        if self._n_now == 0 and seconds > taken:
            self._startup = seconds - taken
        self._n_now += 1
        self._busy += taken

    def _count(self, measurement: Measurement) -> float:
        seconds = duration(measurement)
        self._n_done[measurement.resource] += 1
        self._seconds[measurement.resource] = self._seconds.get(measurement.resource, 0.0) + seconds
        return seconds

    def seconds_left(self, seconds: float) -> float | None:
        """Return how long it still takes; None while nobody can say.

        Parameters
        ----------
        seconds : float
            For how long this run has been at work.
        """
        seconds -= self._startup
        if self._n_now < self.n_workers or not self._busy > 0 or not seconds > 0:
            return None
        left = sum(
            max(0, n_fits - self._n_done[resource]) * self._typical(resource)
            for resource, n_fits in self.work.fits.items()
        )
        return left * seconds / self._busy

    def _typical(self, resource: Resource) -> float:
        """Seconds of one fit."""
        if self._n_done[resource]:
            return self._seconds[resource] / self._n_done[resource]
        units = self.work.units
        taken = sum(n * units.get(done, 0.0) for done, n in self._n_done.items())
        total = sum(seconds for done, seconds in self._seconds.items() if done in units)
        if not taken:  # all of it at resources that nobody has planned
            return sum(self._seconds.values()) / sum(self._n_done.values())
        return units[resource] * total / taken


def duration(measurement: Measurement) -> float:
    """Return how many seconds a fit took, with all that goes with it.

    Parameters
    ----------
    measurement : Measurement
        What came of it; its clock may not be known.
    """
    seconds = measurement.finished_at - measurement.started_at
    spent = measurement.fit_time + measurement.score_time
    return max(0.0, spent if math.isnan(seconds) else max(seconds, spent))
