"""Commands for a search that runs: pause, resume, stop."""

from __future__ import annotations

from skhpo.cli.words import say
from skhpo.exceptions import StorageError
from skhpo.storage.commands import Command, give_command
from skhpo.storage.reading import read_header
from skhpo.storage.view import holder

__all__ = ["COMMANDS", "control"]

#: What is typed: what the search is asked, and what becomes of it.
COMMANDS: dict[str, tuple[Command, str]] = {
    "pause": ("pause", "start nothing new: what is running goes on to its end"),
    "resume": ("go", "go on"),
    "stop": ("stop", "end: what is running is finished, and the best is refitted"),
}


def control(path: str, command: str) -> int:
    """Ask something of the search that runs in a folder.

    Parameters
    ----------
    path : str
        Where it is.
    command : {"pause", "resume", "stop"}
        What it is to do.

    Returns
    -------
    int
        0.

    Raises
    ------
    StorageError
        If there is no search, or nobody runs it.
    """
    read_header(path)
    who = holder(path)
    if who is None:
        raise StorageError(f"nobody runs the search in {path}, so there is nothing to {command}")
    wanted, meaning = COMMANDS[command]
    give_command(path, wanted)
    say(f"{who} is asked to {meaning}.")
    return 0
