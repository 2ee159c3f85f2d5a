"""What is measured: the objective's contract, a plain function as an objective, and none."""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Protocol, runtime_checkable

from skhpo.exceptions import ObjectiveError
from skhpo.space import Space
from skhpo.trial import Report, Resource, Task, Trial

__all__ = [
    "Elsewhere",
    "Fingerprinted",
    "FunctionObjective",
    "Groupable",
    "Objective",
    "as_objective",
]


@runtime_checkable
class Objective(Protocol):
    """What is measured, and in which pieces.

    It lives in the main process; only what ``evaluate`` holds travels to the workers.

    Attributes
    ----------
    n_folds : int
        How many pieces a trial usually has.
    """

    n_folds: int

    @property
    def evaluate(self) -> Callable[[Task], Report]:
        """What a worker runs. Shipped to every worker once."""
        ...

    def tasks(self, trial: Trial, resource: Resource, reached: Resource) -> Sequence[Task]:
        """Return the work that brings a trial to a resource, one task for each fold.

        Parameters
        ----------
        trial : Trial
            The trial.
        resource : float or None
            Total resource it is to have had.
        reached : float or None
            Total resource of the state it goes on from: its own, or its parent's if it was forked
            and has had nothing yet. None for a new one.
        """
        ...


@runtime_checkable
class Fingerprinted(Protocol):
    """An objective that says what makes it the one it is, for those that are stored."""

    def fingerprint(self) -> Mapping[str, str]:
        """Return that by name: the data, the estimator, ..."""
        ...


@runtime_checkable
class Groupable(Protocol):
    """An objective some of whose tasks may be done as one piece of work.

    Its ``evaluate`` is a :class:`~skhpo.execution.EvaluateTogether` where that pays.
    """

    def n_together(self, space: Space, learns: bool) -> int:
        """Return how many trials to collect for one piece of work; 1 if none.

        Parameters
        ----------
        space : Space
            What is searched.
        learns : bool
            Whether the configurations depend on what was measured before.
        """
        ...


class FunctionObjective:
    """A plain function of a configuration.

    Parameters
    ----------
    function : callable
        ``function(params)`` or ``function(params, resource)``, returning a number, or a dict of
        numbers by metric. A second argument with a default is only given where the scheduler
        spends a resource.

    Raises
    ------
    ObjectiveError
        If it is not a function of one or two arguments.
    """

    n_folds = 1
    #: It is given the total resource, and nothing of what it did before.
    is_continued = False

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.needs_resource, self.takes_resource = _wants_resource(function)

    def evaluate(self, task: Task) -> Report:
        """Call the function."""
        is_granted = self.takes_resource and task.resource is not None
        value = self.function(dict(task.params), *([task.resource] if is_granted else []))
        metrics = value if isinstance(value, Mapping) else {"score": value}
        return Report(scores={name: _as_number(number) for name, number in metrics.items()})

    def tasks(self, trial: Trial, resource: Resource, reached: Resource) -> Sequence[Task]:
        """One task: there are no folds."""
        if self.needs_resource and resource is None:
            raise ObjectiveError(
                "the objective has a second argument, the resource, but the scheduler does not "
                "spend any: write FullBudget(n_trials, resource=...). If that argument is meant "
                "for a parameter: all parameters come together, in one dict, as the first"
            )
        return [_task(trial, resource, reached)]


class Elsewhere:
    """The objective of a tuner that is only asked and told: it is measured somewhere else."""

    n_folds = 1

    def evaluate(self, task: Task) -> Report:
        """Nothing can be measured here."""
        raise NotImplementedError  # Tuner.run() refuses before anybody could get here

    def tasks(self, trial: Trial, resource: Resource, reached: Resource) -> Sequence[Task]:
        """One task: there are no folds."""
        return [_task(trial, resource, reached)]


def _task(trial: Trial, resource: Resource, reached: Resource) -> Task:
    return Task(
        trial=trial.number,
        fold=0,
        resource=resource,
        params=dict(trial.params),
        reached=reached,
        parent=trial.parent,
        parent_resource=trial.parent_resource,
    )


def as_objective(given: Callable[..., Any] | Objective | None) -> Objective:
    """Return the objective that is given.

    Parameters
    ----------
    given : Objective, callable or None
        None where values are brought from elsewhere.

    Raises
    ------
    ObjectiveError
        If it is neither.
    """
    if given is None:
        return Elsewhere()
    return given if isinstance(given, Objective) else FunctionObjective(given)


def _as_number(value: Any) -> float:
    """Return what the objective returned, if it is one number; arrays of one element are."""
    if hasattr(value, "item"):
        with suppress(ValueError, RuntimeError):  # more than one element: refused below
            value = value.item()
    if not isinstance(value, numbers.Real):
        raise ObjectiveError(
            f"the objective must return a number, got {value!r} of type {type(value).__name__}"
        )
    return float(value)


def _wants_resource(function: Callable[..., Any]) -> tuple[bool, bool]:
    """Whether a function needs the resource as a second argument, and whether it can take it."""
    if not callable(function):
        raise ObjectiveError(
            f"the objective must be a function of (params) or (params, resource), got {function!r}"
        )
    try:
        signature = inspect.signature(function)
    except ValueError:  # some built-in callables do not tell
        return False, False
    one, two = _can_take(signature, 1), _can_take(signature, 2)
    named = list(signature.parameters)[1:2] == ["resource"]
    misplaced = "resource" in signature.parameters and not (two and named)
    if misplaced or not (one or two):
        raise ObjectiveError(
            f"the objective must take (params) or (params, resource), but it takes {signature}"
        )
    second = [parameter.kind for parameter in signature.parameters.values()][1:2]
    by_position = second in (
        [inspect.Parameter.POSITIONAL_ONLY],
        [inspect.Parameter.POSITIONAL_OR_KEYWORD],
    )
    return two and not one, two and by_position


def _can_take(signature: inspect.Signature, n_arguments: int) -> bool:
    try:
        signature.bind(*range(n_arguments))
    except TypeError:
        return False
    return True
