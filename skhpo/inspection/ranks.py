"""Which of several methods is better on many data sets: mean ranks, and what difference counts.

========== =====================================================================
symbol     meaning
========== =====================================================================
k, N       methods; data sets
r          rank of each method on each data set, 1 for the best, shape (N, k)
R          mean ranks, shape (k,)
========== =====================================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import f as f_distribution
from scipy.stats import rankdata, studentized_range

from skhpo.printed import as_printed

__all__ = ["Ranks", "critical_difference"]


@dataclass(frozen=True)
class Ranks:
    """Mean ranks of methods over data sets.

    Parameters
    ----------
    methods : tuple of str
        The best first.
    ranks : ndarray of shape (k,)
        Their mean ranks; 1 is the best.
    n_sets : int
        How many data sets they were compared on.
    p_value : float
        How probable ranks so different are, or more different ones, if all methods are equally good
        (Friedman's test in the F form of Iman and Davenport; where all data sets agree on the order
        of all methods, that divides by zero, and it is the exact ``(k!) ** (1 - N)``).
    alpha : float
        With which probability two methods that are equally good are called different.
    critical : float
        Mean ranks that are farther apart than this differ (Nemenyi's test).
    """

    methods: tuple[str, ...]
    ranks: NDArray[np.float64]
    n_sets: int
    p_value: float
    alpha: float
    critical: float

    @property
    def groups(self) -> list[tuple[str, ...]]:
        """Methods between which no difference was found: the largest such groups, best first."""
        groups: list[tuple[int, int]] = []
        for first, rank in enumerate(self.ranks.tolist()):
            last = int(np.flatnonzero(self.ranks <= rank + self.critical)[-1])
            if last > first and (not groups or last > groups[-1][1]):
                groups.append((first, last))
        return [self.methods[first : last + 1] for first, last in groups]

    _repr_pretty_ = as_printed

    def __str__(self) -> str:
        width = max(map(len, self.methods))
        lines = [f"{'method':{width}}  mean rank"]
        lines += [
            f"{method:{width}}  {rank:9.2f}"
            for method, rank in zip(self.methods, self.ranks.tolist(), strict=True)
        ]
        lines += [
            f"{self.n_sets} data sets, p = {self.p_value:.2g} that all are equally good "
            f"(Friedman's test, F form of Iman and Davenport)",
            f"critical difference {self.critical:.2f} at alpha = {self.alpha:g}",
        ]
        return "\n".join(lines)


def critical_difference(
    scores: Mapping[str, Sequence[float]] | Any, *, alpha: float = 0.05
) -> Ranks:
    """Rank methods on several data sets, and say which differences are none of chance.

    Parameters
    ----------
    scores : mapping of str to sequence of float, or DataFrame of shape (N, k)
        By method, one score for each data set, in the same order for all; greater is better. Of a
        DataFrame, methods are the columns.
        Several runs on one data set are not independent of each other: give their mean. A method
        that failed on a data set, NaN, is the last one there.
    alpha : float, default=0.05
        With which probability two methods that are equally good are called different.

    Returns
    -------
    Ranks

    Notes
    -----
    Where all data sets order the methods alike, without a tie, the statistic of Iman and Davenport
    is infinite. Nothing is more different than that, and of the ``(k!) ** N`` ways in which ``N``
    data sets may order ``k`` methods, ``k!`` are such: the p-value is then ``(k!) ** (1 - N)``.

    Raises
    ------
    TypeError
        If ``scores`` is neither, or holds something else than lists of scores, such as searches.
    ValueError
        If there are fewer than two methods or data sets, or some methods have other numbers of
        scores than others, or ``alpha`` is not between 0 and 1.

    References
    ----------
    J. Demsar: Statistical Comparisons of Classifiers over Multiple Data Sets. JMLR 7, 2006,
    section 3.2 (the tests: Friedman's in the form of Iman and Davenport, and Nemenyi's), and
    figure 1 (the diagram).

    Examples
    --------
    >>> from skhpo.inspection import critical_difference
    >>> ranks = critical_difference({"a": [0.9, 0.8, 0.7, 0.9, 0.6], "b": [0.8, 0.7, 0.6, 0.8, 0.5],
    ...                              "c": [0.1, 0.2, 0.3, 0.1, 0.4]})
    >>> ranks.methods, ranks.ranks
    (('a', 'b', 'c'), array([1., 2., 3.]))
    >>> ranks.groups
    [('a', 'b'), ('b', 'c')]
    """
    if hasattr(scores, "to_dict") and hasattr(scores, "columns"):
        scores = scores.to_dict("list")
    if not isinstance(scores, Mapping):
        raise TypeError(
            f'scores must be a mapping of methods to scores, such as {{"bayes": [0.9, 0.8], '
            f'"random": [0.8, 0.8]}}, or a DataFrame with a column for each method, got '
            f"{type(scores).__name__}"
        )
    for method, row in scores.items():
        if isinstance(row, (str, Mapping)) or not hasattr(row, "__len__"):
            raise TypeError(
                f"scores[{method!r}] must be a list of scores, one for each data set, such as "
                f"[search.best_score_ for search in searches], got {type(row).__name__}; to "
                f"compare searches on one data set, see skhpo.inspection.compare"
            )
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must be between 0 and 1, got {alpha!r}")
    counts = {str(method): len(row) for method, row in scores.items()}
    if len(counts) < 2:
        raise ValueError(f"two methods at least are compared, got {list(counts)}")
    if len(set(counts.values())) > 1:
        raise ValueError(
            f"all methods need scores on the same data sets; numbers of them: {counts}"
        )
    table = np.array([list(row) for row in scores.values()], dtype=float).T
    n_sets, k = table.shape
    if n_sets < 2:
        raise ValueError(
            f"ranks over data sets need two of them at least, got {n_sets}; to compare searches on "
            f"one, see skhpo.inspection.compare"
        )
    r = rankdata(-np.nan_to_num(table, nan=-np.inf, posinf=np.inf, neginf=-np.inf), axis=1)
    mean_ranks = r.mean(axis=0)
    order = np.argsort(mean_ranks, kind="stable")
    q = float(studentized_range.ppf(1.0 - alpha, k, np.inf)) / math.sqrt(2.0)
    return Ranks(
        methods=tuple(list(counts)[place] for place in order),
        ranks=mean_ranks[order],
        n_sets=n_sets,
        p_value=_iman_davenport(mean_ranks, n_sets),
        alpha=alpha,
        critical=q * math.sqrt(k * (k + 1) / (6.0 * n_sets)),
    )


def _iman_davenport(R: NDArray[np.float64], n_sets: int) -> float:
    """Return the p-value of Friedman's test, F form; Demsar 2006, both equations of 3.2.2."""
    k = len(R)
    chi2 = 12.0 * n_sets / (k * (k + 1)) * (float(np.sum(R**2)) - k * (k + 1) ** 2 / 4.0)
    rest = n_sets * (k - 1) - chi2
    if rest <= 1e-12:  # the same order on all data sets, without a tie
        # The first one has any order, each other one of N - 1 has the same out of k!.
        return math.exp((1 - n_sets) * math.lgamma(k + 1))
    F = (n_sets - 1) * chi2 / rest
    return float(f_distribution.sf(F, k - 1, (k - 1) * (n_sets - 1)))
