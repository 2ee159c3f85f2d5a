"""The table of trials, a page of it at a time."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any

from skhpo.dashboard.texts import shortened, value_text
from skhpo.history import History
from skhpo.outlook import Outlook
from skhpo.trial import Evaluation, Measurement, Params, Resource

__all__ = ["Query", "Rows"]

#: Characters of a configuration's value and of an error that are looked through and shown.
_LONGEST_VALUE = 200
_LONGEST_ERROR = 4_000

#: How the columns of parameters are called, to tell them from the others.
_PARAMETER = "param:"


@dataclass(frozen=True)
class Query:
    """Which rows are asked for.

    Parameters
    ----------
    sort : str or None, default=None
        Name of the column to sort by. None: the newest first, those that run before all others.
    descending : bool, default=False
        The greatest first.
    words : str, default=""
        Only rows that contain all of these words, anywhere.
    page : int, default=0
        Which page.
    page_size : int, default=25
        Rows of a page.
    """

    sort: str | None = None
    descending: bool = False
    words: str = ""
    page: int = 0
    page_size: int = 25


@dataclass(eq=False)
class _Row:
    trial: int
    resource: Resource
    status: str
    score: float
    measurements: tuple[Measurement, ...]
    params: Params

    @property
    def n_folds(self) -> int:
        return len(self.measurements)

    @property
    def seconds(self) -> float:
        return sum(m.fit_time + m.score_time for m in self.measurements)

    @property
    def error(self) -> str:
        text = next((m.error for m in self.measurements if m.error), "")
        half = _LONGEST_ERROR // 2
        return text if len(text) <= _LONGEST_ERROR else f"{text[:half]}\n…\n{text[-half:]}"

    @cached_property
    def text(self) -> str:
        """All of it, to be looked through."""
        params = (f"{name}={value_text(value)}" for name, value in self.params.items())
        return " ".join([str(self.trial), self.status, *params, self.error]).casefold()


class Rows:
    """One row for each trial and resource; grows with a history, at the cost of what is new.

    Parameters
    ----------
    history : History
        What happened.
    sign : {1, -1}, default=1
        What its scores are multiplied with to be those of the user.
    resource : str, default="resource"
        What training is divided into.

    Attributes
    ----------
    history : History
        As given.
    parameters : dict of str to None
        Names of all parameters, in the order in which they came up.
    is_divided : bool
        Whether trials are given a resource.
    outlook : Outlook
        How long the rest takes, of a search on disk; it grows with it, too.
    """

    def __init__(self, history: History, sign: int = 1, resource: str = "resource") -> None:
        self.history = history
        self._sign = sign
        self._resource = resource
        self.parameters: dict[str, None] = {}
        self.is_divided = False
        self.outlook = Outlook()
        self._finished: list[_Row] = []
        self._newest: dict[int, str] = {}
        self._counts: Counter[str] = Counter()

    def page(self, query: Query) -> dict[str, Any]:
        """Return a page of the table as plain data, all values as texts.

        Parameters
        ----------
        query : Query
            Which one. A page behind the last one is the last one.

        Returns
        -------
        dict
            ``columns`` (each with its ``key`` and ``label``), ``rows`` (lists of texts, in the
            order of the columns), ``page``, ``n_pages``, ``n_rows`` (that fit the words) and
            ``n_all``.
        """
        self.grow()
        rows = [*self._finished, *self._running()]
        n_all = len(rows)
        words = query.words.casefold().split()
        if words:
            rows = [row for row in rows if all(word in row.text for word in words)]
        rows = self._sorted(rows, query)
        n_pages = max(1, math.ceil(len(rows) / query.page_size))
        page = min(max(query.page, 0), n_pages - 1)
        shown = rows[page * query.page_size : (page + 1) * query.page_size]
        cells = self._cells()
        return {
            "columns": [{"key": key, "label": label} for key, label, _ in cells],
            "rows": [[cell(row) for _, _, cell in cells] for row in shown],
            "page": page,
            "n_pages": n_pages,
            "n_rows": len(rows),
            "n_all": n_all,
        }

    def counts(self) -> dict[str, int]:
        """Return how many trials there are in all, and by how it stands with them."""
        self.grow()
        counts = self._counts.copy()
        for trial in self.history.pending:  # also those that are given more now
            if trial.number in self._newest:
                counts[self._newest[trial.number]] -= 1
        n_trials = len(self.history.trials)
        counts["running"] = n_trials - counts.total()
        return {"trials": n_trials, **{how: n for how, n in counts.most_common() if n}}

    def grow(self) -> None:
        """Take in what is new in the history."""
        evaluations = self.history.evaluations
        for evaluation in evaluations[len(self._finished) :]:
            row = self._row(evaluation)
            self.parameters.update(dict.fromkeys(row.params))
            self.is_divided |= row.resource is not None
            if row.trial in self._newest:
                self._counts[self._newest[row.trial]] -= 1
            self._newest[row.trial] = row.status
            self._counts[row.status] += 1
            self._finished.append(row)

    def _row(self, evaluation: Evaluation) -> _Row:
        return _Row(
            evaluation.trial,
            evaluation.resource,
            evaluation.status,
            self._sign * evaluation.score,
            evaluation.measurements,
            self.history.trials[evaluation.trial].params,
        )

    def _running(self) -> Iterator[_Row]:
        for assignment, missing in self.history.unfinished:
            params = self.history.trials[assignment.trial].params
            done = {fold for fold in assignment.folds if fold not in missing}
            measured = (m for m in self.history.folds(assignment.trial) if m.fold in done)
            self.parameters.update(dict.fromkeys(params))
            self.is_divided |= assignment.resource is not None
            yield _Row(
                assignment.trial, assignment.resource, "running", math.nan, tuple(measured), params
            )

    def _sorted(self, rows: list[_Row], query: Query) -> list[_Row]:
        if query.sort is None:
            return rows[::-1]
        value = self._value(query.sort)
        known = [row for row in rows if not _is_missing(value(row))]
        known.sort(key=lambda row: _order(value(row)), reverse=query.descending)
        return known + [row for row in rows if _is_missing(value(row))]  # always at the end

    def _value(self, column: str) -> Callable[[_Row], Any]:
        if column.startswith(_PARAMETER):
            name = column[len(_PARAMETER) :]
            return lambda row: row.params.get(name)
        if column in ("trial", "resource", "status", "score", "n_folds", "seconds", "error"):
            return lambda row: getattr(row, column)
        return lambda row: row.trial

    def _cells(self) -> list[tuple[str, str, Callable[[_Row], str]]]:
        """Return key, label and text of each column."""
        cells: list[tuple[str, str, Callable[[_Row], str]]] = [
            ("trial", "trial", lambda row: str(row.trial))
        ]
        if self.is_divided:
            cells.append(("resource", self._resource, lambda row: value_text(row.resource)))
        cells += [
            ("status", "status", lambda row: row.status),
            ("score", "score", lambda row: value_text(float(row.score))),
            ("n_folds", "folds", lambda row: str(row.n_folds)),
            ("seconds", "seconds", lambda row: f"{row.seconds:.3g}"),
        ]
        cells += [
            (f"{_PARAMETER}{name}", shortened(name), _parameter(name)) for name in self.parameters
        ]
        return [*cells, ("error", "error", lambda row: row.error)]


def _parameter(name: str) -> Callable[[_Row], str]:
    """Return what a cell says of a parameter: nothing where the branch does not have it."""

    def text(row: _Row) -> str:
        value = row.params.get(name, "")
        return shortened(value, _LONGEST_VALUE) if isinstance(value, str) else value_text(value)

    return text


def _is_missing(value: Any) -> bool:
    return (
        value is None
        or (isinstance(value, str) and not value)
        or (isinstance(value, float) and math.isnan(value))
    )


def _order(value: Any) -> tuple[int, float, str]:
    """Numbers before everything else, which is ordered as text."""
    if isinstance(value, Real):
        with suppress(OverflowError):
            return 0, float(value), ""
    return 1, 0.0, value_text(value)
