"""Time of ``import skhpo`` against ``import sklearn.model_selection``, each in a fresh process.

python benchmarks/import_time.py [--repeats 15]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys

TARGET = 1.15


def cpu_seconds(statement: str) -> float:
    """Return the CPU time of a fresh interpreter that runs ``statement``."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", statement], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Interleave the two, and print the medians and the median ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=15)
    repeats = parser.parse_args().repeats
    statements = ("import skhpo", "import sklearn.model_selection")
    for statement in statements:  # byte code and file caches are there
        cpu_seconds(statement)
    runs = [[cpu_seconds(statement) for statement in statements] for _ in range(repeats)]
    ours, theirs = (statistics.median(column) for column in zip(*runs, strict=True))
    ratio = statistics.median(a / b for a, b in runs)
    print(f"import skhpo {ours:.2f} s CPU, import sklearn.model_selection {theirs:.2f} s CPU")
    is_met = ratio <= TARGET
    verdict = "met" if is_met else "MISSED"
    print(f"ratio {ratio:.2f} (median of {repeats} pairs); target {TARGET}: {verdict}")
    sys.exit(not is_met)


if __name__ == "__main__":
    main()
