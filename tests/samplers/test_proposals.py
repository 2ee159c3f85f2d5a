from __future__ import annotations

import numpy as np
import pytest

from skhpo import Float, Int, Space
from skhpo.samplers.proposals import proposals


class Peak:
    """A criterion with one narrow maximum, with or without gradients."""

    def __init__(self, at, *, is_smooth):
        self.at, self.is_smooth = at, is_smooth

    def __call__(self, X):
        return -np.sum((X - self.at) ** 2, axis=1)

    def with_gradient(self, X):
        return self(X), -2.0 * (X - self.at)


def first(space, at, *, is_smooth=True):
    row = space.encoding.encode([at])[0]
    rng = np.random.default_rng(0)
    incumbents = space.encoding.sample(3, rng)
    found = next(proposals(space.encoding, Peak(row, is_smooth=is_smooth), incumbents, rng))
    return space.encoding.decode(found), np.abs(found - row).max()


NUMBERS = Space({f"x{i}": Float(0, 1) for i in range(6)})


def test_climbs_to_the_top_where_gradients_lead():
    _, distance = first(NUMBERS, {f"x{i}": 0.1 + 0.13 * i for i in range(6)})
    assert distance < 0.01


def test_goes_by_neighbours_where_they_do_not():
    _, distance = first(NUMBERS, {f"x{i}": 0.1 + 0.13 * i for i in range(6)}, is_smooth=False)
    assert 0.01 < distance < 0.2


@pytest.mark.parametrize("is_smooth", [True, False])
def test_finds_integers_and_names(is_smooth):
    names = list("abcdefgh")
    space = Space({"n": Int(1, 200), "m": Int(1, 200), "kind": names, "x": Float(0, 1)})
    at = {"n": 137, "m": 22, "kind": "f", "x": 0.77}
    found, _ = first(space, at, is_smooth=is_smooth)
    assert found["kind"] == "f"
    assert abs(found["n"] - 137) <= 8
    assert abs(found["m"] - 22) <= 8


def test_climbs_in_what_is_continuous_beside_what_is_not():
    """Neighbours alone do not come so close in six dimensions."""
    numbers = {f"x{i}": Float(0, 1) for i in range(6)}
    space = Space({**numbers, "kind": ["a", "b", "c"]})
    at = {**{name: 0.1 + 0.13 * i for i, name in enumerate(numbers)}, "kind": "b"}
    found, distance = first(space, at)
    assert found["kind"] == "b"
    assert distance < 0.01
    assert first(space, at, is_smooth=False)[1] > 0.01


def test_no_row_comes_from_another_branch():
    space = Space([{"a": Float(0, 1)}, {"b": Float(0, 1)}])
    rng = np.random.default_rng(0)
    peak = Peak(space.encoding.encode([{"a": 0.4}])[0], is_smooth=True)
    rows = list(proposals(space.encoding, peak, space.encoding.sample(3, rng), rng, [1]))
    assert {space.encoding.branch(row) for row in rows} == {1}
