"""What is measured: the objective's contract, and a plain function as an objective."""

from __future__ import annotations

import inspect
import numbers
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol, runtime_checkable

from skhpo.exceptions import ObjectiveError
from skhpo.trial import Report, Resource, Task, Trial

__all__ = ["FunctionObjective", "Objective"]


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


class FunctionObjective:
    """A plain function of a configuration.

    Parameters
    ----------
    function : callable
        ``function(params) -> float`` or ``function(params, resource) -> float``.

    Raises
    ------
    ObjectiveError
        If it is not a function of one or two arguments.
    """

    n_folds = 1

    def __init__(self, function: Callable[..., float]) -> None:
        self.function = function
        self.takes_resource = _takes_resource(function)

    def evaluate(self, task: Task) -> Report:
        """Call the function."""
        arguments = (task.resource,) if self.takes_resource else ()
        return Report(scores={"score": _as_number(self.function(dict(task.params), *arguments))})

    def tasks(self, trial: Trial, resource: Resource, reached: Resource) -> Sequence[Task]:
        """One task: there are no folds."""
        if self.takes_resource and resource is None:
            raise ObjectiveError(
                "the objective takes a resource, but the scheduler does not spend any; write "
                "FullBudget(n_trials, resource=...), or an objective of params alone"
            )
        return [Task(trial.number, 0, resource, dict(trial.params), reached, trial.parent)]


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


def _takes_resource(function: Callable[..., float]) -> bool:
    """Whether the second argument is for the resource: it is needed, or it is called so."""
    if not callable(function):
        raise ObjectiveError(
            f"the objective must be a function of (params) or (params, resource), got {function!r}"
        )
    try:
        signature = inspect.signature(function)
    except ValueError:  # some built-in callables do not tell
        return False
    one, two = _can_take(signature, 1), _can_take(signature, 2)
    named = list(signature.parameters)[1:2] == ["resource"]
    misplaced = "resource" in signature.parameters and not (two and named)
    if misplaced or not (one or two):
        raise ObjectiveError(
            f"the objective must take (params) or (params, resource), but it takes {signature}"
        )
    return two and (named or not one)


def _can_take(signature: inspect.Signature, n_arguments: int) -> bool:
    try:
        signature.bind(*range(n_arguments))
    except TypeError:
        return False
    return True
