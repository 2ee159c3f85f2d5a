"""Every search tunes nets: by epochs, from saved states, in a population."""

from __future__ import annotations

import joblib
import numpy as np
import pytest
from neural_parts import MODELS, digits, name_of
from sklearn.base import clone
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
skorch = pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo import (  # noqa: E402
    Float,
    HalvingASHASearchCV,
    HalvingSearchCV,
    Int,
    PBTSearchCV,
    RandomSearchCV,
)
from skhpo.exceptions import ResourceError  # noqa: E402
from skhpo.neural import (  # noqa: E402
    LeNetClassifier,
    MLPNetClassifier,
    RFFSVMClassifier,
    SoftmaxClassifier,
)
from skhpo.resources import Epochs, TrainingSet, resource_for, retune  # noqa: E402
from skhpo.resources.changes import can_change, must_stay  # noqa: E402
from skhpo.space import Space  # noqa: E402

LR = {"lr": Float(1e-3, 1e-1, log=True)}

CHANGE = {"lr", "momentum", "weight_decay", "batch_size", "alpha", "l1_ratio", "C", "dropout"}


def data(n=100):
    X, y = digits()
    return X[:n], y[:n]


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_what_can_change(model):
    """What training heeds at each epoch, and nothing of what the state is made of."""
    for estimator in (model, make_pipeline(FunctionTransformer(), model)):
        names = model.get_params(deep=False)
        prefix = "" if estimator is model else f"{type(model).__name__.lower()}__"
        for name in names:
            assert can_change(estimator, prefix + name) == (name in CHANGE), name
            assert must_stay(estimator, prefix + name) == (name not in CHANGE), name
        assert not can_change(estimator, prefix + "nothing_of_that_name")


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_retune(model):
    X, y = data()
    new = {"lr": 0.011, "momentum": 0.5, "weight_decay": 1e-3, "batch_size": 16, "alpha": 0.01}
    new |= {"l1_ratio": 0.7, "C": 3.0, "dropout": 0.4}
    for name in CHANGE & model.get_params().keys():
        if name == "momentum" and model.optimizer != "sgd":
            continue  # Adam has none
        one, other = (clone(model).set_params(random_state=0).partial_fit(X, y) for _ in range(2))
        retune(one, {name: new[name]})
        assert one.get_params()[name] == new[name]
        one.partial_fit(X, y)
        other.partial_fit(X, y)
        assert not np.array_equal(one.decision_function(X), other.decision_function(X)), name
        assert len(one.loss_curve_) == 2


def test_retune_refuses_what_the_state_is_made_of():
    X, y = data()
    for model, params in (
        (LeNetClassifier(), {"variant": "classic"}),
        (MLPNetClassifier(), {"width": 7}),
        (MLPNetClassifier(), {"optimizer": "sgd"}),
        (RFFSVMClassifier(), {"gamma": 0.5, "lr": 0.1}),
    ):
        model.partial_fit(X, y)
        with pytest.raises(ResourceError, match="training cannot go on with"):
            retune(model, params)
        assert model.get_params()["lr"] == type(model)().lr


@pytest.mark.parametrize("model", MODELS, ids=name_of)
def test_epochs_are_the_resource(model):
    X, y = data()
    space = Space(LR)
    assert isinstance(resource_for(model, "auto", space), Epochs)
    adapter = resource_for(model, "epochs", space)
    assert adapter.limits(model, X, y, []).full == model.max_epochs
    model = clone(model).set_params(random_state=0, max_epochs=4)
    whole = adapter.train(clone(model), TrainingSet(X, y, every_y=y), 4)
    half = adapter.train(clone(model), TrainingSet(X, y, every_y=y), 1)
    rest = adapter.train(half.estimator, TrainingSet(X, y, every_y=y), 4, half)
    expected = clone(model).fit(X, y).decision_function(X)
    assert np.array_equal(whole.estimator.decision_function(X), expected)
    assert np.array_equal(rest.estimator.decision_function(X), expected)
    with pytest.raises(ResourceError, match="max_epochs"):
        resource_for(model, "epochs", Space({**LR, "max_epochs": Int(1, 4)}))
    with pytest.raises(ResourceError, match="sample_weight"):
        adapter.train(clone(model), TrainingSet(X, y, {"sample_weight": np.ones(len(X))}), 1)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_halving_goes_on_from_saved_states(n_jobs):
    """In threads, which share torch's random numbers: processes take seconds to load torch."""
    X, y = data(300)
    model = MLPNetClassifier(width=16, dropout=0.2, schedule="cosine", random_state=0)
    space = {**LR, "width": [8, 16, 32], "norm": [None, "batch"], "dropout": Float(0.0, 0.5)}
    search = HalvingSearchCV(
        model,
        space,
        resource="epochs",
        max_resources=9,
        n_candidates=9,
        cv=2,
        n_jobs=n_jobs,
        random_state=0,
    )
    with joblib.parallel_config("threading"):
        search.fit(X, y)
    assert set(search.cv_results_["status"]) == {"completed"}
    assert search.cv_results_["n_resources"].max() == 9
    last = search.cv_results_["n_resources"] == 9
    # a rung that goes on is what complete training would have been
    at = int(np.flatnonzero(last)[0])
    params = search.cv_results_["params"][at]
    again = HalvingSearchCV(
        clone(model).set_params(**params),
        {"lr": [params["lr"]]},
        resource="epochs",
        min_resources=9,
        max_resources=9,
        n_candidates=1,
        cv=2,
        random_state=0,
    ).fit(X, y)
    assert again.cv_results_["mean_test_score"][0] == search.cv_results_["mean_test_score"][at]
    assert len(search.best_estimator_.loss_curve_) == 9


def test_architectures_are_searched_asynchronously():
    X, y = data(300)
    space = [
        {"variant": ["modern", "classic"], "lr": Float(1e-3, 1e-2, log=True)},
        {"optimizer": ["sgd", "adamw"], "schedule": ["constant", "onecycle"]},
    ]
    search = HalvingASHASearchCV(
        LeNetClassifier(random_state=0),
        space,
        resource="auto",
        max_resources=4,
        n_candidates=6,
        cv=2,
        random_state=0,
    ).fit(X, y)
    assert set(search.cv_results_["status"]) <= {"completed", "stopped"}
    assert search.best_score_ > 0.3


def test_a_population_of_lenets():
    X, y = data(160)
    space = {"lr": Float(1e-4, 1e-1, log=True), "dropout": Float(0.0, 0.5)}
    space |= {"batch_size": [16, 32, 64], "variant": ["modern"]}
    search = PBTSearchCV(
        LeNetClassifier(optimizer="sgd", random_state=0),
        space,
        population_size=4,
        resource="epochs",
        max_resources=4,
        perturbation_interval=1,
        cv=2,
        random_state=0,
    ).fit(X, y)
    assert set(search.cv_results_["status"]) == {"completed"}
    copies = search.history_.trials[4:]
    assert copies
    for copy in copies:
        original = search.history_.trials[copy.parent].params
        assert copy.params["variant"] == original["variant"]
        assert any(copy.params[name] != original[name] for name in ("lr", "dropout", "batch_size"))
    best = search.best_estimator_
    assert len(best.loss_curve_) == 4
    assert best.net_.optimizer_.param_groups[0]["lr"] == search.best_params_["lr"]


class Hidden(torch.nn.Module):
    """A module of a user's own."""

    def __init__(self, units=8):
        super().__init__()
        first, last = torch.nn.Linear(64, units), torch.nn.Linear(units, 10)
        self.layers = torch.nn.Sequential(torch.nn.Flatten(), first, torch.nn.ReLU(), last)

    def forward(self, X):
        return self.layers(X)


@pytest.mark.parametrize(
    "search",
    [
        lambda net, space: RandomSearchCV(net, space, n_iter=3, cv=2, random_state=0),
        lambda net, space: HalvingSearchCV(
            net, space, resource="epochs", max_resources=4, n_candidates=4, cv=2, random_state=0
        ),
        lambda net, space: PBTSearchCV(
            net,
            space,
            resource="epochs",
            population_size=4,
            max_resources=4,
            perturbation_interval=1,
            cv=2,
            random_state=0,
        ),
    ],
    ids=["random", "halving", "pbt"],
)
def test_nets_of_users_work_unchanged(search):
    X, y = data()
    net = skorch.NeuralNetClassifier(
        Hidden,
        criterion=torch.nn.CrossEntropyLoss,
        train_split=None,
        verbose=0,
        max_epochs=1,
        batch_size=16,
    )
    space = {"lr": Float(1e-2, 1, log=True), "module__units": [4, 8, 16]}
    found = search(net, space).fit(X, y.astype(np.int64))
    assert set(found.cv_results_["status"]) <= {"completed", "stopped"}
    assert found.best_estimator_.predict(X).shape == y.shape


def test_with_other_estimators_in_one_pipeline():
    from sklearn.pipeline import Pipeline

    X, y = data(240)
    pipeline = Pipeline([("clf", SoftmaxClassifier(random_state=0))])
    space = [
        {"clf": [SoftmaxClassifier(random_state=0)], "clf__lr": Float(1e-2, 1e-1, log=True)},
        {"clf": [MLPNetClassifier(random_state=0)], "clf__width": [8, 16]},
    ]
    search = HalvingSearchCV(
        pipeline,
        space,
        resource="epochs",
        max_resources=3,
        n_candidates=4,
        cv=2,
        random_state=0,
    ).fit(X.reshape(len(X), -1), y)
    assert search.best_score_ > 0.3
