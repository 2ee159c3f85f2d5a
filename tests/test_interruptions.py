"""Ctrl-C, whenever it comes, leaves a record that is whole, and a search that goes on."""

from __future__ import annotations

from itertools import count

import pytest
from interruptions import interrupted_at

from skhpo import Float, Tuner
from skhpo.history import History
from skhpo.samplers import QuasiRandomSampler
from skhpo.samplers.observations import rows_of
from skhpo.samplers.seen import seen_keys
from skhpo.schedulers import (
    AsynchronousHalving,
    Bracket,
    FoldRacing,
    Hyperband,
    MedianStopping,
    SuccessiveHalving,
)
from skhpo.space import Space
from skhpo.testing import VirtualExecutor, outcomes, replay
from skhpo.trial import Trial

SPACE = Space({"x": Float(0, 1)})
RUNGS = (1, 3, 9)
RECORD = ("skhpo/history.py", "skhpo/summary.py")


def tuner_of(scheduler, history=None, n_slots=1):
    return Tuner(
        SPACE,
        lambda params, resource: params["x"] - 1 / (1 + resource),
        scheduler=scheduler,
        sampler=QuasiRandomSampler(),
        executor=VirtualExecutor(n_slots),
        random_state=0,
        history=history,
    )


def answers(history):
    return (
        outcomes(history),
        repr(history.best),
        repr(history.events),
        history.measurements,
        history.pending,
        history.unfinished,
        [history.rung(resource) for resource in (None, *RUNGS)],
        [repr(history.latest(trial.number)) for trial in history.trials],
        [history.folds(trial.number) for trial in history.trials],
    )


def test_a_record_is_taken_in_completely_or_not_at_all():
    """Interrupted before every single instruction."""
    whole = tuner_of(AsynchronousHalving(5, (1, 3), factor=2)).run().history
    n_lost = n_kept = 0
    for at in range(len(whole) - 6, len(whole)):
        for step in count():
            history = whole.replayed(at)
            with interrupted_at(step, *RECORD, event="opcode") as interruption:
                history.append(whole.records[at])
            n_taken_in = len(history) - at
            if not interruption.happened:
                assert n_taken_in == 1
                break
            n_lost, n_kept = n_lost + 1 - n_taken_in, n_kept + n_taken_in
            for record in whole.records[len(history) :]:
                history.append(record)
            assert answers(history) == answers(whole)
    assert n_lost > 100
    assert n_kept > 100


def test_reading_is_not_torn_either():
    """A history that was interrupted while it was looked at answers as before."""
    whole = tuner_of(AsynchronousHalving(5, (1, 3), factor=2)).run().history
    for step in count():
        history = History(seed=whole.seed)
        history.records.extend(whole.records)
        with interrupted_at(step, *RECORD) as interruption:
            assert history.best is not None
        assert answers(history) == answers(replay(whole))
        if not interruption.happened:
            break
    assert step > 100


@pytest.mark.parametrize(
    "make",
    [
        lambda: SuccessiveHalving(Bracket((6, 2, 1), RUNGS)),
        lambda: Hyperband((1, 3)),
        lambda: AsynchronousHalving(6, RUNGS),
        lambda: MedianStopping(6, RUNGS, n_warmup_trials=2),
        lambda: FoldRacing(4, n_folds=4),
    ],
)
def test_a_scheduler_interrupted_while_it_decides_decides_the_same(make):
    whole = tuner_of(make(), n_slots=2).run().history
    half = len(whole) - 8
    expected = [make().next(whole), list(make().obsolete_states(whole))]
    for step in count():
        scheduler, history = make(), whole.replayed(half)
        scheduler.next(history)
        for record in whole.records[half:]:
            history.append(record)
        with interrupted_at(
            step, "/index.py", "/standings.py", "/arrivals.py", "/barriers.py"
        ) as it:
            scheduler.next(history)
        assert [scheduler.next(history), list(scheduler.obsolete_states(history))] == expected
        if not it.happened:
            break
    assert step > 20


@pytest.mark.parametrize(
    ("read", "file"),
    [
        (lambda history: sorted(seen_keys(SPACE, history)), "/seen.py"),
        (lambda history: repr(vars(rows_of(SPACE, history))["rows"]), "/observations.py"),
    ],
)
def test_what_samplers_derive_is_not_torn(read, file):
    whole = History()
    for number in range(6):
        whole.append(Trial(number, {"x": number / 10}))
    expected = read(whole)
    for step in count():
        history = whole.replayed(3)
        read(history)
        for record in whole.records[3:]:
            history.append(record)
        with interrupted_at(step, "/index.py", file, event="opcode") as interruption:
            read(history)
        assert read(history) == expected
        if not interruption.happened:
            break
    assert step > 20


ENGINE = (*RECORD, "/agenda.py", "/loop.py", "/index.py", "/standings.py", "/barriers.py")


@pytest.mark.parametrize("kept", [True, False], ids=["same tuner", "another tuner"])
def test_a_search_interrupted_anywhere_goes_on_as_if_nothing_had_happened(kept):
    """At every other line by the same tuner, at those between by another with its history."""

    def make(history=None):
        return tuner_of(SuccessiveHalving(Bracket((2, 1), (1, 3))), history)

    expected = outcomes(make().run().history)
    for step in count(int(kept), 2):
        tuner = make()
        with interrupted_at(step, *ENGINE) as interruption:
            tuner.run()
        later = tuner if kept else make(tuner.history)
        assert outcomes(later.run().history) == expected
        if not interruption.happened:
            break
    assert step > 200
