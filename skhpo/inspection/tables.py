"""A history as tidy tables: dicts of columns, ready for ``pandas.DataFrame``."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from skhpo.history import History
from skhpo.inspection.columns import Table, amount, amounts, names, objects, parameters
from skhpo.inspection.results import history_from_results, is_results
from skhpo.trial import Evaluation

__all__ = ["Savings", "measurements", "savings", "statuses", "survival"]


def measurements(source: Any) -> Table:
    """Return every measurement: one row for each trial, fold and resource, as they came in.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.

    Returns
    -------
    dict of str to ndarray of shape (n_measurements,)
        ``trial``, ``fold``, ``resource`` (NaN where training is not divided), ``spent`` (of the
        resource, in this measurement), ``status``, ``score_<metric>`` (in the direction of the
        source), ``fit_time`` and ``score_time`` in seconds, ``started_at`` and ``finished_at`` in
        seconds since the epoch, ``attempts``, ``error``, ``rounds`` (that a booster was found to
        need; only where that was looked for), and ``param_<name>`` of every parameter (NaN where
        the trial's branch does not have it; None is a value).

    Raises
    ------
    TypeError
        If there is no history in it.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import measurements
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0)
    >>> measurements(tuner.run(n_trials=3))["trial"]
    array([0, 1, 2])
    """
    history, sign = history_of(source), sign_of(source)
    rows = history.measurements
    table: Table = {
        "trial": np.array([m.trial for m in rows], dtype=int),
        "fold": np.array([m.fold for m in rows], dtype=int),
        "resource": amounts(m.resource for m in rows),
        "spent": amounts(m.spent for m in rows),
        "status": np.array([m.status for m in rows], dtype=object),
    }
    for metric in names(m.scores for m in rows):
        table[f"score_{metric}"] = sign * np.array(
            [m.scores.get(metric, math.nan) for m in rows], dtype=float
        )
    for name in ("fit_time", "score_time", "started_at", "finished_at"):
        table[name] = np.array([getattr(m, name) for m in rows], dtype=float)
    table["attempts"] = np.array([m.attempts for m in rows], dtype=int)
    table["error"] = objects(m.error for m in rows)
    if any(m.rounds is not None for m in rows):
        table["rounds"] = amounts(m.rounds for m in rows)
    return table | parameters(history.trials[m.trial].params for m in rows)


def survival(source: Any) -> Table:
    """Return how far each configuration came: one row for each trial, one column for each rung.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.

    Returns
    -------
    dict of str to ndarray of shape (n_trials,)
        ``trial``, ``resource`` (the highest at which it was measured; NaN for none, or where
        training is not divided), ``status`` (of its newest evaluation; but ``"stopped"`` if it had
        less than complete training and is given no more, and ``"running"`` if it is given some
        now, or was when the search was interrupted), ``score_at_<resource>`` for each resource
        that was reached by anybody (in the direction of the source; NaN where this trial was not
        measured there, or failed), and ``param_<name>`` of every parameter (NaN where the trial's
        branch does not have it).

    Raises
    ------
    TypeError
        If there is no history in it.
    """
    history, sign = history_of(source), sign_of(source)
    rungs = sorted({amount(evaluation.resource) for evaluation in history.evaluations})
    at: dict[tuple[int, float], Evaluation] = {}
    for evaluation in history.evaluations:
        at[evaluation.trial, amount(evaluation.resource)] = evaluation
    newest = [history.latest(trial.number) for trial in history.trials]
    table: Table = {
        "trial": np.arange(len(newest)),
        "resource": amounts(None if last is None else last.resource for last in newest),
        "status": objects(statuses(history)),
    }
    for rung in rungs:
        column = [at.get((number, rung)) for number in range(len(newest))]
        name = "score" if math.isnan(rung) else f"score_at_{rung:.10g}"
        table[name] = sign * np.array([math.nan if e is None else e.score for e in column])
    return table | parameters(trial.params for trial in history.trials)


def statuses(history: History) -> Iterator[str]:
    """Yield how it stands with each trial: ``"stopped"`` if it is given no more training.

    Parameters
    ----------
    history : History
        What happened.
    """
    running = {trial.number for trial in history.pending}
    given = [e.resource for e in history.evaluations if e.resource is not None]
    full = max(given, default=math.inf) if history.full is None else history.full
    for trial in history.trials:
        last = history.latest(trial.number)
        if last is None or trial.number in running:
            yield "running"
        elif last.status == "completed" and last.resource is not None and last.resource < full:
            yield "stopped"
        else:
            yield last.status


@dataclass(frozen=True)
class Savings:
    """What was spent, and what training every trial completely would have cost.

    Parameters
    ----------
    spent : float
        Of the resource, over all folds; trained twice counts twice.
    full : float
        What all trials would have had with full training, on all folds.
    """

    spent: float
    full: float

    @property
    def part(self) -> float:
        """Which part of the full cost was saved, from 0 to 1; NaN if nothing was started."""
        return 1.0 - self.spent / self.full if self.full else math.nan

    def __str__(self) -> str:
        return f"spent {self.spent:.10g} of {self.full:.10g}, {self.part:.0%} saved"


def savings(source: Any, full: float | None = None) -> Savings:
    """Return what a search saved against training every configuration completely.

    In units of the resource; that of levels of fidelity is their number, and not what they cost.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.
    full : float or None, default=None
        What complete training has, on one fold, in units of the resource. None: ``max_resources_``
        of a search, otherwise the most that any trial was given; 1 where folds are the resource.

    Returns
    -------
    Savings

    Raises
    ------
    TypeError
        If there is no history in it.
    ValueError
        If training was not divided, or nothing was measured.
    """
    history = history_of(source)
    if not history.measurements:
        raise ValueError("nothing was measured yet: there is nothing to compare")
    given = [m.resource for m in history.measurements if m.resource is not None]
    if not given:
        raise ValueError("training was not divided in this search: everything was trained fully")
    n_folds = getattr(source, "n_splits_", 1 + max(m.fold for m in history.measurements))
    # One rung, one fold: of what a search has more of, that is no race.
    is_race = _is_race(history) and getattr(source, "max_resources_", n_folds) == n_folds
    spent = float(len(history.measurements)) if is_race else _spent(history)
    if full is None:
        full = 1.0 if is_race else getattr(source, "max_resources_", max(given))
    started = {m.trial for m in history.measurements}
    return Savings(spent=spent, full=full * n_folds * len(started))


def _is_race(history: History) -> bool:
    """Whether folds are the resource: each costs one, and as many as it says were measured."""
    latest = filter(None, (history.latest(trial.number) for trial in history.trials))
    adds_up = all(each.resource == len(each.measurements) for each in latest)
    completed = [m for m in history.measurements if m.status == "completed"]
    return adds_up and all(m.spent == 1 for m in completed)


def _spent(history: History) -> float:
    """Return what was spent; where an objective does not say, what each measurement added."""
    total, reached = 0.0, dict[tuple[int, int], float]()
    for m in history.measurements:
        inherited = history.trials[m.trial].parent_resource or 0.0
        before = reached.get((m.trial, m.fold), inherited)
        reached[m.trial, m.fold] = after = before if m.resource is None else m.resource
        total += after - before if m.spent is None else m.spent
    return total


def history_of(source: Any) -> History:
    """Return the history of whatever has one.

    Parameters
    ----------
    source : object
        A history, a tuner, a fitted search, a search on disk, or the ``cv_results_`` of any search,
        also of scikit-learn's own.

    Raises
    ------
    TypeError
        If it has none.
    ValueError
        If results lack columns.
    """
    candidates = (source, getattr(source, "history_", None), getattr(source, "history", None))
    for candidate in candidates:
        if isinstance(candidate, History):
            return candidate
    if is_results(source):
        return history_from_results(source)
    results = getattr(source, "cv_results_", None)
    if isinstance(results, Mapping) and is_results(results):  # a search of scikit-learn
        refit = getattr(source, "refit", None)
        is_metric = isinstance(refit, str) and f"mean_test_{refit}" in results
        return history_from_results(results, refit if is_metric else None)
    if isinstance(source, (str, os.PathLike)):
        raise TypeError(
            f"this takes what is read of a search on disk, not its path: write "
            f"skhpo.storage.view.read_search({os.fspath(source)!r})"
        )
    raise TypeError(
        f"this takes a History, a Tuner, a fitted search, a search on disk, or a cv_results_, got "
        f"{source!r:.200}; a search has a history after fit()"
    )


def sign_of(source: Any) -> int:
    """Return what scores of the history are multiplied with to be those of the source.

    Parameters
    ----------
    source : object
        What has the history.

    Returns
    -------
    int
        -1 for a tuner, or a search on disk, that minimises; otherwise 1.
    """
    sign = getattr(source, "sign", getattr(source, "_sign", 1))
    return -1 if sign == -1 else 1
