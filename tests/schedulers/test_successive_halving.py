from __future__ import annotations

import math

import numpy as np
import pytest
from scheduler_runs import at, measure, reached, run, start
from sklearn.model_selection._search_successive_halving import _top_k

from skhpo.history import History
from skhpo.schedulers import (
    BestScores,
    Bracket,
    HalvingIterations,
    SuccessiveHalving,
    UpperConfidenceBound,
    WithinNoise,
    rungs,
)
from skhpo.trial import Promote, Start, Stop, Wait


def noisy(seed):
    """Scores that rank otherwise at each rung."""
    return lambda number, resource: np.random.default_rng([seed, number, int(resource)]).normal()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("factor", "n"), [(2, 32), (3, 81), (3, 100), (2.5, 60)])
def test_the_pseudo_code_of_the_paper(factor, n, seed):
    """Li et al. (2018), Algorithm 1, lines 4 to 9, for one bracket."""
    score = noisy(seed)
    ladder = rungs(1, int(factor**3), factor)
    history = run(SuccessiveHalving(Bracket.halving(n, ladder, factor)), score)
    survivors = list(range(n))
    for i, resource in enumerate(ladder):
        assert sorted(at(history, resource)) == sorted(survivors)
        n_i = math.floor(n * factor**-i + 1e-9)
        survivors.sort(key=lambda number: -score(number, resource))
        survivors = survivors[: math.floor(n_i / factor + 1e-9)]


def stable_top_k(results, k, itr):
    """scikit-learn's selection but for the sort, which numpy leaves unstable: with ties, which of
    them survive there depends on the processor."""
    scores = np.asarray(results["mean_test_score"])
    return np.asarray(results["params"])[np.argsort(scores, kind="stable")[-k:]]


def scikit_learns_survivors(iterations, score, top_k):
    """Its loop, with its own selection."""
    candidates, survivors = list(range(iterations.n_candidates)), []
    for itr, resource in enumerate(iterations.n_resources):
        survivors.append(set(candidates))
        results = {
            "iter": [itr] * len(candidates),
            "mean_test_score": [score(number, resource) for number in candidates],
            "params": candidates,
        }
        n_kept = math.ceil(len(candidates) / iterations.factor)
        candidates = [int(number) for number in top_k(results, n_kept, itr)]
    return survivors


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("n", "factor"), [(100, 2), (81, 3), (40, 2.5)])
def test_the_survivors_of_scikit_learn(n, factor, seed):
    iterations = HalvingIterations(n, 1, 27, factor)
    history = run(SuccessiveHalving(iterations.bracket), noisy(seed))
    ours = [set(at(history, resource)) for resource in iterations.n_resources]
    assert ours == scikit_learns_survivors(iterations, noisy(seed), _top_k)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(("n", "factor"), [(100, 2), (81, 3)])
def test_the_survivors_of_scikit_learn_where_scores_tie(n, factor, seed):
    def score(number, resource):
        return float(round(noisy(seed)(number, resource)))

    iterations = HalvingIterations(n, 1, 27, factor)
    history = run(SuccessiveHalving(iterations.bracket), score)
    ours = [set(at(history, resource)) for resource in iterations.n_resources]
    assert ours == scikit_learns_survivors(iterations, score, stable_top_k)


@pytest.mark.parametrize(("factor", "top", "share"), [(3, 81, 11 / 15), (2, 16, 3 / 5)])
def test_resumed_training_pays_only_the_increments(factor, top, share):
    """With five rungs, of what training anew at each rung costs."""
    bracket = Bracket.halving(factor**4, rungs(1, top, factor), factor)
    anew = sum(n * r for n, r in zip(bracket.n_trials, bracket.resources, strict=True))
    assert bracket.cost / anew == pytest.approx(share)


def test_waits_for_everybody_at_the_rung():
    scheduler, history = SuccessiveHalving(Bracket((3, 1), (1, 3))), History()
    for _ in range(3):
        assert scheduler.next(history) == Start(1)
        start(history, 1)
    measure(history, 1, 0.9)
    measure(history, 0, 0.5)
    assert scheduler.next(history) == Wait()
    measure(history, 2, 0.7)
    assert scheduler.next(history) == Promote(1, 3)


def test_fewer_usable_than_planned():
    scores = {0: None, 1: 0.1, 2: math.nan, 3: None, 4: 0.2, 5: None}
    history = run(
        SuccessiveHalving(Bracket((6, 3, 1), (1, 3, 9))), lambda number, resource: scores[number]
    )
    assert reached(history) == {0: 1, 1: 3, 2: 1, 3: 1, 4: 9, 5: 1}


def test_infinite_scores_are_scores():
    scores = [-math.inf, 0.0, math.inf, 1.0]
    history = run(SuccessiveHalving(Bracket((4, 2), (1, 3))), lambda n, resource: scores[n])
    assert at(history, 3) == [2, 3]


def test_more_trials_after_some_were_promoted():
    """What was promoted already counts: never more than planned."""
    scheduler = SuccessiveHalving(Bracket((6, 2), (1, 3)))
    history = History()
    for score in (0.1, 0.2, 0.3):
        measure(history, start(history, 1), score)
    assert scheduler.next(history, may_start=False) == Promote(2, 3)
    history = run(scheduler, lambda number, resource: number / 10, history=history)
    assert len(history.trials) == 6
    assert len(at(history, 3)) == 2
    assert scheduler.next(history) == Stop()


def test_within_noise_keeps_who_is_close():
    folds = {  # planned: two of them
        0: [0.90, 0.80, 0.70],
        1: [0.80, 0.70, 0.60],  # the last one planned
        2: [0.79, 0.72, 0.58],  # now above, now below it: no worse
        3: [0.79, 0.69, 0.59],  # on each fold the same amount below: worse
        4: [0.10, 0.90, 0.20],  # too noisy to tell
    }
    scheduler = SuccessiveHalving(Bracket((5, 2), (1, 3)), WithinNoise(width=1))
    assert scheduler.plan().brackets == (Bracket((5, 4), (1, 3)),)
    assert scheduler.plan().spends == "at most"
    history = run(scheduler, lambda number, resource: folds[number], n_folds=3)
    assert at(history, 3) == [0, 1, 2]
    wider = SuccessiveHalving(Bracket((5, 2), (1, 3)), WithinNoise(width=2))
    history = run(wider, lambda number, resource: folds[number], n_folds=3)
    assert 3 not in at(history, 3)


def test_within_noise_never_keeps_more_than_told():
    scheduler = SuccessiveHalving(Bracket((10, 2, 1), (1, 3, 9)), WithinNoise(most=1.5))
    history = run(scheduler, lambda number, resource: 0.5)
    assert len(at(history, 3)) == 3
    assert len(at(history, 9)) == 1


def test_with_one_fold_nothing_is_known_of_the_noise():
    plain = run(SuccessiveHalving(Bracket((9, 3, 1), (1, 3, 9))), noisy(0))
    for selection in (WithinNoise(), UpperConfidenceBound()):
        history = run(SuccessiveHalving(Bracket((9, 3, 1), (1, 3, 9)), selection), noisy(0))
        assert history.records == plain.records


def test_upper_confidence_bounds_favour_the_uncertain():
    folds = {0: [0.5, 0.5], 1: [0.2, 0.7], 2: [0.4, 0.4]}  # bounds at 1: 0.5, 0.7, 0.4
    for kappa, best in [(0, 0), (1, 1)]:
        scheduler = SuccessiveHalving(Bracket((3, 1), (1, 3)), UpperConfidenceBound(kappa))
        history = run(scheduler, lambda number, resource: folds[number], n_folds=2)
        assert at(history, 3) == [best]


@pytest.mark.parametrize("selection", [BestScores(), WithinNoise(), UpperConfidenceBound()])
def test_nobody_goes_on_where_nobody_is_planned(selection):
    bracket = Bracket((4, 1, 0), (1, 3, 9))
    history = run(SuccessiveHalving(bracket, selection), lambda number, resource: float(number))
    assert [len(at(history, resource)) for resource in (1, 3, 9)] == [4, 1, 0]


def test_bad_input():
    with pytest.raises(TypeError, match=r"bracket must be a Bracket such as Bracket\(\(9, 3, 1\)"):
        SuccessiveHalving(9)
    with pytest.raises(TypeError, match=r"selection must be a Selection such as BestScores\(\)"):
        SuccessiveHalving(Bracket((1,), (1,)), "ucb")
    with pytest.raises(ValueError, match="kappa must be a number 0 or more, got -1"):
        UpperConfidenceBound(-1)
    with pytest.raises(ValueError, match="most must be a number 1 or more"):
        WithinNoise(most=0.5)
    assert repr(WithinNoise()) == "WithinNoise(width=1.0, most=2.0)"
    assert BestScores().at_most(3) == 3
