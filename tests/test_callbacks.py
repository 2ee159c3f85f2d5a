"""Who is told what, and when."""

from __future__ import annotations

import copy

import pytest
from sklearn.base import clone

from skhpo import Float, Tuner
from skhpo.callbacks import Callback, as_callbacks
from skhpo.schedulers import AsynchronousHalving, Bracket, FullBudget, SuccessiveHalving
from skhpo.testing import VirtualExecutor

SPACE = {"x": Float(0, 1)}
LADDER = Bracket((9, 3, 1), (1, 3, 9))


class Milestones(Callback):
    """Keeps what it is told of rungs and bests, beside all evaluations."""

    def __init__(self):
        self.rungs = []
        self.bests = []
        self.all = []

    def on_evaluation(self, history, evaluation):
        self.all.append(evaluation)

    def on_rung(self, history, evaluation):
        assert self.all[-1] is evaluation
        self.rungs.append((evaluation.resource, evaluation.trial))

    def on_best(self, history, evaluation):
        assert history.best is evaluation
        self.bests.append(evaluation)


def x_at(params, resource):
    return params["x"] * resource


def halving(log, **settings):
    settings = {"scheduler": SuccessiveHalving(LADDER), "random_state": 0, **settings}
    return Tuner(SPACE, x_at, callbacks=log, **settings)


# ------------------------------------------------------------------ rungs and bests


@pytest.mark.parametrize("n_slots", [1, 4])
@pytest.mark.parametrize(
    "scheduler", [SuccessiveHalving(LADDER), AsynchronousHalving(9, (1, 3, 9))]
)
def test_each_rung_is_told_once_when_the_first_trial_reaches_it(scheduler, n_slots):
    log = Milestones()
    executor = VirtualExecutor(n_slots)
    tuner = halving(log, scheduler=scheduler, executor=executor).run()
    first = {}
    for evaluation in tuner.history.evaluations:
        first.setdefault(evaluation.resource, evaluation.trial)
    assert log.rungs == list(first.items())
    assert [resource for resource, _ in log.rungs] == [1, 3, 9]


def test_a_trial_that_fails_opens_no_rung():
    def objective(params, resource):
        if resource == 3 and len(tuner.history.evaluations) == 9:
            raise ValueError("the first that comes there")
        return x_at(params, resource)

    log = Milestones()
    tuner = Tuner(SPACE, objective, scheduler=SuccessiveHalving(LADDER), callbacks=log)
    tuner.run()
    assert log.all[9].status == "failed"
    assert log.rungs[1] == (3, log.all[10].trial)


def test_undivided_training_has_no_rungs():
    log = Milestones()
    Tuner(SPACE, lambda params: params["x"], callbacks=log).run(n_trials=3)
    assert log.rungs == []
    assert len(log.all) == 3


@pytest.mark.parametrize("direction", ["maximize", "minimize"])
def test_bests_are_the_running_best(direction):
    log = Milestones()
    tuner = Tuner(
        SPACE, lambda params: params["x"], callbacks=log, direction=direction, random_state=0
    ).run(n_trials=30)
    expected, best = [], -float("inf")
    for evaluation in tuner.history.evaluations:
        if evaluation.score > best:
            expected.append(evaluation.trial)
            best = evaluation.score
    assert [evaluation.trial for evaluation in log.bests] == expected
    assert 1 < len(expected) < 30
    assert log.bests[-1].trial == tuner.best_trial.number


def test_the_first_at_a_higher_resource_is_the_best():
    """Even with a lower score, as ``history.best`` judges."""
    log = Milestones()
    Tuner(
        SPACE,
        lambda params, resource: params["x"] - resource,
        scheduler=SuccessiveHalving(LADDER),
        callbacks=log,
    ).run()
    by_rung = dict(log.rungs)
    for resource in (3, 9):
        first = next(e for e in log.bests if e.resource == resource)
        assert first.trial == by_rung[resource]
        assert first.score < 0


def test_what_was_recorded_before_is_told_to_nobody_again():
    whole = Milestones()
    halving(whole).run()
    history = halving(None).run().history
    for n_records in range(len(history)):
        later = Milestones()
        prefix = history.replayed(n_records)
        n_before = len(prefix.evaluations)
        reached = {e.resource for e in prefix.evaluations}
        halving(later, history=prefix).run()
        assert [e.trial for e in later.all] == [e.trial for e in whole.all[n_before:]]
        assert later.rungs == [rung for rung in whole.rungs if rung[0] not in reached]
        bests = [e for e in whole.bests if e in whole.all[n_before:]]
        assert later.bests == bests


@pytest.mark.parametrize(
    ("hook", "n_trials"), [("on_rung", 9), ("on_best", 1), ("on_evaluation", 1)]
)
def test_any_hook_stops_the_search(hook, n_trials):
    class Stops(Callback):
        pass

    def told(self, history, evaluation):
        return hook != "on_rung" or evaluation.resource == 3

    setattr(Stops, hook, told)
    tuner = halving(Stops()).run()
    assert tuner.stop_reason == "callback"
    assert len(tuner.history.trials) == n_trials
    assert not tuner.history.pending


def test_ask_and_tell_tells_them_too():
    log = Milestones()
    tuner = Tuner(SPACE, callbacks=log, random_state=0)
    for score in (1.0, 3.0, 2.0):
        tuner.tell(tuner.ask(), score)
    assert [evaluation.score for evaluation in log.bests] == [1.0, 3.0]


# ------------------------------------------------------------------ errors


class Raises(Callback):
    def on_end(self, history):
        raise RuntimeError("not at the end")


class Ends(Callback):
    def __init__(self):
        self.n_ends = 0

    def on_end(self, history):
        self.n_ends += 1


def test_everybody_is_told_of_the_end_whatever_others_raise(tmp_path):
    log = Ends()
    tuner = Tuner(
        SPACE, lambda p: p["x"], callbacks=[Raises(), log, Raises()], storage=tmp_path / "search"
    )
    with pytest.raises(RuntimeError, match="not at the end"):
        tuner.run(n_trials=3)
    assert log.n_ends == 1
    assert len(tuner.history.evaluations) == 3
    assert tuner.stop_reason == "budget"
    stored = Tuner(SPACE, lambda p: p["x"], storage=tmp_path / "search").history
    assert len(stored.evaluations) == 3


@pytest.mark.parametrize("hook", ["on_measurement", "on_evaluation", "on_rung", "on_best"])
def test_an_exception_loses_nothing(hook, tmp_path):
    class Fails(Callback):
        pass

    def told(self, history, what):
        if len(history.trials) >= 2 or hook == "on_rung":
            raise RuntimeError("the callback broke")

    setattr(Fails, hook, told)
    tuner = halving(Fails(), storage=tmp_path / "search")
    with pytest.raises(RuntimeError, match="the callback broke"):
        tuner.run()
    n_measured = len(tuner.history.measurements)
    assert n_measured >= 1
    resumed = halving(None, storage=tmp_path / "search")
    assert len(resumed.history.measurements) == n_measured
    expected = [e.score for e in halving(None).run().history.evaluations]
    assert [e.score for e in resumed.run().history.evaluations] == expected


# ------------------------------------------------------------------ as a setting


def test_one_several_or_none():
    one = Callback()
    assert as_callbacks("Search", None) == []
    assert as_callbacks("Search", one) == [one]
    assert as_callbacks("Search", (one, one)) == [one, one]


@pytest.mark.parametrize("given", ["bar", print, [print], [Callback], 3, {"a": 1}])
def test_what_is_no_callback_is_refused(given):
    with pytest.raises(TypeError, match=r"Search: callbacks must be a Callback such as \[MyCall"):
        as_callbacks("Search", given)
    with pytest.raises(TypeError, match="Tuner: callbacks"):
        Tuner(SPACE, scheduler=FullBudget(1), callbacks=given)


def test_clones_share_a_callback_and_copies_do_not():
    log = Milestones()
    assert clone([log], safe=False)[0] is log
    assert copy.deepcopy([log])[0] is not log
