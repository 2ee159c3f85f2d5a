from __future__ import annotations

import numpy as np
import pytest

from skhpo import Categorical, Float, Int, Space

SHARED = Float(0, 1)
SPACE = Space(
    [
        {"kind": ["plain"], "x": SHARED},
        {"kind": ["curved", "round", "flat"], "x": Float(0, 1), "degree": Int(1, 4)},
        {"kind": ["other"], "x": Float(0, 2)},
    ]
)


def test_columns_of_branches():
    # the branch: 3, kind of the second branch: 3, degree: 1, x: 1 shared and 1 of its own
    assert SPACE.encoding.n_columns == 9
    plain, curved, other = SPACE.encoding.encode(
        [
            {"kind": "plain", "x": 0.25},
            {"kind": "round", "x": 0.25, "degree": 1},
            {"kind": "other", "x": 0.25},
        ]
    )
    assert [SPACE.encoding.branch(row) for row in (plain, curved, other)] == [0, 1, 2]
    (x,) = np.nonzero(plain == 0.25)
    assert curved[x] == 0.25, "what branches share has one column"
    assert other[x] == 0.5
    assert (plain[3:] == 0.5).sum() == 5
    assert (curved[3:] == 0.5).sum() == 1
    assert sorted(curved[3:]) == [0, 0, 0.125, 0.25, 0.5, 1]


def test_parameters_behind_the_columns():
    # the branch, x that two branches share, degree, kind, x of the third
    assert SPACE.encoding.widths == (3, 1, 1, 3, 1)
    assert SPACE.encoding.n_active == 1 + (1 + 3 + 1) / 3
    assert Space({"x": SHARED, "kind": ["plain"]}).encoding.n_active == 1


def test_two_branches_take_one_column():
    space = Space([{"a": [1, 2]}, {"b": [1, 2]}])
    assert space.encoding.n_columns == 3
    rows = space.encoding.encode([{"a": 1}, {"a": 2}, {"b": 1}, {"b": 2}])
    np.testing.assert_allclose(
        rows, [[0.25, 0.25, 0.5], [0.25, 0.75, 0.5], [0.75, 0.5, 0.25], [0.75, 0.5, 0.75]]
    )


def test_nothing_to_encode():
    assert Space({}).encoding.encode([{}, {}]).shape == (2, 0)
    assert Space({"a": [1]}).encoding.decode(np.empty(0)) == {"a": 1}
    assert SPACE.encoding.encode([]).shape == (0, 9)


def test_what_is_no_configuration_is_refused():
    with pytest.raises(ValueError, match="not a configuration"):
        SPACE.encoding.encode([{"y": 1}])
    with pytest.raises(ValueError, match="not a configuration"):
        SPACE.encoding.encode([{"kind": "nothing", "x": 0.5}])


def test_draws_are_as_those_of_the_space():
    rng = np.random.default_rng(0)
    branches = [SPACE.encoding.branch(row) for row in SPACE.encoding.sample(600, rng)]
    assert np.bincount(branches).min() > 150


def test_every_parameter_is_moved_by_some_neighbour():
    space = Space(
        {"x": Float(0, 1), "n": Int(0, 99), "kind": Categorical(["a", "b", "c"]), "one": [1]}
    )
    rng = np.random.default_rng(0)
    start = {"x": 0.5, "n": 50, "kind": "b", "one": 1}
    (row,) = space.encoding.encode([start])
    near = [space.encoding.decode(r) for r in space.encoding.neighbours(row, rng, 100, scale=0.05)]
    for name in ("x", "n", "kind"):
        moved = [params for params in near if params[name] != start[name]]
        assert 10 < len(moved) < 100, name
    assert np.std([params["x"] for params in near]) < 0.1
    assert all(abs(params["n"] - 50) < 30 for params in near)


def test_each_row_has_a_scale_of_its_own():
    encoding = Space([{"x": Float(0, 1)}, {"y": Float(0, 1)}]).encoding
    rows = encoding.encode([{"x": 0.5}, {"y": 0.5}, {"x": 0.5}])
    near = encoding.neighbourhoods(rows, np.random.default_rng(0), 200, np.array([0.1, 0.01, 1e-3]))
    spreads = [near[0, :, -2].std(), near[1, :, -1].std(), near[2, :, -2].std()]
    np.testing.assert_allclose(spreads, [0.1, 0.01, 1e-3], rtol=0.3)


@pytest.mark.parametrize(
    "domain", [Float(0, 1), Float(1, 9, log=True), Int(0, 9), Int(1, 9, log=True)]
)
@pytest.mark.parametrize("end", ["low", "high"])
def test_neighbours_of_an_end_lead_inwards(domain, end):
    space = Space({"x": domain})
    value = getattr(domain, end)
    (row,) = space.encoding.encode([{"x": value}])
    for neighbour in space.encoding.neighbours(row, np.random.default_rng(0), 50, scale=0.01):
        assert space.encoding.decode(neighbour)["x"] != value


def test_continuous_columns_depend_on_the_branch():
    rows = SPACE.encoding.encode([{"kind": "plain", "x": 0.1}, {"kind": "other", "x": 0.1}])
    free = np.array([SPACE.encoding.continuous(row) for row in rows])
    np.testing.assert_array_equal(free.sum(axis=1), [1, 1])
    assert not (free[0] & free[1]).any()
