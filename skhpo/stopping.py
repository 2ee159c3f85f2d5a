"""When is it enough? Rules that end a search early.

A rule holds settings, not state: it is a function of (space, history, seconds), asked before each
decision that would spend more. What is running then is brought to its end, so that a search has a
result however short its time is.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from skhpo.history import History
from skhpo.samplers.belief import belief, columns_of
from skhpo.samplers.fidelities import Measured, measured
from skhpo.settings import check_count, check_instance, check_number
from skhpo.space import Space
from skhpo.surrogates.base import Posterior
from skhpo.surrogates.gaussian_process import GaussianProcess
from skhpo.surrogates.threads import one_thread
from skhpo.surrogates.transforms import normalise
from skhpo.trial import Evaluation

__all__ = ["Patience", "RegretBound", "StoppingRule", "Timeout", "as_rules"]

Array = NDArray[np.float64]

_N_RANDOM = 1000  # candidates anywhere in the space
_N_NEAR = 200  # candidates near the best, at each of these distances
_NEAR = (0.1, 0.01)


class StoppingRule(ABC):
    """Says when a search is to end.

    Attributes
    ----------
    reason : str
        What the search tells as its reason to have ended; ``"stopping rule"`` if a rule does not
        say.
    """

    reason: ClassVar[str] = "stopping rule"

    def check(self, space: Space, n_folds: int) -> None:
        """Raise an error if the rule cannot work; asked before a search.

        Parameters
        ----------
        space : Space
            What may be tried.
        n_folds : int
            Folds each trial is measured on.

        Raises
        ------
        ValueError
            Saying what to write instead.
        """

    @abstractmethod
    def should_stop(self, space: Space, history: History, seconds: float) -> bool:
        """Return whether it is enough.

        Parameters
        ----------
        space : Space
            What may be tried.
        history : History
            What was tried, and what came of it.
        seconds : float
            Time since the search was started, or last gone on with.
        """


@dataclass(frozen=True)
class Timeout(StoppingRule):
    """Enough when the time is over.

    No trial is started after that; those that are running are finished, so a search takes longer
    by up to the duration of a trial. Time spent before an interruption does not count.

    Parameters
    ----------
    seconds : float
        How long.
    """

    seconds: float
    reason: ClassVar[str] = "timeout"

    def __post_init__(self) -> None:
        check_number("Timeout", "seconds", self.seconds, closed="right")

    def should_stop(self, space: Space, history: History, seconds: float) -> bool:
        """Whether the time is over."""
        return seconds >= self.seconds


@dataclass(frozen=True)
class Patience(StoppingRule):
    """Enough when the best score was not improved by so many trials in a row.

    Trials count in the order in which they were started, whichever was finished first. Failed
    ones count; running ones do not, nor do those that were not trained completely.

    Parameters
    ----------
    n_trials : int
        How many.
    min_improvement : float, default=0.0
        A score must be higher than the best before it by more than this to count as improved.
    """

    n_trials: int
    min_improvement: float = 0.0
    reason: ClassVar[str] = "patience"

    def __post_init__(self) -> None:
        check_count("Patience", "n_trials", self.n_trials)
        check_number("Patience", "min_improvement", self.min_improvement)

    def should_stop(self, space: Space, history: History, seconds: float) -> bool:
        """Whether there was no improvement for too long."""
        best, n_in_vain = -math.inf, 0
        for evaluation in _full_evaluations(history):
            if evaluation.is_usable and evaluation.score > best + self.min_improvement:
                best, n_in_vain = evaluation.score, 0
            else:
                n_in_vain += 1
        return n_in_vain >= self.n_trials


@dataclass(frozen=True)
class RegretBound(StoppingRule):
    """Enough when no more is to be gained than cross-validation can tell apart.

    A Gaussian process over the trials says how much better than the best one any configuration
    could still be. Once that is less than the standard error of the best one's own score, the
    rest of the search would choose between configurations by chance.

    Parameters
    ----------
    threshold : float or None, default=None
        The gain below which it is enough, in units of the score. None: the standard error of the
        best score, ``sqrt((1 / k + 1 / (k - 1)) * variance over the k folds)``.
    min_trials : int, default=20
        Finished trials before which the model is not trusted.
    delta : float, default=0.1
        Probability with which the bound may fail.

    References
    ----------
    A. Makarova et al.: Automatic Termination for Hyperparameter Optimization. AutoML-Conf 2022,
    eq. (4) to (6).
    N. Srinivas, A. Krause, S. M. Kakade, M. Seeger: Gaussian Process Optimization in the Bandit
    Setting. ICML 2010, theorem 1, and section 6 for the fifth of beta.
    C. Nadeau, Y. Bengio: Inference for the Generalization Error. Machine Learning 52, 2003. (The
    variance of cross-validation, whose training sets overlap.)
    """

    threshold: float | None = None
    min_trials: int = 20
    delta: float = 0.1
    reason: ClassVar[str] = "regret"

    def __post_init__(self) -> None:
        check_number("RegretBound", "threshold", self.threshold, closed="right", or_none=True)
        check_count("RegretBound", "min_trials", self.min_trials)
        check_number("RegretBound", "delta", self.delta, most=1, closed="neither")

    def check(self, space: Space, n_folds: int) -> None:
        """Refuse a space that no model can be built over, and one fold without a threshold."""
        space.check_encodable()
        if self.threshold is None and n_folds < 2:
            raise ValueError(
                "RegretBound() compares with the spread of the folds, but there is only one; say "
                "what gain is too small to matter, as in RegretBound(threshold=0.001)"
            )

    def should_stop(self, space: Space, history: History, seconds: float) -> bool:
        """Whether less is to be gained than matters."""
        n_finished = sum(history.latest(trial.number) is not None for trial in history.trials)
        best = history.best
        if best is None or math.isinf(best.score) or n_finished < self.min_trials:
            return False  # what is lacking to infinity, no model can tell
        threshold = standard_error(best) if self.threshold is None else self.threshold
        return self.regret(space, history) < threshold

    def regret(self, space: Space, history: History) -> float:
        """Return an upper bound of what the best trial lacks to the best configuration.

        Parameters
        ----------
        space : Space
            What may be tried.
        history : History
            What was tried, and what came of it.

        Returns
        -------
        float
            In units of the score; infinity where all scores are the same, or there are none.
        """
        seen = measured(space, history)
        if seen is None:
            return math.inf
        # Scores after less training are another objective's.
        known = seen.is_top & ~seen.is_running
        X, scores = seen.points[known, : space.encoding.n_columns], seen.scores[known]
        y = normalise(scores)
        if not y.any():
            return math.inf
        rng = np.random.default_rng(history.seed)
        incumbent = X[y.argmax()]
        encoding = space.encoding
        candidates = np.concatenate(
            [X, encoding.sample(_N_RANDOM, rng)]
            + [encoding.neighbours(incumbent, rng, _N_NEAR, scale) for scale in _NEAR]
        )
        with one_thread():
            mean, std = _posterior(space, history, seen, X, scores).predict(candidates)
        t = len(y)
        beta = 2.0 * math.log(len(candidates) * t**2 * math.pi**2 / (6.0 * self.delta)) / 5.0
        width = math.sqrt(beta) * std
        regret = (mean + width).max() - (mean - width)[:t].max()
        return float(regret) * _unit(scores, y)


def _posterior(
    space: Space, history: History, seen: Measured, X: Array, scores: Array
) -> Posterior:
    """Return the model; where all trials are trained alike, it is that of the default sampler."""
    if seen.has_fidelities:
        return GaussianProcess().fit(X, normalise(scores), columns_of(space))
    n_fitted = seen.n_fitted
    return belief(GaussianProcess(), seen.columns, X, scores, seen.outputs, history, n_fitted)


def as_rules(owner: str, given: Any) -> list[StoppingRule]:
    """Read what was given as ``stopping``.

    Parameters
    ----------
    owner : str
        Whose setting it is, for errors.
    given : StoppingRule, sequence of StoppingRule or None
        The rules.

    Raises
    ------
    TypeError
        If something else is among them.
    """
    if given is None:
        return []
    is_listed = isinstance(given, Sequence) and not isinstance(given, str)
    rules = list(given) if is_listed else [given]
    example = "RegretBound(), Patience(n_trials=20) or Timeout(3600)"
    for rule in rules:
        check_instance(owner, "stopping", rule, StoppingRule, example)
    return rules


def standard_error(evaluation: Evaluation) -> float:
    """Return the standard error of a cross-validated score.

    Parameters
    ----------
    evaluation : Evaluation
        Of two folds or more; that the test part is ``1 / k`` of the data is taken for granted.

    References
    ----------
    Nadeau and Bengio 2003: (1 / k + n_test / n_train) times the variance over the k folds.
    """
    k = len(evaluation.fold_scores)
    return math.sqrt((1.0 / k + 1.0 / (k - 1)) * float(np.var(evaluation.fold_scores, ddof=1)))


def _full_evaluations(history: History) -> list[Evaluation]:
    """The newest evaluations, by trial, of those that were trained completely.

    Where nobody knows how long that is, the longest training so far is taken for it.
    """
    newest = [history.latest(trial.number) for trial in history.trials]
    finished = [evaluation for evaluation in newest if evaluation is not None]
    resources = [evaluation.resource for evaluation in finished if evaluation.resource is not None]
    most = max(resources, default=None) if history.full is None else history.full
    return [evaluation for evaluation in finished if evaluation.resource in (None, most)]


def _unit(scores: Array, y: Array) -> float:
    """How much of the score is one unit of the normalised one, at the top.

    From the median upwards, normalising is linear. Where all scores from there on are the same,
    the unit comes out too large rather than too small.
    """
    below = np.flatnonzero(scores < scores.max())
    at = below[np.abs(scores[below] - np.median(scores)).argmin()]
    gap = y.max() - y[at]
    return float((scores.max() - scores[at]) / gap) if gap > 0.0 else math.inf
