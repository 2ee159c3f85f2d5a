"""To a study of Optuna and back."""

from __future__ import annotations

import json
import math
import warnings
from datetime import datetime, timedelta
from wsgiref.util import setup_testing_defaults

import numpy as np
import pytest
from scipy.stats import loguniform, norm
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC

from skhpo import (
    BayesSearchCV,
    Float,
    HalvingSearchCV,
    Int,
    PBTSearchCV,
    RandomSearchCV,
    Tuner,
)
from skhpo.exceptions import SkhpoWarning, StorageError
from skhpo.history import History
from skhpo.inspection import measurements, rung_correlations, savings, survival, trials
from skhpo.schedulers import AsynchronousHalving
from skhpo.storage.view import read_search
from skhpo.trial import Assignment, Measurement, Trial

optuna = pytest.importorskip("optuna", reason="needs the extra 'optuna'")

from optuna.trial import TrialState  # noqa: E402

from skhpo.exchange import from_optuna, to_optuna  # noqa: E402
from skhpo.exchange.records import RECORD, SEARCH  # noqa: E402

X, y = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def quiet():
    """Optuna tells of each study."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture(scope="module")
def bayes():
    space = {"C": loguniform(1e-2, 1e2), "kernel": ["rbf", "linear"]}
    return BayesSearchCV(SVC(), space, n_iter=8, cv=3, random_state=0).fit(X, y)


@pytest.fixture(scope="module")
def halving():
    search = HalvingSearchCV(
        SGDClassifier(random_state=0),
        {"alpha": Float(1e-6, 1e0, log=True)},
        resource="epochs",
        min_resources=1,
        max_resources=9,
        n_candidates=9,
        cv=2,
        random_state=0,
    )
    return search.fit(X, y)


@pytest.fixture(scope="module")
def climbing():
    """A tuner that minimises, with rungs."""
    return Tuner(
        {"x": Float(-1, 1), "n": Int(1, 9)},
        lambda params, resource: params["x"] ** 2 + params["n"] / resource,
        scheduler=AsynchronousHalving(27, (1, 3, 9)),
        direction="minimize",
        random_state=1,
    ).run()


def assert_same(found, history):
    """All that can be asked of a history, but for the order of arrival."""
    assert found.trials == history.trials
    assert (found.seed, found.metric, found.full) == (history.seed, history.metric, history.full)
    in_order = sorted(history.measurements, key=lambda m: m.trial)
    # NaN is not itself
    assert list(map(repr, found.measurements)) == list(map(repr, in_order))
    assert repr(found.best) == repr(history.best)


@pytest.mark.parametrize("name", ["bayes", "halving", "climbing"])
def test_round_trip(name, request):
    source = request.getfixturevalue(name)
    history = source.history if name == "climbing" else source.history_
    found = from_optuna(to_optuna(source))
    assert_same(found, history)
    for table in (measurements, trials, survival):
        there, here = table(found), table(history)
        assert there.keys() == here.keys()
    if name != "bayes":
        assert rung_correlations(found)["n"].tolist() == rung_correlations(history)["n"].tolist()
        assert savings(found).spent == savings(history).spent


def test_a_study_says_what_the_search_says(bayes):
    study = to_optuna(bayes)
    assert study.direction == optuna.study.StudyDirection.MAXIMIZE
    assert study.best_params == bayes.best_params_
    assert study.best_value == pytest.approx(bayes.best_score_)
    assert study.best_trial.number == bayes.best_index_
    assert len(study.trials) == 8
    first, measured = study.trials[0], bayes.history_.folds(0)
    assert first.user_attrs["fold_scores"] == [m.scores["score"] for m in measured]
    assert first.user_attrs["fit_time"] == sum(m.fit_time for m in measured)
    assert first.datetime_start.timestamp() == pytest.approx(min(m.started_at for m in measured))
    assert first.datetime_complete.timestamp() == pytest.approx(
        max(m.finished_at for m in measured)
    )
    assert first.distributions["C"] == optuna.distributions.FloatDistribution(1e-2, 1e2, log=True)


def test_rungs_are_intermediate_values_and_who_was_given_up_is_pruned(halving):
    study = to_optuna(halving)
    reached = survival(halving)
    for trial, resource in zip(study.trials, reached["resource"], strict=True):
        assert trial.state == (TrialState.COMPLETE if resource == 9 else TrialState.PRUNED)
        assert max(trial.intermediate_values) == resource == trial.user_attrs["resource"]
        at_least = reached["score_at_1"][trial.number]
        assert trial.intermediate_values[1] == pytest.approx(at_least)
    assert study.best_params == halving.best_params_


def test_who_minimises_has_a_study_that_does(climbing):
    study = to_optuna(climbing)
    assert study.direction == optuna.study.StudyDirection.MINIMIZE
    assert study.best_value == pytest.approx(climbing.best_score)
    assert study.best_params == climbing.best_params
    assert all(value >= 0 for t in study.trials for value in t.intermediate_values.values())


def test_the_best_of_a_search_that_reached_no_top_is_complete(climbing):
    before_top = next(n for n, e in enumerate(climbing.history.evaluations) if e.resource == 9)
    found = climbing.history.replayed(before_top)
    study = to_optuna(found)
    assert study.best_trial.number == found.best.trial
    assert any(trial.state == TrialState.RUNNING for trial in study.trials)


def test_trials_under_way_are_left_out_of_what_comes_back(climbing):
    prefixes = (climbing.history.replayed(n) for n in range(11, 20))
    cut = next(prefix for prefix in prefixes if prefix.n_pending)
    found = from_optuna(to_optuna(cut))
    busy = {trial.number for trial in cut.pending}
    assert len(found.trials) == len(cut.trials) - len(busy)
    assert [t.params for t in found.trials] == [
        t.params for t in cut.trials if t.number not in busy
    ]


def test_failures():
    def objective(params):
        if params["x"] > 0.5:
            raise RuntimeError("too large")
        return math.nan if params["x"] > 0 else params["x"]

    tuner = Tuner({"x": Float(-1, 1)}, objective, random_state=0).run(n_trials=12)
    study = to_optuna(tuner)
    for trial in study.trials:
        x = trial.params["x"]
        assert trial.state == (TrialState.FAIL if x > 0 else TrialState.COMPLETE)
        assert ("too large" in trial.user_attrs.get("error", "")) == (x > 0.5)
    assert_same(from_optuna(study), tuner.history)


def test_several_metrics():
    search = RandomSearchCV(
        LogisticRegression(max_iter=1000),
        {"C": loguniform(1e-3, 1e2)},
        n_iter=6,
        cv=3,
        scoring=["accuracy", "neg_log_loss"],
        refit="neg_log_loss",
        random_state=0,
    ).fit(X, y)
    study = to_optuna(search)
    assert study.metric_names == ["neg_log_loss"]
    assert study.best_params == search.best_params_
    means = [trial.user_attrs["mean_accuracy"] for trial in study.trials]
    np.testing.assert_allclose(means, search.cv_results_["mean_test_accuracy"])
    several = to_optuna(search, metrics=["accuracy", "neg_log_loss"])
    assert several.metric_names == ["accuracy", "neg_log_loss"]
    expected = [search.cv_results_[f"mean_test_{m}"][2] for m in several.metric_names]
    assert several.trials[2].values == pytest.approx(expected)
    assert search.best_index_ in [trial.number for trial in several.best_trials]
    back = from_optuna(several, metric="accuracy")
    assert back.best.score == pytest.approx(max(search.cv_results_["mean_test_accuracy"]))
    with pytest.raises(ValueError, match=r"scored by 'acuracy'. Did you mean 'accuracy'"):
        to_optuna(search, metrics=["acuracy"])
    with pytest.raises(TypeError, match=r"write \['accuracy'\], not 'accuracy'"):
        to_optuna(search, metrics="accuracy")
    with pytest.raises(ValueError, match="must name one at least, or be None"):
        to_optuna(search, metrics=[])


def test_rungs_with_several_objectives_have_no_intermediate_values():
    def objective(params, resource):
        return {"a": params["x"] * resource, "b": -params["x"]}

    tuner = Tuner(
        {"x": Float(0, 1)},
        objective,
        metric="a",
        scheduler=AsynchronousHalving(9, (1, 3)),
        random_state=0,
    ).run()
    study = to_optuna(tuner, metrics=["a", "b"])
    complete = [trial for trial in study.trials if trial.state == TrialState.COMPLETE]
    assert complete
    assert all(trial.values[0] == pytest.approx(-3 * trial.values[1]) for trial in complete)
    assert not any(trial.intermediate_values for trial in study.trials)


def test_conditional_spaces_and_values_in_words():
    pipeline = Pipeline([("scale", StandardScaler()), ("svc", SVC())])
    space = [
        {"scale": [StandardScaler(), MinMaxScaler()], "svc__C": Float(0.1, 10, log=True)},
        {"svc__kernel": ["poly"], "svc__degree": Int(2, 4)},
    ]
    search = RandomSearchCV(pipeline, space, n_iter=8, cv=2, random_state=0).fit(X, y)
    with pytest.warns(SkhpoWarning, match="values of 'scale' are texts"):
        study = to_optuna(search)
    for trial, params in zip(study.trials, search.cv_results_["params"], strict=True):
        assert trial.params.keys() == params.keys() == trial.distributions.keys()
        if "scale" in params:
            assert trial.params["scale"] == repr(params["scale"])
    assert study.trials[0].distributions.keys() <= {
        "scale",
        "svc__C",
        "svc__kernel",
        "svc__degree",
    }


def test_a_population_comes_back():
    search = PBTSearchCV(
        SGDClassifier(random_state=0),
        {"alpha": Float(1e-6, 1e0, log=True)},
        resource="epochs",
        max_resources=8,
        population_size=6,
        cv=2,
        random_state=0,
    ).fit(X, y)
    study = to_optuna(search)
    history = search.history_
    assert any(trial.parent is not None for trial in history.trials)
    assert_same(from_optuna(study), history)
    assert study.best_params == search.best_params_
    assert study.best_value == history.best.score
    best, top = history.best.trial, max(e.resource for e in history.evaluations)
    replaced = {trial.replaces for trial in history.trials} - {None, best}
    expected = [
        "PRUNED" if number in replaced and history.latest(number).resource < top else "COMPLETE"
        for number in range(len(history.trials))
    ]
    assert states(study) == expected
    assert "PRUNED" in expected


def grown(*trials, early_may_win=True):
    """A population: of each trial whom it replaces, and its score at 1, 2, ... (None: it failed)."""
    history = History(early_may_win=early_may_win)
    for number, (replaces, scores) in enumerate(trials):
        parent = {} if replaces is None else {"parent": 0, "parent_resource": 1.0}
        history.append(Trial(number, {"lr": 0.1 * (1 + number)}, replaces=replaces, **parent))
        for resource, score in scores.items():
            history.append(Assignment(number, float(resource), (0,)))
            status, values = ("failed", {}) if score is None else ("completed", {"score": score})
            history.append(Measurement(number, 0, float(resource), status, values))
    return history


def states(study):
    return [trial.state.name for trial in study.trials]


def test_who_was_replaced_in_a_population_was_given_up():
    """The others are complete, however far they came: all of them may win."""
    history = grown(
        (None, {1: 0.5, 2: 0.6}),
        (None, {1: 0.2}),  # replaced by 3
        (None, {1: 0.4}),  # the search has ended before it went on
        (1, {2: 0.7, 3: 0.8}),
        (0, {2: 0.3}),  # a copy that takes the place of 0
    )
    study = to_optuna(history)
    assert states(study) == ["PRUNED", "PRUNED", "COMPLETE", "COMPLETE", "COMPLETE"]
    assert [trial.value for trial in study.trials] == [0.6, 0.2, 0.4, 0.8, 0.3]
    assert_same(from_optuna(study), history)


def test_copies_keep_their_parents_where_trials_before_them_are_left_out():
    history = History(early_may_win=True)
    history.append(Trial(0, {"lr": 0.1}))
    history.append(Assignment(0, 1.0, (0,)))  # still under way
    for number, origin in ((1, {}), (2, {}), (3, {"parent": 1, "replaces": 2})):
        parent_resource = 1.0 if origin else None
        history.append(Trial(number, {"lr": 0.1}, parent_resource=parent_resource, **origin))
        history.append(Assignment(number, 2.0, (0,)))
        history.append(Measurement(number, 0, 2.0, "completed", {"score": 0.1 * number}))
    found = from_optuna(to_optuna(history))
    assert [(trial.parent, trial.replaces) for trial in found.trials] == [
        (None, None),
        (None, None),
        (0, 1),
    ]


def test_who_was_replaced_after_as_much_training_as_any_is_complete():
    study = to_optuna(grown((None, {1: 0.5}), (None, {1: 0.2}), (1, {1: 0.6})))
    assert states(study) == ["COMPLETE", "COMPLETE", "COMPLETE"]


def test_the_best_of_a_population_is_that_of_the_study():
    """Also if it was replaced, was better before, or failed later."""
    replaced = grown((None, {1: 0.9}), (None, {1: 0.2, 2: 0.3}), (0, {2: 0.6}))
    study = to_optuna(replaced)
    assert states(study) == ["COMPLETE"] * 3
    assert (study.best_trial.number, study.best_value) == (0, 0.9)
    before = grown((None, {1: 0.9, 2: 0.5}), (None, {1: 0.7, 2: 0.6}))
    study = to_optuna(before)
    assert [trial.value for trial in study.trials] == [0.9, 0.7]
    assert study.best_trial.number == 0
    assert study.trials[0].user_attrs["fold_scores"] == [0.5]  # of the last measurement
    failed = grown((None, {1: 0.9, 2: None}), (None, {1: 0.4, 2: 0.6}), (None, {1: None}))
    study = to_optuna(failed)
    assert states(study) == ["COMPLETE", "COMPLETE", "FAIL"]
    assert (study.best_trial.number, study.best_value) == (0, 0.9)
    for history in (replaced, before, failed):
        assert_same(from_optuna(to_optuna(history)), history)


def test_the_best_of_a_search_with_rungs_is_that_of_the_study_though_it_failed_later():
    history = grown((None, {1: 0.9, 3: None}), (None, {1: 0.4}), early_may_win=False)
    study = to_optuna(history)
    assert states(study) == ["COMPLETE", "COMPLETE"]
    assert (study.best_trial.number, study.best_value) == (0, 0.9)
    more = grown((None, {1: 0.9, 3: 0.5}), (None, {1: 0.95}), early_may_win=False)
    study = to_optuna(more)
    assert states(study) == ["COMPLETE", "PRUNED"]
    assert study.best_value == 0.5  # after more training, though it was better before


def test_a_search_on_disk(tmp_path):
    space = {
        "C": loguniform(0.1, 10),
        "tol": Float(1e-5, 1e-1, log=True),
        "degree": Int(1, 9, step=2),
        "gamma": norm(5, 0.1),
        "kernel": ["rbf", "linear", "poly"],
    }
    search = RandomSearchCV(SVC(), space, n_iter=4, cv=2, random_state=0, storage=tmp_path / "s")
    search.fit(X, y)
    stored = read_search(tmp_path / "s")
    study = to_optuna(stored, space=search.param_distributions)
    assert study.best_params == search.best_params_
    assert study.trials[0].distributions["C"].high == 10
    ours, theirs = (to_optuna(s).trials[0].distributions for s in (stored, search))
    assert (
        ours["gamma"].high == max(t.params["gamma"] for t in study.trials) != theirs["gamma"].high
    )
    for name in ("C", "tol", "degree", "kernel"):
        assert ours[name] == theirs[name]
    assert (ours["tol"].low, ours["tol"].high, ours["tol"].log) == (1e-5, 1e-1, True)


@pytest.mark.parametrize("steps", [0, 1])
def test_a_study_of_somebody_else(steps):
    """Counted from 0, as many do, or from 1."""

    def objective(trial):
        x = trial.suggest_float("x", 0, 1)
        trial.suggest_categorical("c", ["a", "b"])
        for epoch in range(steps, 4 + steps):
            trial.report(x + epoch - steps, epoch)
            if epoch == 1 + steps and x < 0.5:
                raise optuna.TrialPruned
        if x > 0.9:
            raise RuntimeError("no luck")
        return x + 3

    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), direction="maximize")
    study.optimize(objective, n_trials=20, catch=RuntimeError)
    history = from_optuna(study)
    assert history.full == 4
    assert history.best.score == study.best_value
    assert history.trials[history.best.trial].params == study.best_params
    table = survival(history)
    is_pruned = [trial.state == TrialState.PRUNED for trial in study.trials]
    is_failed = [trial.state == TrialState.FAIL for trial in study.trials]
    assert any(is_failed)
    assert (table["status"] == "stopped").tolist() == is_pruned
    assert (table["status"] == "failed").tolist() == is_failed
    assert table["resource"].tolist() == [2 if pruned else 4 for pruned in is_pruned]
    lasted = [trial.duration.total_seconds() for trial in study.trials]
    measured = measurements(history)
    for number, seconds in enumerate(lasted):
        of_trial = measured["trial"] == number
        assert measured["fit_time"][of_trial].sum() == pytest.approx(seconds, abs=1e-5)


def test_time_is_divided_in_proportion_to_the_steps():
    began = datetime(2026, 1, 1)
    study = optuna.create_study()
    study.add_trial(
        optuna.trial.FrozenTrial(
            number=0,
            trial_id=0,
            state=TrialState.COMPLETE,
            value=0.5,
            datetime_start=began,
            datetime_complete=began + timedelta(seconds=90),
            params={},
            distributions={},
            user_attrs={},
            system_attrs={},
            intermediate_values={1: 0.9, 3: 0.7, 9: 0.5},
        )
    )
    table = measurements(from_optuna(study))
    assert table["resource"].tolist() == [1, 3, 9]
    np.testing.assert_allclose(table["fit_time"], [10, 20, 60])
    np.testing.assert_allclose(table["finished_at"] - began.timestamp(), [10, 30, 90])


def test_a_study_that_minimises_without_steps():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: trial.suggest_float("x", -1, 1) ** 2, n_trials=9)
    study.enqueue_trial({"x": 0.5})
    history = from_optuna(study)
    assert len(history.trials) == 9
    assert history.best.score == -study.best_value
    assert history.full is None


def test_what_optuna_has_found_is_known_to_a_search():
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0), direction="maximize")
    distribution = optuna.distributions.FloatDistribution(0.01, 100, log=True)
    for C, value in ((0.05, 0.6), (1.5, 0.95), (50.0, 0.9)):
        study.add_trial(
            optuna.trial.create_trial(
                params={"C": C}, distributions={"C": distribution}, value=value
            )
        )
    search = BayesSearchCV(
        SVC(),
        {"C": loguniform(0.01, 100)},
        n_iter=3,
        cv=2,
        random_state=0,
        warm_start_from=from_optuna(study),
    ).fit(X, y)
    assert search.cv_results_["params"][0] == {"C": 1.5}
    assert [former.score for former in search.history_.former] == [0.6, 0.95, 0.9]


def test_a_study_that_optuna_went_on_with(bayes):
    study = to_optuna(bayes)
    study.sampler = optuna.samplers.TPESampler(seed=0)

    def objective(trial):
        return 2.0 + trial.suggest_float("C", 1e-2, 1e2, log=True) * 1e-3

    study.optimize(objective, n_trials=2)
    history = from_optuna(study)
    assert len(history.trials) == 10
    assert history.best.trial in (8, 9)
    assert history.best.score == study.best_value


def test_optuna_draws_it(halving, bayes):
    pytest.importorskip("plotly", reason="Optuna draws with plotly")
    from optuna import visualization

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Optuna and plotly about each other
        for source in (halving, bayes):
            study = to_optuna(source)
            history = visualization.plot_optimization_history(study)
            shown = [v for trace in history.data for v in (trace.y if trace.y is not None else [])]
            assert study.best_value in shown
            for picture in ("slice", "parallel_coordinate", "edf", "timeline", "rank"):
                assert getattr(visualization, f"plot_{picture}")(study).data
        learned = visualization.plot_intermediate_values(to_optuna(halving))
        assert len(learned.data) == len(halving.history_.trials)


def test_in_a_data_base(bayes, tmp_path):
    url = f"sqlite:///{tmp_path / 'study.db'}"
    storage = optuna.storages.RDBStorage(url)
    written = to_optuna(bayes, storage=storage, study_name="svc")
    read = optuna.load_study(study_name="svc", storage=storage)
    assert read.best_params == written.best_params == bayes.best_params_
    assert_same(from_optuna(read), bayes.history_)
    with pytest.raises(optuna.exceptions.DuplicatedStudyError):
        to_optuna(bayes, storage=storage, study_name="svc")
    storage.engine.dispose()


def test_its_dashboard_reads_it(halving, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dashboard = pytest.importorskip("optuna_dashboard", reason="needs optuna-dashboard")
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path / 'study.db'}")
    study = to_optuna(halving, storage=storage, study_name="sgd")
    app = dashboard.wsgi(storage)

    def get(path):
        said = {}
        environ = {"PATH_INFO": path, "QUERY_STRING": "after=0"}
        setup_testing_defaults(environ)
        body = b"".join(app(environ, lambda status, *_: said.update(status=status)))
        assert said["status"].startswith("200"), body

        def refuse(constant):
            raise AssertionError(f"a browser cannot read {constant}")

        return json.loads(body, parse_constant=refuse)

    (summary,) = get("/api/studies")["study_summaries"]
    assert summary["study_name"] == "sgd"
    shown = get(f"/api/studies/{study._study_id}")["trials"]
    assert len(shown) == len(study.trials)
    assert {trial["state"] for trial in shown} == {"Complete", "Pruned"}
    storage.engine.dispose()


def test_bad_input(bayes):
    with pytest.raises(TypeError, match="a study of Optuna, got str"):
        from_optuna("study.db")
    with pytest.raises(TypeError, match="History"):
        to_optuna(SVC())
    with pytest.raises(ValueError, match="Did you mean 'score'"):
        from_optuna(optuna.create_study(), metric="scor")
    empty = from_optuna(optuna.create_study())
    assert not empty.trials
    assert to_optuna(empty).trials == []


@pytest.mark.parametrize("text", ["", "{}", '{"origin": [], "measurements": []}', "[1]"])
def test_what_was_changed_is_refused(bayes, text):
    study = to_optuna(bayes)
    study.set_user_attr(SEARCH, text)
    with pytest.raises(StorageError, match="to_optuna has written"):
        from_optuna(study)
    study = to_optuna(bayes)
    frozen = study.trials[0]
    frozen.user_attrs[RECORD] = text
    other = optuna.create_study()
    other.add_trial(frozen)
    with pytest.raises(StorageError, match="to_optuna has written"):
        from_optuna(other)
