"""The last records of a search, and those that come."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from skhpo.cli.words import in_words, say
from skhpo.inspection.words import resource_name
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

    def tell(lines: Sequence[Mapping[str, Any]]) -> None:
        sign, resource = search.sign, resource_name(search)
        say(*(in_words(line, search.space, sign, resource) for line in lines))

    tell(contents.lines[-n_lines:] if n_lines else ())
    is_written = follow
    while is_written:
        is_written = holder(path) is not None  # asked first: then nothing comes after the last look
        contents = read_on(contents)
        tell(contents.lines)
        if is_written and not contents.lines:
            time.sleep(_PAUSE)
    return 0
