"""Schedulers without barriers: whoever may go on does, and otherwise somebody new starts."""

from __future__ import annotations

from abc import abstractmethod

from skhpo.history import History
from skhpo.schedulers.base import Scheduler
from skhpo.trial import Action, Promote, Resource, Start, Stop, Wait

__all__ = ["Asynchronous"]


class Asynchronous(Scheduler):
    """Never lets a worker wait while there are trials to be started.

    Attributes
    ----------
    n_trials : int or None
        How many trials are started; None for no end.
    """

    n_trials: int | None

    def next(self, history: History, may_start: bool = True) -> Action:
        """Let a trial go on, or start one, or wait for those that run."""
        going_on = self._going_on(history)
        if going_on is not None:
            return going_on
        number = len(history.trials)
        if may_start and (self.n_trials is None or number < self.n_trials):
            return Start(self._first_resource(number))
        return Wait() if history.n_pending else Stop()

    @abstractmethod
    def _going_on(self, history: History) -> Promote | None:
        """Return who may go on now, and how far."""

    @abstractmethod
    def _first_resource(self, number: int) -> Resource:
        """Return how far a new trial goes."""
