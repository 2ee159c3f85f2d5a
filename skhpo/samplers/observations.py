"""What is known when a suggestion is asked for: every configuration as a row, with its score."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from skhpo.history import Event, History
from skhpo.index import HistoryIndex
from skhpo.space import Space
from skhpo.trial import Evaluation, FormerTrial, Resource, Trial

__all__ = ["Observations", "Rows", "amount", "observe", "rows_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Observations:
    """Configurations in the order in which they were started, and what came of them.

    Former knowledge (:attr:`skhpo.history.History.former`) comes first.

    Parameters
    ----------
    rows : array of shape (n, n_columns)
        The configurations in the space's encoding.
    scores : array of shape (n,)
        Their scores, greater is better; the worst score of all after a failure, NaN while running.
        Where trials were trained differently, their places instead: see :func:`observe`.
    has_failed : array of bool, shape (n,)
        Which of them failed, or gave a score that is not finite.
    n_former : int
        How many are former knowledge.
    """

    rows: Array
    scores: Array
    has_failed: NDArray[np.bool_]
    n_former: int

    @property
    def is_running(self) -> NDArray[np.bool_]:
        """Which of them have no score yet."""
        return np.isnan(self.scores)


def observe(space: Space, history: History) -> Observations | None:
    """Return what a history tells about a space, each trial once.

    Scores after different resources cannot be compared. Where there are such, trials are judged
    at one rung: the highest with more usable evaluations than a row has columns, or the one with
    the most. Those that did not come so far are worse than all that did, and ordered among
    themselves by how far they came, then by their scores there; those that started higher are
    judged where they started, and former knowledge as if it were measured at that rung. What is
    returned is the place in this order, from 0.

    Parameters
    ----------
    space : Space
        Its encoding makes the rows. Trials outside of it (it may have changed since) are passed
        over.
    history : History
        The trials, and what was known before.

    Returns
    -------
    Observations or None
        None if there is no finite score at all.

    References
    ----------
    S. Falkner, A. Klein, F. Hutter: BOHB: Robust and Efficient Hyperparameter Optimization at
    Scale. ICML 2018, section 4.1. (The rung to learn from; there, all others are left out.)
    """
    trials = rows_of(space, history)
    former, former_rows = _former(space, history)
    evaluations = [history.latest(number) for number in trials.numbers]
    scores = np.array([known.score for known in former] + [_score(e) for e in evaluations])
    is_running = np.array([False] * len(former) + [e is None for e in evaluations], dtype=bool)
    is_finite = np.isfinite(scores)
    if not is_finite.any():
        return None
    has_failed = ~is_finite & ~is_running
    if len({evaluation.resource for evaluation in history.evaluations}) > 1:
        judged, standings = _standings(history, space.encoding.n_columns)
        places = [(judged, known.score) for known in former]
        places += [standings.get(number, (judged, math.nan)) for number in trials.numbers]
        scores[is_finite] = _ranks(np.array(places)[is_finite])
    scores[has_failed] = scores[is_finite].min()
    scores[is_running] = np.nan
    rows = [*former_rows, *trials.rows]
    return Observations(
        rows=np.array(rows).reshape(len(rows), space.encoding.n_columns),
        scores=scores,
        has_failed=has_failed,
        n_former=len(former),
    )


#: A cache, no state: former knowledge stays the same, and encoding it takes long.
_former_rows: WeakKeyDictionary[History, tuple[Space, list[FormerTrial], Array]]
_former_rows = WeakKeyDictionary()


def _former(space: Space, history: History) -> tuple[list[FormerTrial], Array]:
    """Return what of the former knowledge is in the space, and its rows."""
    kept = _former_rows.get(history)
    if kept is None or kept[0] is not space:
        former = [known for known in history.former if space.contains(known.params)]
        rows = space.encoding.encode([known.params for known in former])
        kept = _former_rows[history] = (space, former, rows)
    return kept[1], kept[2]


def amount(resource: Resource) -> float:
    """Return a resource as a number: training that is not divided is more than any part of it.

    Parameters
    ----------
    resource : float or None
        The resource.
    """
    return math.inf if resource is None else float(resource)


def _score(evaluation: Evaluation | None) -> float:
    return evaluation.score if evaluation is not None and evaluation.is_usable else math.nan


def _standings(history: History, n_columns: int) -> tuple[float, dict[int, tuple[float, float]]]:
    """Return where trials are judged, and by trial its rung, up to there, with its score.

    See :func:`observe`.
    """
    usable = [evaluation for evaluation in history.evaluations if math.isfinite(evaluation.score)]
    n_usable = Counter(amount(evaluation.resource) for evaluation in usable)
    enough = min(n_columns + 1, max(n_usable.values(), default=0))
    judged = max((rung for rung, n in n_usable.items() if n >= enough), default=math.inf)
    standings: dict[int, tuple[float, float]] = {}
    # from above down to the rung, then from below up to it: what comes last counts
    for evaluation in sorted(usable, key=lambda e: _nearness(amount(e.resource), judged)):
        standings[evaluation.trial] = (min(amount(evaluation.resource), judged), evaluation.score)
    return judged, standings


def _nearness(rung: float, judged: float) -> tuple[bool, float]:
    """Sort rungs above ``judged`` first, from the top down, then the others, from the bottom up."""
    return (True, rung) if rung <= judged else (False, -rung)


def _ranks(places: Array) -> Array:
    """Return the ranks of places in lexicographic order, from 0; equal ones share theirs."""
    return np.unique(places, axis=0, return_inverse=True)[1].ravel().astype(float)


class Rows:
    """The trials of a history that are in a space, by number, and their rows.

    Parameters
    ----------
    space : Space
        Its encoding makes the rows.

    Attributes
    ----------
    numbers : list of int
        Of the trials.
    rows : list of array
        Theirs.
    """

    def __init__(self, space: Space) -> None:
        self._space = space
        self.numbers: list[int] = []
        self.rows: list[Array] = []

    def read(self, event: Event) -> None:
        """Take in a trial; encoding a configuration takes long."""
        if isinstance(event, Trial) and self._space.contains(event.params):
            self.numbers.append(event.number)
            self.rows.extend(self._space.encoding.encode([event.params]))


_rows = HistoryIndex(Rows)


def rows_of(space: Space, history: History) -> Rows:
    """Return the rows of all trials, running ones included.

    Parameters
    ----------
    space : Space
        Its encoding makes the rows. Trials outside of it (it may have changed since) are passed
        over.
    history : History
        The trials.

    Returns
    -------
    Rows
        Not to be changed by the caller. Costs O(new trials) from call to call.
    """
    return _rows(history, space)
