"""The shipped laws catch what breaks them."""

from __future__ import annotations

import statistics

import pytest

from skhpo.execution import InlineExecutor
from skhpo.samplers import RandomSampler
from skhpo.schedulers import AsynchronousHalving, FullBudget
from skhpo.testing import SPACES, ExecutorLaws, SamplerLaws, SchedulerLaws, VirtualExecutor
from skhpo.testing.base import Laws
from skhpo.trial import Promote, Report, Start, Stop, Task, Wait


class Stateful(RandomSampler):
    def __init__(self):
        self.count = 0

    def suggest(self, space, history, rng):
        self.count += 1
        return {"x": self.count, "y": 0.5}


class Repeating(RandomSampler):
    def suggest(self, space, history, rng):
        return {"x": 1, "y": 0.5}


class Latest(RandomSampler):
    """Looks at which result came in last."""

    def suggest(self, space, history, rng):
        newest = history.measurements[-1].trial if history.measurements else 0
        return {"x": newest / 100, "y": 0.5}


class Straying(RandomSampler):
    def suggest(self, space, history, rng):
        return {"x": 100, "y": 0.5}


@pytest.mark.parametrize(
    ("sampler", "law"),
    [
        (Stateful, "test_function_of_space_history_and_rng"),
        (Stateful, "test_a_run_can_be_taken_up_anywhere"),
        (Latest, "test_order_of_arrival_is_irrelevant"),
        (Latest, "test_only_an_adaptive_sampler_looks_at_results"),
        (Straying, "test_stays_inside_the_space"),
    ],
)
def test_bad_samplers_are_caught(sampler, law):
    class Suite(SamplerLaws):
        def make_sampler(self):
            return sampler()

    with pytest.raises((AssertionError, ValueError)):
        getattr(Suite(), law)(sampler(), SPACES["continuous"])


def test_repetitions_are_caught():
    class Suite(SamplerLaws):
        def make_sampler(self):
            return Repeating()

    with pytest.raises(AssertionError):
        Suite().test_nothing_is_tried_twice(Repeating(), SPACES["continuous"], "score")


class Statistical(RandomSampler):
    """Needs two results for a standard deviation."""

    def suggest(self, space, history, rng):
        scores = [e.score for e in history.evaluations if e.is_usable]
        return {"x": statistics.stdev(scores), "y": 0.5} if scores else space.sample(rng)


class Reckless(RandomSampler):
    """Takes every score for a number that can be computed with."""

    def suggest(self, space, history, rng):
        scores = [e.score for e in history.evaluations]
        return {"x": sum(scores) / len(scores), "y": 0.5} if scores else space.sample(rng)


@pytest.mark.parametrize(
    ("sampler", "kind"),
    [
        (Reckless, "nan"),
        (Reckless, "some-infinite"),
        (Repeating, "equal"),
        (Statistical, "only-one"),
        (Statistical, "one-while-others-run"),
    ],
)
def test_samplers_that_trust_every_result_are_caught(sampler, kind):
    class Suite(SamplerLaws):
        def make_sampler(self):
            return sampler()

    with pytest.raises((AssertionError, ValueError)):
        Suite().test_useless_results_are_tolerated(sampler(), SPACES["continuous"], kind)


class Overspending(FullBudget):
    def next(self, history, may_start=True):
        return Start(1) if len(history.trials) < 15 else Stop()


class Generous(FullBudget):
    """Promotes the first trial, whatever became of it, or whether it has ended at all."""

    def next(self, history, may_start=True):
        if len(history.trials) == 12 and history.n_pending < 3:
            return Promote(0, 2) if history.latest(0).resource == 1 else Stop()
        return Wait() if len(history.trials) == 12 else Start(1)


class Waiting(FullBudget):
    def next(self, history, may_start=True):
        return Wait() if history.trials else Start(1)


class Counting(FullBudget):
    count = 0

    def next(self, history, may_start=True):
        self.count += 1
        return Start(self.count)


@pytest.mark.parametrize(
    ("scheduler", "law"),
    [
        (Overspending, lambda suite: suite.test_ends_and_spends_what_is_planned(0, 1)),
        (Generous, lambda suite: suite.test_failures_are_not_promoted_and_do_not_stop_it(0, 1)),
        (Waiting, lambda suite: suite.test_ends_and_spends_what_is_planned(0, 1)),
        (Counting, lambda suite: suite.test_function_of_the_history()),
    ],
)
def test_bad_schedulers_are_caught(scheduler, law):
    class Suite(SchedulerLaws):
        def make_scheduler(self):
            return scheduler(12, resource=1)

    with pytest.raises(AssertionError):
        law(Suite())


class Hasty(AsynchronousHalving):
    """Gives up states from which trials may still be promoted."""

    def obsolete_states(self, history):
        return [(evaluation.trial, evaluation.resource) for evaluation in history.evaluations]


class Shuffling(AsynchronousHalving):
    """Tells the newest first."""

    def obsolete_states(self, history):
        return super().obsolete_states(history)[::-1]


@pytest.mark.parametrize("n_slots", [1, 5])
def test_schedulers_that_give_up_states_they_need_are_caught(n_slots, tmp_path):
    class Suite(SchedulerLaws):
        def make_scheduler(self):
            return Hasty(13, (1, 3, 9))

    with pytest.raises(AssertionError):
        Suite().test_no_state_is_missed(0, n_slots, tmp_path)


def test_obsolete_states_that_change_places_are_caught():
    class Suite(SchedulerLaws):
        def make_scheduler(self):
            return Shuffling(13, (1, 3, 9))

    with pytest.raises(AssertionError):
        Suite().test_obsolete_states_only_grow()


class Renaming(InlineExecutor):
    def next_completed(self, timeout=None):
        completed = super().next_completed(timeout)
        return None if completed is None else (completed[0], Report(status="completed"))


def test_bad_executors_are_caught():
    class Suite(ExecutorLaws):
        make_executor = Renaming

    with pytest.raises(AssertionError):
        Suite().test_one_completion_for_each_submission(Renaming())


# ------------------------------------------------------------------ excuses


def test_excuses_are_data():
    class Suite(Laws):
        def test_something(self):
            raise AssertionError

    Suite.excuses = {"test_nothing": "there is no such law"}
    with pytest.raises(AssertionError, match="no such laws"):
        Suite()._check_excuses("test_something")
    Suite.excuses = {"test_something": "it never holds"}
    with pytest.raises(pytest.skip.Exception, match="it never holds"):
        Suite()._check_excuses("test_something")
    Suite()._check_excuses("test_another")


# ------------------------------------------------------------------ the virtual executor


def task(number, attempt=1):
    return Task(number, 0, None, {}, attempt=attempt)


def nothing(task):
    return Report(scores={"score": 0.0})


def test_completions_come_in_the_order_of_the_clock():
    executor = VirtualExecutor(3, duration=lambda task: {0: 3.0, 1: 1.0, 2: 1.0}[task.trial])
    executor.start(nothing)
    for number in range(3):
        executor.submit(task(number))
    assert executor.n_in_flight == 3
    assert executor.next_completed(timeout=0.5) is None
    assert executor.now == 0.5
    done = [executor.next_completed() for _ in range(3)]
    assert [t.trial for t, _ in done] == [1, 2, 0], "ties in the order of submission"
    assert [(r.started_at, r.finished_at) for _, r in done] == [(0, 1), (0, 1), (0, 3)]
    assert executor.now == 3
    assert executor.next_completed() is None


def test_durations_belong_to_the_task():
    def spans(order, seed):
        executor = VirtualExecutor(3, seed=seed)
        executor.start(nothing)
        for number in order:
            executor.submit(task(number))
        return {span.task.trial: span.finished_at for span in executor.spans}

    assert spans([0, 1, 2], 0) == spans([2, 0, 1], 0) != spans([0, 1, 2], 1)


def test_fates():
    def deadly(task):
        return "worker-died" if task.attempt == 1 else None

    executor = VirtualExecutor(2, fate=deadly)
    executor.start(nothing)
    executor.submit(task(0))
    executor.submit(task(1, attempt=2))
    reports = {
        t.trial: report for t, report in (executor.next_completed(), executor.next_completed())
    }
    assert reports[0].status == "worker-died"
    assert reports[0].scores == {}
    assert reports[1].status == "completed"


def test_mistakes_of_the_caller():
    executor = VirtualExecutor(1)
    with pytest.raises(RuntimeError, match=r"before start\(\)"):
        executor.submit(task(0))
    executor.start(nothing)
    executor.submit(task(0))
    with pytest.raises(RuntimeError, match="all 1 slots were busy"):
        executor.submit(task(1))


def test_utilisation():
    executor = VirtualExecutor(2, duration=lambda task: 1.0 + task.trial)
    executor.start(nothing)
    assert executor.utilisation() == 1.0
    executor.submit(task(0))
    executor.submit(task(1))
    executor.next_completed()
    executor.submit(task(2))
    assert executor.utilisation() == 1.0
    assert executor.utilisation(until=4.0) == pytest.approx((1 + 2 + 3) / 8)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (Report(scores={"score": 1.0}), (2.5, 0.0)),
        (Report(status="failed"), (2.5, 0.0)),
        (Report(fit_time=1.0), (1.0, 0.0)),
        (Report(score_time=7.0), (0.0, 7.0)),
        (None, (2.5, 0.0)),  # no report: the task has failed
    ],
)
def test_who_tells_of_no_time_is_timed_by_the_virtual_clock(own, expected):
    executor = VirtualExecutor(duration=lambda task: 2.5)
    executor.start(lambda task: own)
    executor.submit(Task(trial=0, fold=0, resource=None, params={}))
    _, report = executor.next_completed()
    assert (report.fit_time, report.score_time) == expected
