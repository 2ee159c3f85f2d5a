"""Histories that are small enough to be worked out by hand."""

from __future__ import annotations

from skhpo.history import History
from skhpo.trial import Assignment, Measurement, Trial


def record(history, trial, resource, *scores, times=None, params=None):
    """One score for each fold, None for a failure; ``times`` are its begins and ends."""
    if trial == len(history.trials):
        history.append(Trial(trial, params or {"x": trial + 1}))
    history.append(Assignment(trial, resource, tuple(range(len(scores)))))
    for fold, score in enumerate(scores):
        status = "failed" if score is None else "completed"
        values = {} if score is None else {"score": score, "cost": 10 * score}
        when = (
            {}
            if times is None
            else dict(zip(("started_at", "finished_at"), times[fold], strict=True))
        )
        history.append(
            Measurement(trial, fold, resource, status, values, fit_time=trial + 1.0, **when)
        )


def climbed():
    """Rung 1: 0.5, 0.7, a failure, 0.4; rung 3: 0.6 of trial 0, then 0.5 of trial 1."""
    history = History()
    for trial, score in enumerate((0.5, 0.7, None, 0.4)):
        record(history, trial, 1.0, score)
    record(history, 0, 3.0, 0.6)
    record(history, 1, 3.0, 0.5)
    return history


def undivided(*scores, **options):
    history = History(**options)
    for trial, score in enumerate(scores):
        record(history, trial, None, score)
    return history
