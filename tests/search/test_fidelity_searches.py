"""The searches that spend training where it pays: halving, ASHA, Hyperband."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path

import joblib
import numpy as np
import pytest
from scipy.stats import loguniform
from search_parts import Passes, Pupil, untimed
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.model_selection import (
    HalvingGridSearchCV,
    HalvingRandomSearchCV,
    KFold,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from skhpo import Float, HalvingASHASearchCV, HalvingSearchCV, HyperbandSearchCV, RandomSearchCV
from skhpo.samplers import (
    BayesianSampler,
    CMAESSampler,
    EvolutionSampler,
    GridSampler,
    QuasiRandomSampler,
    RandomSampler,
    TPESampler,
)
from skhpo.stopping import Patience, Timeout

CLASSES = [HalvingSearchCV, HalvingASHASearchCV, HyperbandSearchCV]
ALPHA = {"alpha": Float(1e-6, 1, log=True)}
SGD = SGDClassifier(random_state=0)

every_class = pytest.mark.parametrize("search", CLASSES)


def epochs(search, **settings):
    """A search over passes of SGD: 1, 3, 9."""
    settings = {"resource": "epochs", "max_resources": 9, "cv": 2, "random_state": 0, **settings}
    return search(SGD, ALPHA, **settings)


class Polynomial(BaseEstimator):
    """Its scores rise with the steps; best at (0.7, 0.2)."""

    def __init__(self, x=0.5, y=0.5, steps=1):
        self.x = x
        self.y = y
        self.steps = steps

    def fit(self, X, y=None):
        return self

    def score(self, X, y=None):
        return -((self.x - 0.7) ** 2) - (self.y - 0.2) ** 2 - 1 / self.steps


def one_split():
    return ShuffleSplit(n_splits=1, test_size=30, random_state=0)


def by_rung(results, resource):
    """Configurations at each rung, without the parameter that is the resource."""
    rungs = {}
    for iteration, params in zip(results["iter"], results["params"], strict=True):
        own = {name: value for name, value in params.items() if name != resource}
        rungs.setdefault(int(iteration), []).append(sorted(own.items()))
    return {iteration: sorted(rows) for iteration, rows in rungs.items()}


# --------------------------------------------------------------------------- scikit-learn's

BOOSTING = GradientBoostingClassifier(random_state=0, max_depth=1)
NUMBERS = [
    *("n_resources_", "n_candidates_", "n_iterations_", "n_required_iterations_"),
    *("n_possible_iterations_", "n_remaining_candidates_", "min_resources_", "max_resources_"),
]


def assert_same_halving(mine, theirs):
    for name in NUMBERS:
        assert getattr(mine, name) == getattr(theirs, name), name
    ours, expected = mine.cv_results_, theirs.cv_results_
    assert set(ours) == set(expected) | {"status", "error", "trial"}
    for key, column in expected.items():
        assert type(ours[key]) is type(column), key
        assert getattr(ours[key], "dtype", None) == getattr(column, "dtype", None), key
        assert len(ours[key]) == len(column), key
    assert by_rung(ours, theirs.resource) == by_rung(expected, theirs.resource)
    # Rows of a rung are in another order: ours by trial.
    order, theirs_in_order = (
        sorted(range(len(r["params"])), key=lambda k: repr((r["iter"][k], r["params"][k])))
        for r in (ours, expected)
    )
    for key in ("n_resources", "mean_test_score", "split1_test_score", "rank_test_score"):
        np.testing.assert_array_equal(ours[key][order], expected[key][theirs_in_order])
    assert mine.best_params_ == theirs.best_params_
    assert mine.best_score_ == theirs.best_score_


def test_same_as_halving_random_search(iris):
    settings = {"resource": "n_estimators", "max_resources": 9, "cv": 2, "random_state": 0}
    settings |= {"scoring": "neg_log_loss", "return_train_score": True}  # no ties
    space = {"learning_rate": loguniform(0.01, 1), "subsample": [0.5, 0.8, 1.0]}
    theirs = HalvingRandomSearchCV(BOOSTING, space, **settings).fit(*iris)
    results = theirs.cv_results_
    drawn = [p for p, i in zip(results["params"], results["iter"], strict=True) if i == 0]
    candidates = [{name: p[name] for name in space} for p in drawn]
    mine = HalvingSearchCV(BOOSTING, space, initial_params=candidates, **settings).fit(*iris)
    assert_same_halving(mine, theirs)
    predictions = mine.predict_proba(iris[0]), theirs.predict_proba(iris[0])
    np.testing.assert_array_equal(*predictions)


@pytest.mark.parametrize(
    "settings",
    [
        {"min_resources": "exhaust", "max_resources": 7, "factor": 2},
        {"min_resources": 2, "max_resources": 17, "factor": 2.5},
    ],
)
def test_same_as_halving_grid_search(settings, iris):
    grid = {"learning_rate": [0.01, 0.03, 0.1, 0.3, 1.0], "subsample": [0.7, 1.0]}
    settings = {**settings, "resource": "n_estimators", "cv": 2, "scoring": "neg_log_loss"}
    settings["return_train_score"] = True
    theirs = HalvingGridSearchCV(BOOSTING, grid, **settings).fit(*iris)
    mine = HalvingSearchCV(BOOSTING, grid, sampler="grid", n_candidates=10, refit=True, **settings)
    mine.fit(*iris)
    assert_same_halving(mine, theirs)
    # The winner is trained completely, which is more than the last rung has here.
    assert mine.best_estimator_.n_estimators == settings["max_resources"]


def test_aggressive_elimination_has_the_same_survivors(iris):
    grid = {"learning_rate": list(np.geomspace(0.01, 1, 9)), "subsample": [0.7, 1.0]}
    settings = {"resource": "n_estimators", "min_resources": 2, "max_resources": 4, "cv": 2}
    settings |= {"aggressive_elimination": True, "factor": 2, "scoring": "neg_log_loss"}
    theirs = HalvingGridSearchCV(BOOSTING, grid, **settings).fit(*iris)
    mine = HalvingSearchCV(BOOSTING, grid, sampler="grid", n_candidates=18, **settings).fit(*iris)
    last = max(theirs.cv_results_["iter"])
    expected = by_rung(theirs.cv_results_, "n_estimators")[last]
    assert by_rung(mine.cv_results_, "n_estimators")[1] == expected
    assert mine.n_resources_ == sorted(set(theirs.n_resources_)) == [2, 4]
    assert mine.best_params_ == theirs.best_params_
    assert mine.n_required_iterations_ == theirs.n_required_iterations_
    assert mine.n_possible_iterations_ == theirs.n_possible_iterations_


# after one pass, the log loss of SGD has the wrong order
@pytest.mark.filterwarnings("ignore:.*tell little about")
@pytest.mark.parametrize(("factor", "n", "part"), [(3, 81, 11 / 15), (2, 16, 3 / 5)])
def test_only_increments_are_trained(factor, n, part, iris, tmp_path):
    """The same survivors for less: passes are counted where they are made."""
    grid = {"alpha": list(np.geomspace(1e-5, 1, n))}
    logs = [str(tmp_path / name) for name in ("mine", "theirs")]
    settings = {"min_resources": 1, "max_resources": n, "factor": factor}
    settings |= {"scoring": "neg_log_loss", "refit": False, "cv": one_split()}
    mine = HalvingSearchCV(
        Passes(logs[0]), grid, sampler="grid", n_candidates=n, resource="epochs", **settings
    ).fit(*iris)
    theirs = HalvingGridSearchCV(Passes(logs[1]), grid, resource="passes", **settings).fit(*iris)
    assert mine.n_iterations_ == 5
    assert by_rung(mine.cv_results_, "passes") == by_rung(theirs.cv_results_, "passes")
    n_passes, expected = (len(Path(log).read_text().splitlines()) for log in logs)
    assert n_passes == mine.plan_.cost * mine.n_splits_
    assert n_passes == round(expected * part)


# --------------------------------------------------------------------------- every resource

LEARNING_RATE = {"learning_rate": Float(0.01, 1, log=True)}
LEAF = {"min_samples_leaf": list(range(1, 30))}
SCALED = Pipeline([("scale", StandardScaler()), ("clf", LogisticRegression())])
LEVELS = [
    {"epochs": 1, "n_samples": 0.4},
    {"epochs": 2, "n_samples": 0.7},
    {"epochs": 3, "n_samples": 1.0},
]

#: resource -> estimator, space, settings, how much of it the best estimator has had
RESOURCES = {
    "epochs": (SGD, ALPHA, {"max_resources": 9}, lambda model: (model.t_ - 1) / 90),
    "n_samples": (
        DecisionTreeClassifier(random_state=0),
        LEAF,
        {"min_resources": 10},
        lambda model: model.tree_.n_node_samples[0],
    ),
    "folds": (DecisionTreeClassifier(random_state=0), LEAF, {"cv": 9}, None),
    "n_estimators": (
        GradientBoostingClassifier(random_state=0, max_depth=1),
        LEARNING_RATE,
        {"max_resources": 9},
        lambda model: len(model.estimators_),
    ),
    "clf__max_iter": (
        SCALED,
        {"clf__C": Float(1e-3, 10, log=True)},
        {"max_resources": 27, "min_resources": 3},
        lambda model: model["clf"].max_iter,
    ),
    "max_depth": (
        DecisionTreeClassifier(random_state=0),
        LEAF,
        {"max_resources": 9},
        lambda model: model.max_depth,
    ),
    "levels": (SGD, ALPHA, {"resource": LEVELS}, lambda model: (model.t_ - 1) / 90),
    "auto": (
        SGDClassifier(random_state=0, max_iter=9, tol=None),
        ALPHA,
        {},
        lambda model: (model.t_ - 1) / 90,
    ),
}


@pytest.mark.filterwarnings(f"ignore::{ConvergenceWarning.__module__}.ConvergenceWarning")
@every_class
@pytest.mark.parametrize("resource", RESOURCES)
def test_every_resource(resource, search, iris):
    estimator, space, settings, had = RESOURCES[resource]
    settings = {"resource": resource, "cv": 2, "random_state": 0, **settings}
    tuned = search(estimator, space, **settings)
    plan = str(tuned.plan(*iris))
    tuned.fit(*iris)
    assert str(tuned.plan_) == plan
    results = tuned.cv_results_
    n_rows = len(results["params"])
    assert results["iter"].dtype == results["n_resources"].dtype == int
    is_short = resource == "folds" and results["n_resources"] < tuned.max_resources_
    assert list(results["status"] == "stopped") == list(np.broadcast_to(is_short, n_rows))
    assert set(results["status"]) <= {"completed", "stopped"}
    rungs = dict(zip(results["iter"], results["n_resources"], strict=True))
    assert list(results["n_resources"]) == [rungs[iteration] for iteration in results["iter"]]
    assert tuned.n_resources_ == sorted(tuned.n_resources_)
    assert tuned.n_resources_[0] == tuned.min_resources_
    assert tuned.n_resources_[-1] == tuned.max_resources_
    assert tuned.n_iterations_ == len(tuned.n_resources_) == len(tuned.n_candidates_) == 3
    if resource != "folds":  # rows are rungs of trials, and of a trial's folds only all count
        assert list(np.bincount(results["iter"])) == tuned.n_candidates_
        assert n_rows == sum(tuned.n_candidates_)
    assert tuned.n_candidates_ == sorted(tuned.n_candidates_, reverse=True)
    at_the_top = results["n_resources"] == tuned.max_resources_
    assert tuned.best_score_ == results["mean_test_score"][at_the_top].max()
    assert at_the_top[tuned.best_index_]
    if resource in estimator.get_params():
        for params, amount in zip(results["params"], results["n_resources"], strict=True):
            assert params[resource] == amount
        assert tuned.best_params_[resource] == tuned.max_resources_
    if had is not None:
        assert had(tuned.best_estimator_) == tuned.max_resources_
    assert tuned.score(*iris) > 0.5


def test_levels_are_rungs():
    """Whatever the factor: it says how many go on, and the levels how far."""
    for search, expected in zip(CLASSES, [(9, 3, 1), (9, 3, 1), (9, 3, 1)], strict=True):
        levels = [{"epochs": passes} for passes in (3, 8, 15)]
        plan = search(SGD, ALPHA, resource=levels).plan(np.zeros((20, 1)), np.arange(20) % 2)
        assert plan.brackets[0].resources == (1, 2, 3)
        assert plan.brackets[0].n_trials == expected


def test_levels_with_few_candidates_end_at_the_last_one(iris):
    search = epochs(HalvingSearchCV, resource=LEVELS, max_resources="auto", n_candidates=3)
    search.fit(*iris)
    assert search.n_resources_ == [2, 3]
    assert search.n_candidates_ == [3, 1]
    assert search.n_required_iterations_ == 2
    assert search.n_possible_iterations_ == 3


@every_class
def test_only_all_folds_can_win(search, iris):
    """Their number need not be a power of the factor."""
    tree = DecisionTreeClassifier(random_state=0)
    tuned = search(tree, LEAF, resource="folds", cv=5, random_state=0).fit(*iris)
    results = tuned.cv_results_
    is_complete = ~np.isnan([results[f"split{k}_test_score"] for k in range(5)]).any(axis=0)
    assert is_complete[tuned.best_index_]
    assert list(is_complete) == list(results["n_resources"] == 5)
    assert 0 < is_complete.sum() < len(is_complete)
    assert tuned.best_score_ == max(results["mean_test_score"][is_complete])


# --------------------------------------------------------------------------- workers, samplers


@pytest.mark.parametrize("search", [HalvingSearchCV, HyperbandSearchCV])
def test_same_results_for_any_number_of_workers(search, iris):
    """With barriers, and a sampler that does not learn."""
    one = untimed(epochs(search).fit(*iris).cv_results_)
    with joblib.parallel_config("threading", n_jobs=4):
        assert untimed(epochs(search).fit(*iris).cv_results_) == one


def test_same_results_in_processes(iris):
    one, two = (
        untimed(epochs(HalvingSearchCV, n_jobs=n_jobs).fit(*iris).cv_results_) for n_jobs in (1, 2)
    )
    assert one == two


@pytest.mark.parametrize(
    "settings", [{}, {"variant": "stopping"}, {"max_concurrent_trials": 3, "sampler": "tpe"}]
)
def test_asha_with_workers(settings, iris):
    with joblib.parallel_config("threading"):
        search = epochs(HalvingASHASearchCV, n_jobs=4, **settings).fit(*iris)
    assert search.n_candidates_[0] == 9
    assert search.n_resources_ == [1, 3, 9]
    assert set(search.cv_results_["status"]) == {"completed"}


@pytest.mark.parametrize("asynchronous", [False, True])
def test_hyperband_loops(asynchronous, iris):
    search = epochs(HyperbandSearchCV, n_loops=2, asynchronous=asynchronous).fit(*iris)
    assert len(search.history_.trials) == search.plan_.n_trials == 2 * (9 + 5 + 3)


def test_only_asynchronous_brackets_promote_before_a_rung_is_complete(iris):
    def first_promotion(asynchronous):
        search = epochs(HyperbandSearchCV, asynchronous=asynchronous).fit(*iris)
        resources = [evaluation.resource for evaluation in search.history_.evaluations]
        return next(place for place, resource in enumerate(resources) if resource > 1)

    assert first_promotion(asynchronous=False) == 9
    assert first_promotion(asynchronous=True) < 9


SAMPLERS = {
    "random": RandomSampler,
    "quasi-random": QuasiRandomSampler,
    "grid": GridSampler,
    "bayes": BayesianSampler,
    "tpe": TPESampler,
    "cma-es": CMAESSampler,
    "evolution": EvolutionSampler,
}


@every_class
@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name != "grid"])
def test_a_name_is_a_sampler(sampler, search):
    """It proposes what that one does, and, but for the random one, nothing that is random."""
    space = {"x": Float(0, 1), "y": Float(0, 1)}

    def proposed(sampler):
        tuned = search(Polynomial(), space, sampler=sampler, resource="steps", max_resources=9)
        if search is not HyperbandSearchCV:
            tuned.set_params(n_candidates=27)
        tuned.set_params(factor=3, cv=one_split(), random_state=0).fit(np.zeros((40, 1)))
        return [trial.params for trial in tuned.history_.trials]

    found = proposed(sampler)
    assert found == proposed(SAMPLERS[sampler]())
    assert (found == proposed("random")) == (sampler == "random")


@every_class
@pytest.mark.parametrize("sampler", SAMPLERS)
def test_every_sampler(sampler, search, iris):
    space = {"alpha": [float(a) for a in np.geomspace(1e-6, 1, 20)], "penalty": ["l1", "l2"]}
    tuned = search(SGD, space, sampler=sampler, resource="epochs", max_resources=4, factor=2)
    tuned.set_params(cv=2, random_state=0).fit(*iris)
    assert tuned.n_resources_ == [1, 2, 4]
    assert len(tuned.history_.trials) == tuned.plan_.n_trials
    assert tuned.best_score_ > 0.5


@pytest.mark.parametrize("selection", ["best", "within-noise", "ucb"])
def test_every_selection(selection, iris):
    search = epochs(HalvingSearchCV, selection=selection).fit(*iris)
    assert search.n_candidates_[0] == 9
    assert search.n_candidates_ >= [9, 3, 1]
    assert search.n_resources_ == [1, 3, 9]


class Erratic(BaseEstimator):
    """Scores in the mean what ``value`` is, and less on one fold than on the other.

    How much less is ``spread``, for all alike, or with ``is_own`` for itself.
    """

    def __init__(self, value=0.0, steps=1, is_own=False):
        self.value = value
        self.steps = steps
        self.is_own = is_own

    def fit(self, X, y=None):
        self.is_first_ = bool(X[0, 0] > 0)  # which half of the data it has not seen
        return self

    def score(self, X, y=None):
        sign = 1 if self.is_first_ else -1
        return self.value + sign * (3.0 * (8 - self.value) if self.is_own else 0.0)


def test_what_a_selection_selects():
    """Of values 0 to 8 those with the greatest go on; where noise is large, more, or others."""

    def promoted(selection, is_own):
        search = HalvingSearchCV(
            Erratic(is_own=is_own), {"value": list(range(9))}, sampler="grid", resource="steps",
            n_candidates=9, max_resources=9, selection=selection, cv=KFold(2), random_state=0,
        ).fit(np.arange(40.0)[:, None])  # fmt: skip
        rungs = by_rung(search.cv_results_, "steps")
        return [int(dict(row)["value"]) for row in rungs[1]]

    assert promoted("best", is_own=True) == promoted("best", is_own=False) == [6, 7, 8]
    assert promoted("within-noise", is_own=False) == [6, 7, 8]  # it is the same for all
    assert promoted("within-noise", is_own=True) == [3, 4, 5, 6, 7, 8]
    assert promoted("ucb", is_own=False) == [6, 7, 8]
    assert promoted("ucb", is_own=True) == [0, 1, 2]


# --------------------------------------------------------------------------- the rest of the face


def error_rate(model, X, y):
    return float(np.mean(model.predict(X) != y))


@every_class
def test_several_metrics(search, iris):
    scoring = {"loss": error_rate, "accuracy": "accuracy"}
    tuned = epochs(search, scoring=scoring, refit="accuracy").fit(*iris)
    results = tuned.cv_results_
    np.testing.assert_allclose(1 - results["mean_test_accuracy"], results["mean_test_loss"])
    top = results["mean_test_accuracy"][results["n_resources"] == 9]
    assert tuned.best_score_ == top.max()
    assert tuned.history_.metric == "accuracy"
    unfitted = epochs(search, scoring=scoring, refit=False).fit(*iris)
    assert not hasattr(unfitted, "best_index_")
    assert not hasattr(unfitted, "best_estimator_")
    assert untimed(unfitted.cv_results_).keys() == untimed(results).keys()


@every_class
def test_callable_refit_gets_every_row_and_is_obeyed(search, iris):
    seen = {}

    def choose(results):
        seen.update(results)
        return 2  # a row of the lowest rung

    tuned = epochs(search, refit=choose).fit(*iris)
    assert list(seen["n_resources"]) == list(tuned.cv_results_["n_resources"])
    assert set(seen["n_resources"]) == {1, 3, 9}
    assert tuned.best_index_ == 2
    assert tuned.best_params_ == tuned.cv_results_["params"][2]
    assert not hasattr(tuned, "best_score_")
    assert (tuned.best_estimator_.t_ - 1) / 90 == 9  # full training nevertheless


@every_class
def test_no_refit_and_train_scores(search, iris):
    tuned = epochs(search, refit=False, return_train_score=True).fit(*iris)
    assert not hasattr(tuned, "best_estimator_")
    assert tuned.cv_results_["n_resources"][tuned.best_index_] == 9
    assert not np.isnan(tuned.cv_results_["mean_train_score"]).any()


@every_class
def test_sample_weight_reaches_partial_fit(search, iris):
    X, y = iris
    weights = np.arange(len(y), dtype=float)
    settings = {"resource": "epochs", "max_resources": 3, "cv": 2, "random_state": 0}
    tuned = search(Pupil(), {"value": Float(0, 1)}, **settings)
    tuned.fit(X, y, sample_weight=weights)
    assert len(tuned.best_estimator_.weights_) == 3
    for given in tuned.best_estimator_.weights_:
        np.testing.assert_array_equal(given, weights)
    plain = epochs(search).fit(X, y)
    weighted = epochs(search).fit(X, y, sample_weight=weights)
    scores = (s.cv_results_["mean_test_score"] for s in (plain, weighted))
    assert any(one != other for one, other in zip(*scores, strict=True))


@every_class
def test_initial_params_come_first(search, iris):
    initial = [{"alpha": 0.5}, {"alpha": 0.01}]
    tuned = epochs(search, initial_params=initial).fit(*iris)
    assert tuned.cv_results_["params"][:2] == initial


@every_class
@pytest.mark.parametrize("resource", ["epochs", "passes"])
def test_warm_start(resource, search, iris):
    """From a search of its kind, whose configurations may name the resource, and from others."""
    settings = {"resource": resource, "max_resources": 3, "cv": 2, "random_state": 0}
    former = search(Passes(), ALPHA, **settings).fit(*iris)
    again = search(Passes(), ALPHA, warm_start_from=former, **settings).fit(*iris)
    [first, *_] = again.cv_results_["params"]
    assert first["alpha"] == former.best_params_["alpha"]
    n_complete = former.n_candidates_[-1]
    assert len(again.history_.former) == n_complete
    complete = RandomSearchCV(Passes(), ALPHA, n_iter=2, cv=2, random_state=0).fit(*iris)
    again = search(Passes(), ALPHA, warm_start_from=complete, **settings).fit(*iris)
    assert again.cv_results_["params"][0]["alpha"] == complete.best_params_["alpha"]


@every_class
def test_timeout(search, iris):
    """However short, one configuration is measured, and trained completely in the end."""
    tuned = epochs(search, stopping=Timeout(1e-9)).fit(*iris)
    assert tuned.stop_reason_ == "timeout"
    assert tuned.n_candidates_ == [1]
    assert tuned.best_estimator_.t_ == 9 * 90 + 1


def test_patience(iris):
    """Counts those that were trained completely."""
    search = epochs(HyperbandSearchCV, n_loops=9, stopping=Patience(10)).fit(*iris)
    assert search.stop_reason_ == "patience"
    results = search.cv_results_
    scores = results["mean_test_score"][results["n_resources"] == 9]
    assert scores.argmax() == len(scores) - 11


@every_class
def test_nested_cross_validation_and_clone(search, iris):
    tuned = epochs(search, max_resources=3)
    scores = cross_val_score(make_pipeline(StandardScaler(), tuned), *iris, cv=2)
    assert (scores > 0.6).all()
    tuned.fit(*iris)
    again = clone(tuned).fit(*iris)
    assert untimed(again.cv_results_) == untimed(tuned.cv_results_)
    assert again.get_params()["resource"] == "epochs"


@pytest.mark.parametrize(
    ("search", "n_jobs"), [(HalvingSearchCV, 1), (HyperbandSearchCV, 1), (HalvingASHASearchCV, 2)]
)
def test_no_state_is_left(search, n_jobs, iris, tmp_path, monkeypatch):
    """Neither on disk, nor in the pickle."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    tuned = epochs(search, n_jobs=n_jobs).fit(*iris)
    assert not list(tmp_path.glob("skhpo*"))
    pickled = pickle.dumps(tuned)
    assert len(pickled) < 100_000
    np.testing.assert_array_equal(pickle.loads(pickled).predict(iris[0]), tuned.predict(iris[0]))


@every_class
def test_verbose(search, iris, capsys):
    tuned = epochs(search, verbose=3).fit(*iris)
    lines = capsys.readouterr().out.splitlines()
    n_trials, n_rows = len(tuned.history_.trials), len(tuned.cv_results_["params"])
    planned = 2 * sum(sum(bracket.n_trials) for bracket in tuned.plan_.brackets)
    assert lines[0] == (
        f"Fitting 2 folds for each of {n_trials} candidates, totalling {planned} fits"
    )
    assert lines[-1].startswith(f"{2 * n_rows}/{planned} fits, best score 0.")
    assert (
        sum(line.startswith("[trial ") and " at epochs 9] alpha=" in line for line in lines)
        == (tuned.n_candidates_[-1])
    )
    assert sum("total time=" in line for line in lines) == 2 * n_rows


@every_class
def test_repr_shows_the_plan(search):
    shown = repr(epochs(search)).splitlines()
    table = str(epochs(search).plan()).splitlines()
    assert shown[-len(table) :] == table
    assert all(len(line) < 100 for line in shown)
    assert shown[0].startswith(f"{search.__name__}(cv=2, estimator=SGDClassifier(")
    # There is none where it depends on data, where settings are wrong, or within others.
    for other in (epochs(search, resource="n_samples"), epochs(search, max_resources=-1)):
        assert "bracket" not in repr(other)
    nested = repr(make_pipeline(epochs(search)))
    assert "bracket" not in nested
    assert all(len(line) < 100 for line in nested.splitlines())
    assert search.__name__ in epochs(search)._repr_html_()


@every_class
def test_plan_of_data(search, iris):
    """Samples need data, unless both ends are given."""
    with pytest.raises(ValueError, match=r"write plan\(X, y\), or min_resources and max_resources"):
        epochs(search, resource="n_samples", max_resources="auto").plan()
    by_data = epochs(search, resource="n_samples", max_resources="auto").plan(*iris)
    assert by_data.brackets[0].resources[0] >= 2 * 2 * 3
    given = epochs(search, resource="n_samples", min_resources=10, max_resources=90)
    assert given.plan() == given.plan(*iris)


@every_class
def test_refit_from_checkpoint(search, iris):
    """The winner as it was trained, and scored: nothing is trained again."""
    X, y = iris
    tuned = epochs(search, cv=one_split(), refit_from="checkpoint").fit(X, y)
    [(train, test)] = one_split().split(X, y)
    assert tuned.best_estimator_.t_ == 9 * len(train) + 1
    assert tuned.best_estimator_.score(X[test], y[test]) == tuned.best_score_
    expected = clone(SGD).set_params(**tuned.best_params_)
    for _ in range(9):
        expected.partial_fit(X[train], y[train], classes=[0, 1, 2])
    np.testing.assert_array_equal(expected.coef_, tuned.best_estimator_.coef_)
    with pytest.raises(ValueError, match=r"there are 2 splits; write cv=ShuffleSplit"):
        epochs(search, refit_from="checkpoint").fit(X, y)


@every_class
def test_refit_from_checkpoint_where_no_state_is_kept(search, iris):
    settings = {"min_resources": 10, "cv": one_split(), "random_state": 0}
    tree = DecisionTreeClassifier(random_state=0)
    tuned = search(tree, LEAF, refit_from="checkpoint", **settings).fit(*iris)
    assert tuned.best_estimator_.tree_.n_node_samples[0] == 60


# --------------------------------------------------------------------------- the plan, once more


def test_a_plan_of_what_is_trained_anew_is_what_is_spent(iris):
    search = HalvingSearchCV(SGD, ALPHA, n_candidates=9, min_resources=40, cv=2, random_state=0)
    search.fit(*iris)
    spent = sum(m.spent for m in search.history_.measurements)
    assert search.plan(*iris).cost * 2 == spent
    assert not search.plan_.is_continued


def test_a_grid_is_tried_to_its_end_by_default(iris):
    grid = {"alpha": [1e-5, 1e-3, 1e-1], "penalty": ["l1", "l2"]}
    settings = {"cv": 2, "random_state": 0}
    ours = HalvingSearchCV(SGD, grid, sampler="grid", min_resources="exhaust", **settings)
    theirs = HalvingGridSearchCV(SGD, grid, **settings).fit(*iris)
    assert ours.fit(*iris).n_candidates_ == theirs.n_candidates_
    assert ours.n_resources_ == theirs.n_resources_


def test_patience_waits_for_complete_training(iris):
    """Nine candidates at the first rung are not nine that brought no improvement."""
    search = epochs(HalvingSearchCV, stopping=Patience(2)).fit(*iris)
    assert search.stop_reason_ == "budget"
    assert search.n_candidates_ == [9, 3, 1]


def assert_kept(search, data):
    """What the plan says is what is spent, before and after."""
    plan = search.plan(*data)
    assert search.fit(*data).plan_ == plan
    spent = sum(m.spent for m in search.history_.measurements)
    assert (plan.cost * search.n_splits_ == spent) == (plan.spends == "exactly")
    return plan


FEW = {"alpha": [1e-5, 1e-4, 1e-3, 1e-2, 1e-1]}


@pytest.mark.filterwarnings("ignore:The search space has fewer configurations")
@pytest.mark.parametrize("n_values", [2, 5, 11, 14, 16])
def test_the_plan_of_hyperband_on_a_small_space(n_values, iris):
    """Later brackets get what is left."""
    space = {"alpha": list(np.logspace(-6, 0, n_values))}
    search = HyperbandSearchCV(SGD, space, resource="epochs", max_resources=9, cv=2, random_state=0)
    plan = assert_kept(search, iris)
    assert plan.n_trials == n_values
    assert plan.spends == "exactly"


@pytest.mark.parametrize("search", [HalvingSearchCV, HalvingASHASearchCV])
def test_the_plan_of_a_number_of_candidates_that_there_are_not(search, iris):
    settings = {"resource": "epochs", "max_resources": 3, "cv": 2, "random_state": 0}
    tuned = search(SGD, FEW, n_candidates=100, **settings)
    with pytest.warns(UserWarning, match="fewer configurations .5. than n_candidates=100"):
        tuned.fit(*iris)
    assert tuned.plan_.n_trials == 5
    assert tuned.plan_.brackets[0].n_trials[0] == tuned.n_candidates_[0] == 5


def test_a_single_candidate_that_nobody_asked_for_is_told(iris):
    for search, remedy in zip(
        CLASSES, ["n_candidates=9", "n_candidates=9", "n_loops=9"], strict=True
    ):
        with pytest.warns(UserWarning, match=f"a single candidate is planned.*Write {remedy}, or"):
            epochs(search, min_resources=5).fit(*iris)
    epochs(HalvingSearchCV, min_resources=5, n_candidates=1).fit(*iris)
    HalvingSearchCV(SGD, {"alpha": [0.1]}, resource="epochs", max_resources=1, cv=2).fit(*iris)


REGRESSION = LogisticRegression(random_state=0)


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize(
    ("solvers", "spends", "is_continued"),
    [
        (["liblinear"], "exactly", False),
        (["lbfgs", "saga"], "exactly", True),
        (["lbfgs", "liblinear"], "about", True),
    ],
)
def test_the_plan_asks_all_candidates_what_they_pay(solvers, spends, is_continued, iris):
    """Those of ``liblinear`` begin anew."""
    space = {"solver": solvers, "C": Float(0.1, 10)}
    plan = HalvingSearchCV(REGRESSION, space, resource="max_iter", max_resources=9).plan()
    assert (plan.spends, plan.is_continued) == (spends, is_continued)


@pytest.mark.parametrize(
    ("levels", "spends", "is_continued"),
    [
        ([{"n_estimators": n, "max_depth": 2} for n in (1, 2, 4)], "exactly", True),
        ([{"n_estimators": n, "max_depth": n} for n in (1, 2, 4)], "exactly", False),
        ([{"n_estimators": n, "max_depth": max(n, 2)} for n in (1, 2, 4)], "about", True),
        ([{"n_estimators": n, "n_samples": 0.3 * n} for n in (1, 2, 3)], "exactly", False),
    ],
    ids=["led on", "anew", "some of each", "other samples"],
)
def test_the_plan_of_levels_knows_which_lead_on(levels, spends, is_continued, iris):
    space = {"learning_rate": Float(0.01, 1, log=True)}
    search = HalvingSearchCV(BOOSTING, space, resource=levels, cv=2, random_state=0)
    plan = assert_kept(search, iris)
    assert (plan.spends, plan.is_continued) == (spends, is_continued)
