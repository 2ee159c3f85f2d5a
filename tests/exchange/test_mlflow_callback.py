"""Searches as runs of MLflow."""

from __future__ import annotations

import pickle
import socket
import warnings

import pytest
from sklearn.base import clone
from sklearn.datasets import load_iris
from sklearn.linear_model import SGDClassifier

from skhpo import Float, HalvingSearchCV, Tuner
from skhpo.callbacks import Callback
from skhpo.exceptions import SkhpoWarning
from skhpo.schedulers import AsynchronousHalving

pytest.importorskip("mlflow", reason="needs the extra 'mlflow'")

from skhpo.exchange import MLflowCallback

# of MLflow about its own parts; what skhpo warns of is an error still
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.filterwarnings("error::skhpo.exceptions.SkhpoWarning"),
]

SPACE = {"x": Float(0, 1)}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder that MLflow keeps runs in: quicker to set up than a data base."""
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    return (tmp_path / "mlruns").as_uri()


def runs(uri, experiment="skhpo"):
    """Return the run of the search, and those of its trials by number."""
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri)
    found = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    parents = [run for run in found if "skhpo.trial" not in run.data.tags]
    (parent,) = parents
    nested = {int(r.data.tags["skhpo.trial"]): r for r in found if r is not parent}
    assert {r.data.tags["mlflow.parentRunId"] for r in nested.values()} <= {parent.info.run_id}
    return client, parent, nested


def test_a_run_for_the_search_and_one_for_each_trial(files):
    def objective(params):
        if params["x"] > 0.8:
            raise RuntimeError("too large")
        return params["x"]

    callback = MLflowCallback("numbers", tracking_uri=files, run_name="mine", tags={"who": "me"})
    tuner = Tuner(SPACE, objective, callbacks=[callback], random_state=0).run(n_trials=8)
    _, parent, nested = runs(files, "numbers")
    assert parent.info.run_name == "mine"
    assert parent.info.status == "FINISHED"
    assert parent.data.tags["who"] == "me"
    assert parent.data.params["seed"] == str(tuner.history.seed)
    assert parent.data.metrics["best_score"] == pytest.approx(tuner.best_score)
    assert sorted(nested) == list(range(8))
    for trial in tuner.history.trials:
        run, x = nested[trial.number], trial.params["x"]
        assert float(run.data.params["x"]) == x
        assert run.info.status == ("FAILED" if x > 0.8 else "FINISHED")
        assert run.data.tags["skhpo.status"] == ("failed" if x > 0.8 else "completed")
        assert ("too large" in run.data.tags.get("skhpo.error", "")) == (x > 0.8)
        assert run.data.metrics.get("score") == (None if x > 0.8 else x)
    assert any(run.info.status == "FAILED" for run in nested.values())


def test_resources_are_steps(files):
    callback = MLflowCallback(tracking_uri=files)
    tuner = Tuner(
        SPACE,
        lambda params, resource: params["x"] * resource,
        scheduler=AsynchronousHalving(9, (1, 3)),
        callbacks=[callback],
        random_state=0,
    ).run()
    client, _, nested = runs(files)
    expected = {number: [] for number in nested}
    for evaluation in tuner.history.evaluations:
        expected[evaluation.trial].append((evaluation.resource, evaluation.score))
    for number, run in nested.items():
        logged = client.get_metric_history(run.info.run_id, "score")
        assert [(metric.step, metric.value) for metric in logged] == expected[number]
    assert max(map(len, expected.values())) == 2


def test_in_a_data_base_with_folds(tmp_path):
    X, y = load_iris(return_X_y=True)
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    search = HalvingSearchCV(
        SGDClassifier(random_state=0),
        {"alpha": Float(1e-6, 1e0, log=True)},
        resource="epochs",
        min_resources=1,
        max_resources=3,
        n_candidates=3,
        cv=3,
        random_state=0,
        scoring=["accuracy", "f1_macro"],
        refit="accuracy",
        callbacks=[MLflowCallback(tracking_uri=uri)],
    ).fit(X, y)
    _, _, nested = runs(uri)
    assert sorted(nested) == [0, 1, 2]
    best = nested[search.history_.best.trial].data
    assert best.metrics["accuracy"] == pytest.approx(search.best_score_)
    row = search.best_index_
    for metric in ("accuracy", "f1_macro"):
        expected = search.cv_results_[f"std_test_{metric}"][row]
        assert best.metrics[f"std_{metric}"] == pytest.approx(expected)


def test_an_interrupted_search_closes_its_runs(files):
    def objective(params):
        if len(tuner.history.trials) == 3:
            raise KeyboardInterrupt
        return params["x"]

    callback = MLflowCallback(tracking_uri=files)
    tuner = Tuner(SPACE, objective, callbacks=[callback], random_state=0)
    with pytest.raises(KeyboardInterrupt):
        tuner.run(n_trials=9)
    _, parent, nested = runs(files)
    assert parent.info.status == "FINISHED"
    states = [nested[number].info.status for number in sorted(nested)]
    assert states == ["FINISHED", "FINISHED", "KILLED"]


def test_a_search_that_goes_on_has_a_run_of_its_own(files):
    tuner = Tuner(SPACE, lambda p: p["x"], random_state=0).run(n_trials=3)
    callback = MLflowCallback(tracking_uri=files)
    Tuner(SPACE, lambda p: p["x"], history=tuner.history, callbacks=[callback]).run(n_trials=5)
    _, parent, nested = runs(files)
    assert sorted(nested) == [3, 4]
    assert parent.data.params["trials before it was resumed"] == "3"


def unused_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_a_server_that_is_not_there_is_warned_of_once():
    callback = MLflowCallback(tracking_uri=f"http://127.0.0.1:{unused_port()}")
    tuner = Tuner(SPACE, lambda p: p["x"], callbacks=[callback], random_state=0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tuner.run(n_trials=5)
    ours = [w for w in caught if issubclass(w.category, SkhpoWarning)]
    assert len(ours) == 1
    assert "nothing more of this search is logged to http://127.0.0.1" in str(ours[0].message)
    assert "The search goes on" in str(ours[0].message)
    assert len(tuner.history.evaluations) == 5


def test_a_store_that_goes_away_is_warned_of_once(files, tmp_path):
    class Spoiler(Callback):
        def on_evaluation(self, history, evaluation):
            if evaluation.trial == 2:
                (tmp_path / "mlruns").rename(tmp_path / "gone")
                (tmp_path / "mlruns").write_text("no folder")

    callbacks = [MLflowCallback(tracking_uri=files), Spoiler()]
    tuner = Tuner(SPACE, lambda p: p["x"], callbacks=callbacks, random_state=0)
    with pytest.warns(SkhpoWarning, match="nothing more of this search is logged") as caught:
        tuner.run(n_trials=6)
    assert len([w for w in caught if issubclass(w.category, SkhpoWarning)]) == 1
    assert len(tuner.history.evaluations) == 6


def test_long_and_strange_parameters(files):
    class Long:
        def __str__(self):
            return "x" * 50_000

    space = {f"p{k}": [k] for k in range(250)} | {"a{b}?": [1], "long": [Long()]}
    Tuner(space, lambda p: 1.0, callbacks=[MLflowCallback(tracking_uri=files)], random_state=0).run(
        n_trials=1
    )
    _, _, nested = runs(files)
    logged = nested[0].data.params
    assert len(logged) == 252
    assert logged["a_b__"] == "1"
    assert len(logged["long"]) == 5_000


def test_long_names_are_cut_and_stay_different(files):
    begin = "step__" * 60
    space = {f"{begin}{name}": [value] for name, value in (("C", 1), ("tol", 2))}
    callback = MLflowCallback(tracking_uri=files)
    with warnings.catch_warnings():
        warnings.simplefilter("error", SkhpoWarning)
        Tuner(space, lambda p: 1.0, callbacks=[callback], random_state=0).run(n_trials=1)
    _, parent, nested = runs(files)
    logged = nested[0].data.params
    assert sorted(logged.values()) == ["1", "2"]
    assert all(len(name) == 250 and name.startswith(begin[:200]) for name in logged)
    assert (parent.info.status, nested[0].info.status) == ("FINISHED", "FINISHED")


def test_who_gives_up_leaves_no_run_that_seems_to_go_on(files):
    """A metric that has no name is nothing that MLflow takes."""

    def objective(params):
        return {"": 1.0}

    callback = MLflowCallback(tracking_uri=files)
    tuner = Tuner(SPACE, objective, metric="", callbacks=[callback], random_state=0)
    with pytest.warns(SkhpoWarning, match="nothing more of this search is logged"):
        tuner.run(n_trials=3)
    _, parent, nested = runs(files)
    assert len(tuner.history.evaluations) == 3
    assert (parent.info.status, [run.info.status for run in nested.values()]) == (
        "FAILED",
        ["FAILED"],
    )


def test_a_copy_has_the_settings_only(files):
    callback = MLflowCallback("e", tracking_uri=files, run_name="r", tags={"a": "b"})
    Tuner(SPACE, lambda p: p["x"], callbacks=[callback], random_state=0).run(n_trials=2)
    for copy in (clone(callback, safe=False), pickle.loads(pickle.dumps(callback))):
        assert repr(copy) == repr(callback)
        assert (copy.run_name, copy.tags) == ("r", {"a": "b"})
        Tuner(SPACE, lambda p: p["x"], callbacks=[copy], random_state=0).run(n_trials=2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"experiment": 3}, "experiment must be a name"),
        ({"experiment": ""}, "experiment must be a name"),
        ({"tracking_uri": 5000}, "tracking_uri must be a text"),
        ({"run_name": 1}, "run_name must be a text"),
        ({"tags": ["a"]}, "tags must be a dict"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(TypeError, match=message):
        MLflowCallback(**settings)
