"""Which command is meant, and what becomes of errors: a line for people, and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from skhpo.cli.control import COMMANDS, control
from skhpo.cli.export import export
from skhpo.cli.status import status
from skhpo.cli.tail import tail
from skhpo.cli.words import say
from skhpo.counts import counted
from skhpo.exceptions import MissingExtraError, StorageError
from skhpo.storage.repair import repair

__all__ = ["main"]

_PATH = "folder of the search (its storage), or the journal in it"


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what a command line says.

    Parameters
    ----------
    arguments : sequence of str or None, default=None
        What was typed behind ``python -m skhpo``; None: what was.

    Returns
    -------
    int
        0 if all is well; 1 if there is no such search, or it cannot be read, is damaged, or is in
        use; 130 after Ctrl-C. What cannot be understood ends the process with 2.
    """
    given = _parser().parse_args(arguments)
    try:
        code = _done(given)
        sys.stdout.flush()
    except BrokenPipeError:  # who reads has seen enough, such as head
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    except (StorageError, MissingExtraError, OSError) as error:
        sys.stderr.write(f"skhpo {given.command}: {error}\n")
        return 1
    return code


def _done(given: argparse.Namespace) -> int:
    if given.command == "status":
        return status(given.path, given.n_lines, given.as_json)
    if given.command in COMMANDS:
        return control(given.path, given.command)
    if given.command == "tail":
        return tail(given.path, given.n_lines, given.follow)
    if given.command == "export":
        return export(given.path, given.to)
    if given.command == "dashboard":
        from skhpo.cli.dashboard import dashboard

        return dashboard(given.path, given.port, given.has_browser)
    if given.command == "report":
        from skhpo.cli.report import report

        return report(given.path, given.to)
    return _repaired(given.path)


def _repaired(path: str) -> int:
    done = repair(path)
    if done.copy is None:
        say(f"{done.path} is whole: {counted(done.n_whole, 'line')}. Nothing was done.")
        return 0
    reason = done.reason or "the last line was not finished"
    say(
        f"{done.path}: {reason}.",
        f"{done.n_whole} whole lines before that are kept, {done.n_saved} behind it are saved; "
        f"{done.n_left_out} others are whole, but follow from what is lost, and are left out.",
        f"What it was before is in {done.copy}.",
        "fit with the same storage goes on from there.",
    )
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m skhpo",
        description="Look at a search that is kept on disk (storage=PATH), also while it runs.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    looks = commands.add_parser("status", help="how far it is, who runs it, the best so far")
    looks.add_argument("path", metavar="PATH", help=_PATH)
    looks.add_argument(
        "-n", dest="n_lines", type=_count, default=5, metavar="N", help="last records (default: 5)"
    )
    looks.add_argument("--json", dest="as_json", action="store_true", help="as one JSON object")

    for command, (_, meaning) in COMMANDS.items():
        asks = commands.add_parser(command, help=f"ask it to {meaning}")
        asks.add_argument("path", metavar="PATH", help=_PATH)

    follows = commands.add_parser("tail", help="the last records, in words")
    follows.add_argument("path", metavar="PATH", help=_PATH)
    follows.add_argument(
        "-n", dest="n_lines", type=_count, default=10, metavar="N", help="how many (default: 10)"
    )
    follows.add_argument(
        "-f", "--follow", action="store_true", help="go on until the search that writes ends"
    )

    writes = commands.add_parser("export", help="a CSV file, one row for each trial and resource")
    writes.add_argument("path", metavar="PATH", help=_PATH)
    writes.add_argument("--to", required=True, metavar="FILE", help="its name; - prints it")

    shows = commands.add_parser("dashboard", help="a live page in the browser, until Ctrl-C")
    shows.add_argument("path", metavar="PATH", help=_PATH)
    shows.add_argument(
        "--port", type=_port, metavar="N", help="where (default: 8467, or any if that is taken)"
    )
    shows.add_argument(
        "--no-browser", dest="has_browser", action="store_false", help="only print the address"
    )

    reports = commands.add_parser("report", help="an HTML file with figures and the best so far")
    reports.add_argument("path", metavar="PATH", help=_PATH)
    reports.add_argument(
        "--to", required=True, metavar="FILE", help="its name, such as report.html"
    )

    mends = commands.add_parser("repair", help="save what is whole of a damaged one; keeps a copy")
    mends.add_argument("path", metavar="PATH", help=_PATH)
    return parser


def _port(text: str) -> int:
    number = _count(text)
    if number > 65_535:
        raise argparse.ArgumentTypeError(f"{text} is no port: they end with 65535")
    return number


def _count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return number
