"""Ends a search in which nothing but failures comes in."""

from __future__ import annotations

from skhpo.callbacks import Callback
from skhpo.exceptions import AllFailedError
from skhpo.history import History
from skhpo.trial import Evaluation

__all__ = ["CircuitBreaker"]


class CircuitBreaker(Callback):
    """Raises an error when the first trials of a run have all failed.

    A trial has failed when it was completed on no fold. One fold that was completed at any time,
    in an earlier run too, is enough to say that there are configurations that work. What was
    pruned by whom it was given to counts neither way.

    Parameters
    ----------
    max_failures : int
        How many trials.
    """

    def __init__(self, max_failures: int) -> None:
        self.max_failures = max_failures
        self._is_closed = False
        self._failed: dict[int, str] = {}

    def on_start(self, history: History) -> None:
        """Count anew: what failed before may have been mended."""
        self._failed.clear()
        self._is_closed = all(m.status != "completed" for m in history.measurements)

    def on_evaluation(self, history: History, evaluation: Evaluation) -> None:
        """Count a failure, or never count again.

        Raises
        ------
        AllFailedError
            If there are too many.
        """
        if not self._is_closed or evaluation.status == "pruned":
            return
        if any(m.status == "completed" for m in evaluation.measurements):
            self._is_closed = False
            return
        errors = (m.error for m in evaluation.measurements if m.error)
        self._failed[evaluation.trial] = next(errors, evaluation.status)
        if len(self._failed) >= self.max_failures:
            raise AllFailedError(self._account())

    def on_end(self, history: History) -> None:
        """Whoever asks and tells sees for himself what fails."""
        self._is_closed = False

    def _account(self) -> str:
        first, error = next(iter(self._failed.items()))
        return (
            f"The first {len(self._failed)} trials have all failed, so no more are tried. "
            f"Trial {first} was the first of them:\n{error.rstrip()}\n"
            "What was recorded is kept. If this is not the fault of all configurations, "
            "faults=FaultTolerance(max_failures=None) makes the search go on whatever fails; "
            'error_score="raise" (of a Tuner: raise_failures=True) stops at the first failure, '
            "where a debugger can look at it."
        )
