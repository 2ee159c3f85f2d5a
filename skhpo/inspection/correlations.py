"""Whether a rung tells who will be ahead at the next one: correlations between rungs.

========== =====================================================================
symbol     meaning
========== =====================================================================
n          trials measured at both of two rungs: those that were promoted
r          correlation of their normal scores, which is one of ranks
u          spread of the normal scores of all trials at the lower rung, in units
           of the spread of those that were promoted
rho        what r would be if all had been promoted
========== =====================================================================
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import rankdata

from skhpo.inspection.columns import Table
from skhpo.inspection.tables import history_of

__all__ = ["rung_correlations"]

_QUANTILE = float(ndtri(0.95))
_N_LEAST = 4  # trials from which there is an interval


def rung_correlations(source: Any) -> Table:
    """Return how well scores at each rung foretell the order at the next one.

    Only trials that were promoted are measured at both, and among the best of a rung, its scores
    differ little: their order says less about what comes next than that of all trials would. The
    correlation is corrected for this, as it is where only those who passed a test are looked at
    later.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.

    Returns
    -------
    dict of str to ndarray of shape (n_rungs - 1,)
        One row for each two neighbouring resources: ``lower``, ``upper``, ``n`` (trials with a
        score at both), ``correlation`` (estimated for all trials at the lower one, from -1 to 1),
        ``low`` and ``high`` (it is beyond each of them with a probability of 5 %). NaN with fewer
        than 4 trials, or where all scores are the same.

    Raises
    ------
    TypeError
        If there is no history in it.

    References
    ----------
    R. L. Thorndike: Personnel Selection. Wiley, 1949, case 2. (The correction for selection:
    rho = u r / sqrt(1 + (u^2 - 1) r^2).)

    R. A. Fisher: On the "probable error" of a coefficient of correlation deduced from a small
    sample. Metron 1, 1921. (The interval: artanh r has the standard error 1 / sqrt(n - 3).)

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import rung_correlations
    >>> from skhpo.schedulers import AsynchronousHalving
    >>> tuner = Tuner(
    ...     {"x": Float(0, 1)},
    ...     lambda params, resource: params["x"] * resource,
    ...     scheduler=AsynchronousHalving(30, (1, 3)),
    ...     random_state=0,
    ... )
    >>> rung_correlations(tuner.run())["correlation"].round(1)
    array([1.])
    """
    at: dict[float, dict[int, float]] = {}
    for evaluation in history_of(source).evaluations:
        if evaluation.is_usable and evaluation.resource is not None:
            at.setdefault(float(evaluation.resource), {})[evaluation.trial] = evaluation.score
    pairs = list(pairwise(sorted(at)))
    rows = [_correlation(at[lower], at[upper]) for lower, upper in pairs]
    correlation, low, high = np.array([limits for _, limits in rows]).reshape(-1, 3).T
    return {
        "lower": np.array([lower for lower, _ in pairs], dtype=float),
        "upper": np.array([upper for _, upper in pairs], dtype=float),
        "n": np.array([n for n, _ in rows], dtype=int),
        "correlation": correlation,
        "low": low,
        "high": high,
    }


def _correlation(
    lower: Mapping[int, float], upper: Mapping[int, float]
) -> tuple[int, NDArray[np.float64]]:
    """Return n, and rho with the ends of its interval; scores are given by trial."""
    both = [number for number in upper if number in lower]
    unknown = np.full(3, math.nan)
    if len(both) < _N_LEAST:
        return len(both), unknown
    everywhere = _normal_scores(lower)
    before = np.array([everywhere[number] for number in both])
    after = np.array(list(_normal_scores({number: upper[number] for number in both}).values()))
    if np.ptp(before) == 0.0 or np.ptp(after) == 0.0:
        return len(both), unknown
    r = np.clip(np.corrcoef(before, after)[0, 1], -1.0, 1.0)
    u = np.std(list(everywhere.values())) / before.std()
    margin = _QUANTILE / math.sqrt(len(both) - 3)
    with np.errstate(divide="ignore"):  # artanh 1
        limits = np.tanh(np.arctanh(r) + margin * np.array([0.0, -1.0, 1.0]))
    return len(both), u * limits / np.sqrt(1.0 + (u**2 - 1.0) * limits**2)


def _normal_scores(scores: Mapping[int, float]) -> dict[int, float]:
    """Return by trial what its rank would be worth if scores were normal; ties share theirs."""
    ranks = rankdata(list(scores.values()))
    return dict(zip(scores, ndtri((ranks - 0.5) / len(ranks)).tolist(), strict=True))
