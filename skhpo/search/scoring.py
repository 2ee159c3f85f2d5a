"""What a single score is called, so that scores by different metrics are told apart."""

from __future__ import annotations

from typing import Any

from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names

from skhpo.resources.pipelines import last_step

__all__ = ["metric_of"]


def metric_of(scoring: Any, estimator: Any) -> str:
    """Return the name of the metric of a search that has only one.

    The same metric has the same name, however it was asked for: ``"accuracy"`` is also what
    ``make_scorer(accuracy_score)`` is, and what a classifier scores by itself.

    Parameters
    ----------
    scoring : str, callable or None
        As the search was given it.
    estimator : estimator
        What it searched; None for ``scoring`` leaves the metric to it.
    """
    if isinstance(scoring, str):
        return scoring
    if scoring is None:
        return _own_metric(estimator)
    shown = repr(scoring)
    known = (name for name in get_scorer_names() if repr(get_scorer(name)) == shown)
    return next(known, None) or _name(scoring)


def _own_metric(estimator: Any) -> str:
    _, step = last_step(estimator)
    score = getattr(type(step), "score", None)
    if score is ClassifierMixin.score:
        return "accuracy"
    return "r2" if score is RegressorMixin.score else f"score of {type(step).__name__}"


def _name(scoring: Any) -> str:
    """Return what a callable looks like, if that is the same in another process."""
    if hasattr(scoring, "__qualname__"):
        return f"{scoring.__module__}.{scoring.__qualname__}"
    kind: Any = type(scoring)
    shows_address = kind.__repr__ is object.__repr__
    return f"{kind.__module__}.{kind.__qualname__}" if shows_address else repr(scoring)
