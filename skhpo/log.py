"""Where the lines of ``verbose`` go: to the user's logging, or, without any, to standard output."""

from __future__ import annotations

import logging

__all__ = ["LOGGER", "is_redirected", "tell"]

#: Its parent is the logger of the whole package.
LOGGER = logging.getLogger("skhpo.search")


def is_redirected() -> bool:
    """Return whether the user has set up logging for what a search tells.

    That is so if there is a handler, of these loggers or above them, and it is shown what a search
    tells, or kept from it on purpose, by a level of these loggers. A root logger with a handler at
    its usual level, ``WARNING``, would swallow it: many a program has that, and meant nothing.
    """
    if not LOGGER.hasHandlers():
        return False
    is_meant = any(logger.level for logger in (LOGGER, logging.getLogger("skhpo")))
    return is_meant or LOGGER.isEnabledFor(logging.INFO)


def tell(level: int, line: str) -> None:
    """Tell a line.

    Parameters
    ----------
    level : int
        As in :mod:`logging`.
    line : str
        What there is to tell.
    """
    if is_redirected():
        LOGGER.log(level, "%s", line)
    else:
        # One write for the whole line: notebooks and others who write there see no half of it.
        print(f"{line}\n", end="", flush=True)  # noqa: T201 - what `verbose` asked for
