"""The decisions of a recorded run, taken again: what a report of a bug has to show."""

from __future__ import annotations

from collections.abc import Iterator

from skhpo.agenda import Agenda
from skhpo.exceptions import SpaceExhaustedError
from skhpo.history import History
from skhpo.trial import Assignment, Fork, Promote, Resource, Start, Trial

__all__ = ["discrepancies"]


def discrepancies(agenda: Agenda) -> Iterator[str]:
    """Yield what would be decided otherwise now, in order; nothing if all is as it was recorded.

    Each decision is taken from the records before it, as they were recorded, so that one that
    differs does not make those after it differ.

    Parameters
    ----------
    agenda : Agenda
        With the scheduler and the sampler that decide, and the history that is looked at. It is
        not changed.
    """
    records = agenda.history.records
    last_start = max(
        (n for n, record in enumerate(records) if isinstance(record, Trial)), default=0
    )
    before = agenda.history.replayed(0)
    for position, record in enumerate(records):
        newest = before.records[-1] if len(before) else None
        decided: str | None = None
        if isinstance(record, Assignment) and isinstance(newest, Trial):
            pass  # it was decided with the trial
        elif isinstance(record, Assignment):
            decided = _of_promotion(record.trial, record.resource)
        elif isinstance(record, Trial) and position + 1 < len(records):  # and not cut off there
            assignment = records[position + 1]
            assert isinstance(assignment, Assignment), "they come together"
            decided = _of_trial(record, assignment.resource)
        if decided is not None:
            # Whether the number of trials was used up by then, only later trials tell.
            now = [_decision(agenda, before, may_start=True)]
            if position > last_start and now != [decided]:
                now.append(_decision(agenda, before, may_start=False))
            if decided not in now:
                yield f"record {position}: {decided} was recorded, now it is {now[-1]}"
        before.append(record)


def _decision(agenda: Agenda, history: History, may_start: bool) -> str:
    """Say what comes next."""
    action = agenda.scheduler.next(history, may_start)
    if isinstance(action, Promote):
        return _of_promotion(action.trial, action.resource)
    if not isinstance(action, (Start, Fork)):
        return f"{action}"
    try:
        trial = agenda.new_trial(action, history)
    except SpaceExhaustedError:
        return _decision(agenda, history, may_start=False)
    return _of_trial(trial, action.resource)


def _of_trial(trial: Trial, resource: Resource) -> str:
    """Say which trial is started, and with how much: in words, for values may not be comparable."""
    return f"{trial} up to {resource}"


def _of_promotion(number: int, resource: Resource) -> str:
    return f"trial {number} goes on up to {resource}"
