"""What earlier searches found out, in the terms of the present one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from skhpo.exceptions import SpaceError, did_you_mean
from skhpo.history import History
from skhpo.search.scoring import metric_of
from skhpo.space import Space
from skhpo.space.space import Branch
from skhpo.space.values import same_value
from skhpo.trial import FormerTrial, Params

__all__ = ["WarmStart", "warm_start"]

_MEAN = "mean_test_"
_MISSING = object()

_WHAT = (
    "a fitted search, its cv_results_ (as a dict or a DataFrame with the columns 'params' and "
    "'mean_test_score'), a History, or a list of these"
)


@dataclass(frozen=True)
class WarmStart:
    """What could be used of earlier searches.

    Parameters
    ----------
    trials : sequence of FormerTrial
        In the present space.
    left_out : sequence of str
        Why each of the other configurations could not be used, for people.
    """

    trials: Sequence[FormerTrial]
    left_out: Sequence[str]

    @property
    def best(self) -> Params | None:
        """The configuration with the best score; None if all of them failed."""
        usable = [trial for trial in self.trials if not math.isnan(trial.score)]
        return max(usable, key=lambda trial: trial.score).params if usable else None


def warm_start(former: Any, space: Space, estimator: Any, metrics: Sequence[str]) -> WarmStart:
    """Read what earlier searches found out.

    A configuration counts if the model it stands for can be written in the present space: what
    the space searches and the configuration does not set has the estimator's own value, and what
    the configuration sets and the space does not search must be the estimator's own value.

    Parameters
    ----------
    former : search, dict, DataFrame, History or sequence of these
        Where to look.
    space : Space
        What may be tried now.
    estimator : estimator
        Whose parameters are searched now.
    metrics : sequence of str
        Names the metric that is optimised now may have had, the likeliest first.

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
    trials: list[FormerTrial] = []
    left_out: list[str] = []
    for params, score in _results(former, metrics):
        try:
            trials.append(FormerTrial(_translated(params, space, estimator), score))
        except SpaceError as error:
            left_out.append(str(error))
    if left_out and not trials:
        raise SpaceError(
            f"none of the {len(left_out)} configurations of warm_start_from can be used. The first "
            f"one: {left_out[0]} Otherwise leave out warm_start_from."
        )
    return WarmStart(trials, left_out)


# --------------------------------------------------------------------------- reading results


def _results(former: Any, metrics: Sequence[str]) -> Iterator[tuple[Params, float]]:
    """Yield the configurations, each with its score: NaN where it failed."""
    if isinstance(former, (list, tuple)):
        for each in former:
            yield from _results(each, metrics)
        return
    table = _table(former)
    if "params" not in table:
        raise ValueError(f"warm_start_from has no 'params': it must be {_WHAT}")
    name = _column(table, metrics)
    _check_columns(table, "params", name, "status", "resource", "n_resources")
    scores = np.array(table[name], dtype=float)
    scores[~_is_finished(table)] = math.nan
    is_comparable = _has_most_resource(table)
    for params, score, counts in zip(table["params"], scores, is_comparable, strict=True):
        if not isinstance(params, Mapping):
            raise TypeError(
                f"the configurations of warm_start_from must be dicts, got {params!r} of type "
                f"{type(params).__name__}; a table that was written as text has lost them, "
                f"pickle it instead"
            )
        if counts:
            yield params, float(score)


def _table(former: Any) -> Mapping[str, Any]:
    """Return results as columns, by name."""
    if isinstance(former, History):
        return _table_of_history(former)
    if isinstance(former, Mapping):
        return former
    if hasattr(former, "columns"):  # a DataFrame
        return {name: former[name].to_numpy() for name in former.columns}
    if hasattr(former, "cv_results_"):
        return _table_of_search(former)
    if hasattr(former, "fit"):
        raise NotFittedError(
            f"warm_start_from is a {type(former).__name__} without results; fit it first"
        )
    raise TypeError(f"warm_start_from must be {_WHAT}; got {former!r}")


def _table_of_search(search: Any) -> Mapping[str, Any]:
    """Return the results of a search; it knows by what it scored: under that name only."""
    table = dict(search.cv_results_)
    if _MEAN + "score" in table and hasattr(search, "scoring") and hasattr(search, "estimator"):
        metric = metric_of(search.scoring, search.estimator)
        table[_MEAN + metric] = table.pop(_MEAN + "score")
    return table


def _table_of_history(history: History) -> Mapping[str, Any]:
    newest = [history.latest(trial.number) for trial in history.trials]
    evaluations = [evaluation for evaluation in newest if evaluation is not None]
    names = {name: None for e in evaluations for m in e.measurements for name in m.scores}
    return {
        "params": [history.trials[evaluation.trial].params for evaluation in evaluations],
        "status": [evaluation.status for evaluation in evaluations],
        "resource": [evaluation.resource or math.nan for evaluation in evaluations],
        **{
            _MEAN + name: [
                np.mean([m.scores.get(name, math.nan) for m in evaluation.measurements])
                for evaluation in evaluations
            ]
            for name in names or ("score",)
        },
    }


def _check_columns(table: Mapping[str, Any], *names: str) -> None:
    """Refuse columns that do not have one value for each configuration."""
    for name in names:
        column = table.get(name, table["params"])
        if not _is_column(column):
            raise TypeError(
                f"{name!r} of warm_start_from must hold one value for each configuration, got "
                f"{column!r:.200} of type {type(column).__name__}"
            )
        if len(column) != len(table["params"]):
            what = "scores" if name.startswith(_MEAN) else f"values in {name!r}"
            raise ValueError(
                f"warm_start_from has {len(table['params'])} configurations in 'params', but "
                f"{len(column)} {what}"
            )


def _is_column(values: Any) -> bool:
    """Whether these are values in a row: a list, an array, a pandas Series."""
    if hasattr(values, "ndim"):
        return bool(values.ndim == 1)
    return isinstance(values, (list, tuple))


def _column(table: Mapping[str, Any], metrics: Sequence[str]) -> str:
    """Return the name of the column that holds the scores."""
    for metric in metrics:
        if _MEAN + metric in table:
            return _MEAN + metric
    there = [name[len(_MEAN) :] for name in table if str(name).startswith(_MEAN)]
    nearest = next(filter(None, (did_you_mean(metric, there) for metric in metrics)), "")
    raise ValueError(
        f"warm_start_from has no scores by {metrics[0]!r}, which this search optimises.{nearest} "
        f"Its metrics are {there}; where one of them is meant, give a dict of its 'params' and "
        f"'{_MEAN}{metrics[-1]}'"
    )


def _is_finished(table: Mapping[str, Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which rows are no failures; ours say so, whatever ``error_score`` was."""
    if "status" not in table:
        return np.ones(len(table["params"]), dtype=bool)
    return np.array([status == "completed" for status in table["status"]], dtype=bool)


def _has_most_resource(table: Mapping[str, Any]) -> Iterable[bool]:
    """Which rows had as much resource as any: scores after less cannot be compared with theirs."""
    if "status" in table and any(status == "stopped" for status in table["status"]):
        return [status != "stopped" for status in table["status"]]
    for name in ("resource", "n_resources"):
        if name in table and len(table[name]):
            given = np.array(table[name], dtype=float)
            if not np.isnan(given).all():
                most: Sequence[bool] = (given == np.nanmax(given)).tolist()
                return most
    return [True] * len(table["params"])


# --------------------------------------------------------------------------- the present space


def _translated(params: Params, space: Space, estimator: Any) -> Params:
    """Write a configuration in the present space, if the model it stands for is in there."""
    if space.contains(params):
        return dict(params)
    meant = _all_params(estimator, params)
    nearest = sorted(space.branches, key=lambda branch: _distance(branch, params))
    obstacles = []
    for branch in nearest:
        here = {name: _meant(name, params, meant, estimator) for name in branch}
        obstacle = _obstacle(branch, here, params)
        if obstacle is None:
            obstacle = _difference(_all_params(estimator, here), meant, params.keys() - here.keys())
        if obstacle is None:
            return here
        obstacles.append(obstacle)
    raise SpaceError(obstacles[0])


def _distance(branch: Branch, params: Params) -> tuple[int, int]:
    """Return how far a configuration is from a branch: what it has of it counts first."""
    n_inside = sum(name in branch and value in branch[name] for name, value in params.items())
    return -n_inside, len(branch.keys() ^ params.keys())


def _meant(name: str, params: Params, meant: Params, estimator: Any) -> Any:
    """Return what a parameter is in a configuration that may not name it.

    A component is meant without the parameters of its own that the configuration sets: the space
    searches those by their names.
    """
    value = params.get(name, meant.get(name, _MISSING))
    if name in params or not hasattr(value, "get_params"):
        return value
    others = {key: v for key, v in params.items() if not key.startswith(f"{name}__")}
    return _all_params(estimator, others)[name]


def _obstacle(branch: Branch, here: Params, params: Params) -> str | None:
    """Return what keeps a configuration out of a branch, or None."""
    for name, value in here.items():
        if value is _MISSING:
            return f"it does not set {name!r}, nor does the estimator. Take {name!r} out."
        if value not in branch[name]:
            rest = "which it sets" if name in params else "the estimator's own value"
            return (
                f"{name!r} is {value!r}, {rest}, and that is outside of the search space. Widen "
                f"what {name!r} may be."
            )
    return None


def _difference(is_now: Params, meant: Params, dropped: Iterable[str]) -> str | None:
    """Return what is not the same any more when some parameters are not set, or None."""
    for name in sorted(dropped):
        if not same_value(is_now.get(name, _MISSING), meant[name]):
            return (
                f"it sets {name!r} to {meant[name]!r}, which is neither searched nor the "
                f"estimator's own value. Search {name!r} again, or give the estimator this value."
            )
    return None


def _all_params(estimator: Any, params: Params) -> Params:
    """Return all parameters an estimator has in a configuration, those of components as well."""
    try:
        # Copied, for a parameter of a component is set in the component itself.
        configured = clone(estimator).set_params(**clone(dict(params), safe=False))
    except (ValueError, AttributeError, TypeError) as error:
        raise SpaceError(f"the estimator does not take {dict(params)!r}: {error}") from error
    everything: Params = configured.get_params(deep=True)
    return {**params, **everything}
