from __future__ import annotations

import numpy as np
import pytest
from scheduler_runs import at, carry_out, measure, reached, run

from skhpo.history import History
from skhpo.schedulers import AsynchronousHalving, AsynchronousHyperband, StoppingHalving, rungs
from skhpo.space import Float
from skhpo.trial import Assignment, Promote, Start, Stop, Wait
from skhpo.tuner import Tuner


class Oracle:
    """Li et al. (2020), Algorithm 2, as it is written there: rungs as lists, sorted each time."""

    def __init__(self, n_rungs, factor):
        self.rungs = [{} for _ in range(n_rungs)]
        self.promoted = [set() for _ in range(n_rungs)]
        self.factor = factor

    def get_job(self):
        for k in reversed(range(len(self.rungs) - 1)):
            scores = self.rungs[k]
            best_first = sorted(scores, key=lambda number: -scores[number])
            candidates = best_first[: int(len(scores) / self.factor)]
            promotable = [t for t in candidates if t not in self.promoted[k]]
            if promotable:
                self.promoted[k].add(promotable[0])
                return promotable[0], k + 1
        return None, 0


@pytest.mark.parametrize("n_workers", [1, 7])
@pytest.mark.parametrize("factor", [2, 3, 2.5])
@pytest.mark.parametrize("seed", range(2))
def test_the_pseudo_code_of_the_paper(seed, factor, n_workers):
    ladder = rungs(1, int(factor**4), factor)
    scheduler, oracle = AsynchronousHalving(None, ladder, factor), Oracle(len(ladder), factor)
    history, rng, running = History(), np.random.default_rng(seed), []
    for _ in range(600):
        while len(running) < n_workers:
            action = scheduler.next(history)
            number, k = oracle.get_job()
            assert action == (Start(ladder[0]) if number is None else Promote(number, ladder[k]))
            running.append((carry_out(history, action), k))
        number, k = running.pop(rng.integers(n_workers))
        score = rng.normal()
        measure(history, number, score)
        oracle.rungs[k][number] = score
    assert at(history, ladder[-1])  # went all the way up


def test_ends_when_nothing_is_left_to_promote():
    scheduler, history = AsynchronousHalving(3, (1, 3), factor=3), History()
    numbers = [carry_out(history, scheduler.next(history)) for _ in range(3)]
    assert scheduler.next(history) == Wait()
    for number in numbers:
        measure(history, number, -number)
    assert scheduler.next(history) == Promote(0, 3)
    measure(history, carry_out(history, scheduler.next(history)), 1.0)
    assert scheduler.next(history) == Stop()


def test_failures_count_as_measured_and_are_not_promoted():
    scores = {0: None, 1: 0.5, 2: None}
    history = run(AsynchronousHalving(3, (1, 3), factor=3), lambda n, resource: scores[n])
    assert at(history, 3) == [1]


@pytest.mark.parametrize("scheduler", [AsynchronousHalving, StoppingHalving])
def test_the_plan_is_about_right(scheduler):
    """Of 2,000 trials in random order; a few are promoted by mistake."""
    scheduler = scheduler(2000, rungs(1, 81, 3), 3)
    rng = np.random.default_rng(0)
    history = run(scheduler, lambda number, resource: rng.normal())
    plan = scheduler.plan()
    assert plan.spends == "about"
    increments = {1: 1, 3: 2, 9: 6, 27: 18, 81: 54}
    spent = sum(increments[r] * len(at(history, r)) for r in increments)
    assert plan.cost < spent < 1.25 * plan.cost


def test_stopping_goes_on_at_once_or_never():
    """The best third, rounded up, of those measured at the rung so far, themselves included."""
    scores = [0.5, 0.4, 0.6, 0.55, 0.58, 0.1, 0.57]
    history = run(StoppingHalving(7, (1, 3), factor=3), lambda number, resource: scores[number])
    # ranks on arrival: 1 of 1, 2/2, 1/3, 2/4, 2/5, 6/6, 3/7; places: 1 1 1 2 2 2 3
    assert at(history, 3) == [0, 2, 3, 4, 6]
    assert reached(history)[1] == 1


def test_stopping_goes_straight_up():
    """A trial that goes on is resumed before another starts."""
    history = run(StoppingHalving(3, (1, 3, 9)), lambda number, resource: -number)
    order = [(r.trial, r.resource) for r in history if hasattr(r, "folds")]
    assert order == [(0, 1), (0, 3), (0, 9), (1, 1), (2, 1)]


def test_stopping_never_promotes_a_failure():
    history = run(StoppingHalving(3, (1, 3)), lambda number, resource: None)
    assert at(history, 3) == []


def test_without_an_end_there_is_no_plan():
    assert AsynchronousHalving(None, (1, 3)).plan() is None
    assert StoppingHalving(None, (1, 3)).plan() is None


def test_resources_that_are_no_rungs_are_passed_over():
    """A history of another scheduler can be gone on with."""
    scheduler, history = AsynchronousHalving(6, (1, 3), factor=3), History()
    measure(history, carry_out(history, Start(7)), 99.0)
    history = run(scheduler, lambda number, resource: -number, history=history)
    assert at(history, 3) == [1]


def test_a_history_of_another_ladder_with_equal_scores():
    """Some come to a rung from the one below, others from a rung that is no more."""
    history = run(AsynchronousHalving(9, (1, 9)), lambda number, resource: 1.0)
    scheduler = AsynchronousHalving(40, (1, 3, 9))
    history = run(scheduler, lambda number, resource: 1.0, history=history)
    assert len(history.trials) == 40
    assert len(at(history, 9)) >= 2


@pytest.mark.parametrize("scheduler", [AsynchronousHalving, StoppingHalving])
def test_bad_input(scheduler):
    name = scheduler.__name__
    with pytest.raises(ValueError, match=f"{name}: n_trials must be an integer of 1 or more, or"):
        scheduler(0, (1, 3))
    with pytest.raises(ValueError, match=f"{name}: resources must be numbers above 0 that grow"):
        scheduler(9, (3, 1))
    with pytest.raises(ValueError, match=f"{name}: factor must be a number 2 or more, got 1"):
        scheduler(9, (1, 3), factor=1)


@pytest.mark.parametrize("make", [AsynchronousHalving, StoppingHalving, AsynchronousHyperband])
def test_ties_are_no_reason_to_go_on(make):
    """Accuracy after little training is often the same for many; the plan holds all the same."""
    scheduler = make(54, (1, 3, 9, 27), 3)
    tuner = Tuner({"x": Float(0, 1)}, lambda params, resource: 1.0, scheduler=scheduler)
    history = tuner.run().history
    cost = sum(record.resource for record in history if isinstance(record, Assignment))
    planned = sum(
        n * resource
        for bracket in scheduler.plan().brackets
        for n, resource in zip(bracket.n_trials, bracket.resources, strict=True)
    )
    assert cost <= 1.2 * planned
