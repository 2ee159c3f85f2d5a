"""A history out of ``cv_results_``: of scikit-learn's searches, and all that write alike."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from skhpo.exceptions import did_you_mean
from skhpo.history import History, Record
from skhpo.trial import Assignment, Measurement, Resource, Status, Trial

__all__ = ["history_from_results", "is_results"]

_SPLIT = re.compile(r"split(\d+)_test_(.+)")

#: How skhpo's own results call what was measured in part, and is no failure.
_MEASURED = ("completed", "stopped")

_STATUSES: dict[str, Status] = {status: status for status in get_args(Status)}


def is_results(source: Any) -> bool:
    """Return whether something looks like ``cv_results_``, or a DataFrame of it.

    Parameters
    ----------
    source : object
        Whatever the user gave.
    """
    return _has_columns(source) and "params" in source


def _has_columns(source: Any) -> bool:
    """Return whether it is a mapping of columns, or a DataFrame, which is read like one."""
    return isinstance(source, Mapping) or (hasattr(source, "columns") and hasattr(source, "iloc"))


def history_from_results(results: Mapping[str, Any], metric: str | None = None) -> History:
    """Return what can be told from ``cv_results_`` as a history.

    Rows come in the order of the table, which is by rung where training was divided; a search of
    skhpo has a history of its own, in the order of time. Rows of the same configuration at
    different resources are one trial, as in scikit-learn's halving searches, which train it anew at
    each of them. The time of each fold is the mean of all; when it began, nobody knows.

    Parameters
    ----------
    results : mapping of str to array, or DataFrame
        ``params``, and ``split<k>_test_<metric>`` or ``mean_test_<metric>``; if there are any,
        ``n_resources``, ``trial``, ``status``, ``error``, ``mean_fit_time``, ``mean_score_time``.
    metric : str or None, default=None
        Which metric counts as the one that is optimised; None for the first one.

    Returns
    -------
    History

    Raises
    ------
    TypeError
        If it is no mapping.
    ValueError
        If columns are missing, or of different lengths, or there is no such metric.

    Examples
    --------
    >>> from skhpo.inspection.results import history_from_results
    >>> history_from_results({"params": [{"C": 1}, {"C": 2}], "mean_test_score": [0.5, 0.7]})
    History(2 trials, 0 of them running, 2 measurements)
    """
    if not _has_columns(results):
        raise TypeError(f"cv_results_ is a mapping of columns, got {type(results).__name__}")
    params = _params(results)
    scores = _scores(results, len(params))
    if metric is not None and metric not in scores:
        hint = did_you_mean(str(metric), list(scores))
        raise ValueError(f"metric={metric!r} is not in these results.{hint} There are: {[*scores]}")
    resources = _resources(results, len(params))
    numbers, configurations = _trials(results, params, resources)
    fit_times, score_times = (
        _numbers(results, f"mean_{name}", len(params)) for name in ("fit_time", "score_time")
    )
    statuses = _statuses(_column(results, "status", len(params)), scores)
    errors = _column(results, "error", len(params)) or [None] * len(params)
    by_row = {name: of_all.T.tolist() for name, of_all in scores.items()}
    folds = _folds(statuses, scores)
    is_of_skhpo = "trial" in results  # others, as scikit-learn, train anew at each rung

    def records() -> Iterator[Record]:
        n_started = 0
        for row, number in enumerate(numbers):
            resource, status = resources[row], statuses[row]
            for started in range(n_started, number + 1):
                yield Trial(started, configurations[started])
            n_started = max(n_started, number + 1)
            yield Assignment(number, resource, folds[row])
            for fold in folds[row]:
                found = {name: rows[row][fold] for name, rows in by_row.items()}
                yield Measurement(
                    number,
                    fold,
                    resource,
                    status,
                    found if status == "completed" else {},
                    fit_time=fit_times[row],
                    score_time=score_times[row],
                    error=errors[row],
                    spent=None if is_of_skhpo else resource,
                )

    history = History(metric=next(iter(scores)) if metric is None else metric)
    history.extend(records())
    return history


def _params(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    if "params" not in results:
        raise ValueError(
            f'there is no column "params": this is no cv_results_. There are: {list(results)[:9]}'
        )
    params = list(results["params"])
    if not all(isinstance(each, Mapping) for each in params):
        raise ValueError('the column "params" of cv_results_ holds a dict for each row')
    return [dict(each) for each in params]


def _scores(results: Mapping[str, Any], n_rows: int) -> dict[str, NDArray[np.float64]]:
    """Return by metric the scores, of shape (n_folds, n_rows)."""
    folds: dict[str, dict[int, str]] = {}
    for key in map(str, results):
        found = _SPLIT.fullmatch(key)
        if found is not None:
            folds.setdefault(found[2], {})[int(found[1])] = key
        elif key.startswith("mean_test_"):
            folds.setdefault(key.removeprefix("mean_test_"), {})
    if not folds:
        raise ValueError("there is no column mean_test_<metric> in these cv_results_")
    scores = {}
    for metric, keys in folds.items():
        columns = [keys[fold] for fold in sorted(keys)] or [f"mean_test_{metric}"]
        scores[metric] = np.array([_numbers(results, key, n_rows) for key in columns])
    shapes = {of_all.shape for of_all in scores.values()}
    if len(shapes) > 1:
        raise ValueError(f"metrics have different numbers of folds in these cv_results_: {shapes}")
    return scores


def _column(results: Mapping[str, Any], key: str, n_rows: int) -> list[Any]:
    """Return a column as a list, empty if there is none."""
    if key not in results:
        return []
    column = results[key]
    listed = column.tolist() if isinstance(column, np.ndarray) else list(column)
    if len(listed) != n_rows:
        raise ValueError(f"{key} has {len(listed)} rows in these cv_results_, params has {n_rows}")
    return listed


def _numbers(results: Mapping[str, Any], key: str, n_rows: int) -> list[float]:
    """Return a column of numbers, NaN if there is none."""
    listed = _column(results, key, n_rows) or [math.nan] * n_rows
    try:
        return [math.nan if value is None else float(value) for value in listed]
    except (TypeError, ValueError):
        raise ValueError(f"{key} of these cv_results_ must hold numbers") from None


def _resources(results: Mapping[str, Any], n_rows: int) -> list[Resource]:
    if "n_resources" not in results:
        return [None] * n_rows
    amounts = _numbers(results, "n_resources", n_rows)
    if not all(map(math.isfinite, amounts)):
        raise ValueError("n_resources of these cv_results_ must hold finite numbers")
    return list(amounts)


def _trials(
    results: Mapping[str, Any], params: Sequence[dict[str, Any]], resources: Sequence[Resource]
) -> tuple[list[int], list[dict[str, Any]]]:
    """Return the number of each row's trial, and the configuration of each trial.

    A resource that is one of the parameters, as scikit-learn lists it, is none of the
    configuration. Two rows with the same configuration at the same resource are two trials.
    """
    resource_parameters = {
        name
        for name in (params[0] if params else ())
        if None not in resources
        and all(each.get(name) == at for each, at in zip(params, resources, strict=True))
    }
    own = [{k: v for k, v in each.items() if k not in resource_parameters} for each in params]
    keys: list[Hashable] = []
    if "trial" in results:  # in the order in which they were begun
        begun = _numbers(results, "trial", len(params))
        keys += begun
        places: dict[Hashable, int] = dict(zip(sorted(set(begun)), count(), strict=False))
    else:
        twins: Counter[Hashable] = Counter()
        for each, resource in zip(own, resources, strict=True):
            key = tuple((name, _key(each[name])) for name in sorted(each))
            keys.append((key, twins[key, resource]))
            twins[key, resource] += 1
        places = dict(zip(dict.fromkeys(keys), count(), strict=False))
    numbers = [places[key] for key in keys]
    configurations = dict(zip(numbers, own, strict=True))
    return numbers, [configurations[number] for number in range(len(configurations))]


def _key(value: Any) -> Hashable:
    """Return what tells a value from others: itself, or how it is printed."""
    try:
        hash(value)
    except TypeError:
        return repr(value)
    return type(value), value


def _statuses(reported: Sequence[Any], scores: Mapping[str, NDArray[np.float64]]) -> list[Status]:
    """Return how rows ended; where nobody says, one without a whole score has failed."""
    if reported:
        return [
            "completed" if status in _MEASURED else _STATUSES.get(str(status), "failed")
            for status in reported
        ]
    has_failed = np.all([np.isnan(of_all).any(axis=0) for of_all in scores.values()], axis=0)
    return ["failed" if failed else "completed" for failed in has_failed.tolist()]


def _folds(
    statuses: Sequence[Status], scores: Mapping[str, NDArray[np.float64]]
) -> list[tuple[int, ...]]:
    """Return the folds on which each row was measured: all of them after a failure."""
    has_none = np.all([np.isnan(of_all) for of_all in scores.values()], axis=0)
    every = tuple(range(len(has_none)))
    folds = [every] * len(statuses)
    for row in np.flatnonzero(has_none.any(axis=0)).tolist():
        if statuses[row] == "completed":
            folds[row] = tuple(np.flatnonzero(~has_none[:, row]).tolist()) or every
    return folds
