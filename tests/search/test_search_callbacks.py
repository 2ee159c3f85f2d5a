"""``callbacks=`` of the search classes, and a control among them."""

from __future__ import annotations

import threading

import pytest
from search_parts import Anything, Pupil
from sklearn.base import clone
from sklearn.model_selection import cross_validate
from sklearn.svm import SVC

import skhpo
from skhpo import BayesSearchCV, Float, HalvingSearchCV, RandomSearchCV
from skhpo.callbacks import Callback
from skhpo.control import Control
from skhpo.search import TunerSearchCV
from skhpo.status import status

SEARCHES = [
    name
    for name in skhpo.__all__
    if isinstance(cls := getattr(skhpo, name), type) and issubclass(cls, TunerSearchCV)
]
SPACE = {"value": Float(0, 1)}


class Log(Callback):
    """Keeps what it is told, and may stop at a hook."""

    def __init__(self, stop_at=None, after=1):
        self.told = []
        self.stop_at = stop_at
        self.after = after

    def _tell(self, hook, *what):
        self.told.append((hook, *what))
        return hook == self.stop_at and sum(h == hook for h, *_ in self.told) >= self.after

    def on_start(self, history):
        return self._tell("start")

    def on_trial_start(self, history, trial):
        return self._tell("trial", trial.number)

    def on_measurement(self, history, measurement):
        return self._tell("measurement", measurement.trial, measurement.fold)

    def on_evaluation(self, history, evaluation):
        return self._tell("evaluation", evaluation.trial)

    def on_rung(self, history, evaluation):
        return self._tell("rung", evaluation.resource)

    def on_best(self, history, evaluation):
        return self._tell("best", evaluation.trial)

    def on_end(self, history):
        return self._tell("end")

    def of(self, hook):
        return [what for name, *what in self.told if name == hook]


class Scores(Pupil):
    """Scores its value."""

    def score(self, X, y, sample_weight=None):
        return float(self.value)


class Interferes(Callback):
    """Calls a function at the n-th evaluation, or when the search is paused."""

    def __init__(self, n_evaluations, do, when_paused=None):
        self.n_evaluations = n_evaluations
        self.do = do
        self.when_paused = when_paused

    def on_evaluation(self, history, evaluation):
        if len(history.evaluations) == self.n_evaluations:
            self.do()

    def on_pause(self, history):
        self.when_paused()


def search_of(callbacks, **settings):
    settings = {"n_iter": 6, "cv": 2, "random_state": 0, **settings}
    return RandomSearchCV(Scores(), SPACE, callbacks=callbacks, **settings)


# ------------------------------------------------------------------ the setting


@pytest.mark.parametrize("name", SEARCHES)
def test_every_search_takes_callbacks(name):
    log = Log()
    search = getattr(skhpo, name)(SVC(), {"C": [1]}, callbacks=[log])
    assert search.get_params(deep=False)["callbacks"] == [log]
    assert clone(search).callbacks[0] is log
    assert clone(search.set_params(callbacks=log)).callbacks is log
    assert getattr(skhpo, name)(SVC(), {"C": [1]}).callbacks is None


@pytest.mark.parametrize("given", ["bar", [print], Log, [Log], 3])
def test_what_is_no_callback_is_refused_before_the_first_fit(given, iris):
    before = Anything.n_fits
    search = RandomSearchCV(Anything(), {"value": [1]}, callbacks=given)
    with pytest.raises(ValueError, match="RandomSearchCV: callbacks must be a Callback such as"):
        search.fit(*iris)
    assert Anything.n_fits == before


# ------------------------------------------------------------------ what is told


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_what_is_told(n_jobs, iris):
    log = Log()
    search = search_of(log, n_jobs=n_jobs).fit(*iris)
    assert log.told[0] == ("start",)
    assert log.told[-1] == ("end",)
    assert log.of("trial") == [[number] for number in range(6)]
    folds = [[trial, fold] for trial in range(6) for fold in range(2)]
    assert sorted(log.of("measurement")) == folds
    assert sorted(log.of("evaluation")) == [[number] for number in range(6)]
    assert log.of("best")[-1] == [search.best_index_]
    assert log.of("rung") == []


def test_rungs_of_a_halving_search(iris):
    log = Log()
    HalvingSearchCV(
        Scores(),
        SPACE,
        resource="epochs",
        max_resources=9,
        n_candidates=9,
        cv=2,
        random_state=0,
        callbacks=log,
    ).fit(*iris)
    assert log.of("rung") == [[1], [3], [9]]


@pytest.mark.parametrize(
    ("hook", "n_trials"), [("trial", 1), ("measurement", 1), ("evaluation", 2), ("best", 1)]
)
@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV])
def test_any_hook_stops_it(search, hook, n_trials, iris):
    log = Log(stop_at=hook, after=n_trials)
    tuned = search(Scores(), SPACE, n_iter=20, cv=2, callbacks=[log], random_state=0).fit(*iris)
    assert tuned.stop_reason_ == "callback"
    assert len(tuned.cv_results_["params"]) == n_trials
    assert tuned.best_estimator_.value == tuned.best_params_["value"]


DIVIDED = {
    "HalvingSearchCV": {"n_candidates": 9},
    "HyperbandSearchCV": {},
    "HalvingASHASearchCV": {"n_candidates": 9},
    "PBTSearchCV": {"population_size": 4, "perturbation_interval": 1},
}


@pytest.mark.parametrize(
    ("name", "n_jobs"), [*((name, 1) for name in DIVIDED), ("HalvingASHASearchCV", 2)]
)
def test_a_search_that_divides_training_is_stopped(name, n_jobs, iris):
    """What is running is finished, and nobody is started or promoted any more."""
    log = Log(stop_at="evaluation", after=5)
    search = getattr(skhpo, name)(
        Scores(),
        SPACE,
        resource="epochs",
        max_resources=9,
        cv=2,
        n_jobs=n_jobs,
        random_state=0,
        callbacks=log,
        **DIVIDED[name],
    ).fit(*iris)
    assert search.stop_reason_ == "callback"
    assert log.told[-1] == ("end",)
    n_evaluations = len(search.history_.evaluations)
    assert len(log.of("evaluation")) == n_evaluations
    # Whoever else was under way when the fifth was done.
    assert 5 <= n_evaluations < 5 + 2 * n_jobs
    n_planned = sum(sum(bracket.n_trials) for bracket in search.plan_.brackets)
    assert n_evaluations < n_planned
    assert not search.history_.n_pending
    assert search.best_estimator_.value == search.best_params_["value"]


@pytest.mark.parametrize("name", DIVIDED)
def test_a_search_that_divides_training_is_stopped_at_its_first_rung(name, iris):
    """By a hook that only such searches have; they rank whom they have measured until then."""
    log = Log(stop_at="rung")
    search = getattr(skhpo, name)(
        Scores(),
        SPACE,
        resource="epochs",
        max_resources=9,
        cv=2,
        random_state=0,
        callbacks=log,
        **DIVIDED[name],
    ).fit(*iris)
    assert search.stop_reason_ == "callback"
    (first,) = log.of("rung")
    assert first == [search.plan_.brackets[0].resources[0]]
    assert {evaluation.resource for evaluation in search.history_.evaluations} == set(first)


def test_stopped_before_anything_was_measured(iris):
    control = Control()
    control.stop()
    for callback in (Log(stop_at="start"), control):
        with pytest.raises(ValueError, match="stopped before anything was measured"):
            search_of(callback).fit(*iris)


def test_an_exception_loses_nothing(iris, tmp_path):
    class Breaks(Callback):
        def on_evaluation(self, history, evaluation):
            if len(history.evaluations) == 3:
                raise RuntimeError("the callback broke")

    log = Log()
    search = search_of([Breaks(), log], storage=tmp_path, verbose=1)
    with pytest.raises(RuntimeError, match="the callback broke"):
        search.fit(*iris)
    assert len(search.cv_results_["params"]) == 3
    assert search.best_params_ in list(search.cv_results_["params"])
    assert log.told[-1] == ("end",)
    whole = search_of(None).fit(*iris)
    resumed = search_of(None, storage=tmp_path).fit(*iris)
    assert resumed.cv_results_["params"] == whole.cv_results_["params"]


def test_what_was_stored_is_told_to_nobody_again(iris, tmp_path):
    search_of(None, storage=tmp_path, n_iter=4).fit(*iris)
    log = Log()
    search_of(log, storage=tmp_path, n_iter=6).fit(*iris)
    assert log.of("trial") == [[4], [5]]
    assert log.of("evaluation") == [[4], [5]]
    everything = Log()
    search_of(everything).fit(*iris)
    assert log.of("best") == [best for best in everything.of("best") if best[0] >= 4]


class Shown:
    """A callback of scikit-learn's kind, which is shown the search in the workers."""

    def setup(self, estimator, context):
        pass

    def on_fit_task_begin(self, estimator, context):
        if context.task_name == "candidate-split-evaluation":
            assert estimator.callbacks is None

    def on_fit_task_end(self, estimator, context):
        pass

    def teardown(self, estimator, context):
        pass


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_callbacks_that_cannot_travel_stay_here(n_jobs, iris):
    """Although workers show a copy of the search to callbacks of scikit-learn."""
    pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")

    class Locked(Log):
        def __init__(self):
            super().__init__()
            self.lock = threading.Lock()

    log = Locked()
    search = search_of(log, n_jobs=n_jobs, n_iter=3)
    search.set_callbacks(Shown()).fit(*iris)
    assert len(log.of("evaluation")) == 3


# ------------------------------------------------------------------ a control


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_paused_resumed_and_stopped(n_jobs, iris):
    control = Control()
    seen = []

    def look_and_resume():
        seen.append(status(control))
        threading.Thread(target=control.resume).start()

    search = BayesSearchCV(
        Scores(),
        SPACE,
        n_iter=30,
        cv=2,
        n_jobs=n_jobs,
        random_state=0,
        callbacks=[
            control,
            Interferes(2, control.pause, look_and_resume),
            Interferes(4, control.stop, lambda: None),
        ],
    ).fit(*iris)
    assert search.stop_reason_ == "stopped"
    assert 4 <= len(search.cv_results_["params"]) <= 5
    assert search.best_estimator_.value == search.best_params_["value"]
    (paused,) = seen
    assert paused.state == "paused"
    assert paused.n_trials >= 2
    assert paused.n_fits_expected == 60
    after = control.status()
    assert (after.state, after.stop_reason) == ("ended", "stopped")
    assert after.best_score == search.best_score_ == status(search).best_score
    assert after.best_params == search.best_params_


def test_stop_ends_one_of_several_searches(iris):
    control = Control()
    search = search_of([control, Interferes(2, control.stop)])
    found = cross_validate(search, *iris, cv=2, return_estimator=True)
    assert [inner.stop_reason_ for inner in found["estimator"]] == ["stopped", "stopped"]
    other = search_of([control]).fit(*iris)
    assert other.stop_reason_ == "budget"
