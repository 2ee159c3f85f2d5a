"""What keeping a search on disk costs: a record written, and a long history read.

    OMP_NUM_THREADS=1 python benchmarks/journal.py

Each record is written by one call to the operating system, and forced to the disk at most once a
second (the default, and the only way). The history is of trials with six parameters on three
folds; reading is what ``fit`` does before it goes on, in a process of its own.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from skhpo import Float, Space
from skhpo.history import History
from skhpo.storage import Recorder, Store
from skhpo.trial import Assignment, Measurement, Trial

SPACE = Space({**{f"x{k}": Float(0, 1) for k in range(5)}, "kind": ["a", "b", "c"]})
N_FOLDS = 3


def records(n_records: int):
    """Yield what a search of undivided training records."""
    rng = np.random.default_rng(0)
    folds = tuple(range(N_FOLDS))
    for number in range(n_records // (2 + N_FOLDS)):
        yield Trial(number, SPACE.sample(rng))
        yield Assignment(number, None, folds)
        for fold in folds:
            yield Measurement(
                number, fold, None, "completed", {"score": rng.random()},
                fit_time=0.123, score_time=0.012, started_at=time.time(), finished_at=time.time(),
            )  # fmt: skip


def appended(history: History, n_records: int) -> tuple[float, float]:
    """Return CPU and wall seconds that a history takes to take in records."""
    made = list(records(n_records))
    cpu, wall = time.process_time(), time.perf_counter()
    for record in made:
        history.append(record)
    return time.process_time() - cpu, time.perf_counter() - wall


def write(path: Path, n_records: int) -> None:
    """Compare a history that is written with one that is not."""
    kept = appended(History(), n_records)
    store, history = Store(path), History()
    store.attach(history, SPACE, {})
    stored = appended(history, n_records)
    store.close()
    per_record = [
        1e3 * (after - before) / n_records for after, before in zip(stored, kept, strict=True)
    ]
    size = (path / "journal.jsonl").stat().st_size
    print(f"{n_records} records, {size / n_records:.0f} bytes each")
    print(f"a record costs {per_record[0]:.3f} ms CPU, {per_record[1]:.3f} ms in all (target 1)")


def opened(recorder: Recorder) -> tuple[float, float]:
    """Return CPU and wall seconds until a search can go on."""
    cpu, wall = time.process_time(), time.perf_counter()
    recorder.open()
    spent = time.process_time() - cpu, time.perf_counter() - wall
    recorder.close()
    return spent


def read(path: Path) -> None:
    """Load a history, and say what that takes; then once more, as when a tuner runs."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    history = History()
    recorder = Recorder(path, history, SPACE, {})
    cpu, wall = opened(recorder)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{len(history)} records are loaded in {cpu:.2f} s CPU, {wall:.2f} s in all (target 5), "
        f"with {(most - before) / 1024:.0f} MB (the process: {most / 1024:.0f} MB; target 500)"
    )
    print("and found unchanged in {:.2f} s CPU, {:.2f} s in all".format(*opened(recorder)))


def main() -> None:
    """Write, and read in another process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.read is not None:
        read(given.read)
        return
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), given.records)
        sys.stdout.flush()
        subprocess.run([sys.executable, __file__, "--read", folder], check=True)


if __name__ == "__main__":
    main()
