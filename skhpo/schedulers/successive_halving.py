"""Successive halving, with a barrier at each rung."""

from __future__ import annotations

from collections.abc import Sequence

from skhpo.history import History
from skhpo.index import HistoryIndex
from skhpo.schedulers.barriers import Barriers, planned
from skhpo.schedulers.base import Bracket, Plan, Scheduler, State
from skhpo.schedulers.selection import BestScores, Selection
from skhpo.settings import check_instance
from skhpo.trial import Action, Stop, Wait

__all__ = ["SuccessiveHalving"]


class SuccessiveHalving(Scheduler):
    """Trains all trials a little, and at each rung goes on with the best of them only.

    Who goes on is decided when everybody at the rung has been measured, so that it depends on no
    order of events. Failures are never promoted; where fewer trials are usable than are planned,
    those there are go on.

    Parameters
    ----------
    bracket : Bracket
        How many trials reach each rung, and the rungs: :meth:`Bracket.halving` for the numbers of
        the papers, rounded down, or :attr:`HalvingIterations.bracket` for scikit-learn's, rounded
        up.
    selection : Selection or None, default=None
        Who goes on; None for :class:`BestScores`.

    References
    ----------
    Karnin, Z., Koren, T., and Somekh, O. (2013). Almost optimal exploration in multi-armed
    bandits. International Conference on Machine Learning, Algorithm "Sequential Halving".

    Jamieson, K., and Talwalkar, A. (2016). Non-stochastic best arm identification and
    hyperparameter optimization. AISTATS.

    Examples
    --------
    >>> from skhpo.schedulers import Bracket, SuccessiveHalving, rungs
    >>> print(SuccessiveHalving(Bracket.halving(27, rungs(1, 9, factor=3), factor=3)).plan())
    bracket  candidates  resources  cost
    0        27, 9, 3    1, 3, 9      63
    27 candidates, spends exactly 63 in all (9 is one full training)
    """

    def __init__(self, bracket: Bracket, selection: Selection | None = None) -> None:
        example = "Bracket((9, 3, 1), (1, 3, 9))"
        check_instance("SuccessiveHalving", "bracket", bracket, Bracket, example)
        example = "BestScores()"
        check_instance(
            "SuccessiveHalving", "selection", selection, Selection, example, or_none=True
        )
        self.bracket = bracket
        self.selection = BestScores() if selection is None else selection
        self._barriers = HistoryIndex(Barriers, (bracket,), self.selection)

    def next(self, history: History, may_start: bool = True) -> Action:
        """Fill the first rung, and promote from the lowest complete one."""
        due = self._barriers(history).due(may_start)
        if due is not None:
            return due
        return Wait() if history.n_pending else Stop()

    def obsolete_states(self, history: History) -> Sequence[State]:
        """Those of who was left behind at a rung, too."""
        return self._barriers(history).obsolete

    def plan(self) -> Plan:
        """What is spent; at most that, if the selection may keep more than planned."""
        return planned((self.bracket,), self.selection)
