"""What came of the runs: one line of JSON each, in one file for each contestant."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

__all__ = ["Key", "Results", "Run"]

#: (contestant, task, seed, number of workers)
Key: TypeAlias = tuple[str, str, int, int]


@dataclass(frozen=True)
class Run:
    """One search.

    Parameters
    ----------
    contestant, task : str
        Their names.
    seed, n_workers : int
        Which run, on how large a cluster.
    budget : float
        Its end, in units of one full training.
    times, regrets : list of float
        When the incumbent changed, and its regret from then on.
    n_trials, n_tasks : int
        Configurations started, and tasks finished.
    cpu_seconds : float
        That deciding took in all.
    versions : dict of str to str
        Package -> version.
    error : str or None, default=None
        What ended it before its time.
    """

    contestant: str
    task: str
    seed: int
    n_workers: int
    budget: float
    times: list[float]
    regrets: list[float]
    n_trials: int
    n_tasks: int
    cpu_seconds: float
    versions: dict[str, str]
    error: str | None = None

    @property
    def key(self) -> Key:
        """What there is one run of."""
        return self.contestant, self.task, self.seed, self.n_workers

    def regret(self, time: float) -> float:
        """Return the incumbent's regret at a time; 1, the median's, before there is one."""
        place = bisect_right(self.times, time)
        return self.regrets[place - 1] if place else 1.0


class Results:
    """A folder of runs. Several processes may add to it if none has the contestant of another.

    Parameters
    ----------
    folder : Path
        Made when something is added.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, run: Run) -> None:
        """Append a run to the file of its contestant, without digits that mean nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{run.contestant}.jsonl"
        is_cut = file.exists() and not file.read_bytes().endswith(b"\n")
        fields = asdict(run)
        for name in ("times", "regrets"):
            fields[name] = [float(f"{value:.6g}") for value in fields[name]]
        fields["cpu_seconds"] = float(f"{run.cpu_seconds:.3g}")
        with file.open("a") as stream:
            stream.write("\n" * is_cut + json.dumps(fields) + "\n")

    def runs(self) -> dict[Key, Run]:
        """Return the runs by key; of several the last. A line that was cut off is no run."""
        return {run.key: run for run in self._read()}

    def _read(self) -> Iterator[Run]:
        for file in sorted(self.folder.glob("*.jsonl")):
            for line in file.read_text().splitlines():
                try:
                    fields = json.loads(line)
                except json.JSONDecodeError:
                    continue
                yield Run(**fields)
