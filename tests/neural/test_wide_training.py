"""Linear models trained in one program are what each would be alone, up to rounding."""

from __future__ import annotations

import pickle
from itertools import product

import numpy as np
import pandas as pd
import pytest
from neural_parts import digits, name_of
from sklearn.base import clone

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo.exceptions import DivergedError  # noqa: E402
from skhpo.neural import (  # noqa: E402
    ElasticNetSGDClassifier,
    LeNetClassifier,
    MLPNetClassifier,
    RFFSVMClassifier,
    SoftmaxClassifier,
)
from skhpo.neural.optimizers import OPTIMIZERS  # noqa: E402
from skhpo.neural.schedules import SCHEDULES, Cosine  # noqa: E402

#: What differs between the members, by model.
MODELS = {
    "softmax": (SoftmaxClassifier(), [{}, {}, {}]),
    "elastic-net": (
        ElasticNetSGDClassifier(),
        [{"alpha": 0.0}, {"alpha": 1e-2, "l1_ratio": 0.0}, {"alpha": 1e-3, "l1_ratio": 0.9}],
    ),
    "rff-svm": (RFFSVMClassifier(n_components=50), [{"C": 0.05}, {"C": 1.0}, {"C": 20.0}]),
}

STEPS = [  # of each member
    {"lr": 1.0, "momentum": 0.9, "weight_decay": 0.0},
    {"lr": 0.3, "momentum": 0.0, "weight_decay": 1e-3},
    {"lr": 3.0, "momentum": 0.5, "weight_decay": 0.1},
]


def data(n=201):
    """Digits with noise: where gradients cancel exactly, Adam divides rounding by next to 0."""
    X, y = digits()
    noise = np.random.default_rng(0).random((n, 64), dtype=np.float32)
    return X[:n].reshape(n, -1) + noise / 4, y[:n]  # the last batch of 32 is a small one


def population(name="softmax", optimizer="sgd", schedule="constant", n=3, **settings):
    """Members that differ in all they may."""
    model, differences = MODELS[name]
    rate = model.lr if optimizer == "sgd" else model.lr / 10
    common = {"optimizer": optimizer, "schedule": schedule, "batch_size": 32, "max_epochs": 6}
    return [
        clone(model).set_params(
            **{**common, "random_state": 1, **own, **step, "lr": rate * step["lr"], **settings}
        )
        for own, step in list(zip(differences, STEPS, strict=True))[:n]
    ]


def train_alone(members, X, y, epochs):
    for member in members:
        for _ in range(epochs):
            member.partial_fit(X, y)


def train_together(members, X, y, epochs, **settings):
    return type(members[0]).partial_fit_together(members, X, y, epochs=epochs, **settings)


def assert_same(one, other, X, rtol=1e-3):
    """Equal but for rounding, all that travels with a state included."""
    for mine, its in zip(
        one.net_.module_.state_dict().values(),
        other.net_.module_.state_dict().values(),
        strict=True,
    ):
        assert float((mine - its).abs().max()) <= rtol * float(its.abs().max())
    np.testing.assert_allclose(one.loss_curve_, other.loss_curve_, rtol=rtol)
    batches = [net.history[:, "train_batch_count"] for net in (one.net_, other.net_)]
    assert batches[0] == batches[1]
    states = [net.optimizer_.state_dict()["state"] for net in (one.net_, other.net_)]
    assert states[0].keys() == states[1].keys()
    for key in states[1]:
        mine, its = states[0][key], states[1][key]
        assert {k for k, v in mine.items() if v is not None} == {
            k for k, v in its.items() if v is not None
        }
        for name in mine:
            if its[name] is not None:
                assert mine[name].dtype == its[name].dtype
                scale = float(its[name].abs().max())
                assert float((mine[name] - its[name]).abs().max()) <= rtol * scale, name
    groups = [net.optimizer_.param_groups[0] for net in (one.net_, other.net_)]
    assert {k: v for k, v in groups[0].items() if k != "params"} == {
        k: v for k, v in groups[1].items() if k != "params"
    }
    agree = one.predict(X) == other.predict(X)
    assert agree.mean() > 0.99


@pytest.mark.parametrize(
    ("name", "optimizer", "schedule"),
    [
        *product(MODELS, OPTIMIZERS, ["constant"]),
        *product(["elastic-net"], OPTIMIZERS, [name for name in SCHEDULES if name != "constant"]),
    ],
)
def test_together_is_alone(name, optimizer, schedule):
    X, y = data()
    together, alone = (population(name, optimizer, schedule) for _ in range(2))
    assert len({member.population_key() for member in together}) == 1
    assert train_together(together, X, y, 2) == [None] * 3
    train_alone(alone, X, y, 2)
    for one, other in zip(together, alone, strict=True):
        assert_same(one, other, X)
    # each goes on: by itself, and together again, through a pickle
    train_alone(together[:1], X, y, 1)
    train_alone(alone[:1], X, y, 1)
    together = pickle.loads(pickle.dumps(together))
    assert train_together(together[1:], X, y, 1) == [None] * 2
    train_alone(alone[1:], X, y, 1)
    for one, other in zip(together, alone, strict=True):
        assert_same(one, other, X)
        assert len(one.loss_curve_) == 3


def test_schedules_of_each():
    X, y = data()
    together, alone = (
        [
            member.set_params(schedule=schedule, max_epochs=length)
            for member, schedule, length in zip(
                population(), ("onecycle", Cosine(0.2), "plateau"), (3, 5, 9), strict=True
            )
        ]
        for _ in range(2)
    )
    train_together(together, X, y, 3)
    train_alone(alone, X, y, 3)
    for one, other in zip(together, alone, strict=True):
        assert_same(one, other, X)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_states_with_different_pasts(optimizer):
    """As many epochs, but of other batches: the optimisers have made different numbers of steps."""
    X, y = data()
    together, alone = (population(optimizer=optimizer) for _ in range(2))
    for members in (together, alone):
        for member, size in zip(members, (32, 16, 64), strict=True):
            member.set_params(batch_size=size).partial_fit(X, y)
            member.set_params(batch_size=50, lr=member.lr / 2)
    train_together(together, X, y, 2)
    train_alone(alone, X, y, 2)
    for one, other in zip(together, alone, strict=True):
        assert_same(one, other, X)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_momenta_that_come_and_go(optimizer):
    """As in population based training, where one may have been 0 at first."""
    X, y = data()
    together, alone = (population(optimizer=optimizer) for _ in range(2))
    for momenta in ((0.0, 0.0, 0.9), (0.5, 0.0, 0.0), (0.0, 0.9, 0.7)):
        for members in (together, alone):
            for member, momentum in zip(members, momenta, strict=True):
                member.set_params(momentum=momentum)
        assert train_together(together, X, y, 1) == [None] * 3
        train_alone(alone, X, y, 1)
        together, alone = pickle.loads(pickle.dumps((together, alone)))
    for one, other in zip(together, alone, strict=True):
        assert_same(one, other, X)


def test_states_on_several_devices():
    """Those of one device go together; "cpu:0" is the only other one that is everywhere."""
    X, y = data()
    together, alone = (population() for _ in range(2))
    for members in (together, alone):
        train_alone(members, X, y, 1)
        members[1].net_.move("cpu:0")
    assert train_together(together, X, y, 1) == [None] * 3
    train_alone(alone, X, y, 1)
    assert [member.net_.device for member in together] == ["cpu", "cpu:0", "cpu"]
    assert np.array_equal(together[1].decision_function(X), alone[1].decision_function(X))
    for one, other in zip(together, alone, strict=True):
        assert_same(one, other, X)


def test_states_that_know_other_classes():
    X, y = data()
    members = population()
    for member, first in zip(members, (0, 1, 0), strict=True):
        member.partial_fit(X, y + first)
    errors = train_together(members, X, y, 1)
    assert [errors[0], errors[2]] == [None] * 2
    assert "y has the label 0, which is not one of the classes" in str(errors[1])
    assert [len(member.loss_curve_) for member in members] == [2, 1, 2]


@pytest.mark.parametrize("name", MODELS)
def test_two_classes_and_any_labels(name):
    X, y = data()
    labels = np.where(y < 5, "low", "high")
    together, alone = (population(name, n=2) for _ in range(2))
    train_together(together, X, labels, 2)
    train_alone(alone, X, labels, 2)
    for one, other in zip(together, alone, strict=True):
        assert_same(one, other, X)
        assert set(one.predict(X)) <= {"low", "high"}


def test_data_is_checked_once_and_known_to_all():
    X, y = digits()
    frame = pd.DataFrame((X[:100].reshape(100, -1) * 255).astype(np.uint8)).add_prefix("pixel")
    members, alone = population(), population()
    train_together(members, frame, y[:100], 2, classes=range(10))
    for member, other in zip(members, alone, strict=True):
        assert member.scale_ == 255
        assert list(member.feature_names_in_) == list(frame.columns)
        other.partial_fit(frame, y[:100], classes=range(10)).partial_fit(frame, y[:100])
        np.testing.assert_allclose(
            member.decision_function(frame), other.decision_function(frame), rtol=1e-3, atol=1e-4
        )
    images = population()
    train_together(images, X[:100], y[:100], 1)
    assert {member.shape_ for member in images} == {(8, 8)}
    with pytest.raises(ValueError, match="samples of shape"):
        train_together(images, X[:100, :4], y[:100], 1)


@pytest.mark.parametrize("name", MODELS)
def test_one_that_diverges_leaves_the_others_alone(name):
    X, y = data()
    together, alone = (population(name) for _ in range(2))
    for members in (together, alone):
        members[1].set_params(lr=1e36, weight_decay=1.0)
    errors = train_together(together, X, y, 4)
    assert [type(error) for error in errors] == [type(None), DivergedError, type(None)]
    with pytest.raises(DivergedError) as raised:
        train_alone(alone[1:2], X, y, 4)
    assert str(errors[1]).split(":")[0] == str(raised.value).split(":")[0]
    assert len(together[1].loss_curve_) == len(alone[1].loss_curve_) < 4
    train_alone([alone[0], alone[2]], X, y, 4)
    for number in (0, 2):
        assert_same(together[number], alone[number], X)


def test_all_diverge():
    X, y = data()
    members = [member.set_params(lr=1e38, weight_decay=1.0) for member in population()]
    assert all(isinstance(error, DivergedError) for error in train_together(members, X, y, 6))


@pytest.mark.parametrize("bad", [0, 1])
def test_bad_settings_are_their_own_failure(bad):
    X, y = data()
    together, alone = (population() for _ in range(2))
    together[bad].set_params(lr=0)
    errors = train_together(together, X, y, 2)
    assert "lr must be a number greater than 0" in str(errors[bad])
    others = sorted({0, 1, 2} - {bad})
    assert [errors[number] for number in others] == [None] * 2
    train_alone([alone[number] for number in others], X, y, 2)
    for number in others:
        assert_same(together[number], alone[number], X)


def test_bad_settings_of_all():
    X, y = data()
    errors = train_together([member.set_params(lr=0) for member in population()], X, y, 1)
    assert [str(error)[:24] for error in errors] == ["SoftmaxClassifier: lr mu"] * 3


def test_seeds():
    X, y = data()
    members = population(random_state=None)
    train_together(members, X, y, 1)
    assert len({member.net_.seed for member in members}) == 1
    assert all(member.random_state is None for member in members)
    others = population(random_state=None)
    train_together(others, X, y, 1)
    assert others[0].net_.seed != members[0].net_.seed
    # fitted states keep the orders of their own
    mixed = [members[0], others[0], members[1]]
    alone = pickle.loads(pickle.dumps(mixed))
    assert train_together(mixed, X, y, 2) == [None] * 3
    train_alone(alone, X, y, 2)
    for one, other in zip(mixed, alone, strict=True):
        assert_same(one, other, X)


def test_nothing_is_changed_that_is_global():
    X, y = data()
    members, same = population(), population()
    train_together(same, X, y, 2)
    torch.manual_seed(3)
    numbers = torch.get_rng_state()
    torch.set_default_dtype(torch.float64)
    try:
        train_together(members, X, y, 2)
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.equal(torch.get_rng_state(), numbers)
    assert torch.is_grad_enabled()
    for one, other in zip(members, same, strict=True):
        assert_same(one, other, X)
        assert one.net_.module_.weight.requires_grad


class OwnPasses(SoftmaxClassifier):
    def partial_fit(self, X, y, classes=None):
        return super().partial_fit(X, y, classes)


class OwnNoise(SoftmaxClassifier):
    """A module that is trained before its last layer, too."""

    def _module(self, shape, n_classes):
        return Deep, {"in_features": self.n_features_in_, "n_classes": n_classes}


class Deep(torch.nn.Sequential):
    def __init__(self, in_features, n_classes):
        super().__init__(torch.nn.Linear(in_features, 8), torch.nn.Linear(8, n_classes))


@pytest.mark.parametrize(
    ("model", "params"),
    [
        (SoftmaxClassifier(), {"lr": 3.0, "momentum": 0.1, "weight_decay": 1.0}),
        (SoftmaxClassifier(), {"schedule": "cosine", "max_epochs": 3}),
        (ElasticNetSGDClassifier(), {"alpha": 1.0, "l1_ratio": 1.0}),
        (RFFSVMClassifier(), {"C": 7.0}),
    ],
    ids=str,
)
def test_what_may_differ(model, params):
    assert model.population_key() is not None
    assert clone(model).set_params(**params).population_key() == model.population_key()


@pytest.mark.parametrize(
    ("model", "params"),
    [
        (SoftmaxClassifier(), {"batch_size": 7}),
        (SoftmaxClassifier(), {"optimizer": "adam"}),
        (SoftmaxClassifier(), {"random_state": 3}),
        (SoftmaxClassifier(), {"device": "cpu"}),
        (RFFSVMClassifier(), {"gamma": 0.1}),
        (RFFSVMClassifier(), {"n_components": 10}),
    ],
    ids=str,
)
def test_what_may_not_differ(model, params):
    key = clone(model).set_params(**params).population_key()
    assert key is not None
    assert key != model.population_key()
    assert model.population_key() != ElasticNetSGDClassifier().population_key()


@pytest.mark.parametrize(
    "model",
    [
        SoftmaxClassifier(early_stopping=True),
        SoftmaxClassifier(precision="mixed"),
        SoftmaxClassifier(random_state=np.random.RandomState(0)),
        SoftmaxClassifier(optimizer=torch.optim.NAdam),
        SoftmaxClassifier(optimizer="no such thing"),
        OwnPasses(),
    ],
    ids=str,
)
def test_what_is_trained_alone(model):
    assert model.population_key() is None


@pytest.mark.parametrize("model", [LeNetClassifier(), MLPNetClassifier(depth=0)], ids=name_of)
def test_other_nets_have_no_key(model):
    assert not hasattr(model, "population_key")


def test_modules_of_a_subclass_are_looked_at():
    X, y = data()
    together, alone = ([OwnNoise(lr=lr, random_state=0) for lr in (0.01, 0.1)] for _ in range(2))
    assert together[0].population_key() == together[1].population_key()
    assert train_together(together, X, y, 2) == [None] * 2
    train_alone(alone, X, y, 2)
    for one, other in zip(together, alone, strict=True):
        assert np.array_equal(one.decision_function(X), other.decision_function(X))
