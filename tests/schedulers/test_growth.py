"""Decisions take as many steps for the last trial as for the first: counted, not timed."""

from __future__ import annotations

import sys

import pytest

from skhpo import Float, Tuner
from skhpo.schedulers import (
    AsynchronousHalving,
    AsynchronousHyperband,
    Bracket,
    FullBudget,
    Hyperband,
    MedianStopping,
    StoppingHalving,
    SuccessiveHalving,
)

RUNGS = (1, 3, 9, 27)

SCHEDULERS = {
    "full": lambda n: FullBudget(n),
    "halving": lambda n: SuccessiveHalving(Bracket((n, n // 3, n // 9, n // 27), RUNGS)),
    "ASHA": lambda n: AsynchronousHalving(None, RUNGS),
    "ASHA, stopping": lambda n: StoppingHalving(None, RUNGS),
    "Hyperband": lambda n: Hyperband(RUNGS, n_loops=n),
    "asynchronous Hyperband": lambda n: AsynchronousHyperband(None, RUNGS),
    "median": lambda n: MedianStopping(None, RUNGS),
}


def n_calls(make, n_tasks, monkeypatch):
    """Return how many functions are called to decide of so many tasks."""
    tuner = Tuner({"x": Float(0, 1)}, scheduler=make(n_tasks), random_state=0)
    decide = type(tuner.scheduler).next
    count = 0

    def watch(frame, event, argument):
        nonlocal count
        count += event == "call"

    def watched(self, *args, **kwargs):
        before = sys.getprofile()
        sys.setprofile(watch)
        try:
            return decide(self, *args, **kwargs)
        finally:
            sys.setprofile(before)

    with monkeypatch.context() as patch:
        patch.setattr(type(tuner.scheduler), "next", watched)
        for _ in range(n_tasks):
            task = tuner.ask()
            tuner.tell(task, task.params["x"])
    return count


@pytest.mark.parametrize("kind", SCHEDULERS)
def test_twice_the_tasks_are_twice_the_work(kind, monkeypatch):
    """Four times, were all that is known looked through at each decision."""
    make = SCHEDULERS[kind]
    assert n_calls(make, 800, monkeypatch) < 2.5 * n_calls(make, 400, monkeypatch)
