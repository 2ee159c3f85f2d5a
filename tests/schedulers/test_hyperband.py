from __future__ import annotations

import math
from collections import Counter
from fractions import Fraction

import numpy as np
import pytest
from scheduler_runs import at, carry_out, measure, run

from skhpo.history import History
from skhpo.schedulers import AsynchronousHyperband, Hyperband, hyperband_brackets, rungs
from skhpo.trial import Promote, Start, Wait

#: Li et al. (2018), Table 1: R = 81, eta = 3.
TABLE_1 = [
    ((81, 1), (27, 3), (9, 9), (3, 27), (1, 81)),
    ((34, 3), (11, 9), (3, 27), (1, 81)),
    ((15, 9), (5, 27), (1, 81)),
    ((8, 27), (2, 81)),
    ((5, 81),),
]


def test_the_table_of_the_paper():
    brackets = hyperband_brackets(rungs(1, 81, 3), 3)
    assert [tuple(zip(b.n_trials, b.resources, strict=True)) for b in brackets] == TABLE_1


@pytest.mark.parametrize("factor", [2, 3, 10])
@pytest.mark.parametrize("top", [27, 243, 729, 1000, 59049])
def test_the_pseudo_code_of_the_paper(top, factor):
    """Algorithm 1, lines 1 to 6, in exact arithmetic and with integer resources."""
    s_max = 0
    while factor ** (s_max + 1) <= top:
        s_max += 1
    brackets = hyperband_brackets(rungs(1, top, factor), factor)
    assert len(brackets) == s_max + 1
    budget = (s_max + 1) * top
    for s, bracket in zip(range(s_max, -1, -1), brackets, strict=True):
        n = math.ceil(Fraction(budget, top) * Fraction(factor**s, s + 1))
        r = Fraction(top, factor**s)
        assert bracket.n_trials == tuple(
            math.floor(n * Fraction(1, factor**i)) for i in range(s + 1)
        )
        assert bracket.resources == tuple(math.floor(r * factor**i) for i in range(s + 1))


def test_runs_the_brackets_one_after_another():
    history = run(Hyperband(rungs(1, 9, 3), 3, n_loops=2), lambda number, resource: number)
    sizes = [9, 5, 3]
    first = [record.resource for record in history if hasattr(record, "folds")]
    assert first == 2 * ([1] * 9 + [3] * 3 + [9] + [3] * 5 + [9] + [9] * 3)
    assert len(history.trials) == 2 * sum(sizes)
    assert at(history, 9)[:2] == [8, 13]  # the best of each bracket


def test_idle_workers_start_the_next_bracket():
    scheduler, history = Hyperband((1, 3), 3), History()
    numbers = [carry_out(history, scheduler.next(history)) for _ in range(3)]
    for _ in range(2):
        assert scheduler.next(history) == Start(3)  # of the second bracket
        carry_out(history, scheduler.next(history))
    assert scheduler.next(history) == Wait()
    for number in numbers:
        measure(history, number, number)
    assert scheduler.next(history) == Promote(2, 3)  # the older bracket comes first


def test_asynchronous_brackets_take_turns_in_proportion():
    scheduler = AsynchronousHyperband(None, rungs(1, 81, 3), 3)
    history = History()
    for _ in range(2 * 143):
        carry_out(history, scheduler.next(history))
    first = [record.resource for record in history if hasattr(record, "folds")]
    assert Counter(first) == {1: 162, 3: 68, 9: 30, 27: 16, 81: 10}
    for n in range(1, len(first)):  # evenly: at any time, nobody is more than two ahead or behind
        for resource, share in [(1, 81 / 143), (3, 34 / 143), (81, 5 / 143)]:
            assert abs(first[:n].count(resource) - n * share) < 2


def test_asynchronous_brackets_promote_for_themselves():
    """Scores of trials of other brackets at the same resource do not count."""
    scheduler = AsynchronousHyperband(16, (1, 3), 3)  # 3 and 2 trials in turn
    rng = np.random.default_rng(0)
    history = run(scheduler, lambda number, resource: rng.normal())
    started = {a.trial: a.resource for a in reversed(history.records) if hasattr(a, "folds")}
    promoted = [number for number in at(history, 3) if started[number] == 1]
    n_low = sum(resource == 1 for resource in started.values())
    assert len(promoted) >= n_low // 3
    assert scheduler.plan().brackets[0].n_trials == (n_low, n_low // 3)
    assert scheduler.plan().n_trials == 16
    assert AsynchronousHyperband(None, (1, 3)).plan() is None


def test_bad_input():
    with pytest.raises(ValueError, match="Hyperband: n_loops must be an integer of 1 or more"):
        Hyperband((1, 3), n_loops=0)
    with pytest.raises(ValueError, match="Hyperband: resources must be numbers above 0 that grow"):
        Hyperband(81)
    with pytest.raises(TypeError, match="Hyperband: selection must be a Selection"):
        Hyperband((1, 3), selection=3)
    with pytest.raises(ValueError, match="AsynchronousHyperband: n_trials must be"):
        AsynchronousHyperband(2.5, (1, 3))
