"""Population based training as a search class."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from search_parts import Passes, Pupil, untimed
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
)
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.model_selection import ShuffleSplit, StratifiedKFold, cross_val_score
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhpo import Float, HalvingASHASearchCV, Int, PBTSearchCV, ReplayedSchedule, Schedule
from skhpo.exceptions import ResourceError, SpaceError
from skhpo.samplers import BanditExploration
from skhpo.schedulers import Truncation

SGD = SGDClassifier(random_state=0, learning_rate="constant", eta0=0.1)
RATES = {"alpha": Float(1e-6, 1, log=True), "eta0": Float(1e-3, 1, log=True)}


def population(estimator=SGD, space=None, **settings):
    settings = {
        "population_size": 5,
        "resource": "epochs",
        "max_resources": 6,
        "perturbation_interval": 2,
        "cv": 2,
        "random_state": 0,
        **settings,
    }
    return PBTSearchCV(estimator, RATES if space is None else space, **settings)


def by_hand(schedule, estimator, X, y):
    """Train by a schedule, pass by pass."""
    model = clone(estimator)
    for epoch in range(int(schedule.full)):
        model.set_params(**schedule.at(epoch)).partial_fit(X, y, classes=np.unique(y))
    return model


# --------------------------------------------------------------------------- what is found


def test_the_schedule_is_what_the_best_was_trained_by(iris):
    search = population(max_resources=10, perturbation_interval=1).fit(*iris)
    schedule, history = search.schedule_, search.history_
    assert len(schedule.stages) > 1  # the winner has ancestors
    assert schedule.full == 10
    assert search.best_params_ == schedule.final
    trial = history.trials[search.cv_results_["trial"][search.best_index_]]
    for stage in reversed(schedule.stages):
        assert dict(stage.params) == dict(trial.params)
        trial = None if trial.parent is None else history.trials[trial.parent]
    assert trial is None


def test_the_score_is_that_of_the_schedule(iris):
    """Each fold of the winner was trained, through all copies, as if without a break."""
    X, y = iris
    search = population(max_resources=10, perturbation_interval=1, cv=3).fit(X, y)
    row = search.cv_results_
    for fold, (train, test) in enumerate(StratifiedKFold(3).split(X, y)):
        model = by_hand(search.schedule_, SGD, X[train], y[train])
        found = row[f"split{fold}_test_score"][search.best_index_]
        assert model.score(X[test], y[test]) == found


def test_refit_replays_the_schedule_on_all_data(iris):
    search = population(max_resources=10, perturbation_interval=1).fit(*iris)
    model = by_hand(search.schedule_, SGD, *iris)
    np.testing.assert_array_equal(search.best_estimator_.coef_, model.coef_)
    assert search.best_estimator_.t_ == model.t_
    assert (
        search.best_estimator_.get_params()
        == clone(SGD).set_params(**search.best_params_).get_params()
    )


def test_refit_from_the_winners_own_state(iris):
    X, y = iris
    cv = ShuffleSplit(n_splits=1, test_size=30, random_state=0)
    search = population(cv=cv, refit_from="checkpoint").fit(X, y)
    ((train, _),) = cv.split(X, y)
    model = by_hand(search.schedule_, SGD, X[train], y[train])
    np.testing.assert_array_equal(search.best_estimator_.coef_, model.coef_)


def test_each_place_is_trained_once_and_no_more(iris, tmp_path):
    log = tmp_path / "passes"
    search = population(Passes(str(log)), {"alpha": Float(1e-6, 1, log=True)}, refit=False).fit(
        *iris
    )
    assert len(log.read_text().splitlines()) == 5 * 6 * 2  # members, passes, folds
    assert search.n_candidates_ == [5, 5, 5]
    assert search.n_resources_ == [2, 4, 6]
    assert search.plan_.cost == 30
    assert len(search.history_.trials) > 5


def test_lineage_says_who_copied_whom_and_when(iris):
    search = population(max_resources=10, perturbation_interval=1).fit(*iris)
    table = search.lineage_
    copies = table["parent"] >= 0
    assert copies.any()
    assert set(table["member"]) == set(range(5))
    assert (table["parent"][copies] < table["trial"][copies]).all()
    assert (table["copied_at"][copies] >= 1).all()
    assert np.isnan(table["copied_at"][~copies]).all()


# --------------------------------------------------------------------------- reproducible


@pytest.mark.parametrize("settings", [{}, {"explore": "bandit"}, {"exploit": "tournament"}])
def test_the_same_seed_gives_the_same_search(iris, settings):
    one, other = (population(**settings).fit(*iris) for _ in range(2))
    assert untimed(one.cv_results_) == untimed(other.cv_results_)
    assert one.schedule_ == other.schedule_


@pytest.mark.parametrize("settings", [{}, {"explore": "bandit"}])
def test_where_all_wait_workers_make_no_difference(iris, settings):
    found = [
        population(asynchronous=False, n_jobs=n_jobs, max_concurrent_trials=5, **settings).fit(
            *iris
        )
        for n_jobs in (1, 2)
    ]
    one, other = (untimed(search.cv_results_) for search in found)
    assert one == other


def test_several_workers_without_waiting(iris):
    search = population(n_jobs=2, max_concurrent_trials=3).fit(*iris)
    assert search.n_candidates_ == [5, 5, 5]
    np.testing.assert_array_equal(
        search.best_estimator_.coef_, by_hand(search.schedule_, SGD, *iris).coef_
    )


# --------------------------------------------------------------------------- what can continue


@pytest.mark.parametrize(
    ("estimator", "space", "resource", "counted"),
    [
        (SGDRegressor(random_state=0), {"alpha": Float(1e-6, 1, log=True)}, "epochs", None),
        (
            MLPClassifier((5,), solver="sgd", random_state=0),
            {"learning_rate_init": Float(1e-3, 1, log=True), "batch_size": Int(5, 30)},
            "epochs",
            None,
        ),
        (
            GradientBoostingClassifier(random_state=0, max_depth=1),
            {"learning_rate": Float(0.01, 1, log=True), "max_depth": Int(1, 3)},
            "n_estimators",
            lambda model: len(model.estimators_),
        ),
        (
            HistGradientBoostingClassifier(
                random_state=0, min_samples_leaf=5, early_stopping=False
            ),
            {"learning_rate": Float(0.01, 1, log=True), "max_leaf_nodes": Int(2, 8)},
            "max_iter",
            lambda model: model.n_iter_,
        ),
        (
            RandomForestClassifier(random_state=0),
            {"max_depth": Int(1, 6), "max_features": Float(0.3, 1.0)},
            "n_estimators",
            lambda model: len(model.estimators_),
        ),
        (
            make_pipeline(StandardScaler(), SGD),
            {f"sgdclassifier__{name}": domain for name, domain in RATES.items()},
            "epochs",
            None,
        ),
    ],
)
def test_whatever_can_continue(iris, estimator, space, resource, counted):
    search = population(estimator, space, resource=resource).fit(*iris)
    assert np.isfinite(search.best_score_)
    if counted is not None:
        assert counted(search.best_estimator_) == search.schedule_.full
    replayed = ReplayedSchedule(estimator, search.schedule_, resource=resource).fit(*iris)
    assert (replayed.predict(iris[0]) == search.predict(iris[0])).all()


def test_the_resource_is_found_where_there_is_one():
    assert population(resource="auto").plan().full == 6
    boosting = GradientBoostingClassifier(n_estimators=30)
    search = PBTSearchCV(boosting, {"learning_rate": Float(0.01, 1)}, population_size=4)
    assert search.plan().full == 30
    assert search.plan().brackets[0].resources == tuple(range(3, 31, 3))
    assert "spends exactly 120" in repr(search)


def test_what_would_lose_the_weights_is_inherited(iris):
    space = {
        "hidden_layer_sizes": [(3,), (5,), (7,)],
        "learning_rate_init": Float(1e-3, 1, log=True),
    }
    net = MLPClassifier(solver="sgd", random_state=0)
    search = population(net, space, max_resources=8, perturbation_interval=1).fit(*iris)
    trials = search.history_.trials
    copies = [trial for trial in trials if trial.parent is not None]
    assert len({trial.params["hidden_layer_sizes"] for trial in trials[:5]}) > 1
    for copy in copies:
        original = trials[copy.parent].params
        assert copy.params["hidden_layer_sizes"] == original["hidden_layer_sizes"]
        assert copy.params["learning_rate_init"] != original["learning_rate_init"]
    assert [e.status for e in search.history_.evaluations] == ["completed"] * (5 * 8)


def test_parameters_of_earlier_steps_are_inherited(iris):
    pipeline = make_pipeline(StandardScaler(), SGD)
    space = {"standardscaler__with_mean": [True, False], "sgdclassifier__eta0": RATES["eta0"]}
    search = population(pipeline, space, max_resources=8, perturbation_interval=1).fit(*iris)
    for copy in search.history_.trials[5:]:
        original = search.history_.trials[copy.parent].params
        assert copy.params["standardscaler__with_mean"] == original["standardscaler__with_mean"]


def test_each_branch_has_a_model_of_its_own(iris):
    """What can change is for the model of the branch to say, not for the one that stands there."""
    pipeline = make_pipeline(StandardScaler(), SGD)
    space = [
        {"sgdclassifier": [SGD], "sgdclassifier__eta0": RATES["eta0"]},
        {
            "sgdclassifier": [MLPClassifier((3,), solver="sgd", random_state=0)],
            "sgdclassifier__learning_rate_init": Float(1e-3, 1, log=True),
            "sgdclassifier__hidden_layer_sizes": [(3,), (5,)],
        },
    ]
    search = population(pipeline, space, population_size=8, perturbation_interval=1).fit(*iris)
    assert set(search.cv_results_["status"]) == {"completed"}
    changed = set()
    for copy in search.history_.trials[8:]:
        original = search.history_.trials[copy.parent].params
        changed |= {name for name in copy.params if copy.params[name] != original[name]}
    assert changed >= {"sgdclassifier__eta0"}
    assert changed <= {"sgdclassifier__eta0", "sgdclassifier__learning_rate_init"}


def test_the_user_knows_better(iris):
    search = population(inherited=["alpha"], max_resources=8, perturbation_interval=1).fit(*iris)
    copies = search.history_.trials[5:]
    originals = [search.history_.trials[copy.parent] for copy in copies]
    assert copies
    for copy, original in zip(copies, originals, strict=True):
        assert copy.params["alpha"] == original.params["alpha"]


def test_branches_do_not_mix(iris):
    space = [{"loss": ["hinge"], **RATES}, {"loss": ["log_loss"], "eta0": RATES["eta0"]}]
    search = population(space=space, population_size=8, max_resources=8).fit(*iris)
    for copy in search.history_.trials[8:]:
        assert copy.params["loss"] == search.history_.trials[copy.parent].params["loss"]


# --------------------------------------------------------------------------- rules of one's own


def test_explore_may_be_a_function(iris):
    seen = []

    def halve(params, rng):
        seen.append((dict(params), rng.random()))
        return {**params, "eta0": max(params["eta0"] / 2, 1e-3)}

    search = population(explore=halve, max_resources=8, perturbation_interval=1).fit(*iris)
    for copy in search.history_.trials[5:]:
        original = search.history_.trials[copy.parent].params
        assert copy.params["eta0"] == max(original["eta0"] / 2, 1e-3)
    assert len(seen) == len(search.history_.trials[5:]) + 20  # tried before


def test_rules_may_be_objects(iris):
    settings = {"exploit": Truncation(0.4), "explore": BanditExploration(beta=1.0)}
    search = population(max_resources=8, perturbation_interval=1, **settings).fit(*iris)
    assert len(search.history_.trials) == 5 + 2 * 7


def test_first_configurations_may_be_given(iris):
    first = [{"alpha": 1e-3, "eta0": 0.5}, {"alpha": 1e-4, "eta0": 0.01}]
    search = population(initial_params=first, explore="bandit", max_resources=8).fit(*iris)
    assert [dict(trial.params) for trial in search.history_.trials[:2]] == first
    former = population(warm_start_from=search).fit(*iris)
    assert dict(former.history_.trials[0].params) == dict(search.best_params_)


def test_a_search_in_cross_validation(iris):
    scores = cross_val_score(population(population_size=3, max_resources=4), *iris, cv=2)
    assert (scores > 0.5).all()


def test_it_can_be_pickled_and_cloned(iris):
    search = population().fit(*iris)
    again = pickle.loads(pickle.dumps(search))
    assert again.schedule_ == search.schedule_
    assert (again.predict(iris[0]) == search.predict(iris[0])).all()
    assert clone(search).get_params().keys() == search.get_params().keys()


# --------------------------------------------------------------------------- failures


@pytest.mark.filterwarnings("ignore:(?s).*fits failed", "ignore:One or more of the test scores")
@pytest.mark.parametrize("fault", ["raise", "nan"])
def test_members_that_diverge_are_replaced(iris, fault):
    space = {"value": Float(0, 1), "bad_from": [3, 100], "fault": [fault]}
    search = population(Pupil(), space, population_size=8, inherited=["bad_from"]).fit(*iris)
    history = search.history_
    broken = {e.trial for e in history.evaluations if not e.is_usable}
    assert broken
    assert {trial.replaces for trial in history.trials} >= broken - {
        trial for trial in broken if history.latest(trial).resource == 6
    }
    assert search.best_params_["bad_from"] == 100
    scores = search.cv_results_["mean_test_score"]
    assert np.isnan(scores).any()
    if fault == "raise":
        assert (search.cv_results_["status"][np.isnan(scores)] == "failed").all()


class Unpicklable(ClassifierMixin, BaseEstimator):
    """Keeps something that cannot travel."""

    def __init__(self, value=0.5):
        self.value = value

    def fit(self, X, y):
        return self.partial_fit(X, y)

    def partial_fit(self, X, y, classes=None):
        self.classes_ = np.unique(y)
        self.own_ = (number for number in range(3))
        return self

    def score(self, X, y):
        return self.value


@pytest.mark.filterwarnings("ignore:(?s).*fits failed", "ignore:One or more of the test scores")
def test_a_state_that_is_lost_is_never_begun_anew_in_silence(iris):
    search = population(Unpicklable(), {"value": Float(0, 1)}, refit=False).fit(*iris)
    errors = [m.error for m in search.history_.measurements if m.status == "failed"]
    assert errors
    assert all("could not be pickled" in error for error in errors)


# --------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"population_size": 1}, ValueError, "population_size"),
        ({"perturbation_interval": 7}, ResourceError, "perturbation_interval=7 must be less"),
        ({"perturbation_interval": 6}, ResourceError, "perturbation_interval=6 must.*write 1"),
        ({"max_resources": 1}, ResourceError, "max_resources=1 cannot be divided"),
        (
            {"estimator": SVC(), "space": {"C": Float(1, 2)}},
            ResourceError,
            "needs an estimator with",
        ),
        (
            {"estimator": SVC(), "space": {"C": Float(1, 2)}, "resource": "n_samples"},
            ResourceError,
            "SVC cannot go on from what it has learnt by resource='n_samples'",
        ),
        ({"resource": "folds"}, ResourceError, "cannot go on from what it has learnt"),
        (
            {
                "estimator": LogisticRegression(solver="liblinear"),
                "space": {"C": Float(1, 2)},
                "resource": "max_iter",
            },
            ResourceError,
            "LogisticRegression cannot go on",
        ),
        ({"space": {"alfa": Float(1, 2)}}, SpaceError, "Did you mean 'alpha'"),
        ({"space": {"alpha": [1e-4, 1e-3]}}, SpaceError, "has only 2 configurations"),
        (
            {
                "estimator": MLPClassifier(),
                "space": {"hidden_layer_sizes": [(2,), (3,), (4,), (5,), (6,)]},
            },
            SpaceError,
            "no parameter of the search space can change while MLPClassifier is trained",
        ),
        (
            {
                "estimator": MLPClassifier(solver="sgd"),
                "space": {"hidden_layer_sizes": [(2,), (3,)], "alpha": Float(0, 1)},
                "inherited": [],
            },
            SpaceError,
            "inherited must name 'hidden_layer_sizes', too",
        ),
        ({"inherited": ["alfa"]}, SpaceError, "inherited names 'alfa'.*Did you mean 'alpha'"),
        ({"explore": lambda params: params}, TypeError, "function of .params, rng."),
        ({"explore": lambda params, rng: {}}, SpaceError, "inside the search space"),
        ({"explore": "climb"}, ValueError, "explore"),
        ({"exploit": "all"}, ValueError, "exploit"),
        ({"quantile_fraction": 0.7}, ValueError, "quantile_fraction"),
        ({"perturbation_factors": (0.0, 1.2)}, ValueError, "factors: each must be"),
        ({"resample_probability": 2}, ValueError, "resample_probability"),
        ({"max_resources": "auto"}, ResourceError, "nothing tells how many epochs"),
    ],
)
def test_bad_input_fails_before_the_first_fit(iris, settings, error, message):
    settings = dict(settings)
    search = population(settings.pop("estimator", SGD), settings.pop("space", None), **settings)
    with pytest.raises(error, match=message):
        search.fit(*iris)
    assert not hasattr(search, "history_")


# --------------------------------------------------------------------------- schedules

FALLING = [{"until": 3, "params": {"eta0": 0.5}}, {"until": 8, "params": {"eta0": 0.01}}]


def test_a_schedule_says_what_holds_when():
    schedule = Schedule(FALLING)
    assert [schedule.at(k)["eta0"] for k in (0, 2, 3, 7, 8, 20)] == [0.5] * 2 + [0.01] * 4
    assert schedule.full == 8
    assert schedule.final == {"eta0": 0.01}
    assert schedule.as_list() == FALLING


def test_a_schedule_can_be_saved_and_replayed(iris):
    search = population(max_resources=8, perturbation_interval=1).fit(*iris)
    saved = json.dumps(search.schedule_.as_list())
    assert Schedule(json.loads(saved)) == search.schedule_
    assert pickle.loads(pickle.dumps(search.schedule_)) == search.schedule_
    replayed = ReplayedSchedule(SGD, json.loads(saved), resource="epochs").fit(*iris)
    np.testing.assert_array_equal(replayed.estimator_.coef_, search.best_estimator_.coef_)
    assert (replayed.predict(iris[0]) == search.predict(iris[0])).all()
    assert replayed.score(*iris) == search.best_estimator_.score(*iris)
    assert (replayed.classes_ == search.classes_).all()


def test_a_replayed_schedule_is_an_estimator(iris):
    replayed = ReplayedSchedule(SGD, FALLING, resource="epochs")
    assert cross_val_score(replayed, *iris, cv=3).mean() > 0.7
    assert not hasattr(replayed, "predict_proba")  # the hinge loss has none
    assert not hasattr(replayed, "classes_")
    assert clone(replayed).fit(*iris).n_features_in_ == 4
    assert pickle.loads(pickle.dumps(replayed)).schedule == FALLING


def test_a_replayed_schedule_can_be_searched(iris):
    replayed = ReplayedSchedule(SGD, FALLING, resource="epochs")
    space = {"estimator__alpha": Float(1e-6, 1, log=True)}
    search = HalvingASHASearchCV(replayed, space, n_candidates=4, min_resources=20, random_state=0)
    assert search.fit(*iris).best_score_ > 0.5


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ([], "one stage at least"),
        ([{"until": 3}], "a stage is a dict such as"),
        ([{"until": 0, "params": {}}], "until must be a number greater than 0"),
        ([FALLING[1], FALLING[0]], "must end after the one before"),
        ([FALLING[0], {"until": 8, "params": {"alpha": 1}}], "the same parameters"),
        ([{"until": 3, "params": {"eta": 1}}], "Invalid parameter 'eta'"),
    ],
)
def test_schedules_that_make_no_sense_are_refused(iris, schedule, message):
    with pytest.raises(ValueError, match=message):
        ReplayedSchedule(SGD, schedule, resource="epochs").fit(*iris)
