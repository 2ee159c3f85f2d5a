"""Stopping what is worse than others were after the same training."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Sequence

from skhpo.index import HistoryIndex
from skhpo.schedulers.arrivals import Arrivals, EarlyStopping
from skhpo.schedulers.standings import Rung
from skhpo.settings import check_count, check_number
from skhpo.trial import Evaluation

__all__ = ["MedianStopping", "PercentileStopping"]


class PercentileStopping(EarlyStopping):
    """Stops a trial whose best score so far is below a percentile of the others' scores.

    The others are the trials measured at the same rung before it, whatever became of them.

    Parameters
    ----------
    n_trials : int or None
        How many trials are started; None for no end, where somebody else decides when to stop.
    resources : sequence of float
        Total resource at each rung, ascending: where trials are looked at.
    percentile : float, default=50
        Between 0 and 100. At 25 the worst quarter is stopped at each rung, at 75 all but the best
        quarter.
    n_warmup_trials : int, default=5
        So many others must have been measured at a rung before a trial is stopped there.
    grace : float, default=0
        Nobody is stopped before having had more resource than this.

    References
    ----------
    Akiba, T., Sano, S., Yanase, T., Ohta, T., and Koyama, M. (2019). Optuna: a next-generation
    hyperparameter optimization framework. KDD (its percentile pruner, which counts percentiles
    from the best).
    """

    def __init__(
        self,
        n_trials: int | None,
        resources: Sequence[float],
        percentile: float = 50,
        n_warmup_trials: int = 5,
        grace: float = 0,
    ) -> None:
        super().__init__(n_trials, resources)
        check_number("PercentileStopping", "percentile", percentile, most=100)
        check_count("PercentileStopping", "n_warmup_trials", n_warmup_trials)
        check_number("PercentileStopping", "grace", grace)
        self.percentile = percentile
        self.n_warmup_trials = n_warmup_trials
        self.grace = grace
        self._arrivals = HistoryIndex(
            _Percentiles, self.resources, percentile, n_warmup_trials, grace
        )


class MedianStopping(EarlyStopping):
    """Stops a trial whose best score so far is below the median of the others' running averages.

    The running average of a trial at a rung is the mean of its scores up to there. The others are
    the trials measured at the same rung before it, whatever became of them.

    Parameters
    ----------
    n_trials : int or None
        How many trials are started; None for no end, where somebody else decides when to stop.
    resources : sequence of float
        Total resource at each rung, ascending: where trials are looked at.
    n_warmup_trials : int, default=5
        So many others must have been measured at a rung before a trial is stopped there.
    grace : float, default=0
        Nobody is stopped before having had more resource than this.

    References
    ----------
    Golovin, D., Solnik, B., Moitra, S., Kochanski, G., Karro, J., and Sculley, D. (2017). Google
    Vizier: a service for black-box optimization. KDD, Section 3.2.2.
    """

    def __init__(
        self,
        n_trials: int | None,
        resources: Sequence[float],
        n_warmup_trials: int = 5,
        grace: float = 0,
    ) -> None:
        super().__init__(n_trials, resources)
        check_count("MedianStopping", "n_warmup_trials", n_warmup_trials)
        check_number("MedianStopping", "grace", grace)
        self.n_warmup_trials = n_warmup_trials
        self.grace = grace
        self._arrivals = HistoryIndex(_RunningAverages, self.resources, 50, n_warmup_trials, grace)


class _Percentiles(Arrivals):
    """Who is not below a percentile of those before goes on."""

    def __init__(
        self,
        resources: tuple[float, ...],
        percentile: float,
        n_warmup_trials: int,
        grace: float,
    ) -> None:
        super().__init__(resources)
        self._share = percentile / 100
        self._n_warmup_trials = n_warmup_trials
        self._first_look = sum(resource <= grace for resource in resources)
        self._values: list[list[float]] = [[] for _ in resources]  # of each rung, ascending

    def _goes_on(self, evaluation: Evaluation, ladder: list[Rung], k: int) -> bool:
        number, others = evaluation.trial, self._values[k]
        scores = [r.evaluations[number].score for r in ladder[: k + 1] if number in r.evaluations]
        is_looked_at = k >= self._first_look and len(others) >= self._n_warmup_trials
        goes_on = not (is_looked_at and max(scores) < _quantile(others, self._share))
        insort(others, self._value(scores))
        return goes_on

    def _value(self, scores: list[float]) -> float:
        """Return what later trials are compared with."""
        return scores[-1]


class _RunningAverages(_Percentiles):
    """Who is not below a percentile of the running averages of those before goes on."""

    def _value(self, scores: list[float]) -> float:
        return sum(scores) / len(scores)


def _quantile(ascending: Sequence[float], share: float) -> float:
    """Return a quantile, interpolated between neighbours that differ."""
    place = share * (len(ascending) - 1)
    low, high = ascending[math.floor(place)], ascending[math.ceil(place)]
    return low if low == high else low + (high - low) * (place - math.floor(place))
