"""The tree of errors and warnings.

::

    Exception
    └── SkhpoError                      everything skhpo raises on purpose
        ├── SpaceError (ValueError)     the search space, or a value in it, is not usable
        │   └── UnknownParameterError   a name the estimator does not have
        ├── SpaceExhaustedError         every configuration of a finite space was tried
        ├── ObjectiveError (ValueError) an objective that cannot be measured as asked
        ├── ResourceError (ValueError)  a resource the estimator does not have, or no amount of it
        ├── MissingExtraError (ImportError)  a package that only some parts of skhpo need
        ├── AllFailedError (ValueError)  nothing but failures came in
        ├── DivergedError (ArithmeticError)  training ran off: its loss is infinite or NaN
        ├── SchedulerError (RuntimeError)  a scheduler waits for nothing
        ├── StorageError (RuntimeError) a search on disk that cannot be read, or gone on from
        │   ├── StorageLockedError      another process writes it
        │   └── StorageMismatchError    it is another search
        └── ExecutionError (RuntimeError)  the workers cannot do their work at all
            ├── StateLostError          a fitted state that has to be gone on from is not there
            └── TrialError              a trial failed and ``error_score="raise"`` was asked for

    Warning
    └── UserWarning
        └── SkhpoWarning                a search goes on, but not as asked
            └── AdviceWarning           it has ended, and could do better

A failing *trial* is no error: it is a :class:`~skhpo.trial.Measurement` with a status.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from types import FrameType
from warnings import warn

__all__ = [
    "AdviceWarning",
    "AllFailedError",
    "DivergedError",
    "ExecutionError",
    "MissingExtraError",
    "ObjectiveError",
    "ResourceError",
    "SchedulerError",
    "SkhpoError",
    "SkhpoWarning",
    "SpaceError",
    "SpaceExhaustedError",
    "StateLostError",
    "StorageError",
    "StorageLockedError",
    "StorageMismatchError",
    "TrialError",
    "UnknownParameterError",
    "did_you_mean",
    "warn_user",
]

#: What lies between the line a user wrote and the place where something is noticed.
_MACHINERY = ("skhpo", "sklearn", "joblib")


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


class MissingExtraError(SkhpoError, ImportError):
    """A package is not there that only some parts of skhpo need."""


class SchedulerError(SkhpoError, RuntimeError):
    """A scheduler waits although nothing is running: it would wait for ever."""


class StorageError(SkhpoError, RuntimeError):
    """A search on disk cannot be read, or written, or gone on from."""


class StorageLockedError(StorageError):
    """Another process writes there."""


class StorageMismatchError(StorageError):
    """What is on disk is another search: of other data, another estimator, another space ..."""


class AllFailedError(SkhpoError, ValueError):
    """The first trials of a search have all failed, so that the others were not tried.

    A ``ValueError``, as scikit-learn's searches raise it when all fits have failed.
    """


class DivergedError(SkhpoError, ArithmeticError):
    """Training ran off: its loss is infinite, or not a number.

    A trial that raises it has the status ``"diverged"``. Estimators and objectives of your own may
    raise it, too.
    """


class ExecutionError(SkhpoError, RuntimeError):
    """The workers cannot do their work at all, whichever trial they are given."""


class StateLostError(ExecutionError):
    """A fitted state is not there that a trial has to go on from: a copy cannot begin anew."""


class TrialError(ExecutionError):
    """A trial failed and ``error_score="raise"`` was asked for.

    Raised in place of the trial's own exception only where that one could not be brought back
    from the worker.
    """


class SkhpoWarning(UserWarning):
    """The search goes on, but not as it was asked to."""


class AdviceWarning(SkhpoWarning):
    """The search has ended, and another one would do better with other settings."""


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


def warn_user(message: str, category: type[SkhpoWarning] = SkhpoWarning) -> None:
    """Give a warning that points at the line the user wrote.

    Parameters
    ----------
    message : str
        What is not as it was asked for, and what to write instead.
    category : type, default=SkhpoWarning
        Of which kind.
    """
    frame: FrameType | None = sys._getframe(1)
    level = 2
    while frame is not None and _package(frame) in _MACHINERY:
        frame, level = frame.f_back, level + 1
    warn(message, category, stacklevel=level)


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
