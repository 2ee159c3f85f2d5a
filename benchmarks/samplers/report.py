"""Tables, a verdict on the targets, and a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.samplers.comparison import FLOOR, Comparison, Estimate
from benchmarks.samplers.problem import FAMILIES, Problem
from benchmarks.samplers.results import Key, Run
from benchmarks.samplers.tables import interval, number, table

__all__ = ["Report"]

#: What is promised of the default sampler, at the last budget.
GEOMETRIC_TARGETS = {"optuna-gp": 0.2, "optuna-tpe": 0.1}
ARITHMETIC_TARGET = 0.55  # of the best peer's
LEVEL_TARGET = 40  # trials to the best peer's level after 60

#: Our samplers that are held against the peer's of the same kind.
COUNTERPARTS = {
    "skhpo-tpe": "optuna-tpe-group",
    "skhpo-cmaes": "optuna-cmaes",
    "skhpo-forest": "smac",
}

#: How a verdict is read; the rule is that of :func:`judged`.
RULE = (
    "Of a number, the target is met or missed by the number. Of a ratio with an interval: met if "
    "the whole interval is below 1, MISSED if it is above, level if 1 is in it."
)


def is_peer(sampler: str) -> bool:
    """Whether a sampler is somebody else's."""
    return not sampler.startswith("skhpo-")


def judged(ratio: Estimate) -> str:
    """Return what can be told of regrets as a part of a peer's: "met", "level" or "MISSED"."""
    return "met" if ratio.high < 1.0 else "MISSED" if ratio.low > 1.0 else "level"


def best_peer(comparison: Comparison, curves: np.ndarray) -> str:
    """Return the peer with the least mean regret at the end."""
    peers = [name for name in comparison.samplers if is_peer(name)]
    return min(peers, key=lambda name: curves[comparison.samplers.index(name), -1])


@dataclass(frozen=True)
class Report:
    """What is said about a comparison.

    Parameters
    ----------
    comparison : Comparison
        The regrets.
    ours : str
        The sampler that is held against each peer.
    problems : mapping of str to Problem
        By name.
    runs : mapping of (problem, sampler, seed) to Run
        All there are: for times and failures.
    """

    comparison: Comparison
    ours: str
    problems: Mapping[str, Problem]
    runs: Mapping[Key, Run]

    @property
    def budgets(self) -> list[int]:
        """The numbers of trials to report: thirds of the runs."""
        n = self.comparison.n_trials
        return [n // 3, 2 * n // 3, n]

    def text(self) -> str:
        """Return all tables, as reStructuredText that can be read as it is."""
        parts = [
            self._basis(),
            self._overall(),
            self._by_family(),
            self._by_problem(),
            self._ratios(),
            self._verdict(),
        ]
        return "\n\n".join(parts) + "\n"

    # ------------------------------------------------------------------ tables

    def _basis(self) -> str:
        compared = self.comparison
        seeds = [each.shape[1] for each in compared.regrets.values()]
        count = f"{min(seeds)}" if min(seeds) == max(seeds) else f"{min(seeds)} to {max(seeds)}"
        lines = [
            f"Problems: {len(seeds)}; seeds of each: {count}; runs of each sampler: "
            f"{compared.n_runs}. Regret: 0 is the best known value, 1 the median random "
            f"configuration; geometric means and ranks count regrets below {FLOOR:g} as {FLOOR:g}. "
            f"In brackets: 95 % bootstrap intervals over problems and seeds."
        ]
        failed = [
            run for run in self.runs.values() if run.error and run.sampler in compared.samplers
        ]
        lines += [
            f"FAILED: {run.sampler} on {run.problem}, seed {run.seed}, after {len(run.scores)} "
            f"trials: {run.error.strip().splitlines()[-1]}"
            for run in failed
        ]
        better = sorted({p for p, run in self._compared_runs() if self._is_better_than_best(run)})
        if better:
            lines.append(
                f"Better than the best known value was found on {', '.join(better)}: "
                f"run the command ``reference`` with these results."
            )
        return "\n\n".join(lines)

    def _overall(self) -> str:
        standings = [self.comparison.at(budget) for budget in self.budgets]
        header = ["sampler"]
        header += [f"mean @{budget}" for budget in self.budgets]
        header += [f"geometric @{budget}" for budget in self.budgets]
        header += [f"rank @{budget}" for budget in self.budgets]
        header += ["CPU ms"]
        rows = []
        for name in self.comparison.samplers:
            row = [name]
            for figure in ("arithmetic", "geometric"):
                *early, last = (getattr(standing, figure)(name) for standing in standings)
                row += [number(each.value) for each in early] + [interval(last)]
            row += [f"{standing.rank(name).value:.1f}" for standing in standings]
            rows.append([*row, f"{self._milliseconds(name):.1f}"])
        return table(header, rows)

    def _by_family(self) -> str:
        families = self._families
        header = [f"geometric @{self.comparison.n_trials}"]
        header += [f"{family} ({len(part.regrets)})" for family, part in families.items()]
        rows = [
            [name, *(number(part.geometric[at, -1]) for part in families.values())]
            for at, name in enumerate(self.comparison.samplers)
        ]
        means = [
            [name, *(number(part.arithmetic[at, -1]) for part in families.values())]
            for at, name in enumerate(self.comparison.samplers)
        ]
        arithmetic_header = [f"mean @{self.comparison.n_trials}", *header[1:]]
        return table(header, rows) + "\n\n" + table(arithmetic_header, means)

    def _by_problem(self) -> str:
        """The default on each problem, and where it is behind: a mean over problems hides that."""
        n_trials = self.comparison.n_trials
        peers = self._peers
        means, ratios, behind = [], [], []
        for problem in self.comparison.regrets:
            part = self.comparison.only([problem])
            end = part.at(n_trials)
            regrets = dict(zip(part.samplers, part.arithmetic[:, -1], strict=True))
            means.append([problem, *(number(regrets[name]) for name in (self.ours, *peers))])
            estimates = {peer: end.geometric_ratio(self.ours, peer) for peer in peers}
            ratios.append([problem, *map(interval, estimates.values())])
            ahead = [peer for peer, ratio in estimates.items() if judged(ratio) == "MISSED"]
            behind += [f"{problem} ({', '.join(ahead)})"] if ahead else []
        summary = (
            f"Problems on which a peer is ahead of {self.ours}, the whole interval being above 1: "
            f"{'; '.join(behind) or 'none'}. By chance alone it is so for one pair of 40, or more "
            f"where seeds are few."
        )
        header = [f"{self.ours} / peer @{n_trials}", *peers]
        return "\n\n".join(
            [table([f"mean @{n_trials}", self.ours, *peers], means), table(header, ratios), summary]
        )

    def _ratios(self) -> str:
        compared = self.comparison
        end = compared.at(compared.n_trials)
        pairs = [(self.ours, peer) for peer in self._peers]
        pairs += [(ours, peer) for ours, peer in self._counterparts if ours != self.ours]
        rows = [
            [
                f"{ours} / {peer}",
                interval(end.arithmetic_ratio(ours, peer)),
                interval(end.geometric_ratio(ours, peer)),
                number(self._milliseconds(ours) / self._milliseconds(peer)),
            ]
            for ours, peer in pairs
        ]
        return table([f"ratio @{compared.n_trials}", "mean", "geometric", "CPU time"], rows)

    def _verdict(self) -> str:
        compared = self.comparison
        end = compared.at(compared.n_trials)
        peer = best_peer(compared, compared.arithmetic)
        claims = [
            (f"geometric mean / {name}'s", end.geometric_ratio(self.ours, name).value, target)
            for name, target in GEOMETRIC_TARGETS.items()
            if name in compared.samplers
        ]
        claims.append(
            (
                f"mean / the best peer's ({peer})",
                end.arithmetic_ratio(self.ours, peer).value,
                ARITHMETIC_TARGET,
            )
        )
        for label, curves in (
            ("mean", compared.arithmetic),
            ("geometric mean", compared.geometric),
        ):
            peer = best_peer(compared, curves)
            level = curves[compared.samplers.index(peer), -1]
            n = compared.trials_to_level(self.ours, level, curves)
            what = f"trials to the {label} that {peer} has after {compared.n_trials}"
            claims.append((what, np.inf if n is None else n, LEVEL_TARGET))
        rows = [
            [what, number(value), f"{target:g}", "met" if value <= target else "MISSED"]
            for what, value, target in claims
        ]
        rows += self._of_the_same_kind() + self._best_of_families()
        for budget in self.budgets:
            ranks = compared.at(budget).point[2]
            first = compared.samplers[int(np.argmin(ranks))]
            place = "met" if first == self.ours else f"MISSED: {first}"
            rank = f"{ranks[compared.samplers.index(self.ours)]:.1f}"
            rows.append([f"mean rank @{budget}", rank, "the best", place])
        return RULE + "\n\n" + table([self.ours, "is", "target", ""], rows)

    def _of_the_same_kind(self) -> list[list[str]]:
        """Our other samplers against the peer's of the same kind: over all, and by family."""
        return [
            self._to_beat(f"{ours}{where}", ours, peer, part)
            for ours, peer in self._counterparts
            for where, part in [
                ("", self.comparison),
                *((f" on {family}", part) for family, part in self._families.items()),
            ]
        ]

    def _best_of_families(self) -> list[list[str]]:
        """The default against the best peer of each family."""
        return [
            self._to_beat(family, self.ours, best_peer(part, part.geometric), part)
            for family, part in self._families.items()
        ]

    @staticmethod
    def _to_beat(what: str, ours: str, peer: str, part: Comparison) -> list[str]:
        """The verdict on one sampler against another, on a part of the problems."""
        ratio = part.at(part.n_trials).geometric_ratio(ours, peer)
        return [f"{what}: geometric mean / {peer}'s", interval(ratio), "1", judged(ratio)]

    # ------------------------------------------------------------------ lookups

    @property
    def _peers(self) -> list[str]:
        return [name for name in self.comparison.samplers if is_peer(name)]

    @property
    def _counterparts(self) -> list[tuple[str, str]]:
        """Ours and the peer's of the same kind, where both are compared."""
        return [pair for pair in COUNTERPARTS.items() if {*pair} <= {*self.comparison.samplers}]

    @cached_property
    def _families(self) -> dict[str, Comparison]:
        """The comparison on the problems of each family there are any of."""
        names = self.comparison.regrets
        parts = {
            family: self.comparison.only([n for n in names if self.problems[n].family == family])
            for family in FAMILIES
        }
        return {family: part for family, part in parts.items() if part.regrets}

    def _compared_runs(self) -> list[tuple[str, Run]]:
        compared = self.comparison
        return [
            (problem, run)
            for (problem, sampler, _), run in self.runs.items()
            if problem in compared.regrets and sampler in compared.samplers
        ]

    def _is_better_than_best(self, run: Run) -> bool:
        problem = self.problems[run.problem]
        slack = 1e-9 * (problem.best - problem.median)
        return bool(run.incumbents) and max(run.incumbents) > problem.best + slack

    def _milliseconds(self, sampler: str) -> float:
        """CPU time of the mean proposal."""
        runs = [run.cpu_seconds for _, run in self._compared_runs() if run.sampler == sampler]
        return 1e3 * float(np.mean(np.concatenate(runs)))

    # ------------------------------------------------------------------ picture

    def draw(self, file: Path) -> None:
        """Write the picture: mean regrets by trial, over all problems and by family."""
        from matplotlib import pyplot

        compared = self.comparison
        panels = [
            (f"all: arithmetic mean of {len(compared.regrets)}", compared.arithmetic),
            (f"all: geometric mean of {len(compared.regrets)}", compared.geometric),
        ]
        for family, part in self._families.items():
            title = f"{family}: geometric mean of {len(part.regrets)}"
            panels.append((title, part.geometric))
        n_columns = 4 if len(panels) > 4 else len(panels)
        n_rows = -(-len(panels) // n_columns)
        figure, axes = pyplot.subplots(
            n_rows, n_columns, figsize=(3.6 * n_columns, 3.0 * n_rows + 0.7), squeeze=False
        )
        trials = np.arange(1, compared.n_trials + 1)
        for axis, (title, curves) in zip(axes.flat, panels, strict=False):
            for name, curve in zip(compared.samplers, curves, strict=True):
                axis.plot(trials, curve, label=name, **_style(name, self.ours, compared.samplers))
            axis.set_title(title, fontsize=10)
            axis.set(yscale="log", xlim=(1, compared.n_trials), ylim=(None, 1.5))
            axis.grid(alpha=0.3)
        for axis in axes.flat[len(panels) :]:
            axis.set_visible(False)
        for axis in axes[-1]:
            axis.set_xlabel("trials")
        for axis in axes[:, 0]:
            axis.set_ylabel("normalised regret")
        figure.legend(
            *axes[0, 0].get_legend_handles_labels(), loc="lower center", ncols=6, frameon=False
        )
        figure.tight_layout(rect=(0, 0.01 + 0.035 * -(-len(compared.samplers) // 6), 1, 1))
        figure.savefig(file, dpi=110)
        pyplot.close(figure)


def _style(name: str, ours: str, samplers: Sequence[str]) -> dict[str, object]:
    if name.endswith("-random"):
        return {"color": "0.6", "linestyle": ":" if is_peer(name) else "--", "linewidth": 1.2}
    if name == ours:
        return {"color": "black", "linewidth": 2.4, "zorder": 3}
    coloured = [each for each in samplers if each != ours and not each.endswith("-random")]
    style = "-" if is_peer(name) else "--"
    return {"color": f"C{coloured.index(name) % 10}", "linestyle": style, "linewidth": 1.2}
