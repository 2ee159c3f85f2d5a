"""What a search has found out: configurations and their scores, comparable with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.columns import amount, names
from skhpo.inspection.scales import NumberKind
from skhpo.inspection.spaces import kinds_of
from skhpo.inspection.tables import history_of
from skhpo.inspection.words import metric_of
from skhpo.trial import Evaluation, Params, Resource

__all__ = ["Observed", "observed"]

_FAR = 5.0  # times the spread of the middle half, from where on it does not matter how far


@dataclass(frozen=True)
class Observed:
    """Trials with a score, all after the same training.

    Parameters
    ----------
    names : list of str
        All parameters of the search, also of trials without a score.
    configurations : list of mapping of str to object
        The trials' parameters.
    scores : ndarray of shape (n,)
        Finite; greater is better.
    resource : float or None
        What each of them was trained with.
    label : str
        What the score is called.
    kinds : mapping of str to {"linear", "log"}
        How numbers lie, where the search knows it.
    """

    names: list[str]
    configurations: list[Params]
    scores: NDArray[np.float64]
    resource: Resource
    label: str
    kinds: Mapping[str, NumberKind] = field(default_factory=dict)

    @property
    def is_telling(self) -> bool:
        """Whether something can be learnt: two scores at least that are not the same."""
        return len(self.scores) > 1 and bool(np.ptp(self.scores) > 0.0)

    @property
    def moments(self) -> tuple[float, float]:
        """Mean and standard deviation of the scores."""
        unit = float(np.abs(self.scores).max()) or 1.0  # squares of parts are finite, too
        return unit * float((self.scores / unit).mean()), unit * float((self.scores / unit).std())

    @property
    def standardised(self) -> NDArray[np.float64]:
        """The scores with zero mean and unit variance."""
        mean, std = self.moments
        return (self.scores - mean) / std

    def part(self, most: int, rng: np.random.Generator) -> Observed:
        """Return a random choice of trials and the best one, in their order.

        Parameters
        ----------
        most : int
            How many at most.
        rng : numpy.random.Generator
            Random numbers.
        """
        if len(self.scores) <= most:
            return self
        chosen = rng.choice(len(self.scores), most, replace=False)
        best = int(np.argmax(self.scores))
        if best not in chosen:
            chosen[0] = best
        chosen = np.sort(chosen)
        configurations = [self.configurations[place] for place in chosen]
        return replace(self, configurations=configurations, scores=self.scores[chosen])


def observed(source: Any, metric: str | None = None, resource: Resource = None) -> Observed:
    """Return the trials that can be compared with each other.

    Scores after different training cannot, and those who were given more were chosen for it: they
    are looked at where most trials were, with more training where that is equal. A score far below
    all others counts as one that is five times the spread of the middle half below it: how far a
    run has diverged is no news.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    metric : str or None, default=None
        Which score, where there are several. None: the one that is optimised.
    resource : float or None, default=None
        After how much training. None: where most trials were measured.

    Raises
    ------
    TypeError
        If there is no history in it.
    ValueError
        If there is no such metric, or nobody was measured at this resource.
    """
    history = history_of(source)
    scored = metric_of(source, history, metric)
    newest: dict[tuple[int, Resource], Evaluation] = {}
    for evaluation in history.evaluations:
        newest[evaluation.trial, evaluation.resource] = evaluation
    counts = Counter(at for _, at in newest)
    if resource is None:
        resource = max(counts, key=lambda at: (counts[at], amount(at)), default=None)
    elif resource not in counts:
        there = sorted(at for at in counts if at is not None)
        raise ValueError(
            f"nothing was measured at resource={resource!r}. There are: {there or 'none'}"
        )
    rows = [evaluation for (_, at), evaluation in newest.items() if at == resource]
    scores = scored.values(rows)
    is_known = ~np.isnan(scores) & (scores != np.inf)
    trials = history.trials
    return Observed(
        names(trial.params for trial in trials),
        [trials[rows[place].trial].params for place in np.flatnonzero(is_known)],
        _without_far(scores[is_known]),
        resource,
        scored.label,
        kinds_of(source),
    )


def _without_far(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return scores, those that are far below the others not so far; all of them finite."""
    finite = scores[np.isfinite(scores)]
    if not len(finite):
        return np.zeros(len(scores))
    lower, upper = np.quantile(finite, [0.25, 0.75])
    least = lower - _FAR * (upper - lower) if upper > lower else finite.min()
    near: NDArray[np.float64] = np.maximum(scores, least)
    return near
