"""What goes wrong in a search over fidelities: refused before the first fit, or survived."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from search_parts import Pupil
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from skhpo import Float, HalvingASHASearchCV, HalvingSearchCV, HyperbandSearchCV
from skhpo.exceptions import ResourceError, SkhpoError

CLASSES = [HalvingSearchCV, HalvingASHASearchCV, HyperbandSearchCV]
VALUE = {"value": Float(0, 1)}

every_class = pytest.mark.parametrize("search", CLASSES)


def pupils(search, **settings):
    settings = {"resource": "epochs", "max_resources": 9, "cv": 2, "random_state": 0, **settings}
    return search(Pupil(), VALUE, **settings)


# --------------------------------------------------------------------------- before the first fit


@every_class
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"resource": "epoch"}, "resource='epoch': Pupil has no parameter of this name. Did you"),
        ({"resource": "epoch"}, "mean 'epochs'? Write 'epochs', 'n_samples', 'folds', 'auto', or"),
        ({"resource": "n_trees"}, "resource='n_trees': Pupil has no parameter of this name."),
        ({"resource": "value"}, "resource='value': what a resource sets cannot be in the search"),
        ({"resource": [{"folds": 1}, {"folds": 2}]}, "levels cannot set 'folds'"),
        ({"resource": [{"epoch": 1}, {"epoch": 2}]}, "levels: 'epoch': Pupil has no parameter of"),
        ({"resource": [{"n_sample": 5}]}, "mean 'n_samples'? Write 'epochs', 'n_samples', or a p"),
        ({"resource": [{"value": 0.5}]}, "levels: 'value': what a resource sets cannot be in the"),
        ({"resource": [{"epochs": 2}, {"epochs": 1}]}, "'epochs' must not fall"),
        ({"resource": [{"epochs": 1}, {"epochs": 1}]}, "levels 1 and 2 are the same, {'epochs': 1"),
        (
            {"resource": [{"n_samples": 2}, {"n_samples": 90}], "max_resources": "auto"},
            "min_resources=1 (level) some fold cannot be trained at the lowest rung; write "
            "min_resources=2 or more",
        ),
        ({"max_resources": 2.5}, "max_resources"),
        ({"factor": np.nan}, "factor"),
        ({"resource": "fault"}, "resource='fault' is no integer parameter: it is 'raise'"),
        ({"resource": 7}, "resource must be a name such as 'epochs'"),
        ({"resource": []}, "levels of fidelity are a list of dicts"),
        ({"min_resources": 10}, "min_resources=10 is more than max_resources=9"),
        ({"min_resources": 0}, "min_resources"),
        ({"min_resources": "least"}, "min_resources must be an integer or 'smallest'"),
        ({"max_resources": "full"}, "max_resources must be an integer or 'auto'"),
        ({"max_resources": "auto"}, "nothing tells how many epochs complete training has"),
        ({"factor": 1.5}, "factor"),
        ({"factor": np.inf}, "factor"),
        ({"sampler": "bayess"}, "Did you mean 'bayes'"),
        ({"sampler": 3}, "sampler must be one of"),
        ({"resource": "n_samples", "max_resources": 91}, "there are only 90"),
        ({"resource": "n_samples", "min_resources": 2}, "min_resources=6 or more"),
        ({"resource": "folds", "max_resources": 3}, "there are only 2"),
        ({"resource": "folds", "max_resources": 1}, "must be measured on all 2 folds"),
        ({"refit_from": "checkpoint"}, "there are 2 splits"),
        ({"refit_from": "disk"}, "refit_from"),
        ({"max_concurrent_trials": 0}, "max_concurrent_trials"),
        ({"initial_params": [{"value": 0.5}] * 99}, "initial_params holds 99 configurations, but"),
    ],
)
def test_refused_before_the_first_fit(settings, message, search, iris):
    tuned = pupils(search, **settings)
    Pupil.n_passes = 0
    with pytest.raises((ValueError, TypeError)) as refusal:
        tuned.fit(*iris)
    assert message in str(refusal.value)
    assert Pupil.n_passes == 0
    assert not hasattr(tuned, "history_")


@pytest.mark.parametrize(
    ("search", "settings", "message"),
    [
        (HalvingSearchCV, {"selection": "worst"}, "selection"),
        (HalvingSearchCV, {"n_candidates": 0}, "n_candidates"),
        (HalvingSearchCV, {"min_resources": "exhaust"}, "cannot both be 'exhaust'"),
        (HalvingSearchCV, {"aggressive_elimination": 2}, "aggressive_elimination"),
        (HalvingASHASearchCV, {"n_candidates": "all"}, "n_candidates"),
        (HalvingASHASearchCV, {"variant": "demotion"}, "variant"),
        (HalvingASHASearchCV, {"min_resources": "exhaust"}, "an integer or 'smallest'"),
        (HyperbandSearchCV, {"n_loops": 0}, "n_loops"),
        (HyperbandSearchCV, {"asynchronous": "yes"}, "asynchronous"),
    ],
)
def test_own_settings_are_refused(search, settings, message, iris):
    test_refused_before_the_first_fit(settings, message, search, iris)


@every_class
@pytest.mark.parametrize(
    ("estimator", "resource", "message"),
    [
        (SVC(), "epochs", "needs an estimator with partial_fit, which SVC does not have"),
        (RandomForestClassifier(), "n_estimator", "Did you mean 'n_estimators'"),
        (make_pipeline(StandardScaler(), SVC()), "max_iter", "Did you mean 'svc__max_iter'"),
        (SGDClassifier(early_stopping=True), "epochs", "write early_stopping=False"),
        (SGDClassifier(class_weight="balanced"), "epochs", "write the weights as a dict"),
    ],
)
def test_resources_an_estimator_does_not_have(estimator, resource, message, search, iris):
    tuned = search(estimator, {}, resource=resource, max_resources=9)
    for method in (lambda: tuned.fit(*iris), tuned.plan):
        with pytest.raises(SkhpoError) as refusal:
            method()
        assert message in str(refusal.value)


@every_class
@pytest.mark.parametrize(
    ("estimator", "space", "message"),
    [
        (MLPClassifier(), {"solver": ["lbfgs", "adam"]}, "MLPClassifier(solver='lbfgs')"),
        (SGDClassifier(), {"class_weight": [None, "balanced"]}, "write the weights as a dict"),
        (
            make_pipeline(StandardScaler(), SGDClassifier()),
            {"sgdclassifier": [MLPClassifier(), MLPClassifier(solver="lbfgs")]},
            "MLPClassifier(solver='lbfgs')",
        ),
        (
            make_pipeline(StandardScaler(), MLPClassifier()),
            [{"mlpclassifier__alpha": [1, 2]}, {"mlpclassifier__solver": ["sgd", "lbfgs"]}],
            "MLPClassifier(solver='lbfgs')",
        ),
    ],
)
def test_what_is_refused_where_it_is_fixed_is_refused_where_it_is_searched(
    estimator, space, message, search, iris
):
    tuned = search(estimator, space, resource="epochs", max_resources=9)
    for method in (lambda: tuned.fit(*iris), tuned.plan):
        with pytest.raises(SkhpoError) as refusal:
            method()
        assert message in str(refusal.value)


@every_class
def test_only_what_is_searched_is_refused(search):
    """What is set aside by the search space is no trouble."""
    for estimator, space in [
        (MLPClassifier(solver="lbfgs"), {"solver": ["adam", "sgd"], "alpha": Float(0, 1)}),
        (SGDClassifier(class_weight="balanced"), {"class_weight": [None, {0: 2.0}]}),
    ]:
        assert search(estimator, space, resource="epochs", max_resources=3).plan().n_trials > 1


@every_class
def test_classes_that_a_fold_lacks(search):
    """``partial_fit`` is told of all of them."""
    X = np.arange(40.0).reshape(20, 2)
    y = np.array([0] * 9 + [1] * 9 + [2] * 2)
    splits = [(np.arange(18), np.arange(10, 20)), (np.arange(2, 20), np.arange(10))]
    settings = {"resource": "epochs", "max_resources": 3, "cv": splits, "random_state": 0}
    space = {"alpha": Float(1e-4, 1, log=True)}
    tuned = search(SGDClassifier(random_state=0), space, **settings).fit(X, y)
    assert list(tuned.classes_) == [0, 1, 2]
    assert set(tuned.cv_results_["status"]) == {"completed"}


# --------------------------------------------------------------------------- in the midst of it

BAD = [{"value": 0.9, "bad_from": n} for n in (1, 2, 5)]
GOOD = [{"value": value, "bad_from": 100} for value in (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)]


def faulty(search, fault, candidates=(*BAD, *GOOD), **settings):
    """A search whose best candidates go wrong: from the first, second and fifth pass on."""
    space = {"value": Float(0, 1), "bad_from": [1, 2, 5, 100]}
    settings = {"max_resources": 9, "cv": 2, "random_state": 0, **settings}
    initial = list(candidates)
    tuned = search(Pupil(fault=fault), space, resource="epochs", initial_params=initial, **settings)
    if search is not HyperbandSearchCV:
        tuned.set_params(n_candidates=len(initial))
    return tuned


def assert_best(search):
    """The best score at the highest rung, of configurations of which nothing failed."""
    results, best = search.cv_results_, search.best_index_
    scores, is_sound = results["mean_test_score"], results["status"] == "completed"
    is_sound &= ~np.isnan(scores)
    failed = set(results["trial"][~is_sound])
    rows = [k for k in range(len(scores)) if is_sound[k] and results["trial"][k] not in failed]
    assert best in rows
    amounts = results["n_resources"]
    assert (amounts[best], scores[best]) == max((amounts[k], scores[k]) for k in rows)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
@every_class
@pytest.mark.parametrize("fault", ["raise", "nan"])
@pytest.mark.parametrize("error_score", [np.nan, -1.0, 99.0])
def test_the_best_is_at_the_highest_rung_with_scores(fault, error_score, search, iris):
    tuned = faulty(search, fault, error_score=error_score)
    tuned.fit(*iris)
    assert_best(tuned)
    assert tuned.best_params_["bad_from"] == 100
    # Failures were not promoted, but the one that fails in the fifth pass was before that.
    reached = [{m.resource for m in tuned.history_.measurements if m.trial == k} for k in range(3)]
    assert reached[0] == {1}
    assert 3 in reached[2]
    assert 9 in tuned.n_resources_


def test_failure_of_all_at_the_top(iris):
    """Then the best is among those that were trained less, and did not fail."""
    candidates = [{"value": v, "bad_from": 5} for v in (0.1, 0.5, 0.3)] + [GOOD[1]]
    tuned = faulty(HalvingSearchCV, "raise", candidates, error_score=99.0, min_resources=3)
    with pytest.warns(FitFailedWarning, match="4 fits failed out of a total of 12"):
        tuned.fit(*iris)
    assert tuned.n_resources_ == [3, 9]
    assert list(tuned.cv_results_["status"]) == ["completed"] * 4 + ["failed"] * 2
    assert tuned.best_index_ == 3
    assert tuned.best_score_ == 0.2
    assert len(tuned.best_estimator_.weights_) == 9


@every_class
def test_all_fail(search, iris):
    tuned = faulty(search, "raise", [BAD[0]] * 9)
    tuned.set_params(param_distributions={"value": Float(0, 1), "bad_from": [1]})
    # Hyperband would have tried more than those after which it is hopeless.
    with pytest.raises(
        ValueError, match=r"(?s)(All the \d+ fits|first 10 trials).* failed.*diverged"
    ):
        tuned.fit(*iris)
    assert set(tuned.cv_results_["status"]) == {"failed"}


@every_class
def test_all_are_nan(search, iris):
    """As in scikit-learn: a warning, and the first one."""
    tuned = faulty(search, "nan", [BAD[0]] * 9)
    tuned.set_params(param_distributions={"value": Float(0, 1), "bad_from": [1]})
    with pytest.warns(UserWarning, match="One or more of the test scores are non-finite"):
        tuned.fit(*iris)
    assert tuned.best_index_ == 0
    assert tuned.n_resources_[0] == 1


@every_class
def test_raise(search, iris):
    tuned = faulty(search, "raise", error_score="raise")
    with pytest.raises(ValueError, match="diverged"):
        tuned.fit(*iris)
    assert not hasattr(tuned, "best_estimator_")


@every_class
def test_diverging_training(search, iris):
    """Infinite coefficients are refused by SGD itself; the search goes on with the others."""
    X, y = iris
    space = {"eta0": [1e-3, 1e-2, 1e300]}
    model = SGDRegressor(learning_rate="constant", penalty=None, random_state=0)
    initial = [{"eta0": 1e300}, {"eta0": 1e-2}, {"eta0": 1e-3}]
    settings = {"resource": "epochs", "min_resources": 3, "max_resources": 9, "cv": 2}
    tuned = search(model, space, initial_params=initial, random_state=0, **settings)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        tuned.fit(X, y)
    assert any(issubclass(w.category, FitFailedWarning) for w in caught)
    assert tuned.best_params_["eta0"] != 1e300
    assert tuned.best_score_ > 0.7


# --------------------------------------------------------------------------- Ctrl-C


@pytest.mark.filterwarnings("ignore:.*the last rung will be at:skhpo.exceptions.SkhpoWarning")
@every_class
def test_interrupt_keeps_what_was_finished(search, iris):
    candidates = [*GOOD, {"value": 0.9, "bad_from": 2}]  # the best: interrupted at its second pass
    tuned = faulty(search, "interrupt", candidates, min_resources=1)
    with pytest.raises(KeyboardInterrupt):
        tuned.fit(*iris)
    assert {1, 3, 9} >= set(tuned.n_resources_) >= {1}
    assert tuned.n_candidates_[0] >= 4
    assert tuned.n_iterations_ == len(tuned.n_resources_)
    assert_best(tuned)
    assert not hasattr(tuned, "best_estimator_")
    assert not hasattr(tuned, "stop_reason_")


@pytest.mark.filterwarnings("ignore:.*the last rung will be at:skhpo.exceptions.SkhpoWarning")
@every_class
def test_interrupt_before_anything_was_finished(search, iris):
    tuned = faulty(search, "interrupt", BAD[:1])
    with pytest.raises(KeyboardInterrupt):
        tuned.fit(*iris)
    assert tuned.n_candidates_ == tuned.n_resources_ == []
    assert not hasattr(tuned, "cv_results_")


def test_the_plan_of_levels_needs_no_data_unless_they_take_samples(iris):
    levels = [{"epochs": 1}, {"epochs": 3}]
    search = HalvingSearchCV(SGDClassifier(), {"alpha": Float(1e-6, 1)}, resource=levels)
    assert search.plan().brackets[0].resources == (1, 2)
    search.set_params(resource=[{"n_samples": 0.5}, {"n_samples": 1.0}])
    with pytest.raises(ResourceError, match=r"write plan\(X, y\)"):
        search.plan()
    for n_samples in ((1, 2), (60, 5000)):
        search.set_params(resource=[{"n_samples": n} for n in n_samples])
        with pytest.raises(ResourceError, match=f"last one has n_samples={n_samples[1]}"):
            search.plan(*iris)
