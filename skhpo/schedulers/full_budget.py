"""Every trial gets the full budget at once."""

from __future__ import annotations

from collections.abc import Sequence

from skhpo.history import History
from skhpo.index import HistoryIndex
from skhpo.schedulers.base import Bracket, Plan, Scheduler, State
from skhpo.schedulers.standings import Standings
from skhpo.settings import check_count
from skhpo.trial import Action, Resource, Start, Stop

__all__ = ["FullBudget"]


class FullBudget(Scheduler):
    """Starts trials, and trains each of them completely.

    Parameters
    ----------
    n_trials : int or None
        How many; None for no end, where somebody else decides when to stop.
    resource : float or None, default=None
        What each gets, in the unit of the objective's resource; None if training is not divided.
    """

    is_adaptive = False

    def __init__(self, n_trials: int | None, resource: Resource = None) -> None:
        check_count("FullBudget", "n_trials", n_trials, or_none=True)
        self.n_trials = n_trials
        self.resource = resource
        self._standings = HistoryIndex(Standings, ((resource,),))

    def next(self, history: History, may_start: bool = True) -> Action:
        """Start a trial until there are enough."""
        is_enough = self.n_trials is not None and len(history.trials) >= self.n_trials
        if is_enough or not may_start:
            return Stop()
        return Start(self.resource)

    def obsolete_states(self, history: History) -> Sequence[State]:
        """All of them: who was measured is finished."""
        return self._standings(history).obsolete

    def plan(self) -> Plan | None:
        """One bracket with one rung."""
        if self.n_trials is None:
            return None
        return Plan((Bracket((self.n_trials,), (self.resource,)),))
