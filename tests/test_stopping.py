"""Rules are functions of (space, history, seconds); the tuner asks them, and tells why it ended."""

from __future__ import annotations

import itertools
import math
import pickle

import numpy as np
import pytest
from scipy.stats import rv_discrete, uniform

from skhpo import Float, Space, Tuner
from skhpo.callbacks import Callback
from skhpo.exceptions import SpaceError
from skhpo.history import History
from skhpo.samplers import BayesianSampler
from skhpo.schedulers import FullBudget
from skhpo.stopping import Patience, RegretBound, StoppingRule, Timeout, standard_error
from skhpo.surrogates import GaussianProcess
from skhpo.testing import VirtualExecutor, decisions
from skhpo.trial import Assignment, Evaluation, Measurement, Report, Task, Trial

SPACE = Space({"x": Float(0, 1)})
NAN = math.nan


def history_of(scores, *, finished=None, resources=None, seed=0):
    """One trial for each score, NaN after a failure; finished in the order asked for."""
    history = History(seed=seed)
    resources = resources or [None] * len(scores)
    for number, resource in enumerate(resources):
        history.append(Trial(number, {"x": (number * 0.618) % 1}))
        history.append(Assignment(number, resource, (0,)))
    for number in range(len(scores)) if finished is None else finished:
        failed = math.isnan(scores[number])
        history.append(
            Measurement(
                trial=number,
                fold=0,
                resource=resources[number],
                status="failed" if failed else "completed",
                scores={} if failed else {"score": scores[number]},
            )
        )
    return history


class Folds:
    """A parabola with folds, each of them off by its own constant."""

    def __init__(self, n_folds=5, spread=0.1):
        self.n_folds = n_folds
        self.offsets = spread * np.linspace(-1, 1, n_folds)

    def evaluate(self, task):
        score = -((task.params["x"] - 0.6) ** 2)
        return Report(scores={"score": score + self.offsets[task.fold]})

    def tasks(self, trial, resource, reached):
        return [
            Task(trial.number, fold, resource, dict(trial.params), reached, trial.parent)
            for fold in range(self.n_folds)
        ]


@pytest.fixture
def clock(monkeypatch):
    """Ten seconds pass whenever the tuner looks at the clock."""
    ticks = itertools.count(step=10)
    monkeypatch.setattr("skhpo.agenda.monotonic", lambda: next(ticks))


def tuner_of(stopping, objective=None, *, n_trials=50, **options):
    options = {"executor": VirtualExecutor(), "random_state": 0} | options
    return Tuner(
        SPACE, objective or Folds(), scheduler=FullBudget(n_trials), stopping=stopping, **options
    )


# --------------------------------------------------------------------------- timeout


def test_timeout():
    rule = Timeout(60)
    history = history_of([1.0])
    assert [rule.should_stop(SPACE, history, t) for t in (0, 59.9, 60, 1e9)] == [0, 0, 1, 1]


def test_timeout_of_a_tuner(clock):
    tuner = tuner_of(Timeout(55)).run()  # the rule is first asked after one trial
    assert tuner.stop_reason == "timeout"
    assert len(tuner.history.evaluations) == len(tuner.history.trials) == 6
    assert not tuner.history.n_pending


def test_there_is_always_a_result(clock):
    tuner = tuner_of(Timeout(1e-9), n_jobs=1).run()
    assert tuner.stop_reason == "timeout"
    assert [len(e.fold_scores) for e in tuner.history.evaluations] == [5]


def test_running_trials_are_finished(clock):
    tuner = tuner_of(Timeout(25), executor=VirtualExecutor(n_slots=15)).run()
    assert len(tuner.history.trials) == len(tuner.history.evaluations) == 3
    assert all(len(evaluation.fold_scores) == 5 for evaluation in tuner.history.evaluations)


def test_going_on_has_its_own_time(clock):
    tuner = tuner_of(Timeout(25))
    assert len(tuner.run().history.trials) == 3
    assert len(tuner.run().history.trials) == 3 + 2
    assert tuner.history.trials == tuner_of(None, n_trials=5).run().history.trials


def test_timeout_of_ask_and_tell(clock):
    tuner = Tuner(SPACE, random_state=0, stopping=Timeout(35))
    while (task := tuner.ask()) is not None:
        tuner.tell(task, 1.0)
    assert tuner.stop_reason == "timeout"
    assert len(tuner.history.trials) == 4


def test_the_budget_counts_before_the_clock(clock):
    """What was completed was not cut short, however long it took."""
    assert tuner_of(Timeout(25), n_trials=3).run().stop_reason == "budget"


# --------------------------------------------------------------------------- patience

PATIENCE = {
    # name: (scores, does patience of 3 end the search?)
    "nothing": ([], False),
    "rising": ([1, 2, 3, 4, 5], False),
    "falling": ([5, 4, 3, 2], True),
    "not yet": ([5, 4, 3], False),
    "equal is no improvement": ([1, 1, 1, 1], True),
    "improved at the last moment": ([1, 0, 0, 2], False),
    "improved long ago": ([1, 2, 0, 0, 0], True),
    "failures count": ([1, NAN, NAN, NAN], True),
    "only failures": ([NAN, NAN, NAN], True),
    "failed first": ([NAN, NAN, 1], False),
}


@pytest.mark.parametrize(("scores", "enough"), PATIENCE.values(), ids=PATIENCE)
def test_patience(scores, enough):
    assert Patience(3).should_stop(SPACE, history_of([*map(float, scores)]), 0) is enough


def test_patience_is_not_won_by_small_steps():
    creeping = history_of([0.0, 0.01, 0.02, 0.03, 0.04, 0.05])
    assert Patience(5, min_improvement=0.05).should_stop(SPACE, creeping, 0)
    assert not Patience(5, min_improvement=0.04).should_stop(SPACE, creeping, 0)
    assert not Patience(5).should_stop(SPACE, creeping, 0)


@pytest.mark.parametrize("finished", list(itertools.permutations(range(4))))
def test_the_order_of_arrival_does_not_matter(finished):
    scores = [3.0, 1.0, 2.0, NAN]
    assert Patience(3).should_stop(SPACE, history_of(scores, finished=finished), 0)


def test_running_trials_do_not_count():
    assert not Patience(2).should_stop(SPACE, history_of([3, 2, 1, 1], finished=[0, 3]), 0)


def test_only_the_fully_trained_count():
    resources = [9, 9, 1, 1, 1, 9]
    assert not Patience(3).should_stop(SPACE, history_of([5.0] * 6, resources=resources), 0)
    assert Patience(2).should_stop(SPACE, history_of([5.0] * 6, resources=resources), 0)


def test_patience_of_a_tuner():
    tuner = tuner_of(Patience(7), Folds(2)).run()
    assert tuner.stop_reason == "patience"
    scores = [evaluation.score for evaluation in tuner.history.evaluations]
    assert len(scores) < 50
    assert np.argmax(scores) == len(scores) - 1 - 7


# --------------------------------------------------------------------------- regret bound


def test_standard_error_after_nadeau_and_bengio():
    scores = (0.7, 0.8, 0.9, 0.8)
    evaluation = Evaluation(0, None, 0.8, scores, "completed")
    # k = 4: a quarter is tested on, three quarters are trained on
    expected = math.sqrt((1 / 4 + 1 / 3) * (0.1**2 + 0.1**2) / 3)
    assert standard_error(evaluation) == pytest.approx(expected)


def run_of(n_trials, **options):
    return tuner_of(None, n_trials=n_trials, sampler=BayesianSampler(), **options).run().history


def test_the_bound_bounds_and_falls():
    regrets = []
    for n_trials in (6, 25):
        history = run_of(n_trials)
        bound = RegretBound().regret(SPACE, history)
        assert bound >= 0.0 - history.best.score  # what is really lacking to the optimum
        regrets.append(bound)
    assert regrets[1] < 0.2 * regrets[0]


@pytest.mark.parametrize("factor", [1e-3, 1.0, 1e4])
def test_the_bound_is_in_units_of_the_score(factor):
    history = History(seed=0)
    scaled = History(seed=0)
    for record in run_of(15, objective=Folds(1)):
        history.append(record)
        if isinstance(record, Measurement):
            scores = {"score": factor * record.scores["score"] + 5 * factor}
            record = Measurement(record.trial, record.fold, None, "completed", scores)
        scaled.append(record)
    rule = RegretBound()
    expected = factor * rule.regret(SPACE, history)
    assert rule.regret(SPACE, scaled) == pytest.approx(expected, rel=0.05)


def test_more_noise_ends_the_search_earlier():
    ends = {}
    for spread in (1e-6, 1e-2, 1.0):
        tuner = tuner_of(
            RegretBound(min_trials=5), Folds(spread=spread), n_trials=25, sampler=BayesianSampler()
        ).run()
        ends[spread] = (tuner.stop_reason, len(tuner.history.trials))
    assert ends[1e-6] == ("budget", 25)
    assert ends[1.0] == ("regret", 5)
    assert ends[1e-2][0] == "regret"
    assert 5 <= ends[1e-2][1] < 25


def test_a_threshold_takes_the_place_of_the_folds():
    stopped = tuner_of(RegretBound(threshold=100.0), Folds(1)).run()
    assert (stopped.stop_reason, len(stopped.history.trials)) == ("regret", 20)
    assert tuner_of(RegretBound(threshold=1e-12), Folds(1), n_trials=22).run().stop_reason == (
        "budget"
    )


@pytest.mark.parametrize(
    "scores",
    [[], [NAN] * 30, [0.5] * 30, [NAN] * 29 + [1.0], [1.0], [-1e300, 0.0, 1.0] * 10],
    ids=["nothing", "failures", "constant", "one success", "one", "lost to rounding"],
)
def test_a_history_that_tells_nothing_ends_nothing(scores):
    history = history_of(scores)
    assert RegretBound().regret(SPACE, history) == math.inf
    assert not RegretBound(threshold=1e300).should_stop(SPACE, history, 0)


@pytest.mark.parametrize(
    "scores",
    [[1.0, 2.0] * 10, [1.0] + [0.0] * 19, [0.0] + [1.0] * 19, [-1e6, 0.0, 1.0] * 7],
    ids=["two values", "one good", "one bad", "disasters"],
)
def test_awkward_scores(scores):
    assert 0 < RegretBound().regret(SPACE, history_of(scores)) < math.inf


@pytest.mark.parametrize("score", [math.inf, -math.inf])
def test_an_infinite_best_score_ends_nothing(score):
    class Folded(Folds):
        def evaluate(self, task):
            return Report(scores={"score": score})

    stopped = tuner_of(RegretBound(min_trials=2), Folded(), n_trials=5).run()
    assert stopped.best_score == score
    assert (stopped.stop_reason, len(stopped.history.trials)) == ("budget", 5)


def test_running_trials_and_failures_are_no_obstacle():
    scores = [math.sin(number) if number % 5 else NAN for number in range(30)]
    history = history_of(scores, finished=range(25))
    assert 0 < RegretBound().regret(SPACE, history) < math.inf
    assert RegretBound(threshold=1e3, min_trials=25).should_stop(SPACE, history, 0)
    assert not RegretBound(threshold=1e3, min_trials=26).should_stop(SPACE, history, 0)


@pytest.mark.parametrize("rule", [Timeout(9), Patience(3), RegretBound(threshold=0.1)])
def test_rules_are_pure_functions_of_their_arguments(rule):
    history = run_of(21)
    answers = {
        each.should_stop(SPACE, again, 8.0)
        for each in (rule, pickle.loads(pickle.dumps(rule)))
        for again in (history, history.replayed(), pickle.loads(pickle.dumps(history)))
    }
    assert len(answers) == 1
    assert eval(repr(rule)) == rule


def test_one_fold_has_no_spread():
    with pytest.raises(ValueError, match=r"only one; .*RegretBound\(threshold=0.001\)"):
        tuner_of(RegretBound(), Folds(1))


def test_a_space_without_a_model():
    class Opaque:
        def rvs(self, random_state):
            return object()

    for domain in (Opaque(), rv_discrete(values=([0, 1], [0.5, 0.5])), uniform()):
        try:
            BayesianSampler().check(Space({"x": domain}))
        except SpaceError:
            with pytest.raises(SpaceError, match="'x'"):
                Tuner({"x": domain}, Folds(), stopping=RegretBound())
        else:
            Tuner({"x": domain}, Folds(), stopping=RegretBound())


# --------------------------------------------------------------------------- the tuner


class Never(StoppingRule):
    reason = "never"

    def should_stop(self, space, history, seconds):
        return False


def test_the_first_rule_that_says_so_ends_the_search():
    tuner = tuner_of([Never(), Patience(50), Patience(4), Timeout(1e-9)]).run()
    assert tuner.stop_reason == "timeout"
    tuner = tuner_of([Never(), Patience(50), Patience(4)]).run()
    assert tuner.stop_reason == "patience"


def test_reasons():
    class Enough(Callback):
        def on_evaluation(self, history, evaluation):
            return evaluation.trial == 3

    assert tuner_of(None).stop_reason is None
    assert tuner_of(None, n_trials=2).run().stop_reason == "budget"
    assert tuner_of(None).run(n_trials=2).stop_reason == "budget"
    assert tuner_of(None, callbacks=[Enough()]).run().stop_reason == "callback"
    finite = Tuner({"x": [0.1, 0.2]}, Folds(), executor=VirtualExecutor(), random_state=0)
    assert finite.run(n_trials=5).stop_reason == "space exhausted"


def test_an_interruption_is_no_reason():
    class Interrupt(Callback):
        def on_evaluation(self, history, evaluation):
            if evaluation.trial == 3:
                raise KeyboardInterrupt

    tuner = tuner_of(None, n_trials=4, callbacks=[Interrupt()])
    with pytest.raises(KeyboardInterrupt):
        tuner.run()
    assert tuner.stop_reason is None


def test_a_rule_does_not_change_what_is_tried():
    stopped = tuner_of(Patience(7), sampler=BayesianSampler()).run().history
    n_trials = len(stopped.trials)
    assert n_trials < 50
    whole = tuner_of(None, n_trials=n_trials, sampler=BayesianSampler()).run().history
    assert decisions(stopped) == decisions(whole)


BAD = {
    "no time": (lambda: Timeout(0), r"Timeout: seconds must be a number greater than 0, got 0"),
    "less": (lambda: Timeout(-5), r"seconds"),
    "nan": (lambda: Timeout(NAN), r"seconds"),
    "text": (lambda: Timeout("1h"), r"seconds.*'1h'"),
    "truth": (lambda: Timeout(True), r"seconds"),
    "no patience": (lambda: Patience(0), r"Patience: n_trials must be an integer of 1 or more"),
    "half a trial": (lambda: Patience(2.5), r"n_trials.*2.5"),
    "worse is better": (lambda: Patience(2, -0.1), r"min_improvement must be a number 0 or more"),
    "no threshold": (lambda: RegretBound(0.0), r"threshold.*greater than 0"),
    "no trials": (lambda: RegretBound(min_trials=0), r"min_trials"),
    "impossible": (lambda: RegretBound(delta=0), r"delta.*greater than 0"),
    "certain": (
        lambda: RegretBound(delta=1),
        r"delta must .* greater than 0 and less than 1, got 1",
    ),
}


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD)
def test_bad_settings(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("stopping", "given"),
    [
        (60, "60"),
        ([60], "60"),
        ("patience", "'patience'"),
        (Timeout, "<class"),
        ([Timeout], "<cla"),
    ],
)
def test_what_is_no_rule(stopping, given):
    example = r"stopping must be a .* such as .*Patience\(n_trials=20\) or Timeout\(3600\)"
    with pytest.raises(TypeError, match=f"{example}, got {given}"):
        tuner_of(stopping)


def test_a_regret_bound_shares_the_sampler_s_model(monkeypatch):
    """Asking once more, with nothing new, fits nothing."""
    fitted = []
    fit = GaussianProcess.fit

    def counted(self, *data):
        fitted.append(len(data[0]))
        return fit(self, *data)

    monkeypatch.setattr(GaussianProcess, "fit", counted)
    tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0).run(n_trials=30)
    for _ in range(3):
        RegretBound(threshold=0.1).regret(tuner.space, tuner.history)
    BayesianSampler().suggest(tuner.space, tuner.history, np.random.default_rng(0))
    assert len(fitted) == 1
