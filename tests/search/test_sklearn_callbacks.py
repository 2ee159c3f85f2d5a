"""scikit-learn 1.9's callbacks: the events of its own searches, with stop honoured."""

from __future__ import annotations

import json
import os
import pickle

import numpy as np
import pytest
from search_parts import Anything, Pupil
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from skhpo import BayesSearchCV, Float, HalvingASHASearchCV, RandomSearchCV
from skhpo._sklearn import SearchEvents

pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")

EVALUATION = "candidate-split-evaluation"


class Recorder:
    """Writes every event as a line to a file, from whichever process."""

    def __init__(self, path):
        self.path = os.fspath(path)

    def _write(self, hook, estimator, context, **seen):
        event = {
            "hook": hook,
            "estimator": type(estimator).__name__,
            "names": [],
            **{name: np.shape(value) for name, value in seen.items() if value is not None},
        }
        while context is not None:
            event["names"].append(
                [
                    context.estimator_name,
                    context.task_name,
                    context.task_id,
                    context.max_subtasks,
                    context.sequential_subtasks,
                    context.source_estimator_name,
                    context.source_task_name,
                ]
            )
            context = context.parent
        with open(self.path, "a") as file:
            file.write(json.dumps(event) + "\n")

    def setup(self, estimator, context):
        self._write("setup", estimator, context)

    def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None):
        weight = (metadata or {}).get("sample_weight")
        self._write("begin", estimator, context, X=X, y=y, weight=weight)

    def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None):
        weight = (metadata or {}).get("sample_weight")
        self._write("end", estimator, context, X=X, y=y, weight=weight)

    def teardown(self, estimator, context):
        self._write("teardown", estimator, context)

    def events(self):
        with open(self.path) as file:
            lines = file.read().replace("RandomSearchCV", "GridSearchCV").splitlines()
        os.remove(self.path)
        return lines


class PropagatingRecorder(Recorder):
    """Goes on to the estimators inside."""

    max_propagation_depth = None


GRID = {"logisticregression__C": [0.1, 1.0, 10.0]}


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("recorder", [Recorder, PropagatingRecorder])
def test_events_are_those_of_grid_search(recorder, n_jobs, iris, tmp_path):
    model = make_pipeline(StandardScaler(), LogisticRegression())
    candidates = [{"logisticregression__C": C} for C in GRID["logisticregression__C"]]
    mine = RandomSearchCV(model, GRID, n_iter=3, initial_params=candidates, cv=2, n_jobs=n_jobs)
    theirs = GridSearchCV(model, GRID, cv=2)
    events = []
    for search in (mine, theirs):
        callback = recorder(tmp_path / "events")
        search.set_callbacks(callback).fit(*iris)
        events.append(callback.events())
        assert not hasattr(search, "_callback_fit_ctx")
    assert sorted(events[0]) == sorted(events[1])
    if n_jobs == 1:  # in one process, also in the same order
        assert events[0] == events[1]


def test_sample_weight_is_shown(iris, tmp_path):
    events = []
    for search in (
        RandomSearchCV(Anything(), {"value": [1]}, n_iter=1, cv=2),
        GridSearchCV(Anything(), {"value": [1]}, cv=2),
    ):
        callback = Recorder(tmp_path / "events")
        search.set_callbacks(callback).fit(*iris, sample_weight=np.ones(90))
        events.append(callback.events())
    assert events[0] == events[1]
    assert any('"weight": [45]' in event for event in events[0])


class Stopper(Recorder):
    """Asks to stop at the end of the first evaluations."""

    def __init__(self, path, task_name=EVALUATION):
        super().__init__(path)
        self.task_name = task_name

    def on_fit_task_end(self, estimator, context):
        self._write("end", estimator, context)
        return context.task_name == self.task_name


@pytest.mark.parametrize(
    ("search", "n_jobs"), [(RandomSearchCV, 1), (RandomSearchCV, 2), (BayesSearchCV, 1)]
)
def test_stop(search, n_jobs, iris, tmp_path):
    callback = Stopper(tmp_path / "events")
    tuned = search(Anything(), {"value": list(range(9))}, n_iter=9, cv=3, n_jobs=n_jobs)
    tuned.set_callbacks(callback).fit(*iris)
    n_trials = len(tuned.cv_results_["params"])
    assert 1 <= n_trials <= n_jobs  # what was running is finished, nothing else is begun
    assert len(tuned.history_.measurements) == 3 * n_trials
    assert set(tuned.cv_results_["status"]) == {"completed"}
    assert tuned.best_estimator_.predict(iris[0]).shape == (90,)
    assert '"teardown"' in callback.events()[-1]


def test_stop_at_a_failed_evaluation(iris, tmp_path):
    tuned = RandomSearchCV(
        FailsOnNone(), {"value": [None, 1]}, n_iter=2, cv=2, initial_params=[{"value": None}]
    )
    tuned.set_callbacks(Stopper(tmp_path / "events"))
    with pytest.raises(ValueError, match="All the 2 fits failed"):
        tuned.fit(*iris)
    assert tuned.cv_results_["params"] == [{"value": None}]


def test_other_tasks_do_not_stop_the_search(iris, tmp_path):
    tuned = RandomSearchCV(Anything(), {"value": [1, 2]}, n_iter=2, cv=2)
    tuned.set_callbacks(Stopper(tmp_path / "events", task_name="search")).fit(*iris)
    assert len(tuned.cv_results_["params"]) == 2


class FailsOnNone(Anything):
    def fit(self, X, y):
        if self.value is None:
            raise ValueError("no")
        if self.value == "interrupt":
            raise KeyboardInterrupt
        return super().fit(X, y)


@pytest.mark.parametrize(
    ("value", "error_score", "error"),
    [(None, "raise", ValueError), (None, 0.0, ValueError), ("interrupt", 0.0, KeyboardInterrupt)],
)
def test_teardown_after_errors(value, error_score, error, iris, tmp_path):
    callback = Recorder(tmp_path / "events")
    search = RandomSearchCV(FailsOnNone(), {"value": [value]}, n_iter=1, error_score=error_score)
    with pytest.raises(error):
        search.set_callbacks(callback).fit(*iris)
    events = [json.loads(event) for event in callback.events()]
    assert [event["hook"] for event in events].count("teardown") == 1
    assert events[-1]["hook"] == "teardown"
    begun = [event for event in events if event["names"][0][1] == EVALUATION]
    assert [event["hook"] for event in begun][:2] == ["begin", "end"]


@pytest.mark.parametrize("is_step", [False, True])
def test_callbacks_of_the_estimator_inside(is_step, iris, tmp_path):
    """They are set up and torn down by each fit, and know where in the search they are."""
    events = []
    for search in (RandomSearchCV, GridSearchCV):
        callback = Recorder(tmp_path / "events")
        model, name = LogisticRegression().set_callbacks(callback), "C"
        if is_step:
            model, name = make_pipeline(StandardScaler(), model), "logisticregression__C"
        settings = {"n_iter": 1} if search is RandomSearchCV else {}
        search(model, {name: [1.0]}, cv=2, **settings).fit(*iris)
        events.append(callback.events())
    assert events[0] == events[1]
    assert sum('"setup"' in event for event in events[0]) == 3  # two folds and the refit


@pytest.mark.parametrize(("search", "n_jobs"), [(RandomSearchCV, 2), (BayesSearchCV, 1)])
def test_progress_bar(search, n_jobs, iris, capsys, monkeypatch):
    pytest.importorskip("rich", reason="scikit-learn's progress bar needs it")
    from sklearn.callback import ProgressBar

    monkeypatch.setenv("COLUMNS", "200")
    tuned = search(LogisticRegression(), {"C": [0.1, 1.0]}, n_iter=2, cv=2, n_jobs=n_jobs)
    tuned.set_callbacks(ProgressBar()).fit(*iris)
    shown = capsys.readouterr().out
    assert f"{search.__name__} - search" in shown
    assert "100%" in shown


def monitored(search, iris):
    """Fit a search whose estimator has a monitor of its scores; return what that has seen.

    By the numbers of the tasks from the search down to the step: which they are, and the score.
    """
    from sklearn.callback import ScoringMonitor

    monitor = ScoringMonitor(scoring="accuracy")
    search.estimator.set_callbacks(monitor)
    search.fit(*iris)
    log = monitor.get_logs()
    assert log.estimator_name == type(search).__name__
    names = ("estimator_name", "task_name", "accuracy")
    return {row["task_id_path"]: tuple(row[name] for name in names) for row in log.data}


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_scores_inside_the_estimators_are_monitored(n_jobs, iris):
    """Step by step, those of every fold of every trial, and of the refit; also of workers."""
    given = {"C": [0.01, 1.0, 100.0]}
    candidates = [{"C": C} for C in given["C"]]
    seen, expected = (
        monitored(search, iris)
        for search in (
            RandomSearchCV(
                LogisticRegression(),
                given,
                n_iter=3,
                initial_params=candidates,
                cv=2,
                n_jobs=n_jobs,
            ),
            GridSearchCV(LogisticRegression(), given, cv=2),
        )
    )
    assert len(seen) > 7 * 3  # steps of two folds of three trials, and of the refit
    if n_jobs == 1:
        assert seen == expected
    else:  # the numbers of tasks are given in the order of what is done
        assert sorted(seen.values()) == sorted(expected.values())


def test_callbacks_survive_a_clone_of_the_search(iris, tmp_path):
    """As in scikit-learn, so that an outer search can show the inner ones."""
    callback = Recorder(tmp_path / "events")
    inner = RandomSearchCV(Anything(), {"value": [1]}, n_iter=1, cv=2)
    outer = GridSearchCV(inner, {"n_iter": [1]}, cv=2).set_callbacks(callback)
    outer.fit(*iris)
    assert any('"search"' in event for event in callback.events())


def test_a_task_carries_no_other(iris, tmp_path):
    search = RandomSearchCV(Anything(), {"value": [1]}).set_callbacks(Recorder(tmp_path / "events"))
    events = SearchEvents(search, *iris, None)
    events.begin_search(3000)
    sizes = [len(pickle.dumps(events.evaluation())) for _ in range(2000)]
    assert max(sizes) - min(sizes) < 20


def test_without_listeners_there_is_nothing_to_carry(iris):
    events = SearchEvents(RandomSearchCV(Anything(), {"value": [1]}), *iris, None)
    events.begin_search(3)
    assert events.evaluation() is None
    assert events.caller is None


@pytest.fixture
def tasks(monkeypatch):
    """What the search tells scikit-learn of its number of evaluations, and how many there were."""
    seen = {}
    begin, evaluation = SearchEvents.begin_search, SearchEvents.evaluation

    def begin_search(self, n_evaluations):
        seen.update(planned=n_evaluations, made=0)
        begin(self, n_evaluations)

    def one_more(self):
        seen["made"] += 1
        return evaluation(self)

    monkeypatch.setattr(SearchEvents, "begin_search", begin_search)
    monkeypatch.setattr(SearchEvents, "evaluation", one_more)
    return seen


def test_more_evaluations_than_planned(tasks, iris, tmp_path):
    """Who promotes the best so far is mistaken now and then; scikit-learn wants to know at once."""
    rising = [{"value": value} for value in np.linspace(0.1, 0.9, 8)]
    search = HalvingASHASearchCV(
        Rising(),
        {"value": Float(0, 1)},
        resource="epochs",
        max_resources=4,
        factor=2,
        n_candidates=8,
        initial_params=rising,
        cv=2,
    )
    search.set_callbacks(Recorder(tmp_path / "events")).fit(*iris)
    assert len(search.history_.measurements) == tasks["made"] > tasks["planned"] == 2 * (8 + 4 + 2)


class Rising(Pupil):
    def score(self, X, y, sample_weight=None):
        return float(self.value)


def test_a_resumed_search_announces_what_is_left(tasks, iris, tmp_path):
    def fitted(n_iter):
        search = RandomSearchCV(
            Anything(),
            {"value": list(range(9))},
            n_iter=n_iter,
            cv=2,
            random_state=0,
            storage=tmp_path / "search",
        )
        return search.set_callbacks(Recorder(tmp_path / "events")).fit(*iris)

    fitted(3)
    assert tasks == {"planned": 6, "made": 6}
    fitted(7)
    assert tasks == {"planned": 8, "made": 8}
