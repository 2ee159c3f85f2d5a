"""Parts of the training data: nested, the same for all, each class in its share."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from skhpo.resources import Samples
from skhpo.resources.samples import nested_part


def parts(train, labels, seed=0):
    sizes = range(1, len(train) + 1)
    return [nested_part(train, labels, size, np.random.default_rng(seed)) for size in sizes]


@pytest.mark.parametrize("labels", [None, np.arange(40) % 3, np.ones((40, 2))])
def test_nested_and_in_order(labels):
    train = np.random.default_rng(1).permutation(40)[:30]
    climbing = parts(train, labels)
    order = {position: k for k, position in enumerate(train)}
    for size, (part, more) in enumerate(pairwise(climbing), start=1):
        assert len(set(part)) == len(part) == size
        assert set(part) < set(more) <= set(train)
        assert [order[p] for p in part] == sorted(order[p] for p in part)
    assert list(climbing[-1]) == list(train)


@pytest.mark.parametrize("counts", [(50, 30, 20), (96, 3, 1), (25, 25, 25, 25), (1, 1, 98)])
def test_every_part_is_stratified(counts):
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(len(counts)), counts))
    train = np.arange(len(labels))
    counts = np.array(counts)
    for size, part in enumerate(parts(train, labels), start=1):
        seats = np.bincount(labels[part], minlength=len(counts))
        if size <= len(counts):
            assert seats.max() == 1
            continue
        # Webster: a seat taken from one class and given to another would do no better there
        assert seats.min() >= 1
        given = np.where(seats > 1, counts / (seats - 0.5), np.inf)
        assert (counts / (seats + 0.5)).max() <= given.min() * (1 + 1e-9)


def test_strings_are_classes_too():
    labels = np.array(["a"] * 9 + ["b"])
    part = nested_part(np.arange(10), labels, 2, np.random.default_rng(0))
    assert set(labels[part]) == {"a", "b"}


def test_another_fold_another_order_and_the_same_again():
    train = np.arange(100)
    takes = [
        Samples().positions(train, None, 100, 10, np.random.default_rng(key))
        for key in ([0, 0], [0, 0], [0, 1], [1, 0])
    ]
    assert list(takes[0]) == list(takes[1])
    assert len({tuple(take) for take in takes}) == 3


@pytest.mark.parametrize(("resource", "size"), [(10, 8), (100, 80), (1, 1), (33.0, 26)])
def test_the_same_share_of_each_fold(resource, size):
    part = Samples().positions(np.arange(80), None, 100, resource, np.random.default_rng(0))
    assert len(part) == size
