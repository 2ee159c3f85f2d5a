"""What a search takes on a machine, judged by a few fits.

========== =====================================================================
symbol     meaning
========== =====================================================================
t          seconds of one fit at a rung: of the probe that was trained to the
           end, times how much longer all probes took at the first rung
W          seconds of all fits, one after the other: the sum of t over the plan
b          workers that are busy at a time
========== =====================================================================
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
from scipy.stats import t as student

from skhpo.forecast import duration
from skhpo.machine import Machine
from skhpo.printed import as_printed
from skhpo.schedulers import Plan
from skhpo.times import rough_text
from skhpo.trial import Measurement, Resource

__all__ = ["Effort", "ProbedPlan", "Probes", "Span", "effort"]

#: What machines do: by this factor two runs of the same search may differ.
_UNSTEADY = 1.5

#: Standard deviation of the logarithm of a fit's seconds, where one probe says nothing of it.
_UNKNOWN = math.log(3.0)

#: Fewer workers are better where they take no longer than this part more.
_AS_GOOD = 1.05

_MOST_JOBS = 256


@dataclass(frozen=True)
class Span:
    """What is likely, and the ends of what may be.

    Parameters
    ----------
    low, likely, high : float
        In seconds.
    """

    low: float
    likely: float
    high: float

    def __str__(self) -> str:
        return f"{rough_text(self.likely)} ({rough_text(self.low)} to {rough_text(self.high)})"


@dataclass(frozen=True)
class Probes:
    """What a few fits took.

    Parameters
    ----------
    measurements : sequence of Measurement
        Each on one fold: of all probes at the first rung, and of one of them at the others.
    cores : float
        Processors that were busy while they were fitted.
    memory : float
        Bytes that a process with data and estimator has; NaN where nobody knows.
    proposal : float
        Seconds that the sampler takes for one proposal, in the middle of the search.
    startup : float
        Seconds until several workers have started, which one alone does not need.
    """

    measurements: Sequence[Measurement]
    cores: float = 1.0
    memory: float = math.nan
    proposal: float = 0.0
    startup: float = 0.0

    @property
    def completed(self) -> list[Measurement]:
        """Those that did not fail."""
        return [m for m in self.measurements if m.status == "completed"]


@dataclass(frozen=True)
class Effort:
    """What a search takes on this machine. Prints as a few lines.

    Times are without the refit, which is about one more fit. They hold for configurations that
    take as long as random ones do; the range is about the mean of these (from 5 % to 95 %), and no
    less than a factor of 1.5 on either side.

    Parameters
    ----------
    n_fits : int
        Fits, on all folds, at most.
    n_probes, n_failed : int
        Configurations that were tried, and how many of them failed.
    work : Span
        Seconds of all fits, one after the other.
    proposals : float
        Seconds that the sampler takes for all proposals.
    n_jobs : int
        Workers that the search is set to.
    seconds : Span
        How long the search takes with them.
    cores : float
        Processors that one fit keeps busy.
    memory : float
        Bytes that a worker takes; NaN where nobody knows.
    machine : Machine
        What there is.
    sensible_n_jobs : int
        The fewest workers with which it takes no longer than with any other number.
    sensible_seconds : Span
        How long it takes with so many.
    """

    n_fits: int
    n_probes: int
    n_failed: int
    work: Span
    proposals: float
    n_jobs: int
    seconds: Span
    cores: float
    memory: float
    machine: Machine
    sensible_n_jobs: int
    sensible_seconds: Span

    _repr_pretty_ = as_printed

    def __str__(self) -> str:
        failed = f", {self.n_failed} of which failed" if self.n_failed else ""
        probes = "1 probe" if self.n_probes == 1 else f"{self.n_probes} probes"
        memory = "" if math.isnan(self.memory) else f", {self.memory / 1e6:.0f} MB for each worker"
        proposals = (
            f", {rough_text(self.proposals)} of it for proposals" if self.proposals >= 1 else ""
        )
        cores = f"{self.cores:.2g} core{'' if self.cores <= 1 else 's'}"
        return "\n".join(
            [
                f"{self.n_fits} fits, {self.work} one after the other; judged by {probes}{failed}",
                f"n_jobs={self.n_jobs}: {self.seconds}{proposals}",
                f"sensible: n_jobs={self.sensible_n_jobs}: {self.sensible_seconds}; "
                f"{self.machine.n_cpus} CPUs, {cores} for each fit{memory}",
            ]
        )


@dataclass(frozen=True)
class ProbedPlan(Plan):
    """A plan, and what it takes on this machine.

    Parameters
    ----------
    effort : Effort
        Times, and how many workers make sense.
    """

    effort: Effort = field(kw_only=True)

    _repr_pretty_ = as_printed

    def __str__(self) -> str:
        return f"{super().__str__()}\n{self.effort}"


@dataclass(frozen=True)
class _Rung:
    """Fits that bring trials to a rung: how many, and how long one of them takes."""

    n_fits: int
    seconds: float


def effort(
    plan: Plan,
    probes: Probes,
    machine: Machine,
    *,
    n_folds: int,
    n_jobs: int,
    learns: bool,
    concurrency: int | None = None,
    declared_cores: float = 1.0,
    is_race: bool = False,
) -> Effort:
    """Judge what a search takes by what a few fits took.

    Parameters
    ----------
    plan : Plan
        Who is going to be measured where.
    probes : Probes
        What was measured; at least one that did not fail.
    machine : Machine
        What there is.
    n_folds : int
        Folds of a trial.
    n_jobs : int
        Workers that the search is set to.
    learns : bool
        Whether what is tried depends on what was measured.
    concurrency : int or None, default=None
        Trials that may be open at a time; None: as many as the tuner chooses.
    declared_cores : float, default=1.0
        Processors that the estimator is set to use.
    is_race : bool, default=False
        Whether folds are the resource: each is one fit.
    """
    completed = probes.completed
    rungs = list(_race(plan, completed) if is_race else _rungs(plan, completed, n_folds))
    work = sum(rung.n_fits * rung.seconds for rung in rungs)
    cores = max(declared_cores, min(probes.cores, machine.n_cpus), 1.0)
    proposals = probes.proposal * plan.n_trials
    factor = _factor(completed)

    def certain(n_workers: int) -> float:
        return proposals + (probes.startup if n_workers > 1 else 0.0)

    def lasts(n_workers: int) -> float:
        busy = min(_busy(n_workers, n_folds, learns, concurrency), machine.n_cpus / cores)
        parts = (r.n_fits * r.seconds / max(1.0, min(busy, r.n_fits)) for r in rungs)
        return sum(parts) + certain(n_workers)

    def span(seconds: float, fixed: float = 0.0) -> Span:
        return Span((seconds - fixed) / factor + fixed, seconds, (seconds - fixed) * factor + fixed)

    def lasting(n_workers: int) -> Span:
        return span(lasts(n_workers), certain(n_workers))

    most = min(int(machine.n_cpus // cores) or 1, _MOST_JOBS)
    if probes.memory > 0 and math.isfinite(machine.memory_free):
        most = max(1, min(most, int(machine.memory_free // probes.memory)))
    times = {n_workers: lasts(n_workers) for n_workers in range(1, most + 1)}
    sensible = next(n for n, seconds in times.items() if seconds <= _AS_GOOD * min(times.values()))
    numbers = {m.trial for m in probes.measurements}
    return Effort(
        n_fits=sum(rung.n_fits for rung in rungs),
        n_probes=len(numbers),
        n_failed=len(numbers - {m.trial for m in completed}),
        work=span(work),
        proposals=proposals,
        n_jobs=n_jobs,
        seconds=lasting(n_jobs),
        cores=cores,
        memory=probes.memory,
        machine=machine,
        sensible_n_jobs=sensible,
        sensible_seconds=lasting(sensible),
    )


def _race(plan: Plan, completed: Sequence[Measurement]) -> Iterator[_Rung]:
    """Yield the folds of a race, each of which is one fit."""
    seconds = _seconds(plan, completed)[None]
    for bracket in plan.brackets:
        yield _Rung(int(bracket.cost or 0), seconds)


def _rungs(plan: Plan, completed: Sequence[Measurement], n_folds: int) -> Iterator[_Rung]:
    """Yield what is trained, each time with the seconds it takes to come there from below."""
    seconds = _seconds(plan, completed)
    for bracket in plan.brackets:
        before = 0.0
        for n_trials, resource in zip(bracket.n_trials, bracket.resources, strict=True):
            # Who begins at a higher rung is trained from nothing, past all those below it.
            passed = [r for r in seconds if resource is None or before < (r or 0.0) <= resource]
            whole = sum(seconds[r] for r in passed) if plan.is_continued else seconds[resource]
            if n_trials:
                yield _Rung(n_trials * n_folds, whole)
            before = resource or 0.0


def _seconds(plan: Plan, completed: Sequence[Measurement]) -> dict[Resource, float]:
    """Return by resource how long a typical probe took there on one fold."""
    amounts = {resource for bracket in plan.brackets for resource in bracket.resources}
    found: dict[Resource, list[Measurement]] = {}
    for measurement in completed:
        found.setdefault(measurement.resource, []).append(measurement)
    if None in found:
        return {None: float(np.mean([duration(m) for m in found[None]]))}
    lowest, *_ = sorted(r for r in found if r is not None)
    typical = float(np.mean([duration(m) for m in found[lowest]]))
    furthest = max(completed, key=lambda m: m.resource or 0.0)
    own = next(duration(m) for m in found[lowest] if m.trial == furthest.trial)
    slower = typical / own if own > 0 else 1.0
    seconds: dict[Resource, float] = {lowest: typical}
    for resource in sorted(r for r in amounts if r is not None and r != lowest):
        if resource in found:
            seconds[resource] = slower * duration(found[resource][-1])
        else:  # nobody came there: in proportion to what is trained
            known = [r for r in seconds if r is not None]
            paid = resource - max(known) if plan.is_continued else resource
            total = max(known) if plan.is_continued else sum(known)
            seconds[resource] = sum(seconds.values()) * paid / total
    return seconds


def _factor(completed: Sequence[Measurement]) -> float:
    """Return by which factor the mean time of random configurations may be another one."""
    counts = Counter(m.resource for m in completed)
    ((first, n),) = counts.most_common(1)  # of those that are equal the one that came first
    logs = [math.log(max(duration(m), 1e-9)) for m in completed if m.resource == first]
    if n == 1:
        margin = 1.645 * _UNKNOWN
    else:
        margin = float(student.ppf(0.95, n - 1)) * float(np.std(logs, ddof=1)) / math.sqrt(n)
    return math.exp(math.hypot(math.log(_UNSTEADY), margin))


def _busy(n_jobs: int, n_folds: int, learns: bool, concurrency: int | None) -> float:
    """Return how many workers have something to do, in the mean, while there are trials enough."""
    open_trials = concurrency or (ceil(n_jobs / n_folds) if learns else n_jobs)
    if open_trials == 1:
        return n_folds / ceil(n_folds / n_jobs)
    return min(n_jobs, open_trials * n_folds)
