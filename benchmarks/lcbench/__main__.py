"""Run multi-fidelity searches side by side; see ``python -m benchmarks.lcbench --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.lcbench.contestants import CONTESTANTS, available
from benchmarks.lcbench.curves import DATA, Data
from benchmarks.lcbench.report import BUDGETS, Report
from benchmarks.lcbench.results import Results
from benchmarks.lcbench.runner import run_all
from benchmarks.lcbench.simulation import Cluster

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lcbench",
        description="Searches with several fidelities on learning curves of LCBench.",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run what is not in the results yet")
    report = commands.add_parser("report", help="print tables, and write them")
    names = list(CONTESTANTS)
    for command in (run, report):
        command.add_argument("--results", type=Path, required=True, metavar="FOLDER")
        command.add_argument("--data", type=Path, default=DATA, metavar="FOLDER")
        command.add_argument("--split", choices=["development", "claim"], default="development")
        command.add_argument("--contestants", nargs="+", choices=names, metavar="NAME")
    run.add_argument("--seeds", type=int, default=5)
    run.add_argument("--workers", type=int, nargs="+", choices=list(BUDGETS), default=list(BUDGETS))
    run.add_argument("--budget", type=float, metavar="T", help="end all runs here, in trainings")
    report.add_argument("--ours", choices=names, default="skhpo-asha-gp", metavar="NAME")
    report.add_argument("--rst", type=Path, metavar="FILE", help="write the tables here as well")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and do what it says."""
    options = _parser().parse_args(arguments)
    try:
        tasks = Data(options.data).tasks(options.split)
    except FileNotFoundError as error:
        sys.exit(str(error))
    results = Results(options.results)
    if options.command == "run":
        wanted = options.contestants or list(CONTESTANTS)
        contestants = available(wanted)
        missing = [name for name in wanted if name not in contestants]
        if missing:
            how = 'pip install -e ".[bench]" -c benchmarks/constraints.txt'
            print(f"Not installed: {', '.join(missing)}. For peers: {how}")
        clusters = [Cluster(n, options.budget or BUDGETS[n][-1]) for n in options.workers]
        run_all(tasks, contestants, options.seeds, clusters, results)
        return
    runs = results.runs()
    present = {contestant for contestant, *_ in runs}
    contestants = options.contestants or [name for name in CONTESTANTS if name in present]
    text = Report(runs, contestants, [task.name for task in tasks], options.ours).text()
    print(text)
    if options.rst:
        options.rst.write_text(text)


if __name__ == "__main__":
    main()
