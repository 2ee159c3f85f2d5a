"""What the runs say: regrets of samplers on the problems and seeds that all of them have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.stats import rankdata

from benchmarks.samplers.problem import Problem
from benchmarks.samplers.results import Key, Run

__all__ = ["FLOOR", "Comparison", "Estimate", "compare"]

#: Regrets below it are as good as none: geometric means and ranks count them as this one.
FLOOR = 1e-4

_N_REPLICATES = 2000


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, replicates: np.ndarray) -> Estimate:
        """Take the interval from the percentiles of bootstrap replicates."""
        low, high = np.percentile(replicates, [2.5, 97.5])
        return cls(float(value), float(low), float(high))


@dataclass(frozen=True)
class Comparison:
    """Regrets of several samplers on the same problems with the same seeds.

    Each mean is taken over the seeds of a problem, then over the problems: a problem counts as
    much as another, however many seeds it has. Intervals come from resampling problems and,
    within each, seeds.

    Parameters
    ----------
    samplers : tuple of str
        Their names.
    regrets : dict of str to ndarray
        Problem -> normalised regrets, of shape (n_samplers, n_seeds, n_trials).
    """

    samplers: tuple[str, ...]
    regrets: Mapping[str, np.ndarray]

    @property
    def n_trials(self) -> int:
        """Trials of each run."""
        return min(regrets.shape[2] for regrets in self.regrets.values())

    @property
    def n_runs(self) -> int:
        """Runs of each sampler."""
        return sum(regrets.shape[1] for regrets in self.regrets.values())

    def only(self, problems: Sequence[str]) -> Comparison:
        """Return the comparison on some of the problems."""
        return Comparison(self.samplers, {p: r for p, r in self.regrets.items() if p in problems})

    # ------------------------------------------------------------------ curves

    @cached_property
    def arithmetic(self) -> np.ndarray:
        """Arithmetic mean regret after each trial, of shape (n_samplers, n_trials)."""
        return np.mean([each.mean(axis=1) for each in self.regrets.values()], axis=0)

    @cached_property
    def geometric(self) -> np.ndarray:
        """Geometric mean regret after each trial, of shape (n_samplers, n_trials)."""
        logs = [_floored(each).mean(axis=1) for each in self.regrets.values()]
        return np.exp(np.mean(logs, axis=0))

    # ------------------------------------------------------------------ one budget

    def at(self, n_trials: int) -> Standing:
        """Return how the samplers stand after a number of trials."""
        values = [
            np.stack([now, _floored(now), rankdata(np.maximum(now, FLOOR), axis=0)])
            for now in (each[:, :, n_trials - 1] for each in self.regrets.values())
        ]
        point = np.mean([each.mean(axis=2) for each in values], axis=0)
        return Standing(self.samplers, point, _bootstrap(values))

    def trials_to_level(self, sampler: str, level: float, curves: np.ndarray) -> int | None:
        """Return after how many trials a curve is at or below ``level``; None if never."""
        reached = np.flatnonzero(curves[self.samplers.index(sampler)] <= level)
        return int(reached[0]) + 1 if len(reached) else None


@dataclass(frozen=True)
class Standing:
    """Means over problems and seeds after some number of trials, with bootstrap intervals.

    Parameters
    ----------
    samplers : tuple of str
        Their names.
    point : ndarray of shape (3, n_samplers)
        Mean regret, mean logarithm of the regret, mean rank.
    replicates : ndarray of shape (3, n_samplers, n_replicates)
        The same of each bootstrap sample.
    """

    samplers: tuple[str, ...]
    point: np.ndarray
    replicates: np.ndarray

    def arithmetic(self, sampler: str) -> Estimate:
        """Arithmetic mean regret."""
        at = self.samplers.index(sampler)
        return Estimate.of(self.point[0, at], self.replicates[0, at])

    def geometric(self, sampler: str) -> Estimate:
        """Geometric mean regret."""
        at = self.samplers.index(sampler)
        return Estimate.of(np.exp(self.point[1, at]), np.exp(self.replicates[1, at]))

    def rank(self, sampler: str) -> Estimate:
        """Mean rank; 1 is the best."""
        at = self.samplers.index(sampler)
        return Estimate.of(self.point[2, at], self.replicates[2, at])

    def arithmetic_ratio(self, ours: str, peer: str) -> Estimate:
        """Arithmetic mean regret of the one as a part of the other's, neither below the floor."""
        a, b = self.samplers.index(ours), self.samplers.index(peer)
        means, replicates = np.maximum(self.point[0], FLOOR), np.maximum(self.replicates[0], FLOOR)
        return Estimate.of(means[a] / means[b], replicates[a] / replicates[b])

    def geometric_ratio(self, ours: str, peer: str) -> Estimate:
        """Geometric mean regret of the one as a part of the other's."""
        a, b = self.samplers.index(ours), self.samplers.index(peer)
        return Estimate.of(
            np.exp(self.point[1, a] - self.point[1, b]),
            np.exp(self.replicates[1, a] - self.replicates[1, b]),
        )


def compare(
    runs: Mapping[Key, Run],
    samplers: Sequence[str],
    problems: Sequence[Problem],
    n_trials: int,
) -> Comparison:
    """Compare samplers on the problems and seeds that all of them have runs of.

    A run that failed on the way stays at what it had found; one that failed at its first trial
    is as good as missing.

    Parameters
    ----------
    runs : mapping of (problem, sampler, seed) to Run
        All there are.
    samplers : sequence of str
        Whom to compare.
    problems : sequence of Problem
        On what; those without a common seed are left out.
    n_trials : int
        Shorter runs are as good as missing.

    Raises
    ------
    ValueError
        If there is nothing that all of them have.
    """
    usable = {key: run for key, run in runs.items() if _is_usable(run, n_trials)}
    regrets = {}
    for problem in problems:
        seeds = [{s for p, n, s in usable if (p, n) == (problem.name, name)} for name in samplers]
        common = sorted(set.intersection(*seeds)) if seeds else []
        if common:
            regrets[problem.name] = np.array(
                [
                    [
                        _regrets(usable[problem.name, name, seed], problem, n_trials)
                        for seed in common
                    ]
                    for name in samplers
                ]
            )
    if not regrets:
        counts = {name: sum(n == name for _, n, _ in usable) for name in samplers}
        raise ValueError(f"no problem and seed that all have; runs of each: {counts}")
    return Comparison(tuple(samplers), regrets)


def _is_usable(run: Run, n_trials: int) -> bool:
    return len(run.incumbents) >= n_trials or (run.error is not None and bool(run.incumbents))


def _regrets(run: Run, problem: Problem, n_trials: int) -> np.ndarray:
    incumbents = np.array(run.incumbents[:n_trials])
    padded = np.pad(incumbents, (0, n_trials - len(incumbents)), mode="edge")
    return np.maximum(problem.regret(padded), 0.0)


def _floored(regrets: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(regrets, FLOOR))


def _bootstrap(values: Sequence[np.ndarray]) -> np.ndarray:
    """Means of resampled problems with resampled seeds.

    Parameters
    ----------
    values : sequence of ndarray of shape (n_figures, n_samplers, n_seeds)
        One for each problem.

    Returns
    -------
    ndarray of shape (n_figures, n_samplers, n_replicates)
    """
    rng = np.random.default_rng(0)
    total = np.zeros((*values[0].shape[:2], _N_REPLICATES))
    drawn = rng.integers(len(values), size=(_N_REPLICATES, len(values)))
    for number, each in enumerate(values):
        replicates, _ = np.nonzero(drawn == number)
        n_seeds = each.shape[2]
        seeds = rng.integers(n_seeds, size=(len(replicates), n_seeds))
        np.add.at(total, (..., replicates), each[:, :, seeds].mean(axis=3))
    return total / len(values)
