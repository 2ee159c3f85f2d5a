from __future__ import annotations

import copy
import math
import pickle
import random

import pytest

from skhpo.history import History
from skhpo.testing import decisions, outcomes, replay, truncations
from skhpo.trial import Assignment, Measurement, Trial


def measured(trial, fold=0, score=1.0, resource=None, status="completed", **scores):
    scores = scores or ({"score": score} if status == "completed" else {})
    return Measurement(trial, fold, resource, status, scores)


def history_of(*records, **options):
    history = History(**options)
    for record in records:
        history.append(record)
    return history


def tried(scores, resource=None):
    """A history of trials with one fold and these scores."""
    records = []
    for number, score in enumerate(scores):
        records += [Trial(number, {}), Assignment(number, resource, (0,))]
        records += [measured(number, score=score, resource=resource)]
    return history_of(*records)


# ------------------------------------------------------------------ one trial


def test_the_life_of_a_trial():
    history = History()
    trial = Trial(0, {"x": 1})
    assert history.append(trial) is None
    assert history.trials == [trial]
    assert (history.pending, history.n_pending, history.unfinished) == ([], 0, [])

    assignment = Assignment(0, 9, (0, 1))
    assert history.append(assignment) is None
    assert (history.pending, history.n_pending) == ([trial], 1)
    assert history.unfinished == [(assignment, (0, 1))]
    assert history.latest(0) is None
    assert history.folds(0) == []

    assert history.append(measured(0, fold=1, score=3.0, resource=9)) is None
    assert history.unfinished == [(assignment, (0,))]
    assert history.latest(0) is None
    assert history.best is None

    evaluation = history.append(measured(0, fold=0, score=1.0, resource=9))
    assert evaluation == history.latest(0) == history.best
    assert (evaluation.trial, evaluation.resource, evaluation.score) == (0, 9, 2.0)
    assert evaluation.fold_scores == (1.0, 3.0), "in the order of the folds"
    assert [measurement.fold for measurement in history.folds(0)] == [0, 1]
    assert history.evaluations == [evaluation]
    assert (history.pending, history.n_pending, history.unfinished) == ([], 0, [])
    assert history.rung(9) == [0]
    assert history.rung(3) == []
    assert len(history) == len(list(history)) == 4
    assert repr(history) == "History(1 trial, 0 of them running, 2 measurements)"


def test_a_promoted_trial_is_on_both_rungs_and_judged_by_the_higher():
    history = tried([0.9, 0.8], resource=1)
    history.append(Assignment(1, 3, (0,)))
    assert history.latest(1).resource == 1
    history.append(measured(1, score=0.5, resource=3))
    assert history.rung(1) == [0, 1]
    assert history.rung(3) == [1]
    assert (history.best.trial, history.best.score) == (1, 0.5)
    assert history.latest(1).fold_scores == (0.5,)


def test_where_a_trial_may_win_early_the_best_score_counts():
    history = tried([0.9, 0.8, 0.9], resource=1)
    for number, score in [(1, 0.9), (2, 0.5)]:
        history.append(Assignment(number, 3, (0,)))
        history.append(measured(number, score=score, resource=3))
    assert (history.best.trial, history.best.resource) == (1, 3)
    history.early_may_win = True
    assert (history.best.trial, history.best.resource) == (0, 1), "the least training"
    assert history.replayed().best == history.best
    assert history_of(early_may_win=True).best is None


def test_events_are_the_record_with_assignments_summed_up():
    history = history_of(Trial(0, {}), Assignment(0, 3, (0, 1)))
    before = history.events.copy()
    assert before == history.records
    history.append(measured(0, fold=1, resource=3))
    assert history.events == before
    evaluation = history.append(measured(0, fold=0, resource=3))
    assert history.events == [*before, evaluation]


def test_folds_as_the_resource_add_up():
    history = history_of(Trial(0, {}), Assignment(0, None, (0,)), measured(0, score=1.0))
    history.append(Assignment(0, None, (1, 2)))
    history.append(measured(0, fold=2, score=6.0))
    evaluation = history.append(measured(0, fold=1, score=2.0))
    assert evaluation.fold_scores == (1.0, 2.0, 6.0)
    assert evaluation.score == 3.0


def test_a_trial_that_is_measured_again_has_one_place_on_the_rung():
    history = tried([0.9, 0.5])
    history.append(Assignment(0, None, (0, 1)))
    history.append(measured(0, score=0.1))
    assert history.rung(None) == [0, 1], "what was known holds until it is replaced"
    history.append(measured(0, fold=1, score=0.3))
    assert history.rung(None) == [1, 0]
    assert (history.best.trial, history.best.score) == (1, 0.5)
    history.append(Assignment(1, None, (0,)))
    history.append(measured(1, status="failed"))
    assert history.rung(None) == [0]
    assert (history.best.trial, history.best.score) == (0, pytest.approx(0.2))


# ------------------------------------------------------------------ several


def test_ties_go_to_the_older_trial_in_whichever_order():
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        history = history_of(*[Trial(number, {}) for number in range(3)])
        for number in range(3):
            history.append(Assignment(number, None, (0,)))
        for number in order:
            history.append(measured(number, score=1.0))
        assert history.rung(None) == [0, 1, 2]
        assert history.best.trial == 0


def test_rungs_are_sorted_best_first():
    scores = [random.Random(0).choice([0.1, 0.2, 0.3]) for _ in range(50)]
    history = tried(scores, resource=3)
    assert history.rung(3) == sorted(range(50), key=lambda number: (-scores[number], number))


@pytest.mark.parametrize("status", ["failed", "diverged", "worker-died", "timeout", "pruned"])
def test_a_failed_fold_fails_the_trial(status):
    history = history_of(Trial(0, {}), Assignment(0, None, (0, 1, 2)))
    history.append(measured(0, fold=0))
    history.append(measured(0, fold=1, status=status))
    evaluation = history.append(measured(0, fold=2))
    assert evaluation.status == status
    assert math.isnan(evaluation.score)
    assert math.isnan(evaluation.fold_scores[1])
    assert not evaluation.is_usable
    assert history.rung(None) == []
    assert history.best is None


def test_a_score_that_cannot_be_compared_is_not_usable():
    history = tried([math.nan, 0.1])
    assert history.latest(0).status == "completed"
    assert not history.latest(0).is_usable
    assert history.rung(None) == [1]
    assert history.best.trial == 1


def test_infinite_scores_have_their_place():
    history = tried([-math.inf, 0.1, math.inf, math.nan])
    assert history.rung(None) == [2, 1, 0]
    assert history.best.score == math.inf
    assert tried([-math.inf, math.nan]).best.trial == 0


def test_which_metric():
    records = [Trial(0, {}), Assignment(0, None, (0,)), measured(0, auc=0.7, f1=0.5)]
    assert history_of(*records, metric="f1").best.score == 0.5
    assert history_of(*records, metric=None).best.score == 0.7
    assert history_of(*records, metric="score").best is None
    failed = history_of(*records[:2], measured(0, status="failed"), metric=None)
    assert math.isnan(failed.latest(0).score)


# ------------------------------------------------------------------ refusals

RUNNING = (Trial(0, {}), Assignment(0, 3, (0, 1)))


@pytest.mark.parametrize(
    ("before", "record", "reason"),
    [
        ((), Trial(1, {}), "numbered in order"),
        (RUNNING, Trial(0, {}), "numbered in order"),
        ((), Trial(0, {}, parent=0), "no such parent"),
        (RUNNING, Trial(1, {}, parent=2), "no such parent"),
        (RUNNING, Trial(1, {}, parent=-1), "no such parent"),
        ((), Assignment(0, None, (0,)), "no such trial"),
        (RUNNING, Assignment(-1, None, (0,)), "no such trial"),
        (RUNNING, Assignment(0, 9, (0,)), "still busy"),
        ((Trial(0, {}),), Assignment(0, None, ()), "no fold"),
        ((Trial(0, {}),), Assignment(0, None, (1, 1)), "a fold comes twice"),
        ((Trial(0, {}),), measured(0), "nobody waits"),
        (RUNNING, measured(0, fold=2, resource=3), "nobody waits"),
        (RUNNING, measured(1, resource=3), "nobody waits"),
        (RUNNING, measured(0, resource=9), "resource 3 was asked for"),
        ((*RUNNING, measured(0, resource=3)), measured(0, resource=3), "nobody waits"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_fit_is_refused_and_leaves_no_trace(before, record, reason):
    history = history_of(*before)
    state = pickle.dumps(history)
    with pytest.raises(ValueError, match=reason):
        history.append(record)
    assert pickle.dumps(history) == state


# ------------------------------------------------------------------ replay


def busy_history():
    history = tried([0.3, math.nan, 0.5], resource=1)
    history.append(Assignment(2, 3, (0, 1)))
    history.append(measured(2, fold=1, score=0.1, resource=3))
    history.append(Trial(3, {"x": 1}, parent=0))
    history.append(Assignment(3, 1, (0,)))
    history.append(measured(3, status="worker-died", resource=1))
    return history


def answers(history):
    return (
        repr(history.best),
        repr(history.evaluations),
        history.pending,
        history.unfinished,
        [history.rung(resource) for resource in (None, 1, 3)],
        [repr(history.latest(number)) for number in range(len(history.trials))],
        [repr(history.folds(number)) for number in range(len(history.trials))],
    )


def test_a_replayed_history_answers_as_the_original():
    history = busy_history()
    for other in (replay(history), pickle.loads(pickle.dumps(history)), copy.deepcopy(history)):
        assert answers(other) == answers(history)
        assert outcomes(other) == outcomes(history)
        assert decisions(other) == decisions(history)
    assert replay(History(seed=3, metric="auc")).seed == 3
    assert replay(History(seed=3, metric="auc")).metric == "auc"


def test_a_snapshot_stays_as_it_was():
    history, growing = busy_history(), History()
    then = []
    for record in history:
        growing.append(record)
        then.append((growing.snapshot(), answers(growing)))
    for snapshot, known in then:
        assert answers(snapshot) == known
    first = then[0][0]
    first.extend(history.records[1:])
    assert answers(first) == answers(growing)


def test_a_snapshot_is_not_written_down():
    history, written = History(), []
    history.written = lambda records: written.append(len(records))
    history.append(Trial(0, {}))
    history.snapshot().append(Trial(1, {}))
    assert written == [1]
    assert len(history) == 1


def test_truncations_are_all_prefixes():
    history = busy_history()
    prefixes = list(truncations(history))
    assert [len(prefix) for prefix in prefixes] == list(range(len(history) + 1))
    assert outcomes(prefixes[-1]) == outcomes(history)
    prefixes[3].append(Trial(1, {"other": 1}))
    assert history.trials[1].params == {}, "a prefix is a history of its own"
