"""Batches hold every sample once, in the order that is asked for."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'neural'")
pytest.importorskip("skorch", reason="needs the extra 'neural'")

from skhpo.neural.slices import Slices, Tensors  # noqa: E402


def data(n):
    return Tensors(torch.arange(n, dtype=torch.float32)[:, None], torch.arange(n))


@pytest.mark.parametrize("n", [1, 7, 8, 9, 5000])
@pytest.mark.parametrize("size", [1, 4, 8, 100, 3000])
@pytest.mark.parametrize("is_ordered", [False, True])
def test_each_sample_once(n, size, is_ordered):
    order = torch.randperm(n, generator=torch.Generator().manual_seed(0))
    batches = Slices(data(n), size, (lambda _: order) if is_ordered else None)
    found = list(batches)
    assert len(found) == len(batches)
    assert [len(y) for _, y in found[:-1]] == [size] * (len(found) - 1)
    labels = torch.cat([y for _, y in found])
    assert torch.equal(labels, order if is_ordered else torch.arange(n))
    assert all(torch.equal(X[:, 0], y.float()) for X, y in found)


@pytest.mark.parametrize(
    ("n", "sizes"), [(8, [4, 4]), (9, [4, 5]), (10, [4, 4, 2]), (1, [1]), (4, [4]), (0, [])]
)
def test_a_small_last_batch_joins_the_one_before(n, sizes):
    batches = Slices(data(n), 4, least=2)
    assert [len(y) for _, y in batches] == sizes
    assert len(batches) == len(sizes)


def test_another_order_each_time():
    epochs = iter([[2, 0, 1], [1, 2, 0]])
    batches = Slices(data(3), 2, lambda n: torch.tensor(next(epochs)))
    assert torch.cat([y for _, y in batches]).tolist() == [2, 0, 1]
    assert torch.cat([y for _, y in batches]).tolist() == [1, 2, 0]


def test_no_target():
    X, y = next(iter(Slices(Tensors(torch.ones(3, 2)), 2)))
    assert X.shape == (2, 2)
    assert y.shape == (2,)
