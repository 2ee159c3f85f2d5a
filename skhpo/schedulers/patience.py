"""Stopping what does not get better any more."""

from __future__ import annotations

from collections.abc import Sequence

from skhpo.index import HistoryIndex
from skhpo.schedulers.arrivals import Arrivals, EarlyStopping
from skhpo.schedulers.standings import Rung
from skhpo.settings import check_count, check_number
from skhpo.trial import Evaluation

__all__ = ["PatienceStopping"]


class PatienceStopping(EarlyStopping):
    """Stops a trial whose score has not improved for a number of rungs in a row.

    Each trial is compared with itself only, and trained for as long as that makes it better. So,
    unlike what others stop, one that was stopped early may be the best: whatever resource a score
    took, the highest one wins.

    Parameters
    ----------
    n_trials : int or None
        How many trials are started; None for no end, where somebody else decides when to stop.
    resources : sequence of float
        Total resource at each rung, ascending: where trials are looked at.
    n_iter_no_change : int, default=5
        After so many rungs in a row without an improvement a trial is stopped.
    tol : float, default=1e-4
        An improvement is a score that exceeds the best one before by more than this.
    """

    early_may_win = True

    def __init__(
        self,
        n_trials: int | None,
        resources: Sequence[float],
        n_iter_no_change: int = 5,
        tol: float = 1e-4,
    ) -> None:
        super().__init__(n_trials, resources)
        check_count("PatienceStopping", "n_iter_no_change", n_iter_no_change)
        check_number("PatienceStopping", "tol", tol)
        self.n_iter_no_change = n_iter_no_change
        self.tol = tol
        self._arrivals = HistoryIndex(_Improvements, self.resources, n_iter_no_change, tol)


class _Improvements(Arrivals):
    """Who improved not too long ago goes on."""

    def __init__(self, resources: tuple[float, ...], n_iter_no_change: int, tol: float) -> None:
        super().__init__(resources)
        self._n_iter_no_change = n_iter_no_change
        self._tol = tol

    def _goes_on(self, evaluation: Evaluation, ladder: list[Rung], k: int) -> bool:
        number = evaluation.trial
        scores = [r.evaluations[number].score for r in ladder[: k + 1] if number in r.evaluations]
        best, n_without = scores[0], 0
        for score in scores[1:]:
            n_without = 0 if score > best + self._tol else n_without + 1
            best = max(best, score)
        return n_without < self._n_iter_no_change
