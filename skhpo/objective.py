"""What is measured: the objective's contract, and a plain function as an objective."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from skhpo.exceptions import ObjectiveError
from skhpo.trial import Report, Resource, Task, Trial

__all__ = ["FunctionObjective", "Objective"]


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
            Total resource it has had; None for a new one.
        """
        ...


class FunctionObjective:
    """A plain function of a configuration.

    Parameters
    ----------
    function : callable
        ``function(params) -> float`` or ``function(params, resource) -> float``.
    sign : {1, -1}, default=1
        What the values are multiplied with; -1 where less is better.

    Raises
    ------
    ObjectiveError
        If the function takes neither one nor two arguments.
    """

    n_folds = 1

    def __init__(self, function: Callable[..., float], sign: int = 1) -> None:
        self.function = function
        self.sign = sign
        self.takes_resource = _takes_resource(function)

    def evaluate(self, task: Task) -> Report:
        """Call the function."""
        if self.takes_resource:
            value: Any = self.function(dict(task.params), task.resource)
        else:
            value = self.function(dict(task.params))
        try:
            score = self.sign * float(value)
        except (TypeError, ValueError):
            raise ObjectiveError(
                f"the objective must return a number, got {value!r} of type {type(value).__name__}"
            ) from None
        return Report(scores={"score": score})

    def tasks(self, trial: Trial, resource: Resource, reached: Resource) -> Sequence[Task]:
        """One task: there are no folds."""
        if self.takes_resource and resource is None:
            raise ObjectiveError(
                "the objective takes a resource, but the scheduler does not spend any; write "
                "FullBudget(n_trials, resource=...), or an objective of params alone"
            )
        return [Task(trial.number, 0, resource, trial.params, trial.parent)]


def _takes_resource(function: Callable[..., float]) -> bool:
    try:
        signature = inspect.signature(function)
    except ValueError:  # some built-in callables do not tell
        return False
    for arguments in ((None,), (None, None)):
        try:
            signature.bind(*arguments)
        except TypeError:
            continue
        second = list(signature.parameters.values())[1:2]
        return len(arguments) == 2 or any(p.name == "resource" for p in second)
    raise ObjectiveError(
        f"the objective must take (params) or (params, resource), but it takes {signature}"
    )
