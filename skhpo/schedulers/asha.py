"""Halving without barriers: a trial is promoted as soon as it is among the best seen so far."""

from __future__ import annotations

from collections.abc import Sequence

from skhpo.history import History
from skhpo.index import HistoryIndex
from skhpo.schedulers.asynchronous import Asynchronous
from skhpo.schedulers.base import Bracket, Plan, State
from skhpo.schedulers.rungs import check_factor, check_resources, exact, halved
from skhpo.schedulers.standings import Rung, Standings
from skhpo.settings import check_count
from skhpo.trial import Promote, Resource

__all__ = ["AsynchronousHalving", "promotable"]


class AsynchronousHalving(Asynchronous):
    """Asynchronous successive halving, ASHA: promotes the best so far, and waits for nobody.

    Whenever a worker is free, the rungs are looked through from the top: a trial that rests at one
    of them and is in the best ``1 / factor`` of those measured there so far is promoted to the
    next. Where there is none, a new trial starts. Failures count as measured, as the worst.

    Parameters
    ----------
    n_trials : int or None
        How many trials are started; None for no end, where somebody else decides when to stop.
    resources : sequence of float
        Total resource at each rung, ascending; see :func:`~skhpo.schedulers.rungs`.
    factor : float, default=3
        One in ``factor`` of the trials at a rung is promoted.

    References
    ----------
    Li, L., Jamieson, K., Rostamizadeh, A., Gonina, E., Ben-tzur, J., Hardt, M., Recht, B., and
    Talwalkar, A. (2020). A system for massively parallel hyperparameter tuning. Proceedings of
    Machine Learning and Systems, 2, Algorithm 2.
    """

    def __init__(self, n_trials: int | None, resources: Sequence[float], factor: float = 3) -> None:
        check_count("AsynchronousHalving", "n_trials", n_trials, or_none=True)
        check_factor("AsynchronousHalving", factor)
        self.n_trials = n_trials
        self.resources = check_resources("AsynchronousHalving", resources)
        self.factor = factor
        self._standings = HistoryIndex(Standings, (self.resources,))

    def _going_on(self, history: History) -> Promote | None:
        [ladder] = self._standings(history).brackets
        return promotable(ladder, self.resources, self.factor)

    def _first_resource(self, number: int) -> Resource:
        return self.resources[0]

    def obsolete_states(self, history: History) -> Sequence[State]:
        """Those behind who went on: who rests at a rung may still be promoted."""
        return self._standings(history).obsolete

    def plan(self) -> Plan | None:
        """About what is spent: one in ``factor`` is promoted, and a few by mistake.

        A trial that was among the best when it was measured, but is not in the end, has been
        promoted all the same. Their share falls with the number of trials, as one over its square
        root.
        """
        if self.n_trials is None:
            return None
        n_trials = halved(self.n_trials, len(self.resources), self.factor)
        return Plan((Bracket(n_trials, self.resources),), spends="about")


def promotable(
    ladder: Sequence[Rung], resources: Sequence[Resource], factor: float
) -> Promote | None:
    """Return the promotion that is due, from as high up as there is one.

    Parameters
    ----------
    ladder : sequence of Rung
        The rungs of a bracket, first rung first.
    resources : sequence of float
        Total resource at each of them.
    factor : float
        One in ``factor`` is promoted.

    Returns
    -------
    Promote or None
        The best of those at a rung that were not promoted yet, if it is in the best
        ``1 / factor`` of all of them.

    References
    ----------
    Li et al. (2020), Algorithm 2, ``get_job``.
    """
    step = exact(factor)
    for k in reversed(range(len(ladder) - 1)):
        best = ladder[k].best_resting
        if best is not None and ladder[k].rank(best) < ladder[k].n_finished // step:
            return Promote(best, resources[k + 1])
    return None
