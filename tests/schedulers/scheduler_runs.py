"""Histories for tests of schedulers: a search without a tuner, in which scores are given."""

from __future__ import annotations

from skhpo.history import History
from skhpo.trial import Assignment, Measurement, Promote, Start, Trial


def start(history, resource, folds=(0,)):
    number = len(history.trials)
    history.append(Trial(number, {}))
    history.append(Assignment(number, resource, folds))
    return number


def carry_out(history, action, folds=(0,)):
    """Assign what a scheduler decided; return the trial's number."""
    if isinstance(action, Start):
        return start(history, action.resource, folds)
    assert isinstance(action, Promote)
    history.append(Assignment(action.trial, action.resource, folds))
    return action.trial


def measure(history, number, scores, status="completed"):
    """Bring the scores of a running trial: a number, or one for each fold."""
    scores = scores if isinstance(scores, (list, tuple)) else [scores]
    [assignment] = [a for a, _ in history.unfinished if a.trial == number]
    for fold, score in zip(assignment.folds, scores, strict=True):
        values = {"score": score} if status == "completed" else {}
        history.append(Measurement(number, fold, assignment.resource, status, values))


def run(scheduler, score, *, n_folds=1, history=None):
    """Run a search with one worker; ``score(number, resource)`` is a number, a list or None."""
    history = History() if history is None else history
    while isinstance(action := scheduler.next(history), (Start, Promote)):
        number = carry_out(history, action, tuple(range(n_folds)))
        value = score(number, action.resource)
        if value is None:
            measure(history, number, [0.0] * n_folds, "failed")
        else:
            measure(history, number, value)
    return history


def reached(history):
    """Return the highest resource each trial was assigned, by number."""
    return {record.trial: record.resource for record in history if isinstance(record, Assignment)}


def at(history, resource):
    """Return the trials that were assigned a resource, in that order."""
    return [
        record.trial
        for record in history
        if isinstance(record, Assignment) and record.resource == resource
    ]
