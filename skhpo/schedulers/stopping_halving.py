"""The stopping variant of ASHA: a trial is in the best part of a rung on arrival, or out."""

from __future__ import annotations

from collections.abc import Sequence

from skhpo.index import HistoryIndex
from skhpo.schedulers.arrivals import Arrivals, EarlyStopping
from skhpo.schedulers.base import Bracket, Plan
from skhpo.schedulers.rungs import check_factor, exact, halved
from skhpo.schedulers.standings import Rung
from skhpo.trial import Evaluation

__all__ = ["StoppingHalving"]


class StoppingHalving(EarlyStopping):
    """The stopping variant of ASHA: at each rung a trial goes on at once, or never.

    A trial goes on if it is in the best ``1 / factor``, rounded up, of those measured at the rung
    so far, itself included: the first always is. No state has to be kept of those that do not. In
    return trials are trained too far in the beginning, and one that is stopped by mistake does not
    come back.

    Parameters
    ----------
    n_trials : int or None
        How many trials are started; None for no end, where somebody else decides when to stop.
    resources : sequence of float
        Total resource at each rung, ascending; see :func:`~skhpo.schedulers.rungs`.
    factor : float, default=3
        One in ``factor`` of the trials at a rung goes on.

    References
    ----------
    Klein, A., Tiao, L. C., Lienart, T., Archambeau, C., and Seeger, M. (2020). Model-based
    asynchronous hyperparameter and neural architecture search. arXiv:2003.10865 (the stopping
    variant of asynchronous successive halving).
    """

    def __init__(self, n_trials: int | None, resources: Sequence[float], factor: float = 3) -> None:
        super().__init__(n_trials, resources)
        check_factor("StoppingHalving", factor)
        self.factor = factor
        self._arrivals = HistoryIndex(_InTheBestPart, self.resources, factor)

    def plan(self) -> Plan | None:
        """About what is spent: one in ``factor`` goes on, and more in the beginning."""
        if self.n_trials is None:
            return None
        n_trials = halved(self.n_trials, len(self.resources), self.factor)
        return Plan((Bracket(n_trials, self.resources),), spends="about")


class _InTheBestPart(Arrivals):
    """Who was in the best ``1 / factor`` on arrival goes on."""

    def __init__(self, resources: tuple[float, ...], factor: float) -> None:
        super().__init__(resources)
        self._factor = exact(factor)

    def _goes_on(self, evaluation: Evaluation, ladder: list[Rung], k: int) -> bool:
        n_places = -(-ladder[k].n_finished // self._factor)  # rounded up
        return ladder[k].rank(evaluation.trial) < n_places
