"""Histories, read again, cut short and compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from skhpo.history import History, Record
from skhpo.trial import Assignment, Measurement, Trial

__all__ = ["decisions", "outcomes", "replay", "truncations"]


def replay(history: History) -> History:
    """Return a fresh history that was given the same records one by one.

    Parameters
    ----------
    history : History
        The original; it is not changed.
    """
    return history.replayed()


def truncations(history: History) -> Iterator[History]:
    """Yield a fresh history of every prefix, from the empty one to the whole.

    Parameters
    ----------
    history : History
        The original; it is not changed.
    """
    return (history.replayed(n_records) for n_records in range(len(history) + 1))


def outcomes(history: History) -> list[str]:
    """Return the records as text, without what depends on the clock: times and tracebacks.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    list of str
        Equal for two runs in which the same happened in the same order.
    """
    return [repr(_timeless(record)) for record in history]


def _timeless(record: Record) -> Record:
    if not isinstance(record, Measurement):
        return record
    return replace(
        record, fit_time=0.0, score_time=0.0, started_at=0.0, finished_at=0.0, error=None
    )


def decisions(history: History) -> tuple[list[Trial], set[Assignment], set[str]]:
    """Return what was tried and what came of it, whatever the order of events.

    Parameters
    ----------
    history : History
        What happened.

    Returns
    -------
    tuple
        Trials by number, the set of assignments, and the set of evaluations (as text). Equal for
        two runs that only differ in when things happened.
    """
    assignments = {record for record in history if isinstance(record, Assignment)}
    return history.trials, assignments, {repr(evaluation) for evaluation in history.evaluations}
