"""What is known when a suggestion is asked for: every configuration as a row, with its score."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from skhpo.history import History
from skhpo.samplers.index import TrialIndex
from skhpo.space import Space
from skhpo.trial import Evaluation, Trial

__all__ = ["Observations", "observe"]

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
    """Return what a history tells about a space.

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
        None if there is no usable score at all.
    """
    index = _rows(space, history)
    former = [known for known in history.former if space.contains(known.params)]
    evaluations = [history.latest(number) for number in index.numbers]
    scores = np.array([known.score for known in former] + [_score(e) for e in evaluations])
    is_running = np.array([False] * len(former) + [e is None for e in evaluations], dtype=bool)
    usable = np.isfinite(scores)
    if not usable.any():
        return None
    has_failed = ~usable & ~is_running
    scores[has_failed] = scores[usable].min()
    scores[is_running] = np.nan
    rows = [*space.encoding.encode([known.params for known in former]), *index.rows]
    return Observations(
        rows=np.array(rows).reshape(len(rows), space.encoding.n_columns),
        scores=scores,
        has_failed=has_failed,
        n_former=len(former),
    )


def _score(evaluation: Evaluation | None) -> float:
    return evaluation.score if evaluation is not None and evaluation.is_usable else math.nan


class _Rows:
    """Numbers of trials, and their rows; encoding a configuration takes long."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.rows: list[Array] = []

    def add(self, space: Space, trial: Trial) -> None:
        self.numbers.append(trial.number)
        self.rows.extend(space.encoding.encode([trial.params]))


_rows: TrialIndex[_Rows] = TrialIndex(_Rows, _Rows.add)
