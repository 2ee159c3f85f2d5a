"""Hyperparameters that change while a model is trained: what population based training finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from typing import Any

from sklearn.base import clone

from skhpo.exceptions import ResourceError
from skhpo.history import History
from skhpo.resources import ResourceAdapter, Trained, TrainingSet, resource_for, retune
from skhpo.resources.pipelines import last_step, variants
from skhpo.settings import check_number
from skhpo.space import Space
from skhpo.trial import Params

__all__ = ["Schedule", "Stage", "continued_resource_for", "schedule_of", "train_by"]

#: Settings by which some estimators begin anew, and what they may be set to instead.
_OBSTACLES = {"n_iter_no_change": None, "solver": "lbfgs"}


@dataclass(frozen=True)
class Stage:
    """Hyperparameters, and how far they are trained with.

    Parameters
    ----------
    until : float
        Total resource at the end of the stage.
    params : mapping of str to object
        The hyperparameters.
    """

    until: float
    params: Params


@dataclass(frozen=True)
class Schedule:
    """Which hyperparameters a model is trained with, and when. Prints as a table.

    Plain data: it can be pickled, and written as JSON by :meth:`as_list` if the values can.

    Parameters
    ----------
    stages : sequence of Stage, or of dict with the keys ``"until"`` and ``"params"``
        In the order in which they are gone through; each gives the same parameters.

    Raises
    ------
    ValueError
        If there is no stage, or they do not grow, or differ in what they give.

    Examples
    --------
    >>> print(Schedule([{"until": 4, "params": {"lr": 0.1}}, {"until": 9, "params": {"lr": 0.01}}]))
    from  until  lr
    0     4      0.1
    4     9      0.01
    """

    stages: Sequence[Stage] = field()

    def __post_init__(self) -> None:
        if not isinstance(self.stages, (list, tuple)):
            raise ValueError(f"Schedule: the stages must be in a list, got {self.stages!r}")
        stages = tuple(map(_as_stage, self.stages))
        object.__setattr__(self, "stages", stages)
        if not stages:
            raise ValueError("Schedule: there must be one stage at least")
        for before, after in pairwise(stages):
            if after.until <= before.until:
                raise ValueError(
                    f"Schedule: each stage must end after the one before, got {after.until!r} "
                    f"after {before.until!r}"
                )
            if after.params.keys() != before.params.keys():
                raise ValueError(
                    f"Schedule: all stages must give the same parameters, got "
                    f"{sorted(after.params)} after {sorted(before.params)}"
                )

    @property
    def full(self) -> float:
        """Total resource at the end."""
        return self.stages[-1].until

    @property
    def final(self) -> Params:
        """The hyperparameters of the last stage."""
        return self.stages[-1].params

    def at(self, resource: float) -> Params:
        """Return the hyperparameters with which training goes on from an amount of the resource.

        Parameters
        ----------
        resource : float
            Total resource so far; at the end, and beyond, the final ones are returned.
        """
        return next((stage.params for stage in self.stages if resource < stage.until), self.final)

    def as_list(self) -> list[dict[str, Any]]:
        """Return the stages as dicts, from which the same schedule can be made again."""
        return [{"until": stage.until, "params": dict(stage.params)} for stage in self.stages]

    def __str__(self) -> str:
        names = list(self.final)
        begins = [0.0, *(stage.until for stage in self.stages)]
        rows = [("from", "until", *names)]
        for begin, stage in zip(begins, self.stages, strict=False):
            values = (_short(stage.params[name]) for name in names)
            rows.append((f"{begin:.10g}", f"{stage.until:.10g}", *values))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows)
        return "\n".join(lines)


def schedule_of(history: History, number: int, resource: float) -> Schedule:
    """Return the hyperparameters a trial was trained with, those of its ancestors included.

    Parameters
    ----------
    history : History
        What happened.
    number : int
        Number of the trial.
    resource : float
        Total resource it has had.
    """
    stages: list[Stage] = []
    trial, until = history.trials[number], resource
    while True:
        stages.insert(0, Stage(until, dict(trial.params)))
        if trial.parent is None or trial.parent_resource is None:
            return Schedule(stages)
        parent, until = history.trials[trial.parent], trial.parent_resource
        trial = parent


def continued_resource_for(
    owner: str, estimator: Any, resource: Any, space: Space
) -> ResourceAdapter:
    """Return the adapter of a resource, checked: by it all candidates go on from stage to stage.

    Parameters
    ----------
    owner : str
        Who wants to train by schedules.
    estimator : estimator
        What is trained.
    resource : str, list of dicts or ResourceAdapter
        What training is divided into.
    space : Space
        Which parameters of the estimator are set.

    Raises
    ------
    ResourceError
        If the estimator does not have the resource, or would begin anew at each stage.
    """
    adapter = resource_for(estimator, resource, space)
    models = variants(estimator, space)
    stuck = next((model for model in models if not adapter.continues(model)), None)
    if stuck is not None:
        raise ResourceError(
            f"{owner}: {type(last_step(stuck)[1]).__name__} cannot go on from what it has learnt "
            f"by resource={resource!r}{_way_out(stuck, resource, space)}"
        )
    return adapter


def _way_out(stuck: Any, resource: Any, space: Space) -> str:
    """Say what to write instead, for an estimator that cannot go on."""
    path, step = last_step(stuck)
    settings = step.get_params(deep=False) if hasattr(step, "get_params") else {}
    for own in filter(settings.__contains__, _OBSTACLES):
        name = f"{path}__{own}" if path else own
        freed = clone(stuck).set_params(**{name: _OBSTACLES[own]})
        if resource_for(freed, resource, space).continues(freed):
            return f" with {name}={settings[own]!r}; write {name}={_OBSTACLES[own]!r}"
    return (
        ": it takes partial_fit (resource='epochs'), or warm_start with a parameter that counts, "
        "such as 'n_estimators'. HalvingASHASearchCV also trains anew."
    )


def train_by(
    schedule: Schedule, adapter: ResourceAdapter, estimator: Any, data: TrainingSet
) -> Trained:
    """Train an estimator by a schedule.

    Parameters
    ----------
    schedule : Schedule
        What to train with, and how far.
    adapter : ResourceAdapter
        What training is divided into.
    estimator : estimator
        Unfitted; it is cloned.
    data : TrainingSet
        What to train on.
    """
    state: Trained | None = None
    for stage in schedule.stages:
        # Parameters may be estimators themselves: fit copies.
        params = clone(dict(stage.params), safe=False)
        if state is not None:
            retune(state.estimator, params)
        state = adapter.train(clone(estimator).set_params(**params), data, stage.until, state)
    assert state is not None, "a schedule has a stage"
    return state


def _as_stage(given: Any) -> Stage:
    if isinstance(given, Mapping) and given.keys() == {"until", "params"}:
        given = Stage(given["until"], given["params"])
    if not isinstance(given, Stage) or not isinstance(given.params, Mapping):
        raise ValueError(
            f'Schedule: a stage is a dict such as {{"until": 10, "params": {{"lr": 0.1}}}}, '
            f"got {given!r}"
        )
    check_number("Schedule", "until", given.until, most=inf, closed="neither")
    return given


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
