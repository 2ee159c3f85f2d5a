"""Who goes on from a rung that is complete."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np

from skhpo.settings import check_number
from skhpo.trial import Evaluation

__all__ = ["BestScores", "Selection", "UpperConfidenceBound", "WithinNoise"]


class Selection(ABC):
    """A rule for who is promoted. Holds settings, no state."""

    def __repr__(self) -> str:
        settings = ", ".join(f"{name}={value!r}" for name, value in vars(self).items())
        return f"{type(self).__name__}({settings})"

    @abstractmethod
    def choose(self, ranked: Sequence[Evaluation], n: int) -> list[int]:
        """Choose the trials that are promoted.

        Parameters
        ----------
        ranked : sequence of Evaluation
            All usable evaluations at the rung, best score first.
        n : int
            How many are planned.

        Returns
        -------
        list of int
            Their numbers, in the order in which they are promoted; fewer than planned only if
            there are no more.
        """

    def at_most(self, n: int) -> int:
        """Return how many are chosen at most where ``n`` are planned."""
        return n


class BestScores(Selection):
    """The best scores: successive halving as it is in the papers and in scikit-learn."""

    def choose(self, ranked: Sequence[Evaluation], n: int) -> list[int]:
        """The first ``n``."""
        return [evaluation.trial for evaluation in ranked[:n]]


class WithinNoise(Selection):
    """The best scores, and those that are not distinguishably worse: adaptive halving.

    A trial beyond the planned number is kept as well if its score lies no more than ``width``
    standard errors below that of the last one planned. The standard error is that of the mean of
    their differences on the same folds: what all trials share on a fold (a hard one, an easy one)
    is no noise between them. With one fold nothing is known of the noise, and nobody is added.

    Parameters
    ----------
    width : float, default=1.0
        In standard errors.
    most : float, default=2.0
        Never keep more than this many times the planned number.
    """

    def __init__(self, width: float = 1.0, most: float = 2.0) -> None:
        check_number("WithinNoise", "width", width)
        check_number("WithinNoise", "most", most, least=1, closed="left")
        self.width = width
        self.most = most

    def choose(self, ranked: Sequence[Evaluation], n: int) -> list[int]:
        """The first ``n``, and who is close to the last of them."""
        kept, others = list(ranked[:n]), ranked[n : self.at_most(n)]
        if kept:
            last = kept[-1]
            kept += [one for one in others if self._is_close(one, last)]
        return [evaluation.trial for evaluation in kept]

    def _is_close(self, one: Evaluation, last: Evaluation) -> bool:
        gap = last.score - one.score
        if gap == 0 or one.score == last.score:  # infinite scores too
            return True
        differences = np.subtract(last.fold_scores, one.fold_scores)
        return gap <= self.width * _standard_error(differences)

    def at_most(self, n: int) -> int:
        """``most`` times as many."""
        return math.floor(self.most * n) if math.isfinite(self.most) else n


class UpperConfidenceBound(Selection):
    """The highest upper confidence bounds, ``mean + kappa * standard error`` over the folds.

    The rung is taken for a bandit with an arm for each trial: one that did very well on some folds
    may be worth more than its mean. With one fold this is :class:`BestScores`.

    Parameters
    ----------
    kappa : float, default=1.0
        How much an uncertain mean is favoured, in standard errors.

    References
    ----------
    Auer, P., Cesa-Bianchi, N., and Fischer, P. (2002). Finite-time analysis of the multiarmed
    bandit problem. Machine Learning, 47, Section 2 (the policy UCB1-NORMAL, which also estimates
    the variance; its bound grows with the number of plays, which here is the same for all).
    """

    def __init__(self, kappa: float = 1.0) -> None:
        check_number("UpperConfidenceBound", "kappa", kappa)
        self.kappa = kappa

    def choose(self, ranked: Sequence[Evaluation], n: int) -> list[int]:
        """The ``n`` with the highest bounds; the better score first where these tie."""
        ascending = sorted(ranked, key=self._bound)
        return [evaluation.trial for evaluation in ascending[::-1][:n]]

    def _bound(self, evaluation: Evaluation) -> float:
        if math.isinf(evaluation.score):
            return evaluation.score
        return evaluation.score + self.kappa * _standard_error(np.array(evaluation.fold_scores))


def _standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean; 0 where one value or an infinite one tells nothing."""
    if len(values) < 2 or not np.isfinite(values).all():
        return 0.0
    return float(np.std(values, ddof=1) / math.sqrt(len(values)))
