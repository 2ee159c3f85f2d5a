"""Who copied whom: the population of a search as a table."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.columns import Table, amounts, objects, parameters
from skhpo.inspection.tables import history_of, sign_of, statuses
from skhpo.trial import Trial

__all__ = ["lineage"]


def lineage(source: Any) -> Table:
    """Return who copied whom, and when: one row for each trial, parents before their children.

    A trial keeps one configuration from its beginning to its end. Where a population trains, a
    member is a *place*, held by one trial after the other: a copy takes the place of the trial it
    replaces, and a trial that is no copy opens a new one.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.

    Returns
    -------
    dict of str to ndarray of shape (n_trials,)
        ``trial``, ``member`` (its place in the population, from 0), ``parent`` (the trial it was
        copied from; -1 for none), ``copied_at`` (total resource the parent had had at the copy;
        NaN for none), ``replaces`` (the trial whose place it took; -1 for none), ``resource`` (the
        highest at which it was measured; NaN for none, or where training is not divided),
        ``score`` (of its newest evaluation, in the direction of the source; NaN for none, or after
        a failure), ``status`` (as in :func:`survival`: ``"stopped"`` if it was given up), and
        ``param_<name>`` of every parameter (NaN where the trial's branch does not have it).

    Raises
    ------
    TypeError
        If there is no history in it.

    Examples
    --------
    >>> from skhpo.history import History
    >>> from skhpo.inspection import lineage
    >>> from skhpo.trial import Trial
    >>> history = History()
    >>> for trial in (Trial(0, {"lr": 0.1}), Trial(1, {"lr": 0.9}),
    ...               Trial(2, {"lr": 0.2}, parent=0, parent_resource=5, replaces=1)):
    ...     _ = history.append(trial)
    >>> table = lineage(history)
    >>> table["member"], table["parent"], table["copied_at"]
    (array([0, 1, 1]), array([-1, -1,  0]), array([nan, nan,  5.]))
    """
    history, sign = history_of(source), sign_of(source)
    trials = history.trials
    newest = [history.latest(trial.number) for trial in trials]
    table: Table = {
        "trial": np.arange(len(trials)),
        "member": np.array(_places(trials), dtype=int),
        "parent": _numbers(trial.parent for trial in trials),
        "copied_at": amounts(trial.parent_resource for trial in trials),
        "replaces": _numbers(trial.replaces for trial in trials),
        "resource": amounts(None if last is None else last.resource for last in newest),
        "score": sign * np.array([math.nan if last is None else last.score for last in newest]),
        "status": objects(statuses(history)),
    }
    return table | parameters(trial.params for trial in trials)


def _places(trials: list[Trial]) -> list[int]:
    """Return the place of each trial in the population."""
    places: list[int] = []
    n_places = 0
    for trial in trials:
        if trial.replaces is None:
            places.append(n_places)
            n_places += 1
        else:
            places.append(places[trial.replaces])
    return places


def _numbers(trials: Iterable[int | None]) -> NDArray[np.int_]:
    """Return a column of trials' numbers, -1 for none."""
    return np.array([-1 if number is None else number for number in trials], dtype=int)
