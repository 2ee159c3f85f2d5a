"""From the history to ``cv_results_``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any
from warnings import catch_warnings, filterwarnings, warn

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import FitFailedWarning

from skhpo._sklearn import (
    BaseSearchCV,
    MultimetricScorer,
    format_results,
    warn_or_raise_about_failures,
)
from skhpo.evaluation import SINGLE
from skhpo.history import History
from skhpo.resources import Folds, ResourceAdapter
from skhpo.trial import Evaluation, Measurement

__all__ = ["best_row", "cv_results", "metric_names", "report_failures", "results_rows"]


def metric_names(scorer: Any, history: History) -> list[str]:
    """Return the names of the metrics; ``["score"]`` where there is only one without a name.

    Parameters
    ----------
    scorer : callable
        A multimetric scorer knows its names; what another callable returns is only known
        afterwards.
    history : History
        Where to look for the first scores that were reported.
    """
    if isinstance(scorer, MultimetricScorer):
        return list(scorer._scorers)
    completed = (m for m in history.measurements if m.status == "completed")
    return next((list(measurement.scores) for measurement in completed), [SINGLE])


def report_failures(history: History, error_score: float) -> None:
    """Warn that some fits failed or diverged, or some scorers failed, as scikit-learn does.

    Parameters
    ----------
    history : History
        All measurements.
    error_score : float
        What their score was set to.

    Raises
    ------
    ValueError
        If all fits failed or diverged, with the tracebacks; or if there are none.
    """
    if not history.measurements:
        raise ValueError(
            "The search was stopped before anything was measured: there is nothing to choose from"
        )
    # What was fitted has scores, be they NaN: then it was the scoring that failed.
    unscored = [m.error for m in history.measurements if m.scores and m.error is not None]
    if unscored:
        summary = "\n".join(f"{n} times:\n{text}" for text, n in Counter(unscored).items())
        warn(
            f"Scoring failed on {len(unscored)} of {len(history.measurements)} train-test "
            f"partitions. The scores that are missing will be set to {error_score}. Details:\n"
            f"{summary}",
            UserWarning,
            stacklevel=5,
        )
    errors = [_fit_error(measurement) for measurement in history.measurements]
    diverged = [measurement.status == "diverged" for measurement in history.measurements]
    if None in errors and any(diverged):
        warn(
            f"{sum(diverged)} fits diverged out of a total of {len(errors)}. The score on these "
            f"train-test partitions will be set to {error_score}. The first of them:\n"
            f"{errors[diverged.index(True)]}",
            FitFailedWarning,
            stacklevel=5,
        )
        errors = [None if ran_off else e for ran_off, e in zip(diverged, errors, strict=True)]
    warn_or_raise_about_failures([{"fit_error": error} for error in errors], error_score)


def _fit_error(measurement: Measurement) -> str | None:
    if measurement.status == "completed" or measurement.scores:
        return None
    return measurement.error or measurement.status


def cv_results(
    search: BaseSearchCV,
    history: History,
    n_splits: int,
    names: Sequence[str],
    error_score: float,
    adapter: ResourceAdapter | None = None,
) -> dict[str, Any]:
    """Return the results of all evaluations: by rung, and by trial number.

    Parameters
    ----------
    search : BaseSearchCV
        Its ``return_train_score`` matters.
    history : History
        What happened.
    n_splits : int
        Folds; where a trial was not measured on one of them, its scores are NaN.
    names : sequence of str
        Names of the metrics, as from :func:`metric_names`.
    error_score : float
        Stands in for the scores of failed fits.
    adapter : ResourceAdapter or None, default=None
        What training is divided into; None if it is not.

    Returns
    -------
    dict of str to array
        As scikit-learn's ``cv_results_``, and ``status`` and ``error``; ``mean_rounds`` and
        ``split0_rounds``, ..., where boosters were stopped early; where training is divided
        ``iter`` and ``n_resources``, as in its halving searches, and ``trial``, whose row it is.
        Empty if no trial was finished.
    """
    rows = results_rows(history, adapter)
    if not rows:
        return {}
    outcomes = []
    for row in rows:
        by_fold = {measurement.fold: measurement for measurement in row.measurements}
        for fold in range(n_splits):
            measurement = by_fold.get(fold) or _unmeasured(row, fold)
            outcomes.append(_outcome(measurement, names, search.return_train_score, error_score))
    params = [dict(history.trials[row.trial].params) | _set_by(adapter, row) for row in rows]
    columns = _columns(rows, adapter, n_splits)
    with catch_warnings():
        with_score = (row.is_usable or _is_filled(row, error_score) for row in rows)
        if isinstance(adapter, Folds) and all(with_score):
            # what was not measured has no score, and that is no failure
            filterwarnings("ignore", "One or more of the test scores are non-finite", UserWarning)
        return format_results(search, params, n_splits, outcomes, columns)


def results_rows(history: History, adapter: ResourceAdapter | None) -> list[Evaluation]:
    """Return what the rows of ``cv_results_`` sum up, in their order.

    Parameters
    ----------
    history : History
        What happened.
    adapter : ResourceAdapter or None
        What training is divided into. Folds are collected until there are all of them: of a trial
        that was raced only the last row counts.
    """
    if isinstance(adapter, Folds):
        latest = map(history.latest, range(len(history.trials)))
        return [evaluation for evaluation in latest if evaluation is not None]
    return sorted(history.evaluations, key=_place)


def best_row(results: Mapping[str, Any], metric: str) -> int:
    """Return the best row of the highest rung: less training, or fewer folds, is no rival.

    Nor is, if there is any other, what failed in the end, or an ``error_score``. Where scores tie
    it is the first.

    Parameters
    ----------
    results : mapping of str to array
        What :func:`cv_results` returns, of training that is divided.
    metric : str
        Whose scores count.
    """
    scores = _scores(results, metric)
    is_number = ~np.isnan(scores)
    is_usable = is_number & np.isin(results["status"], ["completed", "stopped"])
    has_failed = np.isin(results["trial"], results["trial"][~is_usable])
    for rivals in (is_usable & ~has_failed, is_usable, is_number):
        if rivals.any():
            highest = results["n_resources"][rivals].max()
            at_the_top = rivals & (results["n_resources"] == highest)
            rows = np.flatnonzero(at_the_top)
            return int(rows[scores[rows].argmax()])
    return 0


def _scores(results: Mapping[str, Any], metric: str) -> NDArray[np.float64]:
    """Return the mean scores; where nobody came to the last fold, of those there are."""
    scores = np.array(results[f"mean_test_{metric}"], dtype=float)
    for row in np.flatnonzero(results["status"] == "stopped"):
        n_folds = results["n_resources"][row]
        scores[row] = np.mean([results[f"split{k}_test_{metric}"][row] for k in range(n_folds)])
    return scores


def _place(row: Evaluation) -> tuple[float, int]:
    return (0.0 if row.resource is None else row.resource, row.trial)


def _set_by(adapter: ResourceAdapter | None, row: Evaluation) -> dict[str, Any]:
    """Return the parameters that a resource stands for, as scikit-learn lists them."""
    return {} if adapter is None or row.resource is None else adapter.settings(row.resource)


def _unmeasured(row: Evaluation, fold: int) -> Measurement:
    """Stand in for a fold that was never asked for."""
    return Measurement(row.trial, fold, row.resource, "completed", {}, None, math.nan, math.nan)


def _is_filled(row: Evaluation, error_score: float) -> bool:
    return row.status != "completed" and not math.isnan(error_score)


def _columns(
    rows: Sequence[Evaluation], adapter: ResourceAdapter | None, n_splits: int
) -> dict[str, Any]:
    columns: dict[str, Any] = {"status": [_status(row, adapter, n_splits) for row in rows]}
    columns["error"] = np.array([_error(row) for row in rows], dtype=object)
    if adapter is not None:
        amounts = [0 if row.resource is None else int(row.resource) for row in rows]
        rungs = sorted(set(amounts))
        columns["iter"] = [rungs.index(amount) for amount in amounts]
        columns["n_resources"] = amounts
        columns["trial"] = [row.trial for row in rows]
    return columns | _rounds(rows, n_splits)


def _rounds(rows: Sequence[Evaluation], n_splits: int) -> dict[str, list[float]]:
    """Return how many rounds boosters were found to need, NaN where nothing was found."""
    found = np.full((len(rows), n_splits), math.nan)
    for number, row in enumerate(rows):
        for measurement in row.measurements:
            if measurement.rounds is not None:
                found[number, measurement.fold] = measurement.rounds
    is_found = ~np.isnan(found)
    if not is_found.any():
        return {}
    n_found = is_found.sum(axis=1)
    sums = np.where(is_found, found, 0.0).sum(axis=1)
    means = np.where(n_found > 0, sums / np.maximum(n_found, 1), math.nan)
    by_split = {f"split{fold}_rounds": list(found[:, fold]) for fold in range(n_splits)}
    return {"mean_rounds": list(means), **by_split}


def _status(row: Evaluation, adapter: ResourceAdapter | None, n_splits: int) -> str:
    """How it ended; what was given up before it was measured on all folds is no failure."""
    is_part = isinstance(adapter, Folds) and len(row.measurements) < n_splits
    return "stopped" if is_part and row.status == "completed" else row.status


def _error(row: Evaluation) -> str | None:
    """What went wrong, in a line for each fold that differs from those before; None if nothing."""
    return "\n".join(dict.fromkeys(m.reason for m in row.measurements if m.reason)) or None


def _outcome(
    measurement: Measurement, names: Sequence[str], with_train: bool, error_score: float
) -> dict[str, Any]:
    """Return one fold as scikit-learn's own evaluation would report it."""

    def filled(scores: Mapping[str, float]) -> dict[str, float]:
        values = {name: scores.get(name, math.nan) for name in names}
        if measurement.status == "completed" and measurement.error is None:
            return values  # a NaN among them is what the scorer returned
        return {name: error_score if math.isnan(x) else x for name, x in values.items()}

    outcome: dict[str, Any] = {
        "fit_time": measurement.fit_time,
        "score_time": measurement.score_time,
        "test_scores": filled(measurement.scores),
    }
    if with_train:
        outcome["train_scores"] = filled(measurement.train_scores or {})
    return outcome
