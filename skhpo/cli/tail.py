"""The last records of a search, and those that come."""

from __future__ import annotations

import time

from skhpo.cli.words import in_words, say
from skhpo.storage.reading import read_on
from skhpo.storage.view import holder, read_search

__all__ = ["tail"]

#: Seconds between looks at what is new.
_PAUSE = 0.5


def tail(path: str, n_lines: int, follow: bool = False) -> int:
    """Print the last records, in words.

    Parameters
    ----------
    path : str
        Where the search is.
    n_lines : int
        How many.
    follow : bool, default=False
        Whether to go on with those that come, until nobody writes there any more.

    Returns
    -------
    int
        0.
    """
    search = read_search(path)
    contents = search.contents
    space, sign = search.space, search.sign
    say(*(in_words(line, space, sign) for line in (contents.lines[-n_lines:] if n_lines else ())))
    is_written = follow
    while is_written:
        is_written = holder(path) is not None  # asked first: then nothing comes after the last look
        contents = read_on(contents)
        say(*(in_words(line, space, sign) for line in contents.lines))
        if is_written and not contents.lines:
            time.sleep(_PAUSE)
    return 0
