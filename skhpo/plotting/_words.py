"""What a picture reads out of a search, and what it calls it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from skhpo.exceptions import did_you_mean
from skhpo.history import History
from skhpo.inspection.columns import names
from skhpo.trial import Evaluation

__all__ = ["Metric", "check_name", "metric_of", "resource_name"]


@dataclass(frozen=True)
class Metric:
    """One of the scores.

    Parameters
    ----------
    name : str
        What the history calls it.
    label : str
        What people call it.
    """

    name: str
    label: str

    def of(self, evaluation: Evaluation) -> float:
        """Return the mean over the folds; NaN after a failure, or where there is none.

        Parameters
        ----------
        evaluation : Evaluation
            A finished assignment.
        """
        if evaluation.status != "completed":
            return math.nan
        scores = [m.scores.get(self.name, math.nan) for m in evaluation.measurements]
        return sum(scores) / len(scores)


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
    recorded = names(m.scores for m in history.measurements)
    if not recorded:  # nobody knows better
        recorded = [history.metric or "score"]
    scoring = getattr(source, "scoring", None)
    labels = [scoring] if len(recorded) == 1 and isinstance(scoring, str) else recorded
    if metric is not None:
        check_name("metric", metric, labels)
        index = labels.index(metric)
    else:  # the only one has any name; without a preference it is the first
        index = recorded.index(history.metric) if history.metric in recorded else 0
    return Metric(recorded[index], labels[index])


def resource_name(source: Any) -> str:
    """Return what the resource is called, where the search knows.

    Parameters
    ----------
    source : object
        What the user gave: a search, a tuner or a history.
    """
    resource = getattr(source, "resource", None)
    name = resource if isinstance(resource, str) else getattr(resource, "name", None)
    return name if isinstance(name, str) else "resource"


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
