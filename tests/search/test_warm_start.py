"""What earlier searches found out is known to the model, and counts as nothing else."""

from __future__ import annotations

import copy
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from search_parts import Anything, untimed
from sklearn.base import clone
from sklearn.datasets import load_diabetes
from sklearn.exceptions import NotFittedError
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, f1_score, get_scorer, make_scorer
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_score,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhpo import BayesSearchCV, Float, RandomSearchCV, Space, Tuner
from skhpo.exceptions import SkhpoWarning, SpaceError
from skhpo.history import History
from skhpo.samplers import BayesianSampler
from skhpo.samplers.observations import observe
from skhpo.schedulers import FullBudget
from skhpo.search.warm_start import warm_start
from skhpo.testing import outcomes, truncations
from skhpo.trial import FormerTrial, Trial

SPACE = {"C": Float(1e-2, 1e3, log=True), "gamma": Float(1e-4, 1e1, log=True)}
SVM_PIPELINE = Pipeline([("scale", StandardScaler()), ("clf", SVC())])


@pytest.fixture(scope="module")
def former(iris):
    """A fitted search of six configurations."""
    return RandomSearchCV(SVC(), SPACE, n_iter=6, cv=3, random_state=7).fit(*iris)


def learnt(search):
    """What the search knew before: pairs of configuration and score."""
    return [(known.params, known.score) for known in search.history_.former]


def pairs(results, metric="score"):
    scores = results[f"mean_test_{metric}"]
    return [(params, float(score)) for params, score in zip(results["params"], scores, strict=True)]


def read(former, space=SPACE, estimator=None, metrics=("accuracy", "score")):
    return warm_start(former, Space(space), estimator or SVC(), metrics)


def results_of(configurations, scores=None):
    return {
        "params": configurations,
        "mean_test_score": scores or [0.1 * n for n in range(len(configurations))],
    }


# --------------------------------------------------------------------------- what can be read


def test_the_same_from_every_source(former):
    results = former.cv_results_
    sources = {
        "search": former,
        "dict": results,
        "frame": pd.DataFrame(results),
        "history": former.history_,
        "list": [former],
        "parts": [
            {"params": results["params"][:2], "mean_test_score": results["mean_test_score"][:2]},
            pd.DataFrame(results).iloc[2:],
        ],
        "pickled": pickle.loads(pickle.dumps(former)),
    }
    for name, source in sources.items():
        known = [(each.params, each.score) for each in read(source).trials]
        assert [params for params, _ in known] == results["params"], name
        np.testing.assert_allclose([score for _, score in known], results["mean_test_score"])


@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV])
def test_searches_of_scikit_learn(search, iris):
    space = {"C": loguniform(1e-2, 1e3), "gamma": loguniform(1e-4, 1e1)}
    theirs = RandomizedSearchCV(SVC(), space, n_iter=5, cv=3, random_state=0).fit(*iris)
    mine = search(SVC(), space, n_iter=3, cv=3, random_state=0, warm_start_from=theirs).fit(*iris)
    assert learnt(mine) == pairs(theirs.cv_results_)


def test_several_searches(former, iris):
    grid = GridSearchCV(SVC(), {"C": [1, 10], "gamma": [0.1]}, cv=3).fit(*iris)
    both = RandomSearchCV(SVC(), SPACE, n_iter=1, cv=3, warm_start_from=[former, grid]).fit(*iris)
    assert learnt(both) == pairs(former.cv_results_) + pairs(grid.cv_results_)


def test_halving_gives_only_what_was_fully_trained(iris):
    halving = HalvingGridSearchCV(
        SVC(), {"C": [0.1, 1, 10, 100], "gamma": [0.1]}, cv=3, random_state=0
    ).fit(*iris)
    resources = halving.cv_results_["n_resources"]
    assert 0 < len(read(halving).trials) == sum(resources == resources.max()) < len(resources)


def test_failures_stay_failures(iris):
    class Moody(SVC):
        def fit(self, X, y):
            if self.C < 1:
                raise ValueError("too small")
            return super().fit(X, y)

    for error_score in (np.nan, -5.0):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            moody = RandomSearchCV(
                Moody(), SPACE, n_iter=9, cv=3, random_state=0, error_score=error_score
            ).fit(*iris)
        for source in (moody, moody.history_):
            trials = read(source).trials
            failed = [trial.params["C"] < 1 for trial in trials]
            assert any(failed)
            assert list(np.isnan([trial.score for trial in trials])) == failed
    search = BayesSearchCV(SVC(), SPACE, n_iter=2, cv=3, random_state=0, warm_start_from=moody)
    space = Space(SPACE)
    seen = observe(space, search.fit(*iris).history_)
    assert list(seen.has_failed[:9]) == failed


def test_a_former_search_of_failures_only(iris):
    results = results_of([{"C": 1.0, "gamma": 0.1}, {"C": 2.0, "gamma": 0.1}], [np.nan] * 2)
    search = BayesSearchCV(SVC(), SPACE, n_iter=3, cv=2, random_state=0, warm_start_from=results)
    assert len(search.fit(*iris).cv_results_["params"]) == 3
    assert read(results).best is None


@pytest.mark.parametrize("nothing", [None, [], results_of([]), History()])
def test_nothing_known(nothing, iris):
    fresh = BayesSearchCV(SVC(), SPACE, n_iter=6, cv=2, random_state=0).fit(*iris)
    search = clone(fresh).set_params(warm_start_from=nothing).fit(*iris)
    assert untimed(search.cv_results_) == untimed(fresh.cv_results_)


# --------------------------------------------------------------------------- which metric

TWO = {"scoring": ["accuracy", "f1_macro"], "refit": "f1_macro"}


def test_several_metrics(iris):
    theirs = GridSearchCV(SVC(), {"C": [0.1, 1, 10]}, cv=3, **TWO).fit(*iris)
    space = {"C": Float(0.1, 10)}
    for settings, metric in [
        (TWO, "f1_macro"),
        ({**TWO, "refit": "accuracy"}, "accuracy"),
        ({"scoring": "accuracy"}, "accuracy"),
        ({}, "accuracy"),  # what a classifier's own score is
    ]:
        search = RandomSearchCV(SVC(), space, n_iter=2, cv=3, warm_start_from=theirs, **settings)
        assert learnt(search.fit(*iris)) == pairs(theirs.cv_results_, metric)


def test_one_metric_by_its_name(iris):
    space = {"C": Float(0.1, 10)}
    theirs = GridSearchCV(SVC(), {"C": [0.1, 1, 10]}, cv=3, scoring="f1_macro").fit(*iris)
    search = RandomSearchCV(SVC(), space, n_iter=2, cv=3, warm_start_from=theirs, **TWO)
    assert learnt(search.fit(*iris)) == pairs(theirs.cv_results_)
    search = RandomSearchCV(SVC(), space, n_iter=2, cv=3, warm_start_from=theirs)
    with pytest.raises(ValueError, match=r"no scores by 'accuracy'.*metrics are \['f1_macro'\]"):
        search.fit(*iris)


def test_own_score_of_a_regressor():
    X, y = load_diabetes(return_X_y=True)
    theirs = GridSearchCV(Ridge(), {"alpha": [0.1, 1.0]}, scoring="r2").fit(X, y)
    search = RandomSearchCV(Ridge(), {"alpha": Float(0, 2)}, n_iter=1, warm_start_from=theirs)
    assert learnt(search.fit(X, y)) == pairs(theirs.cv_results_)


def error_rate(model, X, y):
    return float(np.mean(model.predict(X) != y))


class Judge:
    """Scores, and is not a function."""

    def __call__(self, model, X, y):
        return -error_rate(model, X, y)


class Moody(SVC):
    """Has an opinion of its own."""

    def score(self, X, y):
        return 42.0


#: two ways to score, and whether they are the same
METRICS = {
    "own and named": (None, "accuracy", True),
    "own and made": (None, make_scorer(accuracy_score), True),
    "named and made": ("f1_macro", get_scorer("f1_macro"), True),
    "the same function": (error_rate, error_rate, True),
    "objects of one class": (Judge(), Judge(), True),
    "an object and a function": (Judge(), error_rate, False),
    "own and another": (None, "f1_macro", False),
    "another and own": ("balanced_accuracy", None, False),
    "named and another": ("f1_macro", "balanced_accuracy", False),
    "other averages": ("f1_macro", make_scorer(f1_score, average="micro"), False),
    "own and a function": (None, error_rate, False),
    "a function and own": (error_rate, None, False),
    "own and one of several": (None, TWO, False),
    "own and the same of several": (None, {**TWO, "refit": "accuracy"}, True),
}


@pytest.mark.parametrize(("then", "now", "is_same"), METRICS.values(), ids=METRICS)
@pytest.mark.parametrize("theirs", [GridSearchCV, RandomSearchCV])
def test_scores_by_different_metrics_are_not_mixed(theirs, then, now, is_same, iris):
    settings = {"n_iter": 3} if theirs is RandomSearchCV else {}
    former = theirs(SVC(), {"C": [0.1, 1, 10]}, cv=3, scoring=then, refit=False, **settings)
    former.fit(*iris)
    settings = now if isinstance(now, dict) else {"scoring": now}
    search = RandomSearchCV(SVC(), {"C": Float(0.1, 10)}, n_iter=1, cv=3, warm_start_from=former)
    search.set_params(**settings)
    if is_same:
        assert learnt(search.fit(*iris)) == pairs(former.cv_results_)
    else:
        with pytest.raises(ValueError, match=r"no scores by .*, which this search optimises"):
            search.fit(*iris)
        assert not hasattr(search, "history_")


def test_the_score_of_an_estimator_of_its_own_kind(iris):
    former = GridSearchCV(Moody(), {"C": [1, 10]}, cv=3).fit(*iris)
    search = RandomSearchCV(Moody(), {"C": Float(0.1, 10)}, n_iter=1, cv=3, warm_start_from=former)
    assert learnt(search.fit(*iris)) == pairs(former.cv_results_)
    for other in (search.set_params(scoring="f1_macro"), clone(search).set_params(estimator=SVC())):
        with pytest.raises(ValueError, match=r"Its metrics are \['score of Moody'\]"):
            other.fit(*iris)


def test_own_score_of_a_regressor_is_no_error():
    X, y = load_diabetes(return_X_y=True)
    former = GridSearchCV(make_pipeline(Ridge()), {"ridge__alpha": [0.1, 1.0]}).fit(X, y)
    space = {"ridge__alpha": Float(0, 2)}
    settings = {"n_iter": 1, "scoring": "neg_mean_squared_error", "warm_start_from": former}
    search = RandomSearchCV(make_pipeline(Ridge()), space, **settings)
    with pytest.raises(ValueError, match=r"by 'neg_mean_squared_error'.*metrics are \['r2'\]"):
        search.fit(X, y)
    # A table does not say by what it was scored: whoever gives it does.
    search.set_params(warm_start_from=results_of([{"ridge__alpha": 0.1}], [-9.0])).fit(X, y)
    assert learnt(search) == [({"ridge__alpha": 0.1}, -9.0)]


def test_history_of_several_metrics(iris):
    ours = RandomSearchCV(SVC(), SPACE, n_iter=3, cv=3, random_state=0, **TWO).fit(*iris)
    for metric in ("accuracy", "f1_macro"):
        known = read(ours.history_, metrics=[metric]).trials
        expected = ours.cv_results_[f"mean_test_{metric}"]
        np.testing.assert_allclose([trial.score for trial in known], expected)


# --------------------------------------------------------------------------- a changed space

CHANGED = {
    # name: (estimator, space now, former configuration, the same in the space now)
    "wider": (SVC(), {"C": Float(0, 9)}, {"C": 2}, {"C": 2}),
    "searched now": (
        SVC(),
        {"C": Float(0, 9), "kernel": ["rbf", "linear"]},
        {"C": 2},
        {"C": 2, "kernel": "rbf"},
    ),
    "own value": (
        SVC(kernel="linear"),
        {"C": Float(0, 9), "kernel": ["rbf", "linear"]},
        {"C": 2},
        {"C": 2, "kernel": "linear"},
    ),
    "searched no longer": (
        SVC(kernel="linear"),
        {"C": Float(0, 9)},
        {"C": 2, "kernel": "linear"},
        {"C": 2},
    ),
    "both": (
        SVC(kernel="linear"),
        {"C": Float(0, 9), "tol": Float(1e-4, 1e-2)},
        {"C": 2, "kernel": "linear"},
        {"C": 2, "tol": 1e-3},
    ),
    "branch": (
        SVC(),
        [{"C": [2], "kernel": ["linear"]}, {"kernel": ["rbf"], "C": [2], "gamma": ["scale", 1]}],
        {"C": 2},
        {"C": 2, "kernel": "rbf", "gamma": "scale"},
    ),
    "of a component": (
        SVM_PIPELINE,
        {"clf__C": Float(0, 9), "clf__gamma": ["scale", "auto"]},
        {"clf__C": 2},
        {"clf__C": 2, "clf__gamma": "scale"},
    ),
    "of a component that was searched": (
        SVM_PIPELINE,
        [{"clf": [LogisticRegression(C=7)], "clf__C": Float(0, 9)}],
        {"clf": LogisticRegression(C=7)},
        {"clf": LogisticRegression(C=7), "clf__C": 7},
    ),
    "a component that is searched now": (
        SVM_PIPELINE,
        [{"clf": [SVC()], "clf__C": Float(0, 9)}, {"clf": [LogisticRegression()]}],
        {"clf__C": 2},
        {"clf": SVC(), "clf__C": 2},
    ),
    "the component itself": (
        SVM_PIPELINE,
        {"clf__C": Float(0, 9)},
        {"clf__C": 2, "clf": SVC()},
        {"clf__C": 2},
    ),
}


@pytest.mark.parametrize(("estimator", "space", "then", "now"), CHANGED.values(), ids=CHANGED)
def test_changed_spaces(estimator, space, then, now):
    before = repr(estimator.get_params())
    (trial,) = read(results_of([then]), space, estimator).trials
    assert repr(sorted(trial.params.items())) == repr(sorted(now.items()))
    assert Space(space).contains(trial.params)
    assert repr(estimator.get_params()) == before


OUTSIDE = {
    "value": (
        SVC(),
        {"C": Float(0, 9)},
        {"C": 10},
        "'C' is 10, which it sets, .*outside.*Widen what 'C' may be",
    ),
    "own value": (
        SVC(gamma=5),
        {"C": Float(0, 9), "gamma": Float(0, 1)},
        {"C": 1},
        "'gamma' is 5, the estimator's own value, .*outside.*Widen what 'gamma' may be",
    ),
    "own value in the branch that is meant": (
        SVC(gamma=5),
        [
            {"kernel": ["linear"], "C": Float(0, 9)},
            {"kernel": ["rbf"], "C": Float(0, 9), "gamma": Float(0, 1)},
        ],
        {"C": 1, "kernel": "rbf"},
        "'gamma' is 5, the estimator's own value, .*outside.*Widen what 'gamma' may be",
    ),
    "other value than its own": (
        SVC(),
        {"C": Float(0, 9)},
        {"C": 1, "kernel": "linear"},
        "sets 'kernel' to 'linear', which is neither searched nor the estimator's own value. "
        "Search 'kernel' again, or give the estimator this value",
    ),
    "other component": (
        SVM_PIPELINE,
        {"clf__C": Float(0, 9)},
        {"clf__C": 2, "clf": LogisticRegression()},
        "sets 'clf' to LogisticRegression",
    ),
    "other estimator": (SVC(), {"C": Float(0, 9)}, {"alpha": 1}, "does not take {'alpha': 1}"),
}


@pytest.mark.parametrize(("estimator", "space", "then", "message"), OUTSIDE.values(), ids=OUTSIDE)
def test_what_cannot_be_used(estimator, space, then, message, iris):
    with pytest.raises(SpaceError, match=rf"none of the 1 conf.*{message}.*leave out"):
        read(results_of([then]), space, estimator)


def test_some_cannot_be_used(iris):
    results = results_of([{"C": 1}, {"C": 99}, {"C": 2}, {"C": -1}])
    search = RandomSearchCV(SVC(), {"C": Float(0.1, 9)}, n_iter=1, cv=2, warm_start_from=results)
    with pytest.warns(SkhpoWarning, match="2 of the 4 conf.*first one: 'C' is 99") as caught:
        search.fit(*iris)
    assert caught[0].filename == __file__
    assert learnt(search) == [({"C": 1}, 0.0), ({"C": 2}, 0.2)]


# --------------------------------------------------------------------------- what is made of it


@pytest.mark.parametrize("search", [RandomSearchCV, BayesSearchCV])
def test_the_former_best_is_tried_first_and_nothing_else_counts(search, former, iris):
    mine = search(SVC(), SPACE, n_iter=4, cv=3, random_state=0, warm_start_from=former).fit(*iris)
    assert len(mine.cv_results_["params"]) == len(mine.history_.trials) == 4
    assert mine.cv_results_["params"][0] == former.best_params_
    assert mine.best_score_ >= former.best_score_  # the same folds of the same data
    assert learnt(mine) == pairs(former.cv_results_)


def test_initial_params_come_before(former, iris):
    mine = RandomSearchCV(
        SVC(),
        SPACE,
        n_iter=2,
        cv=3,
        initial_params=[{"C": 1.0, "gamma": 1.0}, {"C": 2.0, "gamma": 1.0}],
        warm_start_from=former,
    ).fit(*iris)
    assert [params["C"] for params in mine.cv_results_["params"]] == [1.0, 2.0]
    mine.set_params(n_iter=3).fit(*iris)
    assert mine.cv_results_["params"][2] == former.best_params_


def test_random_candidates_stay_the_same(former, iris):
    fresh = RandomSearchCV(SVC(), SPACE, n_iter=4, cv=2, random_state=0).fit(*iris)
    warm = clone(fresh).set_params(warm_start_from=former).fit(*iris)
    assert warm.cv_results_["params"][1:] == fresh.cv_results_["params"][1:]


def test_the_model_learns_from_it():
    """Knowing where the optimum is not, and about where it is, the search looks there."""
    space = {"x": Float(0, 1)}
    known = [FormerTrial({"x": x}, -((x - 0.62) ** 2)) for x in np.linspace(0, 1, 9)]
    tuner = Tuner(
        space,
        lambda params: -((params["x"] - 0.62) ** 2),
        sampler=BayesianSampler(n_initial_points=1),
        random_state=0,
        former=known,
    ).run(n_trials=3)
    assert abs(tuner.history.trials[1].params["x"] - 0.62) < 0.1
    assert len(tuner.history.evaluations) == 3


def test_decisions_are_a_function_of_the_record(former, iris):
    settings = {"n_iter": 7, "cv": 3, "random_state": 0, "n_initial_points": 2}
    search = BayesSearchCV(SVC(), SPACE, warm_start_from=former, **settings).fit(*iris)
    again = clone(search).fit(*iris)
    assert outcomes(search.history_) == outcomes(again.history_)
    space, sampler = Space(SPACE), BayesianSampler(n_initial_points=2)
    for history in truncations(pickle.loads(pickle.dumps(search.history_))):
        number = len(history.trials)
        is_next = number < 7 and not history.n_pending
        if number >= 2 and is_next and len(history) == 5 * number:
            rng = np.random.default_rng([history.seed, number])
            expected = search.history_.trials[number]
            assert Trial(number, sampler.suggest(space, history, rng)) == expected
    fresh = clone(search).set_params(warm_start_from=None).fit(*iris)
    assert fresh.cv_results_["params"][2:] != search.cv_results_["params"][2:]


def test_clones_keep_what_was_fitted(former, iris):
    search = RandomSearchCV(SVC(), SPACE, n_iter=1, cv=3, warm_start_from=former)
    assert clone(search).warm_start_from is former
    assert clone(clone(search)).fit(*iris).best_params_ == former.best_params_
    assert copy.deepcopy(search).fit(*iris).best_params_ == former.best_params_
    assert pickle.loads(pickle.dumps(search)).fit(*iris).best_params_ == former.best_params_
    assert len(cross_val_score(search, *iris, cv=2, error_score="raise")) == 2


def test_a_chain_of_searches(former, iris):
    middle = RandomSearchCV(SVC(), SPACE, n_iter=2, cv=3, random_state=1, warm_start_from=former)
    last = RandomSearchCV(SVC(), SPACE, n_iter=2, cv=3, random_state=2)
    last.set_params(warm_start_from=[former, middle.fit(*iris)]).fit(*iris)
    assert len(learnt(last)) == 8
    assert last.best_score_ >= max(former.best_score_, middle.best_score_)


# --------------------------------------------------------------------------- the tuner


def test_former_scores_are_in_the_direction_of_the_tuner():
    known = [FormerTrial({"x": 0.5}, 3.0), FormerTrial({"x": 0.1}, np.nan)]
    for direction, sign in [("maximize", 1), ("minimize", -1)]:
        history = Tuner({"x": Float(0, 1)}, direction=direction, former=known).history
        assert history.former[0] == FormerTrial({"x": 0.5}, sign * 3.0)
        assert np.isnan(history.former[1].score)
    assert history.best is None
    assert len(history) == 0


def test_former_trials_outside_of_the_space_are_told():
    known = [FormerTrial({"x": 9}, 1.0), FormerTrial({"x": 0.1}, 1.0)]
    with pytest.warns(UserWarning, match=r"1 of the 2 configurations of former .* \{'x': 9\}"):
        Tuner({"x": Float(0, 1)}, former=known)


def test_going_on_with_a_history_keeps_what_it_knew():
    known = [FormerTrial({"x": 0.5}, 3.0)]

    def tuner_of(**options):
        return Tuner({"x": Float(0, 1)}, lambda p: p["x"], scheduler=FullBudget(4), **options)

    history = tuner_of(former=known, random_state=0).run().history
    again = tuner_of(history=pickle.loads(pickle.dumps(history)).replayed(6)).run().history
    assert again.former == tuple(known)
    assert outcomes(again) == outcomes(history)
    with pytest.raises(ValueError, match="either history or former"):
        tuner_of(history=history, former=known)
    with pytest.raises(TypeError, match=r"FormerTrial\(params, score\), got \{'x': 1\}"):
        tuner_of(former=[{"x": 1}])


# --------------------------------------------------------------------------- bad input

BAD = {
    "number": (3, TypeError, "must be a fitted search.*got 3"),
    "text": ("results.csv", TypeError, "got 'results.csv'"),
    "estimator": (SVC(), NotFittedError, "SVC without results; fit it first"),
    "unfitted": (RandomSearchCV(SVC(), SPACE), NotFittedError, "fit it first"),
    "no params": ({"mean_test_score": [1]}, ValueError, "no 'params'"),
    "frame without params": (pd.DataFrame({"mean_test_score": [1]}), ValueError, "no 'params'"),
    "no scores": ({"params": [{"C": 1}]}, ValueError, "no scores by 'accuracy'"),
    "misspelt": (
        {"params": [{"C": 1}], "mean_test_scroe": [1]},
        ValueError,
        "Did you mean 'scroe'",
    ),
    "texts": (results_of(["{'C': 1}"]), TypeError, "must be dicts.*pickle it instead"),
    "list of something": ([results_of([]), 5], TypeError, "got 5"),
    "lengths": (results_of([{"C": 1}, {"C": 2}], [1.0]), ValueError, "2 configurations.*1 scores"),
}


@pytest.mark.parametrize(("former", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input(former, error, message, iris):
    before = Anything.n_fits
    with pytest.raises(error, match=message):
        RandomSearchCV(Anything(), {"value": [1]}, n_iter=1, warm_start_from=former).fit(*iris)
    assert Anything.n_fits == before


def test_unknown_metric(iris):
    results = {"params": [{"C": 1}], "mean_test_f1_micro": [1.0], "mean_test_loss": [1.0]}
    search = RandomSearchCV(SVC(), {"C": Float(0, 9)}, n_iter=1, warm_start_from=results, **TWO)
    with pytest.raises(ValueError, match=r"by 'f1_macro'.*Did you mean 'f1_micro'\?.*'loss'"):
        search.fit(*iris)
