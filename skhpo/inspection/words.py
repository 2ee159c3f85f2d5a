"""What a table or picture reads out of a search, and what it calls it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.exceptions import did_you_mean
from skhpo.history import History
from skhpo.inspection.columns import names
from skhpo.inspection.results import is_results
from skhpo.trial import Evaluation, Resource

__all__ = [
    "Metric",
    "check_choice",
    "check_name",
    "metric_of",
    "metrics_of",
    "resource_name",
    "trained",
    "training",
]

#: Letters of what a journal may call a resource.
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Metric:
    """One of the scores.

    Parameters
    ----------
    name : str
        What the history calls it.
    label : str
        What people call it.
    is_optimised : bool, default=False
        Whether it is the one that the search looks at.
    """

    name: str
    label: str
    is_optimised: bool = False

    def of(self, evaluation: Evaluation) -> float:
        """Return the mean over the folds; NaN after a failure, or where there is none.

        Parameters
        ----------
        evaluation : Evaluation
            A finished assignment.
        """
        if self.is_optimised:
            return evaluation.score
        if evaluation.status != "completed":
            return math.nan
        scores = [m.scores.get(self.name, math.nan) for m in evaluation.measurements]
        return sum(scores) / len(scores)

    def values(self, evaluations: Sequence[Evaluation]) -> NDArray[np.float64]:
        """Return the column of these evaluations.

        Parameters
        ----------
        evaluations : sequence of Evaluation
            Finished assignments.

        Returns
        -------
        ndarray of shape (n_evaluations,)
            NaN after a failure, or where there is none.
        """
        return np.array([self.of(evaluation) for evaluation in evaluations], dtype=float)


def metrics_of(source: Any, history: History) -> list[Metric]:
    """Return all metrics there are, in the order in which they came up.

    Parameters
    ----------
    source : object
        What the user gave: a search may know what its only score is called.
    history : History
        Its history.
    """
    recorded = names(m.scores for m in history.measurements)
    if not recorded:  # nobody knows better
        recorded = [history.metric or "score"]
    scoring = getattr(source, "scoring", None)
    labels = [scoring] if len(recorded) == 1 and isinstance(scoring, str) else recorded
    # The only one has any name; without a preference it is the first.
    optimised = history.metric if history.metric in recorded else recorded[0]
    return [
        Metric(name, label, name == optimised) for name, label in zip(recorded, labels, strict=True)
    ]


def metric_of(source: Any, history: History, metric: str | None) -> Metric:
    """Return the metric that was asked for.

    Parameters
    ----------
    source : object
        What the user gave: a search may know what its only score is called.
    history : History
        Its history.
    metric : str or None
        Its name; None for the one that is optimised.

    Raises
    ------
    ValueError
        If there is no such metric.
    """
    metrics = metrics_of(source, history)
    if metric is None:
        return next(each for each in metrics if each.is_optimised)
    labels = [each.label for each in metrics]
    check_name("metric", metric, labels)
    return metrics[labels.index(metric)]


def resource_name(source: Any) -> str:
    """Return what the resource is called, where the search knows.

    Parameters
    ----------
    source : object
        What the user gave: a search, one on disk, a tuner, a history, or results.
    """
    if isinstance(source, Mapping) or is_results(source):
        return "n_resources"
    session = getattr(source, "session", None)  # of a search on disk, which may hold anything
    found = session.get("resource") if isinstance(session, Mapping) else None
    # Of a search what it has chosen; what scikit-learn's were asked for is what they have taken.
    for name in (found, getattr(source, "resource_", None), getattr(source, "resource", None)):
        if isinstance(name, str) and name.isprintable() and 0 < len(name) <= _LONGEST_NAME:
            return name
    return "resource"


def training(source: Any, resource: Resource) -> str:
    """Return what scores were measured after, such as ``"epochs 1"``; nothing where it is whole.

    Parameters
    ----------
    source : object
        What the user gave.
    resource : float or None
        How much training; None where it is not divided.
    """
    return "" if resource is None else f"{resource_name(source)} {resource:.10g}"


def trained(source: Any, trial: int, resource: Resource) -> str:
    """Return which trial it is and what it had, such as ``"trial 3, epochs 9"``.

    Parameters
    ----------
    source : object
        What the user gave.
    trial : int
        Its number.
    resource : float or None
        How much training; None where it is not divided.
    """
    return f"trial {trial}" + (f", {training(source, resource)}" if resource is not None else "")


def check_choice(setting: str, given: object, valid: Sequence[str]) -> None:
    """Raise an error if something is none of the few things that it can be.

    Parameters
    ----------
    setting : str
        Which argument it was given for.
    given : object
        What was given.
    valid : sequence of str
        What could have been given.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    if given not in valid:
        hint = did_you_mean(str(given), valid)
        raise ValueError(f"{setting} must be one of {list(valid)}, got {given!r}.{hint}")


def check_name(setting: str, name: str, valid: Sequence[str]) -> None:
    """Raise an error if there is no such name, with the nearest one that there is.

    Parameters
    ----------
    setting : str
        Which argument it was given for.
    name : str
        What was given.
    valid : sequence of str
        What could have been given.

    Raises
    ------
    ValueError
        If it is none of them.
    """
    if name not in valid:
        hint = did_you_mean(str(name), valid)
        raise ValueError(
            f"{setting}={name!r} is not in this search.{hint} There are: {list(valid)}"
        )
