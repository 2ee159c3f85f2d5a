"""Five epochs and five more are ten, to the last bit, whatever happens in between."""

from __future__ import annotations

import copy
import pickle

import cloudpickle
import numpy as np
import pytest
from neural_parts import MODELS, digits, name_of
from sklearn.base import clone

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo.neural import (  # noqa: E402
    ConvNetClassifier,
    LeNetClassifier,
    MLPNetClassifier,
    SoftmaxClassifier,
)
from skhpo.neural.schedules import SCHEDULES, Plateau  # noqa: E402

N = 6  # epochs


def data():
    X, y = digits()
    return X[:201], y[:201]  # the last batch of 64 is a small one


SETTINGS = {
    "sgd": SoftmaxClassifier(momentum=0.0),
    "momentum": SoftmaxClassifier(),
    "rmsprop": SoftmaxClassifier(optimizer="rmsprop", weight_decay=1e-3),
    "adam": MLPNetClassifier(width=16),
    "adamw": MLPNetClassifier(width=16, optimizer="adamw", weight_decay=0.1),
    "nadam": MLPNetClassifier(width=16, optimizer=torch.optim.NAdam),
    "dropout": MLPNetClassifier(width=16, dropout=0.3),
    "batch-norm": MLPNetClassifier(width=16, norm="batch", dropout=0.3, batch_size=50),
    "convolutions": ConvNetClassifier(width=4, dropout=0.3),
    "classic": LeNetClassifier(variant="classic", dropout=0.3),
    "plateau-that-triggers": MLPNetClassifier(
        width=16, schedule=Plateau(patience=0, improvement=0.5)
    ),
    **{f"schedule-{name}": MLPNetClassifier(width=16, schedule=name) for name in SCHEDULES},
    **{name_of(model): model for model in MODELS},
}

TRIPS = {
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
    "cloudpickle": lambda model: pickle.loads(cloudpickle.dumps(model)),
    "deepcopy": copy.deepcopy,
}


def same(one, other, X):
    weights = zip(
        one.net_.module_.state_dict().values(),
        other.net_.module_.state_dict().values(),
        strict=True,
    )
    return (
        all(torch.equal(mine, its) for mine, its in weights)
        and one.loss_curve_ == other.loss_curve_
        and np.array_equal(one.decision_function(X), other.decision_function(X))
    )


@pytest.mark.parametrize("name", SETTINGS)
def test_one_and_five_are_six_and_so_is_fit(name):
    X, y = data()
    model = clone(SETTINGS[name]).set_params(max_epochs=N, random_state=0)
    straight = clone(model).fit(X, y)
    broken = clone(model)
    for epoch in range(N):
        broken.partial_fit(X, y)
        assert len(broken.loss_curve_) == epoch + 1
        broken = pickle.loads(pickle.dumps(broken))
        torch.rand(epoch)  # others draw, too
        broken.predict(X)
        np.random.default_rng()
    assert same(straight, broken, X)
    assert np.ptp(straight.loss_curve_) > 0


@pytest.mark.parametrize("trip", TRIPS)
def test_copies_go_their_own_way(trip):
    X, y = data()
    model = LeNetClassifier(dropout=0.2, random_state=0).partial_fit(X, y)
    before = model.decision_function(X)
    other = TRIPS[trip](model).partial_fit(X, y)
    assert np.array_equal(model.decision_function(X), before)
    assert not np.array_equal(other.decision_function(X), before)
    assert same(model.partial_fit(X, y), other, X)


def test_pickles_are_small():
    """Arrays and settings: no code of modules, no data, no gradients."""
    X, y = data()
    model = LeNetClassifier(optimizer="sgd", momentum=0.0, random_state=0).partial_fit(X, y)
    size = sum(value.nbytes for value in model.net_.module_.state_dict().values())
    assert len(pickle.dumps(model)) < size + 12_000


def test_a_seed_is_a_seed():
    X, y = data()
    one, same_, other = (
        MLPNetClassifier(max_epochs=1, random_state=seed).fit(X, y).decision_function(X)
        for seed in (0, 0, 1)
    )
    assert np.array_equal(one, same_)
    assert not np.array_equal(one, other)
    state = np.random.RandomState(0)
    first, second = (
        MLPNetClassifier(max_epochs=1, random_state=state).fit(X, y).decision_function(X)
        for _ in range(2)
    )
    assert not np.array_equal(first, second)
    fresh = [MLPNetClassifier(max_epochs=1).fit(X, y).decision_function(X) for _ in range(2)]
    assert not np.array_equal(*fresh)


def test_numpy_s_global_numbers_are_left_alone():
    X, y = data()
    before = np.random.get_state()[1].copy()
    MLPNetClassifier(max_epochs=1).fit(X, y)
    assert np.array_equal(np.random.get_state()[1], before)
