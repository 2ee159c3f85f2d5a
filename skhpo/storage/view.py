"""A search on disk, for who has neither its space nor its estimator: values are told in words."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from skhpo.exceptions import SpaceError, StorageError
from skhpo.history import History, Record
from skhpo.space import Domain, Space
from skhpo.storage.domains import described_domain, literal
from skhpo.storage.lock import FileLock
from skhpo.storage.reading import Contents, is_record, journal_path, read_journal
from skhpo.storage.records import from_plain
from skhpo.storage.store import LOCK
from skhpo.storage.uncollected import uncollected
from skhpo.trial import Params

__all__ = ["DescribedSpace", "StoredSearch", "holder", "read_search"]


@dataclass(frozen=True)
class StoredSearch:
    """What can be told of a search on disk without anything that belongs to it.

    Parameters
    ----------
    contents : Contents
        The lines of its journal.
    history : History
        What they say, each parameter that is one of a list of values in words.
    """

    contents: Contents
    history: History = field(repr=False)

    @classmethod
    def begun(cls, contents: Contents) -> StoredSearch:
        """Return a search of which nothing but its header is known yet.

        Parameters
        ----------
        contents : Contents
            Of the journal.
        """
        seed, metric = contents.header.get("seed"), contents.header.get("metric")
        history = History(
            seed=seed if isinstance(seed, int) else 0,
            metric=metric if isinstance(metric, str) else None,
        )
        return cls(contents, history)

    @uncollected()
    def take_in(self, passage: Contents) -> None:
        """Take what lines of the journal say into the history.

        Parameters
        ----------
        passage : Contents
            Those that follow the ones that are in it.

        Raises
        ------
        StorageError
            If a record does not fit those before it, which are taken in.
        """
        number = passage.before.n_lines

        def records() -> Iterator[Record]:
            nonlocal number
            for content in passage.lines:
                number += 1
                if is_record(content):
                    yield from_plain(content, self.space)
                elif content.get("kind") == "session":
                    self._take_in_session(content)

        try:
            self.history.extend(records())
        except (StorageError, ValueError) as error:
            raise StorageError(f"line {number} of {passage.path} does not fit: {error}") from None

    def _take_in_session(self, content: Mapping[str, Any]) -> None:
        """Take what decides who is the best; a journal may hold anything in its place."""
        full = content.get("full")
        if isinstance(full, (int, float)) and not isinstance(full, bool) and 0 < full < math.inf:
            self.history.full = float(full)
        self.history.early_may_win = content.get("early_may_win") is True

    @cached_property
    def space(self) -> DescribedSpace:
        """What the header tells of the space.

        Raises
        ------
        StorageError
            If that is nothing of the kind.
        """
        return DescribedSpace(self.contents.header.get("space"))

    @cached_property
    def known_space(self) -> Space | None:
        """What could be tried, as far as the header says all of it; None where it says nothing.

        What it describes in other words, as objects of others, may be anything there.
        """
        branches = [
            {name: domain.domain for name, domain in branch.items()}
            for branch in self.space.branches
        ]
        try:
            return Space(branches)
        except SpaceError:
            return None

    @property
    def n_planned(self) -> tuple[int, int]:
        """How many trials were asked for, and measurements of them on all folds; 0 if not told."""
        work: Any = self.session.get("work")
        try:
            trials, folds = int(work["n_trials"]), int(work["n_folds"])
            return trials, sum(int(n) for _, n, _ in work["rungs"]) // folds
        except (TypeError, ValueError, KeyError, ArithmeticError):
            return 0, 0  # a journal may hold anything

    @property
    def sign(self) -> int:
        """What scores of the history are multiplied with to be those of the search."""
        return -1 if self.fingerprint.get("direction") == "minimize" else 1

    @property
    def fingerprint(self) -> Mapping[str, Any]:
        """What made this search the one it is."""
        found = self.contents.header.get("fingerprint")
        return found if isinstance(found, dict) else {}

    @property
    def end(self) -> Mapping[str, Any] | None:
        """What it said when it ended last; None while nobody knows better than that it runs."""
        last = self.contents.lines[-1] if self.contents.lines else {}
        return last if last.get("kind") == "end" else None

    @property
    def session(self) -> Mapping[str, Any]:
        """What the process that wrote last said when it began; empty while none has."""
        lines = reversed(self.contents.lines)
        return next((line for line in lines if line.get("kind") == "session"), {})


class DescribedSpace:
    """What a header tells of a space: enough to read what is written of its configurations.

    Parameters
    ----------
    described : sequence of mapping of str to (str or list of str)
        As from :func:`~skhpo.storage.description.described_space`.

    Raises
    ------
    StorageError
        If it is nothing of that kind.
    """

    def __init__(self, described: Any) -> None:
        if not isinstance(described, list) or not all(isinstance(b, dict) for b in described):
            raise StorageError(f"the header describes no space: {described!r:.200}")
        self.branches = [
            {name: _DescribedDomain(what) for name, what in branch.items()} for branch in described
        ]

    def contains(self, params: Params) -> bool:
        """Nobody knows better."""
        return True


class _DescribedDomain:
    def __init__(self, described: Any) -> None:
        self._values: Sequence[Any] | None = None
        if isinstance(described, list):
            self._values = [literal(str(text)) for text in described]
        self._described = str(described)

    @property
    def domain(self) -> Domain:
        """What may be tried; anything where the words do not say."""
        return described_domain(self._described if self._values is None else self._values)

    def from_plain(self, plain: Any) -> Any:
        """Return a number or text as it is, and of a list of values what is at that place."""
        if self._values is None:
            return plain
        if not isinstance(plain, int) or not 0 <= plain < len(self._values):
            raise StorageError(f"{plain!r:.200} is no position among {len(self._values)} values")
        return self._values[plain]


def read_search(path: str | os.PathLike[str]) -> StoredSearch:
    """Read a search, also while another process writes it.

    Parameters
    ----------
    path : path-like
        Of its folder, or of its journal.

    Raises
    ------
    StorageError
        If there is none, or its records do not fit each other.
    """
    contents = read_journal(path)
    search = StoredSearch.begun(contents)
    search.take_in(contents)
    return search


def holder(path: str | os.PathLike[str]) -> str | None:
    """Return who writes a search just now, in words, or None if nobody does.

    Parameters
    ----------
    path : path-like
        Of its folder, or of its journal.
    """
    return FileLock.holder(os.path.join(os.path.dirname(journal_path(path)), LOCK))
