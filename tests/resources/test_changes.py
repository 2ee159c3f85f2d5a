"""A fitted state goes on with other hyperparameters: it heeds them, and loses nothing."""

from __future__ import annotations

import inspect
import pickle
import warnings
from numbers import Integral

import numpy as np
import pytest
from resource_parts import CANCER, CANCER_X, CANCER_Y, DIABETES, DIGITS, Recorder
from scipy import sparse
from sklearn.base import BaseEstimator, clone, is_regressor
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    IsolationForest,
    RandomForestClassifier,
)
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LogisticRegression, SGDClassifier, SGDRegressor
from sklearn.metrics import accuracy_score
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.naive_bayes import BernoulliNB, GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, minmax_scale
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.discovery import all_estimators

from skhpo.evaluation import FoldEvaluator
from skhpo.exceptions import ResourceError
from skhpo.resources import Epochs, Folds, Levels, Parameter, Samples, TrainingSet, retune
from skhpo.resources.changes import _COPIES_IN, _STAYS_IN, ancestry, can_change
from skhpo.storage import Checkpoints
from skhpo.trial import Task

TREES = Parameter("n_estimators")

# ---------------------------------------------------------------- every estimator of scikit-learn

#: What cannot be made without arguments, or would take long; and what makes parameters matter.
SETTINGS = {
    "BaggingClassifier": [{"estimator": LogisticRegression()}],
    "BayesianGaussianMixture": [{"n_components": 2}],
    "BernoulliRBM": [{"n_components": 4}],
    "ElasticNet": [{"alpha": 1e-3, "selection": "random"}],
    "GaussianMixture": [{"n_components": 2}],
    "GradientBoostingRegressor": [{}, {"loss": "huber"}],
    "HistGradientBoostingClassifier": [{"min_samples_leaf": 5}],
    "HistGradientBoostingRegressor": [{"loss": "quantile", "quantile": 0.5, "min_samples_leaf": 5}],
    "IncrementalPCA": [{"n_components": 2}],
    "Lasso": [{"alpha": 1e-3, "selection": "random"}],
    "LatentDirichletAllocation": [{"n_components": 3, "batch_size": 30}],
    "LogisticRegression": [{}, {"solver": "saga", "penalty": "elasticnet", "l1_ratio": 0.5}],
    "MLPClassifier": [
        {"hidden_layer_sizes": (5,), "batch_size": 30},
        {
            **{"hidden_layer_sizes": (5,), "batch_size": 30},
            **{"solver": "sgd", "learning_rate": "invscaling"},
        },
    ],
    "MLPRegressor": [
        {"hidden_layer_sizes": (5,), "batch_size": 30},
        {
            **{"hidden_layer_sizes": (5,), "batch_size": 30},
            **{"solver": "sgd", "learning_rate": "invscaling"},
        },
    ],
    "MiniBatchDictionaryLearning": [{"n_components": 2, "fit_algorithm": "cd"}],
    "MiniBatchKMeans": [{"n_clusters": 8, "n_init": 1}],
    "MiniBatchNMF": [{"n_components": 2, "alpha_W": 0.1}],
    "MultiOutputClassifier": [{"estimator": SGDClassifier(random_state=0)}],
    "MultiOutputRegressor": [{"estimator": SGDRegressor(random_state=0)}],
    "MultiTaskElasticNet": [{"alpha": 1e-3, "selection": "random"}],
    "MultiTaskLasso": [{"alpha": 1e-3, "selection": "random"}],
    "NeighborhoodComponentsAnalysis": [{"n_components": 2}],
    "OneVsOneClassifier": [{"estimator": SGDClassifier(random_state=0)}],
    "OneVsRestClassifier": [{"estimator": SGDClassifier(random_state=0)}],
    "Perceptron": [{"penalty": "elasticnet"}],
    "RandomForestClassifier": [{"max_samples": 0.5}],
    "SGDClassifier": [
        {},
        {
            **{"loss": "huber", "penalty": "elasticnet", "class_weight": {0: 1, 1: 2}},
            **{"learning_rate": "invscaling", "eta0": 0.1},
        },
    ],
    "SGDOneClassSVM": [{"learning_rate": "invscaling", "eta0": 0.1}],
    "SGDRegressor": [{"loss": "huber", "penalty": "elasticnet", "epsilon": 0.01}],
    "SelectFromModel": [{"estimator": SGDRegressor(random_state=0)}],
}

#: What certainly must be heeded, of what all values below are tried of.
HEEDED = {
    "BaseBagging": {"bootstrap", "max_features"},
    "BaseForest": {"max_depth", "min_samples_leaf"},
    "BaseGradientBoosting": {"learning_rate", "max_depth", "subsample", "max_features"},
    "BaseHistGradientBoosting": {"learning_rate", "max_leaf_nodes", "l2_regularization"},
    "BaseMixture": {"reg_covar"},
    "BaseMultilayerPerceptron": {"alpha", "batch_size", "learning_rate_init", "shuffle"},
    "BernoulliRBM": {"learning_rate"},
    "ElasticNet": {"alpha"},
    "GammaRegressor": {"alpha"},
    "HuberRegressor": {"alpha", "epsilon"},
    "LatentDirichletAllocation": {"batch_size", "learning_decay", "learning_offset"},
    "LogisticRegression": {"C", "class_weight"},
    "MiniBatchDictionaryLearning": {"alpha"},
    "MiniBatchNMF": {"alpha_W", "alpha_H", "l1_ratio"},
    "MultiOutputClassifier": {"estimator__alpha", "estimator__penalty"},
    "OneVsRestClassifier": {"estimator__alpha", "estimator__penalty"},
    "Perceptron": {"alpha", "l1_ratio", "penalty", "eta0"},
    "SGDClassifier": {"alpha", "penalty", "loss"},
    "SGDOneClassSVM": {"nu", "eta0", "learning_rate", "power_t"},
    "SGDRegressor": {"alpha", "l1_ratio", "epsilon", "eta0", "power_t", "shuffle"},
    "_BaseDiscreteNB": {"alpha"},
}

#: Read at each step, but on this data they matter at the first ones only.
SETTLED = {"positive_code", "positive_dict", "criterion", "min_impurity_decrease"}

#: Nothing is fitted, or what `warm_start` takes up is no training.
LEFT_OUT = {"HashingVectorizer", "GaussianProcessClassifier"}


def cases():
    """Yield what trains, by which resource, on which data."""
    for name, cls in all_estimators():
        own = list(inspect.signature(cls.__init__).parameters)[1:]
        if name in LEFT_OUT or not (hasattr(cls, "partial_fit") or "warm_start" in own):
            continue
        for number, settings in enumerate(SETTINGS.get(name, [{}])):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # classes that are to go
                estimator = cls(**clone(settings, safe=False))
            if "random_state" in own:
                estimator.set_params(random_state=0)
            ways = [Epochs()] if hasattr(estimator, "partial_fit") else []
            counted = [Parameter(n) for n in ("n_estimators", "max_iter") if n in own]
            for way in [*ways, *(w for w in counted if w.continues(estimator))]:
                yield pytest.param(estimator, way, id=f"{name}-{number}-{way.name}")


def data_for(estimator):
    """Return a copy of some data that an estimator can be trained on."""
    name, y = type(estimator).__name__, CANCER_Y[:90]
    X = minmax_scale(CANCER_X[:90, :6])  # not negative, for those that count
    if name == "MultiOutputClassifier":
        y = np.column_stack([y, X[:, 0] > 0.5]).astype(int)
    elif is_regressor(estimator) or name == "SelectFromModel":
        X, y = DIABETES.X[:90].copy(), abs(DIABETES.y[:90]) + 0.1
        if name.startswith("MultiTask") or name == "MultiOutputRegressor":
            y = np.column_stack([y, y[::-1]])
    elif name == "CategoricalNB":
        X = X.round(1)
    return TrainingSet(X, y, every_y=y)


def others(estimator, name):
    """Return values that a parameter could have instead, as scikit-learn constrains it."""
    value = estimator.get_params()[name]
    head, _, inner = name.partition("__")
    if inner:
        return others(estimator.get_params()[head], inner)
    if isinstance(value, (bool, np.bool_)):
        return [not value]
    if name == "class_weight":
        return [{0: 3, 1: 1}]
    found = []
    for constraint in getattr(estimator, "_parameter_constraints", {}).get(name, []):
        if isinstance(constraint, StrOptions):
            found += sorted(constraint.options)
        elif isinstance(constraint, Interval) and constraint.type is Integral:
            found += [number for number in (2, 5, 40) if number in constraint]
        elif isinstance(constraint, Interval):
            size = value if isinstance(value, float) else 0.3
            found += [number for number in (3.0 * size, 0.2, 0.01) if number in constraint]
    return [other for other in found if other not in (value, "deprecated")]


def numbers_of(fitted):
    """Return all arrays and numbers that were fitted, in order."""
    if sparse.issparse(fitted):
        return [fitted.toarray()]
    if isinstance(fitted, (bool, int, float, np.number)):
        return [np.asarray(fitted)]
    if isinstance(fitted, np.ndarray) and fitted.dtype != object:
        return [fitted.copy()]
    if isinstance(fitted, (list, tuple, np.ndarray)):
        return [array for part in fitted for array in numbers_of(part)]
    if type(fitted).__name__ == "Tree":
        return [fitted.value.copy(), fitted.threshold.copy()]
    if type(fitted).__name__ == "TreePredictor":
        return [fitted.nodes["value"].copy()]
    if not hasattr(fitted, "get_params"):
        return []
    others = ("labels_", "inertia_")  # of the samples trained on, not of the model
    names = [name for name in sorted(vars(fitted)) if name.endswith("_") and name not in others]
    names += [name for name in ("_predictors",) if hasattr(fitted, name)]
    return [array for name in names for array in numbers_of(vars(fitted)[name])]


def is_same(one, other):
    return len(one) == len(other) and all(
        a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
        for a, b in zip(one, other, strict=True)
    )


def progress(estimator):
    """Return how far an estimator has come, by its own account."""
    counts = ("t_", "n_steps_", "n_samples_seen_")
    told = [getattr(estimator, name) for name in counts if hasattr(estimator, name)]
    return [*told, np.shape(getattr(estimator, "estimators_", []))]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("estimator", "way"), list(cases()))
def test_what_can_change_is_heeded_and_what_cannot_is_refused(estimator, way):
    def train(settings=None, state=None, amount=4):
        candidate = clone(estimator).set_params(**(settings or {}))
        return way.train(candidate, data_for(estimator), amount, state).estimator

    def saved():
        return pickle.loads(state)

    state = pickle.dumps(way.train(clone(estimator), data_for(estimator), 2))
    straight = train(state=saved())
    reference = numbers_of(straight)

    # the same values once more are no change at all
    again = saved()
    settings = {name: value for name, value in estimator.get_params().items() if name != way.name}
    retune(again.estimator, clone(settings, safe=False))
    assert is_same(numbers_of(train(state=again)), reference)

    fresh = numbers_of(train())
    heeded = set()
    for name in estimator.get_params():
        values = others(estimator, name)
        if not way.can_change(estimator, name):
            for value in values if name != way.name else ():
                changed = saved()
                before = numbers_of(changed.estimator)
                with pytest.raises(ResourceError, match=f"cannot go on with {name}="):
                    retune(changed.estimator, {name: value})
                assert is_same(numbers_of(changed.estimator), before)
            continue
        unheeded = []
        for value in values:
            changed = saved()
            before = numbers_of(changed.estimator)
            retune(changed.estimator, {name: value})
            assert changed.estimator.get_params()[name] == value
            if "BaseGradientBoosting" not in ancestry(estimator):  # whose trees may be scaled
                assert is_same(numbers_of(changed.estimator), before)
            try:
                trained = train({name: value}, changed)
            except Exception as error:
                with pytest.raises(type(error)):  # no value for this estimator at all
                    train({name: value})
                continue
            assert progress(trained) == progress(straight)
            if not is_same(numbers_of(trained), reference):
                heeded.add(name)
                break
            unheeded.append(value)
        else:  # what does not matter now would not have mattered from the beginning
            for value in unheeded if name not in SETTLED else ():
                assert is_same(numbers_of(train({name: value})), fresh), (name, value)
    for family in ancestry(estimator) & HEEDED.keys():
        assert HEEDED[family] <= heeded


@pytest.mark.parametrize(
    ("estimator", "name"),
    [
        (GaussianNB(), "var_smoothing"),  # would be subtracted where another was added
        (BernoulliNB(), "binarize"),  # counts would be of other events
        (MLPClassifier(), "activation"),  # the weights would be another function
        (GradientBoostingClassifier(), "loss"),
        (HistGradientBoostingClassifier(), "max_bins"),
        (IsolationForest(), "max_samples"),  # older trees are of other depths
        (LogisticRegression(), "solver"),
    ],
)
def test_what_would_mean_something_else_stays(estimator, name):
    assert not can_change(estimator, name)


def test_the_tables_name_what_there_is():
    known = {family for _, cls in all_estimators() for family in ancestry_of(cls)}
    assert (_STAYS_IN.keys() | _COPIES_IN.keys()) <= known
    assert HEEDED.keys() <= known


def ancestry_of(cls):
    return {c.__name__ for c in cls.__mro__}


# ---------------------------------------------------------------- what was taken over at first


def straight(estimator, amounts, data=CANCER, way=None):
    """Train by hand, with other settings from time to time."""
    state = None
    for settings, amount in amounts:
        if state is not None:
            retune(state.estimator, settings)
        state = (way or Epochs()).train(
            clone(estimator).set_params(**settings), data, amount, state
        )
    return state.estimator


def test_adam_goes_on_with_its_momenta():
    mlp = MLPClassifier((5,), random_state=0, batch_size=50)
    plain = clone(mlp).partial_fit(CANCER_X, CANCER_Y, classes=[0, 1])
    tuned = pickle.loads(pickle.dumps(plain))
    new = {"learning_rate_init": 0.05, "beta_1": 0.5, "beta_2": 0.9, "epsilon": 1e-3}
    retune(tuned, new)
    optimizer = tuned._optimizer
    for one, other in zip(
        optimizer.ms + optimizer.vs, plain._optimizer.ms + plain._optimizer.vs, strict=True
    ):
        np.testing.assert_array_equal(one, other)
    for name, value in new.items():
        setattr(plain._optimizer, name, value)
    plain.partial_fit(CANCER_X, CANCER_Y)
    tuned.partial_fit(CANCER_X, CANCER_Y)
    np.testing.assert_array_equal(plain.coefs_[0], tuned.coefs_[0])
    assert optimizer.t == 8


@pytest.mark.parametrize("schedule", ["constant", "invscaling"])
def test_the_rate_of_a_perceptron_is_what_it_would_be_by_now(schedule):
    mlp = MLPClassifier((5,), solver="sgd", learning_rate=schedule, random_state=0)
    early = straight(mlp, [({"learning_rate_init": 0.3, "power_t": 0.2}, 3)])
    late = straight(mlp, [({}, 3)])
    retune(late, {"learning_rate_init": 0.3, "power_t": 0.2, "momentum": 0.5})
    assert late._optimizer.learning_rate == early._optimizer.learning_rate
    assert late._optimizer.momentum == 0.5
    other = straight(mlp.set_params(learning_rate="constant"), [({}, 3)])
    retune(other, {"learning_rate": schedule, "learning_rate_init": 0.3, "power_t": 0.2})
    assert other._optimizer.learning_rate == early._optimizer.learning_rate


def test_a_rate_that_was_reduced_stays_reduced():
    mlp = MLPClassifier(
        (5,), solver="sgd", learning_rate="adaptive", tol=10.0, n_iter_no_change=1, random_state=0
    )
    state = straight(mlp, [({}, 6)])
    reduced = state._optimizer.learning_rate / 0.001
    assert reduced < 1
    retune(state, {"learning_rate_init": 0.5})
    assert state._optimizer.learning_rate == pytest.approx(0.5 * reduced)
    retune(state, {"learning_rate": "constant"})
    assert state._optimizer.learning_rate == 0.5


@pytest.mark.parametrize(
    ("boosting", "data"),
    [
        (GradientBoostingRegressor(max_depth=2, random_state=0), DIABETES),
        (GradientBoostingClassifier(max_depth=2, random_state=0), DIGITS),
    ],
)
def test_the_rate_of_boosting_is_for_the_trees_to_come(boosting, data):
    model = TREES.train(boosting.set_params(learning_rate=0.5), data, 5).estimator
    # the oracle: a second model that is fitted to what the first one leaves
    before = model._raw_predict(data.X.astype(np.float32))
    retune(model, {"learning_rate": 0.05})
    np.testing.assert_allclose(model._raw_predict(data.X.astype(np.float32)), before)
    old = pickle.dumps(model)
    more = model.set_params(n_estimators=6, warm_start=True).fit(data.X, data.y)
    step = more._raw_predict(data.X.astype(np.float32)) - before
    larger = pickle.loads(old)
    retune(larger, {"learning_rate": 0.1})
    larger.set_params(n_estimators=6, warm_start=True).fit(data.X, data.y)
    np.testing.assert_allclose(larger._raw_predict(data.X.astype(np.float32)) - before, 2 * step)
    with pytest.raises(ResourceError, match="learning_rate=0"):
        retune(model, {"learning_rate": 0.0})


@pytest.mark.filterwarnings("ignore:.*deprecated:FutureWarning")
def test_passive_aggressive_learners_heed_their_aggressiveness():
    from sklearn.linear_model import PassiveAggressiveClassifier

    model = straight(PassiveAggressiveClassifier(random_state=0), [({}, 1)])
    tuned = pickle.loads(pickle.dumps(model))
    retune(tuned, {"C": 1e-4})
    change = abs(model.partial_fit(CANCER_X, CANCER_Y).coef_ - tuned.coef_).max()
    kept = tuned.coef_.copy()
    assert abs(tuned.partial_fit(CANCER_X, CANCER_Y).coef_ - kept).max() < 0.1 * change


def test_copies_are_told():
    y = np.column_stack([CANCER_Y, 1 - CANCER_Y])
    inner = MLPClassifier((3,), random_state=0)
    several = MultiOutputClassifier(inner).partial_fit(CANCER_X, y, classes=[[0, 1], [0, 1]])
    assert can_change(several, "estimator__learning_rate_init")
    assert not can_change(several, "estimator__hidden_layer_sizes")
    assert not can_change(several, "estimator")
    retune(several, {"estimator__learning_rate_init": 0.5})
    assert [e._optimizer.learning_rate_init for e in several.estimators_] == [0.5, 0.5]
    for kind in (OneVsRestClassifier, OneVsOneClassifier):
        model = kind(SGDClassifier()).partial_fit(DIGITS.X, DIGITS.y, classes=np.unique(DIGITS.y))
        retune(model, {"estimator__alpha": 0.5})
        assert {e.alpha for e in (model.estimator, *model.estimators_)} == {0.5}
    selection = SelectFromModel(SGDRegressor()).partial_fit(DIABETES.X, DIABETES.y)
    retune(selection, {"estimator__alpha": 0.5})
    assert selection.estimator_.alpha == 0.5


def test_bagging_makes_its_new_members_of_another_kind():
    bagging = BaggingClassifier(LogisticRegression(C=1.0), random_state=0)
    assert TREES.can_change(bagging, "estimator__C")
    assert not TREES.can_change(bagging, "estimator__D")
    model = straight(bagging, [({}, 2), ({"estimator__C": 0.5}, 5)], way=TREES)
    assert [member.C for member in model.estimators_] == [1.0, 1.0, 0.5, 0.5, 0.5]


# ---------------------------------------------------------------- pipelines


def test_only_the_last_step_of_a_pipeline_changes():
    pipeline = make_pipeline(
        StandardScaler(), make_pipeline(PCA(5, random_state=0), MLPClassifier((4,), random_state=0))
    )
    last = "pipeline__mlpclassifier"
    can = {name for name in pipeline.get_params() if Epochs().can_change(pipeline, name)}
    assert {f"{last}__alpha", f"{last}__learning_rate_init"} <= can
    assert all(name.startswith(f"{last}__") for name in can)
    assert f"{last}__hidden_layer_sizes" not in can
    assert not Epochs().can_change(pipeline, f"{last}__alhpa")

    state = Epochs().train(clone(pipeline), CANCER, 2)
    mean = state.estimator["standardscaler"].mean_
    # unfitted copies of the steps, with the parameters they have, are no change
    retune(
        state.estimator,
        {
            "standardscaler": StandardScaler(),
            "pipeline__pca__n_components": np.int64(5),
            f"{last}__learning_rate_init": 0.5,
        },
    )
    assert state.estimator["standardscaler"].mean_ is mean
    assert state.estimator[-1][-1]._optimizer.learning_rate_init == 0.5
    for lost in (
        {"standardscaler": StandardScaler(with_std=False)},
        {"pipeline__pca__n_components": 4},
        {last: MLPClassifier()},
    ):
        with pytest.raises(ResourceError, match="keep that value, or train anew"):
            retune(state.estimator, {f"{last}__alpha": 0.9, **lost})
    assert state.estimator[-1][-1].alpha != 0.9


# ---------------------------------------------------------------- resources


def test_what_a_resource_counts_cannot_change():
    forest = RandomForestClassifier()
    assert TREES.can_change(forest, "max_depth")
    assert not TREES.can_change(forest, "n_estimators")
    assert not Parameter("max_depth").can_change(forest, "max_features")  # begins anew
    boosting = GradientBoostingClassifier(n_iter_no_change=3)
    assert not TREES.can_change(boosting, "max_depth")
    mlp = MLPClassifier()
    assert not Epochs().can_change(mlp, "max_iter")
    ladder = Levels([{"epochs": 1, "batch_size": 8}, {"epochs": 3, "batch_size": 16}])
    assert ladder.can_change(mlp, "alpha")
    assert not ladder.can_change(mlp, "batch_size")
    for way in (Samples(), Folds(), Levels([{"n_samples": 0.5}, {"n_samples": 1.0}])):
        assert not way.can_change(mlp, "alpha")


def test_levels_that_carry_are_heeded(tmp_path):
    ladder = Levels(
        [{"epochs": 2, "learning_rate_init": 0.001}, {"epochs": 4, "learning_rate_init": 0.1}],
        carried=["learning_rate_init"],
    )
    mlp = MLPClassifier((4,), random_state=0)
    low = ladder.train(clone(mlp), CANCER, 1)
    high = ladder.train(clone(mlp), CANCER, 2, low)
    assert high.spent == 1
    by_hand = straight(mlp, [({"learning_rate_init": 0.001}, 2), ({"learning_rate_init": 0.1}, 4)])
    np.testing.assert_array_equal(high.estimator.coefs_[0], by_hand.coefs_[0])
    # what cannot change is not carried in silence: the next level is trained anew
    ladder = Levels(
        [{"epochs": 2, "solver": "adam"}, {"epochs": 4, "solver": "sgd"}], carried=["solver"]
    )
    top = ladder.train(clone(mlp), CANCER, 2, ladder.train(clone(mlp), CANCER, 1))
    assert top.spent == 2
    assert not hasattr(top.estimator._optimizer, "beta_1")


def test_a_fork_goes_on_with_its_own_learning_rate():
    train, test = np.arange(150), np.arange(150, 200)
    mlp = MLPClassifier((4,), random_state=0)
    with Checkpoints.temporary() as checkpoints:
        evaluate = FoldEvaluator(
            *(mlp, CANCER_X, CANCER_Y, [(train, test)]),
            scorer=lambda model, X, y: accuracy_score(y, model.predict(X)),
            fit_params={},
            score_params={},
            resource=Epochs(),
            checkpoints=checkpoints,
        )
        evaluate(Task(0, 0, 3, {"learning_rate_init": 0.001}))
        task = Task(1, 0, 5, {"learning_rate_init": 0.2}, reached=3, parent=0, parent_resource=3)
        assert evaluate(task).spent == 2
        fork = evaluate.trained(task)
        lost = {"learning_rate_init": 0.2, "hidden_layer_sizes": (6,)}
        report = evaluate(Task(2, 0, 5, lost, reached=3, parent=0, parent_resource=3))
    assert report.status == "failed"
    assert "cannot go on with hidden_layer_sizes=(6,)" in report.error
    data = TrainingSet(CANCER_X[train], CANCER_Y[train], every_y=CANCER_Y)
    by_hand = straight(
        mlp, [({"learning_rate_init": 0.001}, 3), ({"learning_rate_init": 0.2}, 5)], data
    )
    np.testing.assert_array_equal(fork.coefs_[0], by_hand.coefs_[0])


# ---------------------------------------------------------------- foreign estimators


class Foreign(BaseEstimator):
    def __init__(self, rate=0.1, kind="a", fast=True, units=(8,), inner=None, made=None, tol=1e-3):
        self.rate = rate
        self.kind = kind
        self.fast = fast
        self.units = units
        self.inner = inner
        self.made = made
        self.tol = tol

    def partial_fit(self, X, y):
        self.rates_ = [*getattr(self, "rates_", []), self.rate]
        return self


def test_foreign_estimators_are_guessed_and_the_user_knows_better():
    estimator = Foreign(inner=Foreign(), made=np.ones(2))
    can = {name for name in estimator.get_params() if can_change(estimator, name)}
    assert can == {"rate", "kind", "fast"}
    assert not can_change(Foreign(), "rat")
    estimator.partial_fit(None, None)
    retune(estimator, {"rate": 0.5, "units": (9,), "inner__rate": 0.2})
    estimator.partial_fit(None, None)
    assert (estimator.rates_, estimator.units, estimator.inner.rate) == ([0.1, 0.5], (9,), 0.2)
    assert not can_change(KNeighborsClassifier(metric=max), "metric")
    assert can_change(Recorder(), "batch_size")
    assert not can_change("passthrough", "alpha")


# ---------------------------------------------------------------- nets


@pytest.fixture
def make_net():
    torch = pytest.importorskip("torch")
    skorch = pytest.importorskip("skorch")
    from skorch.callbacks import LRScheduler

    class Module(torch.nn.Module):
        def __init__(self, units=4):
            super().__init__()
            self.inner = torch.nn.Linear(CANCER_X.shape[1], units)
            self.outer = torch.nn.Linear(units, 2)

        def forward(self, X):
            return self.outer(torch.tanh(self.inner(X)))

    def make(policy=None, **settings):
        schedule = {} if policy is None else {"callbacks": [LRScheduler(**policy)]}
        quiet = {"train_split": None, "max_epochs": 1, "verbose": 0, "batch_size": 64}
        torch.manual_seed(0)
        return skorch.NeuralNetClassifier(
            **{"module": Module, "criterion": torch.nn.CrossEntropyLoss},
            **{**quiet, **schedule, **settings},
        )

    return make


def train_net(net, passes=3):
    for _ in range(passes):
        net.partial_fit(CANCER_X.astype(np.float32), CANCER_Y)
    return net


def weights_of(net):
    return [weight.detach().numpy().copy() for weight in net.module_.parameters()]


def rates_of(net):
    return [group["lr"] for group in net.optimizer_.param_groups]


def test_what_can_change_of_a_net(make_net):
    for net in (make_net(module__units=3), train_net(make_net(module__units=3))):
        heeded = {"lr", "batch_size", "optimizer__momentum", "optimizer__weight_decay"}
        lost = {"module", "module__units", "criterion", "criterion__reduction", "optimizer"}
        lost |= {"callbacks", "iterator_train__shuffle", "train_split", "max_epochs", "device"}
        assert {name for name in heeded | lost if can_change(net, name)} == heeded
        assert not can_change(make_pipeline(net, SGDClassifier()), "neuralnetclassifier__lr")
        assert can_change(make_pipeline(StandardScaler(), net), "neuralnetclassifier__lr")


def test_a_net_keeps_its_weights_and_momenta(make_net):
    net = train_net(make_net(optimizer__momentum=0.9))
    before = weights_of(net)
    optimizer, momenta = net.optimizer_, len(net.optimizer_.state)
    new = {"lr": 0.5, "optimizer__momentum": 0.5, "optimizer__weight_decay": 0.1, "batch_size": 16}
    retune(net, new)
    for one, other in zip(weights_of(net), before, strict=True):
        np.testing.assert_array_equal(one, other)
    assert net.optimizer_ is optimizer
    assert len(optimizer.state) == momenta > 0
    (group,) = optimizer.param_groups
    assert (group["lr"], group["momentum"], group["weight_decay"]) == (0.5, 0.5, 0.1)
    # the net tells what it has now, and can be told the old values again
    assert {name: net.get_params()[name] for name in new} == new
    retune(net, {"optimizer__momentum": 0.9, "lr": 0.01})
    assert (group["lr"], group["momentum"]) == (0.01, 0.9)
    assert len(train_net(net).history) == 6
    assert all(np.isfinite(weight).all() for weight in weights_of(net))


def test_a_net_refuses_what_would_reset_it(make_net):
    import torch

    net = train_net(make_net(module__units=3))
    before = weights_of(net)
    retune(net, {"module__units": 3, "optimizer": torch.optim.SGD})  # what it has already
    for lost in (
        {"module__units": 5},
        {"optimizer": torch.optim.Adam},
        {"criterion": torch.nn.NLLLoss},
    ):
        with pytest.raises(ResourceError, match="keep that value, or train anew"):
            retune(net, {"lr": 0.7, **lost})
    assert net.lr != 0.7
    for one, other in zip(weights_of(net), before, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    "policy",
    [
        {"policy": "StepLR", "step_size": 1, "gamma": 0.5},
        {"policy": "LambdaLR", "lr_lambda": lambda epoch: 0.9**epoch},
        {"policy": "CosineAnnealingLR", "T_max": 8},
        {"policy": "ReduceLROnPlateau", "monitor": "train_loss", "patience": 0, "threshold": 0.9},
    ],
    ids=lambda policy: policy["policy"],
)
@pytest.mark.parametrize("name", ["lr", "optimizer__lr"])
def test_a_schedule_goes_on_from_the_new_rate(make_net, policy, name):
    early = train_net(make_net(policy, max_epochs=3, **{name: 0.3}), passes=1)
    late = train_net(make_net(policy, max_epochs=3, **{name: 0.1}), passes=1)
    retune(late, {name: 0.3})
    assert rates_of(late) == pytest.approx(rates_of(early))
    assert rates_of(late) != [0.3]
    if policy["policy"] != "ReduceLROnPlateau":  # which counts losses, and forgets them
        assert rates_of(train_net(late)) == pytest.approx(rates_of(train_net(early)))


def test_a_step_that_is_given_with_its_parameters_is_the_same_step():
    """Where a space searches the last step itself, a configuration holds both."""
    X, y = np.random.default_rng(0).random((30, 3)), np.arange(30) % 2
    pipeline = make_pipeline(StandardScaler(), SGDClassifier(alpha=1e-3, random_state=0))
    pipeline.fit(X, y)
    step = pipeline[-1]
    prototype = SGDClassifier(random_state=0)
    retune(pipeline, {"sgdclassifier": prototype, "sgdclassifier__alpha": 0.1})
    assert pipeline[-1] is step
    assert step.alpha == 0.1
    other = SGDClassifier("log_loss", random_state=0)
    with pytest.raises(ResourceError, match="cannot go on with sgdclassifier="):
        retune(pipeline, {"sgdclassifier": other, "sgdclassifier__alpha": 0.1})
