"""Population based training as a search class."""

from __future__ import annotations

import pickle

import joblib
import numpy as np
import pytest
from search_parts import Passes, Pupil, untimed
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_digits
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

from skhpo import Float, Int, PBTSearchCV, ReplayedSchedule, Schedule
from skhpo.exceptions import ResourceError, SpaceError
from skhpo.samplers import BanditExploration, FunctionExploration, Perturbation
from skhpo.schedulers import (
    BinaryTournament,
    PopulationTraining,
    SynchronousPopulationTraining,
    Truncation,
)
from skhpo.storage import Checkpoints
from skhpo.trial import Assignment, Measurement

SGD = SGDClassifier(random_state=0, learning_rate="constant", eta0=0.1)
RATES = {"alpha": Float(1e-6, 1, log=True), "eta0": Float(1e-3, 1, log=True)}
ONE_SPLIT = ShuffleSplit(n_splits=1, test_size=30, random_state=0)


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


@pytest.fixture(scope="module")
def digits():
    X, y = load_digits(return_X_y=True)
    return X / 16, y


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
    assert schedule.full == search.cv_results_["n_resources"][search.best_index_]
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


def trained_on_the_split(search, X, y):
    ((train, _),) = ONE_SPLIT.split(X, y)
    return by_hand(search.schedule_, SGD, X[train], y[train])


def test_refit_from_the_winners_own_state(iris):
    search = population(cv=ONE_SPLIT, refit_from="checkpoint").fit(*iris)
    np.testing.assert_array_equal(
        search.best_estimator_.coef_, trained_on_the_split(search, *iris).coef_
    )


def test_who_is_chosen_without_a_state_of_its_own_is_trained_by_its_schedule(iris):
    """The states of all but the best are deleted; the last setting alone is another model."""

    def worst_copy(results):
        is_copy = np.isin(results["trial"], range(5, 100))
        return int(np.where(is_copy, results["mean_test_score"], np.inf).argmin())

    search = population(
        cv=ONE_SPLIT,
        refit=worst_copy,
        refit_from="checkpoint",
        max_resources=10,
        perturbation_interval=1,
    ).fit(*iris)
    assert search.best_index_ == worst_copy(search.cv_results_)
    assert len(search.schedule_.stages) > 1
    np.testing.assert_array_equal(
        search.best_estimator_.coef_, trained_on_the_split(search, *iris).coef_
    )


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


def test_a_population_learns_more_than_its_beginners_alone(digits):
    """As many passes over the digits, by a network whose learning rate matters."""
    X, y = digits
    cv = ShuffleSplit(n_splits=1, test_size=0.3, random_state=0)
    ((train, test),) = cv.split(X)
    net = MLPClassifier((16,), solver="sgd", batch_size=32, random_state=0)
    space = {"learning_rate_init": Float(1e-4, 1, log=True)}
    search = population(net, space, max_resources=12, cv=cv, refit=False).fit(X, y)
    alone = [
        by_hand(Schedule([{"until": 12, "params": trial.params}]), net, X[train], y[train])
        for trial in search.history_.trials[:5]
    ]
    scores = [model.score(X[test], y[test]) for model in alone]
    final = [e.score for e in search.history_.evaluations if e.resource == 12]
    assert len(final) == len(scores)
    assert search.best_score_ > np.median(scores)
    assert np.mean(final) > np.mean(scores) + 0.1


# --------------------------------------------------------------------------- reproducible


@pytest.mark.parametrize("settings", [{}, {"explore": "bandit"}, {"exploit": "tournament"}])
def test_the_same_seed_gives_the_same_search(iris, settings):
    one, other = (population(**settings).fit(*iris) for _ in range(2))
    assert untimed(one.cv_results_) == untimed(other.cv_results_)
    assert one.schedule_ == other.schedule_


@pytest.mark.parametrize("settings", [{}, {"explore": "bandit"}, {"cv": ONE_SPLIT}])
def test_where_all_wait_workers_make_no_difference(iris, settings):
    found = []
    for n_jobs in (1, 3):
        with joblib.parallel_config("threading"):
            search = population(asynchronous=False, n_jobs=n_jobs, **settings).fit(*iris)
        found.append(untimed(search.cv_results_))
    assert found[0] == found[1]


@pytest.mark.parametrize(("asynchronous", "n_measured"), [(True, 3), (False, 5)])
def test_nobody_waits_for_the_last_one_unless_all_do(iris, asynchronous, n_measured):
    """Half of a population is enough to compare with."""
    with joblib.parallel_config("threading"):
        search = population(asynchronous=asynchronous, cv=ONE_SPLIT, n_jobs=3).fit(*iris)
    records = list(search.history_)
    second = [isinstance(r, Assignment) and r.resource == 4 for r in records].index(True)
    before = [r for r in records[:second] if isinstance(r, Measurement)]
    assert [r.resource for r in before] == [2] * n_measured


def most_open(history):
    """Return how many trials were being measured at a time, at most."""
    missing, most = {}, 0
    for record in history:
        if isinstance(record, Assignment):
            missing[record.trial] = len(record.folds)
        elif isinstance(record, Measurement):
            missing[record.trial] -= 1
        most = max(most, sum(number > 0 for number in missing.values()))
    return most


def test_a_worker_that_has_nothing_to_do_begins_with_another_member(iris):
    """Three folds, two workers: who would wait for the third fold need not."""
    with joblib.parallel_config("threading"):
        search = population(cv=3, n_jobs=2).fit(*iris)
        limited = population(cv=3, n_jobs=2, max_concurrent_trials=1).fit(*iris)
    assert most_open(search.history_) == 2
    assert most_open(limited.history_) == 1


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


# --------------------------------------------------------------------------- settings


def halve(params, rng):
    return {**params, "eta0": max(params["eta0"] / 2, 1e-3)}


def recipe(iris, **settings):
    search = population(**settings)
    return search._checked_recipe(search._checked_space(), search._checked_problem(*iris, {}))


@pytest.mark.parametrize(
    ("settings", "scheduler", "exploit", "explore"),
    [
        ({}, PopulationTraining, Truncation(0.2), Perturbation((0.8, 1.2), 0.25)),
        ({"asynchronous": False}, SynchronousPopulationTraining, Truncation(), Perturbation()),
        ({"exploit": "tournament"}, PopulationTraining, BinaryTournament(), Perturbation()),
        ({"quantile_fraction": 0.4}, PopulationTraining, Truncation(0.4), Perturbation()),
        ({"explore": "bandit"}, PopulationTraining, Truncation(), BanditExploration()),
        ({"explore": halve}, PopulationTraining, Truncation(), FunctionExploration(halve)),
        (
            {"resample_probability": 0.5, "perturbation_factors": (0.5, 2.0)},
            PopulationTraining,
            Truncation(),
            Perturbation((0.5, 2.0), 0.5),
        ),
    ],
)
def test_what_a_search_is_made_of(iris, settings, scheduler, exploit, explore):
    made = recipe(iris, **settings)
    assert type(made.scheduler) is scheduler
    assert made.scheduler.population_size == 5
    assert made.scheduler.resources == (2, 4, 6)
    assert repr(made.scheduler.exploit) == repr(exploit)
    assert repr(made.sampler.explore) == repr(explore)
    assert made.sampler.inherited == ()


@pytest.mark.parametrize("factors", [(0.5, 2.0), [0.5, 2.0], np.array([0.5, 2.0])])
def test_copies_are_multiplied_by_the_factors(iris, factors):
    search = population(
        perturbation_factors=factors,
        resample_probability=0.0,
        quantile_fraction=0.4,
        max_resources=8,
        perturbation_interval=1,
    ).fit(*iris)
    trials = search.history_.trials
    assert len(trials) == 5 + 2 * 7  # two of five after each interval but the last
    for copy in trials[5:]:
        for name, domain in RATES.items():
            original = trials[copy.parent].params[name]
            moved = [np.clip(original * factor, domain.low, domain.high) for factor in factors]
            assert np.isclose(copy.params[name], moved, rtol=1e-9, atol=0).any()


def test_in_a_tournament_others_than_the_worst_give_up(iris):
    search = population(exploit="tournament", max_resources=8, perturbation_interval=1).fit(*iris)
    history = search.history_
    scores = {(e.trial, e.resource): e.score for e in history.evaluations}
    n_others = 0
    for copy in history.trials[5:]:
        age = copy.parent_resource
        assert scores[copy.parent, age] >= scores[copy.replaces, age]
        n_others += copy.replaces != history.rung(age)[-1]
    assert n_others


@pytest.mark.parametrize(
    ("full", "ages"), [(2, [1, 2]), (9, range(1, 10)), (25, [*range(3, 25, 3), 25])]
)
def test_there_are_ten_intervals_at_most(full, ages):
    plan = population(max_resources=full, perturbation_interval="auto").plan()
    assert plan.brackets[0].resources == tuple(ages)


def test_copies_are_told_apart_from_those_that_began(iris, capsys):
    search = population(population_size=4, verbose=3).fit(*iris)
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("[trial ")]
    first = search.history_.trials[4]
    assert sum(line.startswith("[trial 3 (4/4) at epochs 2] ") for line in lines) == 1
    assert sum(line.startswith("[trial 3 (4/4) at epochs 2 fold ") for line in lines) == 2
    named = f"[trial 4, a copy of {first.parent}, at epochs {first.parent_resource + 2}"
    assert sum(line.startswith(f"{named}] ") for line in lines) == 1
    assert not any(line.startswith("[trial 4 (") for line in lines)


# --------------------------------------------------------------------------- rules of one's own


def test_explore_may_be_a_function(iris):
    seen = []

    def seen_and_halved(params, rng):
        seen.append((dict(params), rng.random()))
        return halve(params, rng)

    search = population(explore=seen_and_halved, max_resources=8, perturbation_interval=1).fit(
        *iris
    )
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


def test_a_former_search_gives_the_first_configuration(iris):
    former = population(max_resources=8).fit(*iris)
    search = population(warm_start_from=former).fit(*iris)
    results = former.cv_results_
    complete = np.where(results["n_resources"] == 8, results["mean_test_score"], -np.inf)
    assert search.history_.trials[0].params == results["params"][complete.argmax()]


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
    scores = search.cv_results_["mean_test_score"]
    assert np.isnan(scores).any()
    assert search.best_score_ == np.nanmax(scores)
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


@pytest.mark.filterwarnings("ignore:(?s).*fits failed", "ignore:One or more of the test scores")
def test_a_copy_whose_state_is_lost_does_not_go_on_from_its_originals(iris, monkeypatch):
    """The original may have a state of the same age, but it is not the copy's."""
    settings = {"max_resources": 8, "quantile_fraction": 0.4, "cv": ONE_SPLIT, "refit": False}
    whole = population(**settings).fit(*iris).history_
    measured = {(e.trial, e.resource) for e in whole.evaluations}
    copy = next(
        trial.number
        for trial in whole.trials[5:]
        if {(trial.parent, 4), (trial.number, 4), (trial.number, 6)} <= measured
    )
    keep = Checkpoints.save

    def lose_one(self, trial, fold, resource, state):
        return (trial, resource) != (copy, 4) and keep(self, trial, fold, resource, state)

    monkeypatch.setattr(Checkpoints, "save", lose_one)
    history = population(**settings).fit(*iris).history_
    failed = [m for m in history.measurements if m.status == "failed"]
    assert [(m.trial, m.resource) for m in failed] == [(copy, 6)]
    assert "is lost" in failed[0].error


# --------------------------------------------------------------------------- bad input


class OwnPerceptron(MLPClassifier):
    """What it inherits means what it means in scikit-learn."""


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
            "LogisticRegression cannot go on.*with solver='liblinear'; write solver='lbfgs'",
        ),
        *(
            (
                {
                    "estimator": GradientBoostingClassifier(n_iter_no_change=2),
                    "space": {"learning_rate": Float(0.1, 1)},
                    "resource": resource,
                },
                ResourceError,
                "with n_iter_no_change=2; write n_iter_no_change=None",
            )
            for resource in ("n_estimators", "auto")
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
        (
            {
                "estimator": OwnPerceptron(solver="sgd"),
                "space": {"hidden_layer_sizes": [(2,), (3,)], "alpha": Float(0, 1)},
                "inherited": [],
            },
            SpaceError,
            "inherited must name 'hidden_layer_sizes', too",
        ),
        ({"inherited": ["alfa"]}, SpaceError, "inherited names 'alfa'.*Did you mean 'alpha'"),
        ({"explore": lambda params: params}, TypeError, "function of .params, rng."),
        ({"explore": lambda params, rng: {}}, SpaceError, "inside the search space"),
        (  # leaves the space near its bound only
            {"explore": lambda params, rng: {**params, "eta0": params["eta0"] * 1.2}},
            SpaceError,
            "inside the search space.*Clip",
        ),
        ({"explore": "climb"}, ValueError, "explore"),
        ({"exploit": "all"}, ValueError, "exploit"),
        ({"quantile_fraction": 0.7}, ValueError, "quantile_fraction"),
        ({"perturbation_factors": (0.0, 1.2)}, ValueError, "factors: each must be"),
        ({"perturbation_factors": 1.2}, ValueError, "perturbation_factors"),
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
