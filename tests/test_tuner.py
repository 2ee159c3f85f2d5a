from __future__ import annotations

import math

import numpy as np
import pytest

from skhpo import FaultTolerance, Float, Tuner
from skhpo.callbacks import Callback
from skhpo.exceptions import (
    ExecutionError,
    ObjectiveError,
    SchedulerError,
    SkhpoWarning,
    SpaceError,
    TrialError,
)
from skhpo.execution import InlineExecutor
from skhpo.history import History
from skhpo.samplers import BayesianSampler, GridSampler, RandomSampler, Sampler
from skhpo.schedulers import Bracket, FullBudget, Plan, Scheduler
from skhpo.testing import VirtualExecutor, decisions, outcomes, truncations
from skhpo.trial import (
    Assignment,
    Fork,
    Measurement,
    Promote,
    Report,
    Start,
    Stop,
    Task,
    Trial,
    Wait,
)

SPACE = {"x": Float(-1, 1)}


def square(params):
    return params["x"] ** 2


class Folds:
    """An objective with folds."""

    def __init__(self, n_folds):
        self.n_folds = n_folds

    def evaluate(self, task):
        return Report(scores={"score": task.params["x"] + task.fold / 10})

    def tasks(self, trial, resource, reached):
        return [
            Task(trial.number, fold, resource, dict(trial.params), reached, trial.parent)
            for fold in range(self.n_folds)
        ]


class Climber(Sampler):
    """Stays near the best: a cheap adaptive sampler."""

    def suggest(self, space, history, rng):
        if history.best is None:
            return space.sample(rng)
        best = history.best
        return self.perturb(space, history, Fork(best.trial, best.resource, None), rng)


class Script(Scheduler):
    """Says what it is told to say, by the number of records there are."""

    def __init__(self, decide, plan=None):
        self.decide = decide
        self._plan = plan

    def next(self, history, may_start=True):
        return self.decide(history)

    def plan(self):
        return self._plan or Plan((Bracket((1,), (None,)),))


class Ladder(Scheduler):
    """Three trials at 1, the best of them at 3, then a fork of it at 3: waits between rungs."""

    def next(self, history, may_start=True):
        n_trials = len(history.trials)
        if n_trials < 3 and may_start:
            return Start(1)
        if history.n_pending:
            return Wait()
        if not history.rung(1):
            return Stop()
        best = history.rung(1)[0]
        if history.latest(best).resource == 1:
            return Promote(best, 3)
        return Fork(best, 3, 3) if n_trials == 3 and may_start else Stop()

    def plan(self):
        return Plan((Bracket((3, 1), (1, 3)), Bracket((1,), (3,))))


class Log(Callback):
    """Keeps what it is told, and stops at some hook."""

    def __init__(self, stop_at=None, after=1):
        self.told = []
        self.stop_at = stop_at
        self.after = after

    def _hear(self, hook, *what):
        self.told.append((hook, *what))
        n_heard = sum(name == hook for name, *_ in self.told)
        return hook == self.stop_at and n_heard >= self.after

    def on_start(self, history):
        return self._hear("start")

    def on_trial_start(self, history, trial):
        return self._hear("trial", trial.number)

    def on_measurement(self, history, measurement):
        return self._hear("measurement", measurement.trial, measurement.fold)

    def on_evaluation(self, history, evaluation):
        return self._hear("evaluation", evaluation.trial)

    def on_end(self, history):
        return self._hear("end")


def tuner_of(objective=square, *, n_trials=6, **options):
    options = {
        "scheduler": FullBudget(n_trials),
        "executor": VirtualExecutor(),
        "random_state": 0,
    } | options
    return Tuner(SPACE, objective, **options)


# ------------------------------------------------------------------ a function and a space


def test_maximise_and_minimise():
    highest = tuner_of(n_trials=30).run()
    lowest = tuner_of(n_trials=30, direction="minimize").run()
    tried = [trial.params["x"] for trial in highest.history.trials]
    assert tried == [trial.params["x"] for trial in lowest.history.trials]
    assert highest.best_score == max(x**2 for x in tried)
    assert lowest.best_score == min(x**2 for x in tried)
    assert highest.best_params["x"] ** 2 == highest.best_score
    assert lowest.best_params["x"] ** 2 == lowest.best_score
    assert lowest.history.best.score == -lowest.best_score, "inside, greater is better"


def test_minimising_an_objective_with_folds():
    lowest = tuner_of(Folds(2), direction="minimize").run()
    tried = [trial.params["x"] for trial in lowest.history.trials]
    assert lowest.best_params["x"] == min(tried)
    assert lowest.best_score == pytest.approx(min(tried) + 0.05)


def test_an_objective_of_a_resource():
    seen = []
    tuner = tuner_of(
        lambda params, resource: seen.append(resource) or resource, scheduler=FullBudget(3, 27)
    )
    assert tuner.run().best_score == 27
    assert seen == [27, 27, 27]
    with pytest.raises(ObjectiveError, match="FullBudget"):
        tuner_of(lambda params, resource: resource).run()


def test_the_executor_is_chosen_by_n_jobs():
    assert Tuner(SPACE, square, random_state=0).run(n_trials=3).best_score <= 1


def test_seeds():
    assert tuner_of().run().best_params == tuner_of().run().best_params
    assert tuner_of().run().best_params != tuner_of(random_state=1).run().best_params
    state = np.random.RandomState(0)
    assert tuner_of(random_state=state).run().best_params == tuner_of().run().best_params


def test_random_numbers_are_keyed_by_seed_and_trial():
    class Drawing(RandomSampler):
        def suggest(self, space, history, rng):
            key = np.random.default_rng([history.seed, len(history.trials)])
            assert rng.random() == key.random()
            return super().suggest(space, history, rng)

    tuner_of(sampler=Drawing()).run()


def test_n_trials_counts_those_of_earlier_runs():
    tuner = tuner_of(scheduler=None)
    assert len(tuner.run(n_trials=4).history.trials) == 4
    assert len(tuner.run(n_trials=4).history.trials) == 4
    assert len(tuner.run(n_trials=9).history.trials) == 9
    assert tuner.history.trials == tuner_of(scheduler=None).run(n_trials=9).history.trials
    assert tuner.ask() is not None, "the end of a run is not the end of the search"


def test_a_run_without_an_end_is_refused():
    with pytest.raises(ValueError, match="would never end: give n_trials"):
        tuner_of(scheduler=None).run()
    with pytest.raises(ValueError, match="needs an objective"):
        tuner_of(None).run()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"direction": "down"}, 'must be "maximize" or "minimize", got \'down\''),
        ({"max_concurrent_trials": 0}, "an integer of 1 or more, or None, got 0"),
        ({"max_concurrent_trials": "all"}, "max_concurrent_trials .*got 'all'"),
        ({"trial_timeout": 0}, "trial_timeout must be a number greater than 0, or None, got 0"),
        ({"deterministic": True}, "deterministic must be an integer of 1 or more, or None"),
        (
            {"trial_timeout": 1, "executor": InlineExecutor()},
            r"trial_timeout cannot be kept.*SlotExecutor\(2, trial_timeout=60\)",
        ),
        ({"objective": 5}, "must be a function of"),
        ({"space": {"x": []}}, "'x'"),
    ],
)
def test_bad_settings_are_refused(options, told):
    with pytest.raises(ValueError, match=told):
        Tuner(**({"space": SPACE, "objective": square} | options))


def test_a_finite_space_ends_the_search():
    tuner = Tuner({"n": [1, 2, 3]}, lambda params: params["n"], executor=VirtualExecutor(2))
    assert len(tuner.run(n_trials=50).history.trials) == 3
    assert tuner.best_params == {"n": 3}


# ------------------------------------------------------------------ failures are values


@pytest.mark.parametrize("value", [None, "0.5", [1, 2], np.array([1.0, 2.0])], ids=repr)
def test_what_is_no_number_fails_the_trial_and_is_explained(value):
    tuner = tuner_of(lambda params: value, n_trials=2)
    with pytest.warns(SkhpoWarning, match=r"(?s)failed in all 2 trials.*must return a number"):
        tuner.run()
    assert {evaluation.status for evaluation in tuner.history.evaluations} == {"failed"}
    for look in ("best_score", "best_params", "best_trial"):
        with pytest.raises(ValueError, match="must return a number, got"):
            getattr(tuner, look)


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (lambda params: math.nan, "gave NaN as 'score', in all 3 trials: none is the best"),
        (lambda params: {"a": 1.0, "b": 2.0}, r"NaN as 'score'.*It reported \['a', 'b'\]"),
        (lambda params: {"score": math.nan, "b": 2.0}, "gave NaN as 'score', in all 3 trials"),
    ],
)
def test_nothing_but_nan_is_told(function, told):
    tuner = tuner_of(function, n_trials=3)
    with pytest.warns(SkhpoWarning, match=told) as caught:
        tuner.run()
    assert caught[0].filename == __file__


def test_some_nan_is_nothing_to_tell():
    values = iter([math.nan, 0.5, math.nan])
    assert tuner_of(lambda params: next(values), n_trials=3).run().best_score == 0.5


def test_nothing_tried_nothing_found():
    with pytest.raises(ValueError, match="no trial was completed"):
        _ = tuner_of().best_params


def test_the_representation_says_how_far_it_is():
    tuner = Tuner(SPACE, direction="minimize", random_state=0)
    assert repr(tuner) == "Tuner(0 trials, 0 of them running, no score yet)"
    first, second, _ = tuner.ask(), tuner.ask(), tuner.ask()
    tuner.tell(first, 2.0)
    tuner.tell(second, 0.123456)
    assert repr(tuner) == "Tuner(3 trials, 1 of them running, best score 0.1235)"


@pytest.mark.parametrize(
    ("direction", "scores", "best"),
    [
        ("maximize", [0.5, math.inf, math.nan, math.inf], 1),
        ("maximize", [-math.inf, math.nan, -math.inf], 0),
        ("minimize", [math.inf, math.nan, 3.0, -math.inf], 3),
    ],
)
def test_infinite_scores_count_when_the_best_is_chosen(direction, scores, best):
    tuner = Tuner(SPACE, direction=direction, random_state=0)
    for score in scores:
        tuner.tell(tuner.ask(), score)
    assert (tuner.best_trial.number, tuner.best_score) == (best, scores[best])


def test_some_fail_and_some_cannot_be_compared():
    def moody(params):
        if params["x"] < -0.5:
            raise RuntimeError("too low")
        return math.nan if params["x"] < 0 else params["x"]

    tuner = tuner_of(moody, n_trials=40).run()
    assert len(tuner.history.evaluations) == 40
    assert tuner.best_score == max(trial.params["x"] for trial in tuner.history.trials)
    for measurement in tuner.history.measurements:
        x = tuner.history.trials[measurement.trial].params["x"]
        assert (measurement.status == "failed") == (x < -0.5)
        assert (measurement.error is not None and "too low" in measurement.error) == (x < -0.5)


def test_raise_failures():
    def bad(params):
        raise KeyError("missing")

    tuner = tuner_of(bad, raise_failures=True, callbacks=[log := Log()])
    with pytest.raises(KeyError, match="missing"):
        tuner.run()
    assert [m.status for m in tuner.history.measurements] == ["failed"], "it is recorded, too"
    assert log.told[-1] == ("end",)


def test_raise_failures_without_an_exception():
    executor = VirtualExecutor(fate=lambda task: "timeout")
    with pytest.raises(TrialError, match="trial 0 on fold 0"):
        tuner_of(executor=executor, raise_failures=True).run()


@pytest.mark.parametrize("n_slots", [1, 3])
def test_a_worker_that_dies_once_costs_one_retry(n_slots):
    executor = VirtualExecutor(
        n_slots, fate=lambda task: "worker-died" if task.trial == 2 and task.attempt == 1 else None
    )
    tuner = tuner_of(executor=executor).run()
    assert [e.status for e in tuner.history.evaluations] == ["completed"] * 6
    attempts = {m.trial: m.attempts for m in tuner.history.measurements}
    assert attempts == {0: 1, 1: 1, 2: 2, 3: 1, 4: 1, 5: 1}
    assert decisions(tuner.history) == decisions(tuner_of().run().history)


def test_a_retry_comes_before_other_folds():
    executor = VirtualExecutor(
        fate=lambda task: "worker-died" if task.fold == 1 and task.attempt == 1 else None
    )
    tuner_of(Folds(3), n_trials=1, executor=executor).run()
    done = [(span.task.fold, span.task.attempt) for span in executor.spans]
    assert done == [(0, 1), (1, 1), (1, 2), (2, 1)]


@pytest.mark.parametrize("max_retries", [0, 1, 3])
def test_a_trial_that_kills_its_workers_fails_alone(max_retries):
    executor = VirtualExecutor(3, fate=lambda task: "worker-died" if task.trial == 2 else None)
    tuner = tuner_of(Folds(2), executor=executor, faults=FaultTolerance(max_retries)).run()
    status = {evaluation.trial: evaluation.status for evaluation in tuner.history.evaluations}
    assert status == {k: "worker-died" if k == 2 else "completed" for k in range(6)}
    for measurement in tuner.history.folds(2):
        assert measurement.attempts == 1 + max_retries
        assert measurement.error.count("the fate of this task") == 1 + max_retries
        assert f"attempt {1 + max_retries}:" in measurement.error
    assert len(tuner.history.measurements) == 12


def test_workers_that_cannot_work_at_all_end_the_search():
    class Broken(InlineExecutor):
        def next_completed(self, timeout=None):
            raise ExecutionError("no worker starts")

    log = Log()
    with pytest.raises(ExecutionError, match="no worker starts"):
        tuner_of(executor=Broken(), callbacks=[log]).run()
    assert log.told[-1] == ("end",)


# ------------------------------------------------------------------ interruptions


def interrupted_at(calls, objective=square):
    """An objective that is interrupted at some of its calls, and the list of its params."""
    seen = []

    def function(params):
        seen.append(params["x"])
        if len(seen) in calls:
            raise KeyboardInterrupt
        return objective(params)

    return function, seen


@pytest.mark.parametrize("n_slots", [1, 3])
@pytest.mark.parametrize("call", [1, 3, 6])
def test_an_interrupted_run_goes_on_where_it_was(n_slots, call):
    function, seen = interrupted_at({call})
    log, executor = Log(), VirtualExecutor(n_slots)
    tuner = tuner_of(function, executor=executor, callbacks=[log])
    with pytest.raises(KeyboardInterrupt):
        tuner.run()
    assert log.told[-1] == ("end",)
    assert executor.n_in_flight == 0
    assert len(tuner.history.measurements) == call - 1
    tuner.run()
    assert decisions(tuner.history) == decisions(tuner_of().run().history)
    assert len(seen) == 7, "only what was interrupted is done again"


def test_interrupted_at_every_call():
    function, seen = interrupted_at(range(1, 100, 2))
    tuner = tuner_of(function)
    for _ in range(6):
        with pytest.raises(KeyboardInterrupt):
            tuner.run()
    tuner.run()
    assert outcomes(tuner.history) == outcomes(tuner_of().run().history)
    assert len(seen) == 12


@pytest.mark.parametrize("sampler", [RandomSampler(), Climber()])
@pytest.mark.parametrize("scheduler", [FullBudget(5, 1), Ladder()])
def test_resumed_at_every_prefix(sampler, scheduler):
    def run(history=None):
        def objective(params, resource):
            return params["x"] * resource

        options = {"sampler": sampler, "scheduler": scheduler, "history": history}
        return tuner_of(objective, **options).run().history

    whole = run()
    for prefix in truncations(whole):
        assert outcomes(run(prefix)) == outcomes(whole)


@pytest.mark.parametrize("n_slots", [1, 2])
def test_resumed_at_every_prefix_with_folds(n_slots):
    def run(history=None):
        executor = VirtualExecutor(n_slots)
        tuner = tuner_of(Folds(3), sampler=Climber(), executor=executor, history=history)
        return tuner.run().history

    whole = run()
    for prefix in truncations(whole):
        n_before = len(prefix.measurements)
        resumed = run(prefix)
        assert decisions(resumed) == decisions(whole)
        assert resumed.measurements[:n_before] == whole.measurements[:n_before]
        assert len(resumed.measurements) == len(whole.measurements)


# ------------------------------------------------------------------ callbacks


def test_what_a_callback_is_told():
    log = Log()
    tuner_of(Folds(2), n_trials=2, callbacks=[log]).run()
    assert log.told == [
        ("start",),
        ("trial", 0),
        ("measurement", 0, 0),
        ("measurement", 0, 1),
        ("evaluation", 0),
        ("trial", 1),
        ("measurement", 1, 0),
        ("measurement", 1, 1),
        ("evaluation", 1),
        ("end",),
    ]


@pytest.mark.parametrize(
    ("hook", "n_trials"),
    [("start", 0), ("trial", 1), ("measurement", 1), ("evaluation", 1), ("end", 6)],
)
def test_a_callback_stops_the_search_but_not_what_runs(hook, n_trials):
    tuner = tuner_of(Folds(2), callbacks=[Log(hook), Log()]).run()
    assert len(tuner.history.trials) == n_trials
    assert not tuner.history.pending
    later = tuner_of(Folds(2), history=tuner.history).run()
    assert decisions(later.history) == decisions(tuner_of(Folds(2)).run().history)


def test_a_callback_stops_several_at_once():
    tuner = tuner_of(
        n_trials=20, executor=VirtualExecutor(4), callbacks=[Log("evaluation", after=3)]
    )
    tuner.run()
    assert len(tuner.history.trials) == len(tuner.history.evaluations) == 6


def test_a_report_stops_the_search():
    class Stopping(Folds):
        def evaluate(self, task):
            return Report(scores={"score": 0.0}, stop=task.trial == 2)

    assert len(tuner_of(Stopping(2)).run().history.trials) == 3


def test_a_callback_that_raises_ends_the_search_and_nothing_is_lost():
    class Nosy(Log):
        def on_trial_start(self, history, trial):
            super().on_trial_start(history, trial)
            if trial.number == 2:
                raise RuntimeError("not my trial")

    log = Nosy()
    tuner = tuner_of(callbacks=[log])
    with pytest.raises(RuntimeError, match="not my trial"):
        tuner.run()
    assert log.told[-1] == ("end",)
    later = tuner_of(history=tuner.history).run()
    assert outcomes(later.history) == outcomes(tuner_of().run().history)


# ------------------------------------------------------------------ ask and tell


def test_what_an_objective_takes_is_its_fit_time():
    """Also where it fails; of what is measured elsewhere nothing is known."""

    def objective(params):
        if params["x"] < 0:
            raise ValueError("less than nothing")
        return params["x"]

    tuner = Tuner(SPACE, objective, random_state=0).run(n_trials=6)
    assert {m.status for m in tuner.history.measurements} == {"completed", "failed"}
    for measured in tuner.history.measurements:
        assert measured.fit_time == measured.finished_at - measured.started_at
        assert measured.score_time == 0
    tuner = Tuner(SPACE, random_state=0)
    tuner.tell(tuner.ask(), 1.0)
    assert tuner.history.measurements[0].fit_time == 0


def test_ask_and_tell_is_the_same_search():
    tuner = tuner_of(None, direction="minimize")
    while (task := tuner.ask()) is not None:
        tuner.tell(task, square(task.params))
    assert tuner.ask() is None
    assert decisions(tuner.history) == decisions(tuner_of(direction="minimize").run().history)
    assert tuner.best_score == min(trial.params["x"] ** 2 for trial in tuner.history.trials)


def test_what_is_asked_for_is_pending_until_told():
    tuner = tuner_of(None, n_trials=3)
    tasks = [tuner.ask(), tuner.ask()]
    assert [trial.number for trial in tuner.history.pending] == [0, 1]
    tuner.tell(tasks[1], 0.5)
    assert [trial.number for trial in tuner.history.pending] == [0]
    assert tuner.best_trial.number == 1


def test_telling_twice_or_of_nothing_is_refused():
    tuner = tuner_of(None)
    task = tuner.ask()
    tuner.tell(task, 0.5)
    for refused in (task, Task(9, 0, None, {"x": 0.0})):
        with pytest.raises(ValueError, match="nobody waits for trial"):
            tuner.tell(refused, 0.7)
    with pytest.raises(ValueError, match="takes a task that ask"):
        tuner.tell({"x": 0.0}, 0.7)
    task = tuner.ask()
    for score in (None, "0.7"):
        with pytest.raises(ValueError, match="needs a number as the score"):
            tuner.tell(task, score)
    assert tuner.best_score == 0.5
    assert len(tuner.history.measurements) == 1


def test_telling_of_an_earlier_rung_is_refused():
    tuner = tuner_of(None, scheduler=Ladder())
    tasks = [tuner.ask() for _ in range(3)]
    for task, score in zip(tasks, [0.1, 0.3, 0.2], strict=True):
        tuner.tell(task, score)
    promoted = tuner.ask()
    assert (promoted.trial, promoted.resource) == (1, 3)
    with pytest.raises(ValueError, match="resource 3 was asked for"):
        tuner.tell(tasks[1], 0.9)
    tuner.tell(promoted, 0.9)
    assert tuner.best_score == 0.9


def test_telling_of_failures():
    tuner = tuner_of(None)
    tuner.tell(tuner.ask(), status="timeout", error="took too long")
    tuner.tell(tuner.ask(), math.nan)
    tuner.tell(tuner.ask(), 0.1)
    assert [e.status for e in tuner.history.evaluations] == ["timeout", "completed", "completed"]
    assert [e.is_usable for e in tuner.history.evaluations] == [False, False, True]
    assert tuner.history.measurements[0].error == "took too long"
    assert tuner.best_score == 0.1
    task = tuner.ask()
    with pytest.raises(ValueError, match=r"status must be one of .*'completed'.*, got 'fine'"):
        tuner.tell(task, 0.1, status="fine")
    tuner.tell(task, 0.2)


def test_asking_while_the_scheduler_waits():
    tuner = tuner_of(None, scheduler=Ladder())
    tasks = [tuner.ask() for _ in range(3)]
    assert tuner.ask() is None
    for task in tasks:
        tuner.tell(task, 0.1)
    assert tuner.ask() is not None


def test_asking_respects_the_number_of_open_trials():
    tuner = tuner_of(None, max_concurrent_trials=2)
    first, second = tuner.ask(), tuner.ask()
    assert tuner.ask() is None
    tuner.tell(first, 0.1)
    assert tuner.ask().trial == 2
    assert second.trial == 1


def test_folds_of_an_open_trial_are_handed_out_first():
    tuner = tuner_of(Folds(2))
    assert [(task.trial, task.fold) for task in (tuner.ask(), tuner.ask(), tuner.ask())] == [
        (0, 0),
        (0, 1),
        (1, 0),
    ]


def test_a_run_does_what_was_asked_for_and_never_told():
    tuner = tuner_of()
    tuner.ask()
    assert outcomes(tuner.run().history) == outcomes(tuner_of().run().history)


def test_another_metric():
    tuner = tuner_of(None, metric="auc")
    tuner.tell(tuner.ask(), 0.5)
    assert tuner.history.measurements[0].scores == {"auc": 0.5}
    assert tuner.best_score == 0.5


# ------------------------------------------------------------------ the scheduler's words


@pytest.mark.parametrize("n_slots", [1, 2, 3])
def test_promote_fork_and_wait(n_slots):
    calls = []

    def objective(params, resource):
        calls.append(resource)
        return params["x"] * resource

    history = (
        tuner_of(objective, scheduler=Ladder(), executor=VirtualExecutor(n_slots)).run().history
    )
    assert sorted(calls) == [1, 1, 1, 3, 3]
    best = max(range(3), key=lambda number: history.trials[number].params["x"])
    assert set(history.rung(3)) == {best, 3}
    fork = history.trials[3]
    assert fork.parent == best
    assert fork.params != history.trials[best].params
    assert abs(fork.params["x"] - history.trials[best].params["x"]) < 1
    [(assignment, _)] = [(r, 0) for r in history if isinstance(r, Assignment) and r.trial == 3]
    assert assignment.resource == 3


def test_a_forked_task_knows_its_parent_and_a_promoted_one_what_was_reached():
    seen = []

    class Noting(Folds):
        def tasks(self, trial, resource, reached):
            seen.append((trial.number, trial.parent, resource, reached))
            return super().tasks(trial, resource, reached)

    tuner_of(Noting(1), scheduler=Ladder()).run()
    best = seen[3][0]
    assert seen == [
        (0, None, 1, None),
        (1, None, 1, None),
        (2, None, 1, None),
        (best, None, 3, 1),
        (3, best, 3, 3),
    ]


def test_folds_as_a_resource():
    """A scheduler may measure a trial on more and more folds."""

    class Racing(Folds):
        def tasks(self, trial, resource, reached):
            first = 0 if reached is None else int(reached)
            return super().tasks(trial, resource, reached)[first : int(resource)]

    script = Script(lambda history: [Start(1), Promote(0, 3), Stop()][len(history.evaluations)])
    history = tuner_of(Racing(3), scheduler=script).run().history
    assert [m.fold for m in history.measurements] == [0, 1, 2]
    assert len(history.evaluations[-1].fold_scores) == 3


@pytest.mark.parametrize(
    "decide", [lambda history: Wait(), lambda history: Wait() if history.trials else Start()]
)
def test_waiting_for_nothing_is_an_error(decide):
    with pytest.raises(SchedulerError, match="waits, but nothing is running"):
        tuner_of(scheduler=Script(decide)).run()


def test_waiting_for_nothing_is_an_error_when_asked_too():
    with pytest.raises(SchedulerError, match="waits, but nothing is running"):
        tuner_of(None, scheduler=Script(lambda history: Wait())).ask()


def test_promoting_a_busy_trial_is_refused():
    script = Script(lambda history: Promote(0, 3) if history.trials else Start(1))
    with pytest.raises(ValueError, match="still busy"):
        tuner_of(scheduler=script, executor=VirtualExecutor(2), max_concurrent_trials=2).run()


def test_everything_failing_ends_a_ladder():
    tuner = tuner_of(lambda params, resource: 1 / 0, scheduler=Ladder())
    with pytest.warns(SkhpoWarning, match="failed in all 3 trials"):
        tuner.run()
    assert len(tuner.history.evaluations) == 3


def test_a_trial_cut_off_before_it_was_assigned_is_assigned():
    whole = tuner_of().run().history
    cut = next(p for p in truncations(whole) if isinstance(p.records[-1:] and p.records[-1], Trial))
    assert outcomes(tuner_of(history=cut).run().history) == outcomes(whole)


# ------------------------------------------------------------------ parallel


class Watching(VirtualExecutor):
    """Knows how many trials were open at most."""

    most_open = 0

    def submit(self, task):
        super().submit(task)
        self.most_open = max(self.most_open, len({span.task.trial for *_, span in self._running}))


@pytest.mark.parametrize(
    ("sampler", "n_folds", "n_slots", "limit", "most_open"),
    [
        (RandomSampler(), 1, 4, None, 4),
        (RandomSampler(), 2, 4, None, 4),
        (RandomSampler(), 2, 4, 1, 1),
        (Climber(), 1, 4, None, 4),
        (Climber(), 4, 4, None, 1),
        (Climber(), 4, 3, None, 1),
        (Climber(), 4, 5, None, 2),
        (Climber(), 4, 4, 3, 3),
    ],
)
def test_how_many_trials_are_open(sampler, n_folds, n_slots, limit, most_open):
    executor = Watching(n_slots)
    tuner = tuner_of(
        Folds(n_folds), n_trials=20, sampler=sampler, executor=executor, max_concurrent_trials=limit
    )
    tuner.run()
    assert executor.most_open <= most_open
    assert executor.most_open == most_open or n_folds > 1


@pytest.mark.parametrize("sampler", [Climber(), BayesianSampler(n_initial_points=3)])
def test_adaptive_search_loses_nothing_to_parallel_folds(sampler):
    """With no more workers than folds, the same history whatever the number of workers."""
    expected = decisions(tuner_of(Folds(5), sampler=sampler).run().history)
    for n_slots in range(1, 6):
        for seed in range(2):
            executor = VirtualExecutor(n_slots, seed=seed)
            history = tuner_of(Folds(5), sampler=sampler, executor=executor).run().history
            assert decisions(history) == expected


@pytest.mark.parametrize("sampler", [RandomSampler(), GridSampler()])
def test_same_candidates_and_results_for_every_number_of_workers(sampler):
    def run(executor):
        space = {"x": Float(-1, 1, step=0.1)}
        return (
            Tuner(space, Folds(3), sampler=sampler, executor=executor, random_state=0)
            .run(15)
            .history
        )

    expected = decisions(run(VirtualExecutor(1)))
    for n_slots in (2, 3, 4, 8):
        for seed in range(3):
            assert decisions(run(VirtualExecutor(n_slots, seed=seed))) == expected


@pytest.mark.parametrize("n_folds", [1, 5])
@pytest.mark.parametrize("seed", range(3))
def test_random_search_keeps_its_workers_busy_to_the_last(n_folds, seed):
    """Even where some fits take a thousand times as long as others."""

    def heavy_tailed(task):
        return float(np.random.default_rng([seed, task.trial, task.fold]).pareto(1.1)) + 0.01

    executor = VirtualExecutor(4, duration=heavy_tailed)
    tuner_of(Folds(n_folds), n_trials=100, executor=executor).run()
    assert len(executor.spans) == 100 * n_folds
    assert executor.utilisation() == pytest.approx(1.0)


def test_the_number_of_slots_may_change_in_mid_run():
    class Growing(VirtualExecutor):
        def next_completed(self, timeout=None):
            self.n_slots = 3
            return super().next_completed(timeout)

    executor = Growing(1)
    tuner = tuner_of(executor=executor).run()
    assert decisions(tuner.history) == decisions(tuner_of().run().history)
    assert (
        executor.spans[1].started_at
        == executor.spans[2].started_at
        == executor.spans[0].finished_at
    )


def test_times_of_measurements_are_the_executor_s():
    history = tuner_of(executor=VirtualExecutor(2, duration=lambda task: 3.0)).run().history
    assert [(m.started_at, m.finished_at) for m in history.measurements[::2]] == [
        (0, 3),
        (3, 6),
        (6, 9),
    ]
    assert all(isinstance(record, (Trial, Assignment, Measurement)) for record in history)


def test_the_history_is_public():
    tuner = tuner_of().run()
    assert isinstance(tuner.history, History)
    assert len(tuner.history.evaluations) == 6


# --------------------------------------------------------------------------- what later parts need


@pytest.mark.parametrize("n_slots", [1, 2, 4])
def test_an_exhausted_space_does_not_keep_trials_from_being_promoted(n_slots):
    """Two configurations for three planned trials: the better one climbs all the same."""
    tuner = Tuner(
        {"x": [0.1, 0.2]},
        lambda params, resource: params["x"],
        scheduler=Ladder(),
        executor=VirtualExecutor(n_slots),
        random_state=0,
    )
    history = tuner.run().history
    assert len(history.rung(1)) == 2
    assert [history.trials[number].params["x"] for number in history.rung(3)][:1] == [0.2]


@pytest.mark.parametrize("n_slots", [1, 2, 4])
def test_a_limit_of_trials_does_not_keep_them_from_being_promoted(n_slots):
    tuner = tuner_of(
        lambda params, resource: params["x"],
        scheduler=Ladder(),
        executor=VirtualExecutor(n_slots),
    )
    history = tuner.run(n_trials=2).history
    assert len(history.trials) == 2
    assert len(history.rung(3)) == 1


def test_a_scheduler_that_starts_what_it_may_not_is_told():
    script = Script(lambda history: Start(1))
    with pytest.raises(SchedulerError, match="although it may not"):
        tuner_of(lambda params, resource: 0.0, scheduler=script).run(n_trials=1)


def test_each_evaluation_keeps_its_own_measurements():
    history = tuner_of(lambda params, resource: resource, scheduler=Ladder()).run().history
    assert [e.resource for e in history.evaluations] == [
        m.resource for e in history.evaluations for m in e.measurements
    ]


def test_a_fork_goes_on_from_where_its_parent_was():
    history = tuner_of(lambda params, resource: params["x"], scheduler=Ladder()).run().history
    assert history.trials[3].parent_resource == 3


class Unread(VirtualExecutor):
    """Has finished two tasks at a time, but was only asked for one when it is closed."""

    def close(self):
        left = [done] if (done := self.next_completed()) else []
        super().close()
        return left


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_what_was_finished_but_not_taken_is_kept(error):
    class Stopping(Callback):
        def on_measurement(self, history, measurement):
            raise error

    tuner = tuner_of(Folds(2), executor=Unread(2), callbacks=[Stopping()])
    with pytest.raises(error):
        tuner.run(n_trials=3)
    assert len(tuner.history.measurements) == 2


def test_an_executor_without_slots_is_waited_for():
    """A cluster that has no worker yet is given its first task all the same."""

    class Asleep:
        n_slots = 0

        def __init__(self):
            self._executor = VirtualExecutor(1)

        def __getattr__(self, name):
            return getattr(self._executor, name)

    assert len(tuner_of(executor=Asleep()).run(n_trials=3).history.evaluations) == 3


def test_a_history_can_be_gone_on_with():
    whole = tuner_of().run(n_trials=6).history
    first = tuner_of().run(n_trials=3).history
    later = tuner_of(random_state=99, history=first.replayed()).run(n_trials=6).history
    assert [t.params for t in later.trials] == [t.params for t in whole.trials]


def test_changing_the_params_of_a_task_changes_no_record():
    tuner = tuner_of(None)
    task = tuner.ask()
    before = dict(tuner.history.trials[0].params)
    task.params["x"] = 99
    assert tuner.history.trials[0].params == before


def test_spaces_a_sampler_can_do_nothing_with_are_refused_at_once():
    class Dice:
        def rvs(self, random_state=None):
            return 4

    with pytest.raises(SpaceError, match=r"Parameter 'dice'.*neither cdf nor ppf"):
        Tuner({"dice": Dice()}, sampler=BayesianSampler())
    with pytest.raises(SpaceError, match="'x' has infinitely many values"):
        Tuner({"x": Float(0, 1)}, sampler=GridSampler())


@pytest.mark.parametrize("n_trials", [0, -1, 2.5, "10"])
def test_senseless_numbers_of_trials_are_refused(n_trials):
    told = f"n_trials must be an integer of 1 or more, or None, got {n_trials!r}"
    with pytest.raises(ValueError, match=told):
        tuner_of().run(n_trials=n_trials)
    with pytest.raises(ValueError, match=told):
        FullBudget(n_trials)


@pytest.mark.parametrize(
    "options",
    [
        {"sampler": "bayes"},
        {"sampler": BayesianSampler},
        {"scheduler": FullBudget},
        {"scheduler": 3},
        {"callbacks": [print]},
    ],
)
def test_roles_are_checked_at_once(options):
    with pytest.raises(TypeError, match=r"must be a .* such as .*, got"):
        tuner_of(**options)


def test_a_finite_space_is_an_end():
    tuner = Tuner({"a": [1, 2], "b": [3, 4]}, lambda params: params["a"], sampler=GridSampler())
    assert len(tuner.run().history.trials) == 4


def test_one_of_several_metrics_is_optimised():
    tuner = tuner_of(lambda params: {"a": 1.0, "b": params["x"]}, metric="b").run()
    assert tuner.best_score == max(trial.params["x"] for trial in tuner.history.trials)
