"""Run samplers side by side, and report; see ``python -m benchmarks.samplers --help``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.samplers.comparison import compare
from benchmarks.samplers.contestants import CONTESTANTS, available
from benchmarks.samplers.problem import Problem
from benchmarks.samplers.problems import PROBLEMS
from benchmarks.samplers.reference import find_reference
from benchmarks.samplers.report import Report
from benchmarks.samplers.results import Results
from benchmarks.samplers.runner import run_all

__all__ = ["main"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.samplers", description="Samplers side by side with their peers."
    )
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="run what is not in the results yet")
    reference = commands.add_parser("reference", help="write the table of best known values")
    report = commands.add_parser("report", help="print tables, write them and a picture")
    for command in (run, reference, report):
        command.add_argument("--results", type=Path, required=True, metavar="FOLDER")
        command.add_argument("--problems", nargs="+", choices=list(PROBLEMS), metavar="NAME")
        command.add_argument("--split", choices=["development", "claim"])
    for command in (run, report):
        command.add_argument("--samplers", nargs="+", choices=list(CONTESTANTS), metavar="NAME")
        command.add_argument("--trials", type=int, default=60)
    run.add_argument("--seeds", type=int, default=10)
    report.add_argument("--ours", choices=list(CONTESTANTS), default="skhpo-gp", metavar="NAME")
    report.add_argument("--rst", type=Path, metavar="FILE", help="write the tables here as well")
    report.add_argument("--picture", type=Path, metavar="FILE")
    return parser


def _chosen(options: argparse.Namespace) -> list[Problem]:
    names = options.problems or list(PROBLEMS)
    problems = [PROBLEMS[name] for name in names]
    return [p for p in problems if options.split in (None, p.split)]


def _report(options: argparse.Namespace, results: Results) -> None:
    runs = results.runs()
    chosen = {problem.name for problem in _chosen(options)}
    missing: dict[str, set[str]] = {}
    for sampler in {sampler for _, sampler, _ in runs}:
        missing[sampler] = chosen - {problem for problem, name, _ in runs if name == sampler}
    samplers = options.samplers or [name for name in CONTESTANTS if missing.get(name) == set()]
    partial = [name for name in CONTESTANTS if missing.get(name) and name not in samplers]
    if partial and not options.samplers:
        print(f"Left out, since not run on all of these problems: {', '.join(partial)}.")
    if options.ours not in samplers:
        sys.exit(f"{options.ours} is not among the samplers compared: {', '.join(samplers)}")
    comparison = compare(runs, samplers, _chosen(options), options.trials)
    report = Report(comparison, options.ours, PROBLEMS, runs)
    text = report.text()
    print(text)
    if options.rst:
        options.rst.write_text(text)
    if options.picture:
        report.draw(options.picture)


def _run(options: argparse.Namespace, results: Results) -> None:
    wanted = options.samplers or list(CONTESTANTS)
    samplers = available(wanted)
    missing = [name for name in wanted if name not in samplers]
    if missing:
        how = 'pip install -e ".[bench]" -c benchmarks/constraints.txt'
        print(f"Not installed, or not written yet: {', '.join(missing)}. For peers: {how}")
    contestants = {name: CONTESTANTS[name] for name in samplers}
    run_all(_chosen(options), contestants, options.seeds, options.trials, results)


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and do what it says."""
    options = _parser().parse_args(arguments)
    results = Results(options.results)
    if options.command == "reference":
        find_reference(_chosen(options), results)
    elif options.command == "report":
        _report(options, results)
    else:
        _run(options, results)


if __name__ == "__main__":
    main()
