from __future__ import annotations

import pytest

from skhpo.history import History
from skhpo.schedulers import Bracket, FullBudget, Plan
from skhpo.trial import Start, Stop, Trial


def test_starts_until_there_are_enough():
    scheduler, history = FullBudget(2, resource=27), History()
    for number in range(2):
        assert scheduler.next(history) == Start(27)
        history.append(Trial(number, {}))
    assert scheduler.next(history) == Stop()


def test_without_a_number_there_is_no_end_and_no_plan():
    scheduler, history = FullBudget(None), History()
    for number in range(50):
        assert scheduler.next(history) == Start(None)
        history.append(Trial(number, {}))
    assert scheduler.plan() is None


@pytest.mark.parametrize(("resource", "cost"), [(None, None), (27, 270)])
def test_plan(resource, cost):
    plan = FullBudget(10, resource).plan()
    assert plan == Plan((Bracket((10,), (resource,)),))
    assert plan.n_trials == 10
    assert plan.cost == cost


def test_a_plan_of_rungs_pays_the_increments():
    plan = Plan((Bracket((9, 3, 1), (1, 3, 9)), Bracket((2, 1), (3, 9))))
    assert plan.n_trials == 11
    assert plan.cost == (9 * 1 + 3 * 2 + 1 * 6) + (2 * 3 + 1 * 6)
