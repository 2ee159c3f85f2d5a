"""Which command is meant, and what becomes of errors: a line for people, and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from skhpo.cli.export import export
from skhpo.cli.status import status
from skhpo.cli.tail import tail
from skhpo.cli.words import say
from skhpo.exceptions import StorageError
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
    except (StorageError, OSError) as error:
        sys.stderr.write(f"skhpo {given.command}: {error}\n")
        return 1
    return code


def _done(given: argparse.Namespace) -> int:
    if given.command == "status":
        return status(given.path, given.n_lines)
    if given.command == "tail":
        return tail(given.path, given.n_lines, given.follow)
    if given.command == "export":
        return export(given.path, given.to)
    return _repaired(given.path)


def _repaired(path: str) -> int:
    done = repair(path)
    if done.copy is None:
        say(f"{done.path} is whole: {done.n_lines} lines. Nothing was done.")
        return 0
    reason = done.reason or "the last line was not finished"
    say(
        f"{done.path}: {reason}.",
        f"{done.n_lines} whole lines are kept, {done.n_bytes} bytes behind them are cut off.",
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

    mends = commands.add_parser("repair", help="cut off what is damaged; keeps a copy")
    mends.add_argument("path", metavar="PATH", help=_PATH)
    return parser


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is negative")
    return number
