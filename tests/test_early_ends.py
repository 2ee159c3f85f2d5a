"""When training is enough: a pure function of the losses, and of a seed."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from sklearn.base import clone

from skhpo import EarlyStopping


@pytest.mark.parametrize(
    ("losses", "best", "is_over"),
    [
        ([], 0, False),
        ([1.0], 0, False),
        ([1.0, 0.9, 0.8], 2, False),
        ([1.0, 0.8, 0.9], 1, False),
        ([1.0, 0.8, 0.9, 0.8], 1, True),
        ([1.0, 0.8, 0.9, 0.7, 0.9], 3, False),
        ([1.0, 0.96, 0.92, 0.88], 2, False),
        ([1.0, 0.96, 0.96], 0, True),
        ([math.nan, 1.0, math.nan], 1, False),
        ([math.nan, math.inf, math.nan], 0, True),
    ],
)
def test_patience_and_improvement(losses, best, is_over):
    stopping = EarlyStopping(patience=2, min_delta=0.05)
    assert stopping.best(losses) == best
    assert stopping.is_over(losses) == is_over


@pytest.mark.parametrize("fraction", [0.1, 0.25, 0.5, 0.9])
def test_classes_keep_their_shares(fraction):
    labels = np.repeat(["a", "b", "c"], [300, 60, 40])
    np.random.default_rng(0).shuffle(labels)
    stopping = EarlyStopping(validation_fraction=fraction)
    train, validation = stopping.split(400, labels, np.random.default_rng(1))
    assert sorted([*train, *validation]) == list(range(400))
    assert len(validation) == round(fraction * 400)
    for label, n in (("a", 300), ("b", 60), ("c", 40)):
        assert abs(np.sum(labels[validation] == label) - fraction * n) <= 1


def test_every_class_is_learnt():
    labels = np.array([0] * 20 + [1, 2, 3])
    for seed in range(20):
        train, _ = EarlyStopping(validation_fraction=0.5).split(
            23, labels, np.random.default_rng(seed)
        )
        assert set(labels[train]) == {0, 1, 2, 3}


def test_without_classes():
    stopping = EarlyStopping(validation_fraction=0.2)
    train, validation = stopping.split(50, None, np.random.default_rng(0))
    assert len(validation) == 10
    assert sorted([*train, *validation]) == list(range(50))
    other = stopping.split(50, None, np.random.default_rng(1))[1]
    assert not np.array_equal(validation, other)
    again = stopping.split(50, None, np.random.default_rng(0))[1]
    assert np.array_equal(validation, again)


def test_few_samples():
    labels = np.array([0, 0, 1, 1])
    train, validation = EarlyStopping().split(4, labels, np.random.default_rng(0))
    assert len(validation) == 1
    assert set(labels[train]) == {0, 1}
    train, validation = EarlyStopping(validation_fraction=0.99).split(
        2, None, np.random.default_rng(0)
    )
    assert len(train) == len(validation) == 1
    for n_samples, labels in ((1, None), (2, [0, 1])):
        with pytest.raises(ValueError, match=f"of {n_samples} samples none .* early_stopping=None"):
            EarlyStopping().split(n_samples, labels, np.random.default_rng(0))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patience": 0}, "patience must be an integer of 1 or more, got 0"),
        ({"patience": 1.5}, "patience must be an integer"),
        ({"min_delta": -0.1}, "min_delta must be a number 0 or more"),
        ({"validation_fraction": 0}, "validation_fraction must be a number greater than 0"),
        ({"validation_fraction": 1}, "less than 1, got 1"),
        ({"validation_fraction": True}, "validation_fraction must be a number"),
    ],
)
def test_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        EarlyStopping(**settings)


def test_it_travels_and_is_frozen():
    stopping = EarlyStopping(3, 0.1, 0.2)
    assert pickle.loads(pickle.dumps(stopping)) == stopping == clone(stopping, safe=False)
    assert hash(stopping) == hash(EarlyStopping(3, 0.1, 0.2))
    with pytest.raises(AttributeError):
        stopping.patience = 5
