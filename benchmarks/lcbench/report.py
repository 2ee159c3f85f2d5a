"""Tables of regrets and paired differences, and a verdict on the targets."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.lcbench.results import Key, Run

__all__ = ["BUDGETS", "Report"]

#: Number of workers -> when to look, in units of one full training.
BUDGETS: Mapping[int, tuple[float, ...]] = {1: (5, 10, 25), 4: (2, 4, 8), 16: (1, 2, 8)}

PLAIN = "skhpo-asha"
#: (number of workers, budget) -> the part of the regret of plain ASHA that is promised.
TARGETS = {(1, 10.0): 0.55, (16, 2.0): 0.5}
MILLISECONDS_TARGET = 50.0

_N_BOOTSTRAP = 4_000


@dataclass(frozen=True)
class Estimate:
    """A mean over tasks and seeds, and its standard error."""

    mean: float
    error: float

    @classmethod
    def of(cls, values: np.ndarray) -> Estimate:
        """Estimate from independent values of shape (n,)."""
        spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
        return cls(float(values.mean()), spread / math.sqrt(len(values)))

    def __str__(self) -> str:
        return f"{self.mean:.3f} ± {self.error:.3f}"

    @property
    def is_below_zero(self) -> bool:
        """Whether it is, by two standard errors."""
        return self.mean + 2.0 * self.error < 0.0


@dataclass(frozen=True)
class Report:
    """What is said about the runs.

    Parameters
    ----------
    runs : mapping of Key to Run
        All there are.
    contestants : sequence of str
        Whom to compare.
    tasks : sequence of str
        On what.
    ours : str
        The contestant that is held against all others.
    """

    runs: Mapping[Key, Run]
    contestants: Sequence[str]
    tasks: Sequence[str]
    ours: str

    def text(self) -> str:
        """Return all tables, as reStructuredText that can be read as it is."""
        parts = [
            "Regret of the incumbent after full training: 0 is the best of 20,000 random "
            "configurations, 1 the median. Means over tasks and seeds, with standard errors; "
            "differences are paired."
        ]
        for n_workers in BUDGETS:
            parts += [self._failures(n_workers), self._regrets(n_workers)]
            parts += [self._differences(n_workers, other) for other in (PLAIN, self.ours)]
        parts += [self._verdict(), self._by_task()]
        return "\n\n".join([part for part in parts if part]) + "\n"

    # ------------------------------------------------------------------ tables

    def _failures(self, n_workers: int) -> str:
        return "\n\n".join(
            f"FAILED: {run.contestant} on {run.task}, seed {run.seed}, {n_workers} workers: "
            f"{run.error.strip().splitlines()[-1]}"
            for run in self.runs.values()
            if run.error and run.n_workers == n_workers and run.contestant in self.contestants
        )

    def _regrets(self, n_workers: int) -> str:
        rows = []
        for name in self.contestants:
            keys = self._keys(n_workers, 0.0, name)
            if keys:
                estimates = [self._regret(n_workers, budget, name) for budget in BUDGETS[n_workers]]
                milliseconds = f"{self._milliseconds(keys):.1f}"
                rows.append([name, str(len(keys)), *map(_text, estimates), milliseconds])
        header = [f"{n_workers} workers: regret at", "runs"]
        return _table([*header, *map(_units, BUDGETS[n_workers]), "CPU ms/trial"], rows)

    def _differences(self, n_workers: int, other: str) -> str:
        rows = []
        for name in self.contestants:
            differences = [self._paired(n_workers, b, name, other) for b in BUDGETS[n_workers]]
            if name != other and any(differences):
                rows.append([name, *map(_text, differences)])
        return _table(
            [f"{n_workers} workers: less {other}", *map(_units, BUDGETS[n_workers])], rows
        )

    def _verdict(self) -> str:
        rows = []
        for (n_workers, budget), target in TARGETS.items():
            where = f"{n_workers} workers, {_units(budget)}"
            keys = self._keys(n_workers, budget, self.ours, PLAIN)
            if not keys:
                continue
            ours, plain = (self._values(keys, budget, name).mean() for name in (self.ours, PLAIN))
            rows.append(_claim(f"{where}: regret / {PLAIN}'s", ours / plain, target))
            time = self._milliseconds(self._keys(n_workers, budget, self.ours))
            rows.append(_claim(f"{where}: CPU ms a trial", time, MILLISECONDS_TARGET))
            for name in self.contestants:
                difference = self._paired(n_workers, budget, self.ours, name)
                if name != self.ours and difference:
                    met = "met" if difference.is_below_zero else "MISSED"
                    rows.append([f"{where}: less {name}", str(difference), "< 0 by 2 SE", met])
        return _table([self.ours, "is", "target", ""], rows)

    def _by_task(self) -> str:
        """Tasks count, not runs: the same ones again, with other seeds, say little new."""
        rows = []
        for n_workers, budget in TARGETS:
            keys = self._keys(n_workers, budget, self.ours, PLAIN)
            if not keys:
                continue
            runs = [self._values(keys, budget, name) for name in (self.ours, PLAIN)]
            tasks = np.array([key[1] for key in keys])
            ours, plain = (
                np.array([values[tasks == task].mean() for task in np.unique(tasks)])
                for values in runs
            )
            drawn = np.random.default_rng(0).integers(len(ours), size=(_N_BOOTSTRAP, len(ours)))
            ratios = ours[drawn].mean(axis=1) / plain[drawn].mean(axis=1)
            low, high = np.quantile(ratios, [0.025, 0.975])
            dearest = max(self._milliseconds([key]) for key in keys)
            rows.append(
                [
                    f"{n_workers} workers, {_units(budget)}",
                    f"[{low:.2f}, {high:.2f}]",
                    str(Estimate.of(ours - plain)),
                    f"{(ours < plain).sum()} of {len(ours)}",
                    "{:.3f}, {:.3f}".format(*map(np.median, runs)),
                    f"{dearest:.0f}",
                ]
            )
        header = ["by task", "regret / plain's, 95 %", "difference", "better on", "medians of runs"]
        return _table([*header, "dearest run, ms/trial"], rows)

    # ------------------------------------------------------------------ figures

    def _keys(self, n_workers: int, budget: float, *names: str) -> list[Key]:
        """Runs of the first contestant of which all have one that is long enough."""
        return [
            key
            for key in self.runs
            if key[0] == names[0]
            and key[1] in self.tasks
            and key[3] == n_workers
            and all(self._reaches((name, *key[1:]), budget) for name in names)
        ]

    def _reaches(self, key: Key, budget: float) -> bool:
        run = self.runs.get(key)
        return run is not None and run.error is None and run.budget >= budget

    def _values(self, keys: Sequence[Key], budget: float, name: str) -> np.ndarray:
        return np.array([self.runs[(name, *key[1:])].regret(budget) for key in keys])

    def _regret(self, n_workers: int, budget: float, name: str) -> Estimate | None:
        keys = self._keys(n_workers, budget, name)
        return Estimate.of(self._values(keys, budget, name)) if keys else None

    def _paired(self, n_workers: int, budget: float, name: str, other: str) -> Estimate | None:
        keys = self._keys(n_workers, budget, name, other)
        if not keys:
            return None
        return Estimate.of(self._values(keys, budget, name) - self._values(keys, budget, other))

    def _milliseconds(self, keys: Sequence[Key]) -> float:
        runs = [self.runs[key] for key in keys]
        n_trials = sum(run.n_trials for run in runs)
        return 1e3 * sum(run.cpu_seconds for run in runs) / max(1, n_trials)


def _claim(what: str, value: float, target: float) -> list[str]:
    return [what, f"{value:.2f}", f"{target:g}", "met" if value <= target else "MISSED"]


def _units(budget: float) -> str:
    return f"{budget:g} T"


def _text(estimate: Estimate | None) -> str:
    return "–" if estimate is None else str(estimate)


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A simple table of reStructuredText; nothing without rows."""
    if not rows:
        return ""
    # an empty first cell would continue the row above; an empty header is written as a backslash
    cells = [[cell or "\\" for cell in row] for row in [header, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    rule = "  ".join("=" * width for width in widths)
    first, *others = (
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    )
    return "\n".join([rule, first, rule, *others, rule])
