"""The tree of errors and warnings.

::

    Exception
    └── SkhpoError                      everything skhpo raises on purpose
        ├── SpaceError (ValueError)     the search space, or a value in it, is not usable
        │   └── UnknownParameterError   a name the estimator does not have
        ├── SpaceExhaustedError         every configuration of a finite space was tried
        ├── ObjectiveError (ValueError) an objective that cannot be measured as asked
        ├── ResourceError (ValueError)  a resource the estimator does not have, or no amount of it
        ├── SchedulerError (RuntimeError)  a scheduler waits for nothing
        └── ExecutionError (RuntimeError)  the workers cannot do their work at all
            └── TrialError              a trial failed and ``error_score="raise"`` was asked for

    Warning
    └── UserWarning
        └── SkhpoWarning                a search goes on, but not as asked

A failing *trial* is no error: it is a :class:`~skhpo.trial.Measurement` with a status.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ExecutionError",
    "ObjectiveError",
    "ResourceError",
    "SchedulerError",
    "SkhpoError",
    "SkhpoWarning",
    "SpaceError",
    "SpaceExhaustedError",
    "TrialError",
    "UnknownParameterError",
    "did_you_mean",
]


class SkhpoError(Exception):
    """Base class of everything skhpo raises on purpose."""


class SpaceError(SkhpoError, ValueError):
    """The search space, or a value offered for it, is not usable."""


class UnknownParameterError(SpaceError):
    """The space names a parameter the estimator does not have."""


class SpaceExhaustedError(SkhpoError):
    """Every configuration of a finite space was tried; there is nothing left to suggest."""


class ObjectiveError(SkhpoError, ValueError):
    """The objective cannot be measured as asked."""


class ResourceError(SkhpoError, ValueError):
    """The estimator does not have this resource, or there is no such amount of it."""


class SchedulerError(SkhpoError, RuntimeError):
    """A scheduler waits although nothing is running: it would wait for ever."""


class ExecutionError(SkhpoError, RuntimeError):
    """The workers cannot do their work at all, whichever trial they are given."""


class TrialError(ExecutionError):
    """A trial failed and ``error_score="raise"`` was asked for.

    Raised in place of the trial's own exception only where that one could not be brought back
    from the worker.
    """


class SkhpoWarning(UserWarning):
    """The search goes on, but not as it was asked to."""


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """Return `` Did you mean 'nearest'?`` for a misspelt name, or an empty string.

    Parameters
    ----------
    name : str
        What was given.
    valid : iterable of str
        What could have been given.
    """
    by_spelling = {candidate.casefold(): candidate for candidate in valid}
    nearest = difflib.get_close_matches(name.casefold(), list(by_spelling), n=1, cutoff=0.5)
    return f" Did you mean {by_spelling[nearest[0]]!r}?" if nearest else ""
