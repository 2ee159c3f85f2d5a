"""Racing over the folds of cross-validation: who is behind on the same folds drops out."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtr

from skhpo.index import HistoryIndex
from skhpo.schedulers.arrivals import Arrivals, EarlyStopping
from skhpo.schedulers.standings import Rung
from skhpo.settings import check_count, check_number
from skhpo.trial import Evaluation

__all__ = ["FoldRacing", "p_worse"]


#: Tests that ``alpha`` is the level of; more of them share it.
_N_TESTS = 3


class FoldRacing(EarlyStopping):
    """Gives trials one fold after another, until they are seen to be worse than the best.

    A trial is measured on ``min_folds`` folds, then on one more at a time. It drops out when a
    paired, one-sided test of its scores against those of the best fully evaluated trial, on the
    same folds, says that it is worse. The resource is the number of folds measured, so that only
    fully evaluated trials can win.

    Parameters
    ----------
    n_trials : int or None
        How many trials are started; None for no end, where somebody else decides when to stop.
    n_folds : int
        Number of folds of the cross-validation.
    min_folds : int, default=2
        Folds everybody is measured on.
    alpha : float, default=0.3
        Level of each test, between 0 and 0.5, where there are up to three of them, as with five
        folds. With more folds there are more tests, each with a smaller level, so that all
        together err no more often than three (Bonferroni's correction). Greater values save more
        and err more often. An error costs little: who is dropped by mistake was hardly better
        than the best. At 0.05 a few folds hardly ever prove anything.

    References
    ----------
    Maron, O., and Moore, A. W. (1997). The racing algorithm: model selection for lazy learners.
    Artificial Intelligence Review, 11.

    Nadeau, C., and Bengio, Y. (2003). Inference for the generalization error. Machine Learning,
    52 (the corrected resampled t-test).
    """

    def __init__(
        self, n_trials: int | None, n_folds: int, min_folds: int = 2, alpha: float = 0.3
    ) -> None:
        check_count("FoldRacing", "min_folds", min_folds)
        check_count("FoldRacing", "n_folds", n_folds)
        check_number("FoldRacing", "alpha", alpha, most=0.5, closed="neither")
        if min_folds > n_folds:
            raise ValueError(
                f"FoldRacing: min_folds must not be greater than n_folds, got {min_folds!r} and "
                f"{n_folds!r}"
            )
        super().__init__(n_trials, range(min_folds, n_folds + 1))
        self.n_folds = n_folds
        self.min_folds = min_folds
        self.alpha = alpha
        n_tests = max(1, len(self.resources) - 1)
        level = alpha * min(1.0, _N_TESTS / n_tests)
        self._arrivals = HistoryIndex(_Race, self.resources, level)


class _Race(Arrivals):
    """Who is not worse than the best on the folds both were measured on goes on."""

    def __init__(self, resources: tuple[float, ...], alpha: float) -> None:
        super().__init__(resources)
        self._n_folds = int(resources[-1])
        self._alpha = alpha

    def _goes_on(self, evaluation: Evaluation, ladder: list[Rung], k: int) -> bool:
        best = ladder[-1].best
        if best is None:
            return True
        ours, theirs = _by_fold(evaluation), _by_fold(best)
        shared = sorted(ours.keys() & theirs.keys())
        differences = np.array([ours[fold] - theirs[fold] for fold in shared])
        return p_worse(differences, self._n_folds) >= self._alpha


def _by_fold(evaluation: Evaluation) -> dict[int, float]:
    folds = (measurement.fold for measurement in evaluation.measurements)
    return dict(zip(folds, evaluation.fold_scores, strict=True))


def p_worse(differences: np.ndarray, n_folds: int) -> float:
    """Return the p-value of the corrected, paired t-test that the mean difference is not below 0.

    Training sets of cross-validation overlap, so that scores of different folds are correlated
    and their spread tells too little: with :math:`m` of :math:`K` folds, the variance of the mean
    is taken to be :math:`(1/m + 1/(K - 1)) s^2` instead of :math:`s^2/m`.

    Parameters
    ----------
    differences : ndarray of shape (m,)
        Score minus the other's score on the same fold.
    n_folds : int
        :math:`K`, the number of folds of the whole cross-validation.

    Returns
    -------
    float
        1 where fewer than two folds, or infinite scores, tell nothing.

    References
    ----------
    Nadeau and Bengio (2003), the corrected resampled t-test, with
    :math:`n_{test}/n_{train} = 1/(K - 1)`.
    """
    m = len(differences)
    if m < 2 or not np.isfinite(differences).all():
        return 1.0
    mean, variance = float(np.mean(differences)), float(np.var(differences, ddof=1))
    if variance == 0:
        return 0.0 if mean < 0 else 1.0
    t = mean / math.sqrt((1 / m + 1 / (n_folds - 1)) * variance)
    return float(stdtr(m - 1, t))
