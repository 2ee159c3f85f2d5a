"""What a search learns from earlier ones before it begins."""

from __future__ import annotations

from typing import Any

from sklearn.base import clone

from skhpo.evaluation import SINGLE
from skhpo.exceptions import warn_user
from skhpo.search.recipe import Recipe
from skhpo.search.scoring import metric_of
from skhpo.search.warm_start import WarmStart, warm_start
from skhpo.space import Space

__all__ = ["former_results"]


def former_results(search: Any, space: Space, recipe: Recipe, metric: str | None) -> WarmStart:
    """Read ``warm_start_from``, and say what of it cannot be used.

    Parameters
    ----------
    search : TunerSearchCV
        With ``warm_start_from``; None for nothing.
    space : Space
        What may be tried.
    recipe : Recipe
        What the search is going to do.
    metric : str or None
        Which score is optimised; None for the first one that is reported.

    Returns
    -------
    WarmStart

    Raises
    ------
    TypeError
        If it is nothing that can be read.
    NotFittedError
        If a search is not fitted.
    ValueError
        If the metric is not there.
    SpaceError
        If there are configurations, but none of them can be used.
    """
    if search.warm_start_from is None:
        return WarmStart((), ())
    metric = metric or SINGLE
    # A table of a single metric does not say which one it is.
    is_single = metric == SINGLE
    names = [metric_of(search.scoring, search.estimator), SINGLE] if is_single else [metric]
    estimator = search.estimator
    if recipe.adapter is not None and recipe.full is not None:
        # Their configurations may name the resource: what counts is complete training.
        estimator = clone(estimator).set_params(**recipe.adapter.settings(recipe.full))
    former = warm_start(search.warm_start_from, space, estimator, names)
    if former.left_out:
        n_left_out = len(former.left_out)
        warn_user(
            f"{n_left_out} of the {n_left_out + len(former.trials)} configurations of "
            f"warm_start_from cannot be used. The first one: {former.left_out[0]}"
        )
    return former
