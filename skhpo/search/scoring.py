"""Which score is optimised, and what it is called: scores by different metrics are told apart."""

from __future__ import annotations

from typing import Any

from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names

from skhpo._sklearn import MultimetricScorer
from skhpo.evaluation import SINGLE
from skhpo.resources.pipelines import last_step

__all__ = ["metric_of", "optimised_metric"]


def optimised_metric(scoring: Any, refit: Any, scorer: Any) -> str | None:
    """Return what a model-based sampler optimises: the metric of ``refit``, else the first one.

    Parameters
    ----------
    scoring, refit : object
        As the search was given them.
    scorer : callable
        What scikit-learn has made of ``scoring``.

    Returns
    -------
    str or None
        Its name in the history; None where only the first measurement tells which one is first.
    """
    several = isinstance(scorer, MultimetricScorer)
    if not (several or callable(scoring)):
        return SINGLE
    if isinstance(refit, str):
        return refit
    return next(iter(scorer._scorers)) if several else None


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
