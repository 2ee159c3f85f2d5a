from __future__ import annotations

import pytest

from skhpo.schedulers import AsynchronousHalving, Bracket, FullBudget, Hyperband, Plan, rungs


def test_prints_as_a_table():
    plan = Plan((Bracket((9, 3, 1), (1, 3, 9)), Bracket((50, 10), (3, 9000))))
    assert str(plan).splitlines() == [
        "bracket  candidates  resources   cost",
        "0        9, 3, 1     1, 3, 9       21",
        "1        50, 10      3, 9000    90120",
        "59 candidates, spends exactly 90141 in all (9000 is one full training)",
    ]


def test_prints_without_a_resource_and_how_binding_it_is():
    assert str(FullBudget(5).plan()).splitlines() == [
        "bracket  candidates  resources  cost",
        "0        5           -             -",
        "5 candidates",
    ]
    assert "spends about 13 in all" in str(AsynchronousHalving(5, (1, 9)).plan())


def test_a_bracket_of_halving():
    assert Bracket.halving(81, rungs(1, 81, 3), 3) == Bracket((81, 27, 9, 3, 1), (1, 3, 9, 27, 81))
    assert Bracket.halving(50, (1, 2, 4), 2) == Bracket((50, 25, 12), (1, 2, 4))
    assert Bracket.halving(7, (5,), 3).n_trials == (7,)


def test_too_few_trials_to_reach_the_top():
    with pytest.raises(ValueError, match=r"8 trials are too few for 3 rungs at factor 3.*start 9"):
        Bracket.halving(8, (1, 3, 9), 3)
    assert Bracket.halving(9, (1, 3, 9), 3).n_trials == (9, 3, 1)


@pytest.mark.parametrize(
    ("n_trials", "resources", "message"),
    [
        ((), (), "one entry for each rung"),
        ((3, 1), (1,), "one entry for each rung"),
        ((3, 4), (1, 3), "must not grow"),
        ((3, -1), (1, 3), "negative"),
        ((3, 1), (3, 1), "resources must be numbers above 0 that grow"),
        ((3, 1), (None, None), "resources must be numbers above 0 that grow"),
    ],
)
def test_what_is_no_bracket(n_trials, resources, message):
    with pytest.raises(ValueError, match=message):
        Bracket(n_trials, resources)


def test_settings_are_in_the_repr_and_caches_are_not():
    assert repr(Hyperband((1, 3), 3)) == (
        "Hyperband(resources=(1, 3), factor=3, n_loops=1, selection=BestScores())"
    )


def test_what_cannot_be_continued_is_paid_in_full():
    plan = Plan((Bracket((9, 3, 1), (1, 3, 9)),), is_continued=False)
    assert plan.cost == 9 * 1 + 3 * 3 + 1 * 9
    assert "spends exactly 27 in all (9 is one full training)" in str(plan)


def test_a_plan_for_fewer_trials():
    plan = Hyperband(rungs(1, 9, factor=3)).plan()
    assert plan.limited(float("inf")) == plan.limited(17) == plan
    fewer = plan.limited(11)
    assert [bracket.n_trials for bracket in fewer.brackets] == [(9, 3, 1), (2, 1)]
    assert [bracket.n_trials for bracket in plan.limited(2).brackets] == [(2, 2, 1)]
