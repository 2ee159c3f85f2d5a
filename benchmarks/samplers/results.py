"""What came of the runs: one line of JSON each, in one file for each sampler."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Key", "Results", "Run"]

Key = tuple[str, str, int]


@dataclass(frozen=True)
class Run:
    """One search.

    Parameters
    ----------
    problem, sampler : str
        Their names.
    seed : int
        Of the sampler and of the noise.
    scores : list of float
        What was observed, by trial.
    incumbents : list of float
        After each trial the true value of the configuration with the best score so far.
    cpu_seconds : list of float
        Of the proposal of each trial and of telling its score.
    versions : dict of str to str
        Package -> version.
    error : str or None, default=None
        What ended it before its last trial.
    """

    problem: str
    sampler: str
    seed: int
    scores: list[float]
    incumbents: list[float]
    cpu_seconds: list[float]
    versions: dict[str, str]
    error: str | None = None

    @property
    def key(self) -> Key:
        """What there is one run of."""
        return self.problem, self.sampler, self.seed


class Results:
    """A folder of runs. Several processes may add to it if none has the sampler of another.

    Parameters
    ----------
    folder : Path
        Made when something is added.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, run: Run) -> None:
        """Append a run to the file of its sampler, without digits that mean nothing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{run.sampler}.jsonl"
        is_cut = file.exists() and not file.read_bytes().endswith(b"\n")
        fields = asdict(run)
        for name, digits in (("scores", 9), ("incumbents", 9), ("cpu_seconds", 3)):
            fields[name] = [float(f"{value:.{digits}g}") for value in fields[name]]
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
