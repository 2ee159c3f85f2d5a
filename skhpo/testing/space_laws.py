"""What holds for every space."""

from __future__ import annotations

import copy
import json
import math
import pickle
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from skhpo.exceptions import SpaceError
from skhpo.space import Space
from skhpo.space.values import same_value
from skhpo.testing.base import Laws
from skhpo.trial import Params

__all__ = ["SpaceLaws", "assert_same_params"]

_N = 50  # configurations looked at
_MANY = 1_000  # larger grids are not walked


def assert_same_params(params: Params, other: Params) -> None:
    """Assert that configurations are equal: reals to nine digits, everything else exactly.

    Parameters
    ----------
    params, other : mapping of str to object
        The configurations.
    """
    assert params.keys() == other.keys()
    for name, value in params.items():
        if isinstance(value, float) and math.isfinite(value) and isinstance(other[name], float):
            assert math.isclose(value, other[name], rel_tol=1e-9, abs_tol=1e-12), name
        else:
            assert same_value(value, other[name]), name


class SpaceLaws(Laws):
    """What holds for every space that a model can be built over; subclass and give one."""

    @abstractmethod
    def make_space(self) -> Space:
        """Return a space."""

    @pytest.fixture
    def space(self) -> Space:
        """The space under test."""
        return self.make_space()

    def test_draws_are_inside(self, space: Space) -> None:
        """Every draw is a configuration; the same random numbers make the same one."""
        for seed in range(_N):
            params = space.sample(np.random.default_rng(seed))
            assert space.contains(params)
            space.check(params)
            assert space.key(params) == space.key(space.sample(np.random.default_rng(seed)))
            assert set(params) <= set(space.names)

    def test_params_there_and_back(self, space: Space) -> None:
        """From params to a row of the unit cube to params is the identity."""
        for params in _draws(space):
            (row,) = space.encoding.encode([params])
            assert row.shape == (space.encoding.n_columns,)
            assert ((row >= 0) & (row <= 1)).all()
            assert_same_params(params, space.encoding.decode(row))

    def test_rows_there_and_back(self, space: Space) -> None:
        """Rows of draws and of neighbours mean a configuration exactly."""
        rng = np.random.default_rng(0)
        rows = space.encoding.sample(_N, rng)
        assert rows.shape == (_N, space.encoding.n_columns)
        for scale in (0.3, 0.01):
            rows = np.concatenate([rows, space.encoding.neighbours(rows[0], rng, _N, scale)])
        for row in rows:
            params = space.encoding.decode(row)
            assert space.contains(params)
            _assert_encodes_to(space, params, row)

    def test_every_point_of_the_cube_means_something(self, space: Space) -> None:
        """Corners and any other point decode to a configuration, and that one to itself."""
        rng = np.random.default_rng(0)
        points = rng.random((_N, space.encoding.n_columns))
        points[:20] = np.round(points[:20])
        for point in points:
            params = space.encoding.decode(point)
            assert space.contains(params)
            (row,) = space.encoding.encode([params])
            assert_same_params(params, space.encoding.decode(row))

    def test_neighbours_differ_and_stay_in_the_branch(self, space: Space) -> None:
        """A neighbour is another configuration with the same parameters."""
        rng = np.random.default_rng(0)
        starts = space.encoding.sample(10, rng)
        for row in [*starts, *_at_the_ends(space, starts)]:
            params = space.encoding.decode(row)
            branch = space.encoding.branch(row)
            if math.prod(domain.size for domain in space.branches[branch].values()) == 1:
                continue
            for neighbour in space.encoding.neighbours(row, rng, 10, scale=0.1):
                assert space.encoding.branch(neighbour) == branch
                other = space.encoding.decode(neighbour)
                assert other.keys() == params.keys()
                assert not _same(params, other)

    def test_what_a_branch_lacks_is_in_the_middle(self, space: Space) -> None:
        """Columns of parameters that a configuration does not have are at 0.5."""
        rng = np.random.default_rng(0)
        n_choice = space.encoding.n_columns - _n_parameter_columns(space)
        for row in space.encoding.sample(_N, rng):
            branch = space.branches[space.encoding.branch(row)]
            n_active = sum(domain.n_columns for domain in branch.values())
            n_idle = space.encoding.n_columns - n_choice - n_active
            assert (row[n_choice:] == 0.5).sum() >= n_idle
            neighbour = space.encoding.neighbours(row, rng, 1, scale=0.1)[0]
            assert (neighbour != row).sum() <= n_active

    def test_continuous_columns_are_free(self, space: Space) -> None:
        """Where a column is said to vary freely, every value in it is a configuration."""
        rng = np.random.default_rng(0)
        for row in space.encoding.sample(10, rng):
            free = space.encoding.continuous(row)
            moved = np.where(free, rng.random(len(row)), row)
            params = space.encoding.decode(moved)
            assert space.contains(params)
            _assert_encodes_to(space, params, moved)

    def test_keys(self, space: Space) -> None:
        """Configurations have the same key exactly if they are the same."""
        configurations = _draws(space)
        keys = [space.key(params) for params in configurations]
        for params, key in zip(configurations, keys, strict=True):
            assert space.key(copy.deepcopy(params)) == key
            for other, other_key in zip(configurations, keys, strict=True):
                assert _same(params, other) == (key == other_key)

    def test_values_are_written_and_read(self, space: Space) -> None:
        """As JSON, a configuration comes back exactly, as does every value of a finite domain."""
        for params in _draws(space):
            number = space.find_branch(params)
            assert number is not None
            branch = space.branches[number]
            written = json.dumps({name: branch[name].to_plain(v) for name, v in params.items()})
            read = {name: branch[name].from_plain(v) for name, v in json.loads(written).items()}
            assert _same(params, read)
            assert repr(read) == repr({name: params[name] for name in read})
        for branch in space.branches:
            for domain in branch.values():
                for value in domain.values() if domain.size <= _MANY else ():
                    again = domain.from_plain(json.loads(json.dumps(domain.to_plain(value))))
                    assert domain.key(again) == domain.key(value)

    def test_size_is_that_of_the_grid(self, space: Space) -> None:
        """A finite space has as many configurations as it says; an infinite one has no grid."""
        if math.isinf(space.size):
            with pytest.raises(SpaceError, match="infinitely many"):
                list(space.grid())
        elif space.size <= _MANY:
            grid = list(space.grid())
            assert all(map(space.contains, grid))
            assert len({space.key(params) for params in grid}) == len(grid)
            overlap = len({frozenset(branch) for branch in space.branches}) < len(space.branches)
            assert len(grid) <= space.size if overlap else len(grid) == space.size
            drawn = {space.key(params) for params in _draws(space)}
            assert drawn <= {space.key(params) for params in grid}

    def test_pickle_and_copy(self, space: Space) -> None:
        """A copy is the same space."""
        for other in (pickle.loads(pickle.dumps(space)), copy.deepcopy(space)):
            for params in _draws(space):
                assert other.key(params) == space.key(params)
                np.testing.assert_array_equal(
                    other.encoding.encode([params]), space.encoding.encode([params])
                )

    def test_others_are_refused(self, space: Space) -> None:
        """Unknown, missing and impossible parameters are found, and named."""
        params = space.sample(np.random.default_rng(0))
        _assert_refused(space, {**params, "unheard_of": 1}, "unheard_of")
        for name in params:
            without = {other: value for other, value in params.items() if other != name}
            if not space.contains(without):
                with pytest.raises(SpaceError):
                    space.check(without)
            _assert_refused(space, {**params, name: object()}, name)


def _same(params: Params, other: Params) -> bool:
    """Whether configurations are equal, reals to the last digit."""
    return params.keys() == other.keys() and all(
        same_value(value, other[name]) for name, value in params.items()
    )


def _assert_encodes_to(space: Space, params: Params, row: Any) -> None:
    """Assert that the row of a configuration is ``row``, unless an earlier branch has it too."""
    (own,) = space.encoding.encode([params])
    if space.encoding.branch(own) == space.encoding.branch(row):
        np.testing.assert_allclose(own, row, atol=1e-8)
    else:
        assert space.find_branch(params) == space.encoding.branch(own)


def _assert_refused(space: Space, params: Mapping[str, Any], name: str) -> None:
    assert not space.contains(params)
    with pytest.raises(SpaceError, match=f"'{name}'"):
        space.check(params)


def _draws(space: Space) -> list[dict[str, Any]]:
    return [space.sample(np.random.default_rng(seed)) for seed in range(_N)]


def _at_the_ends(space: Space, rows: Any) -> list[Any]:
    """Rows whose continuous columns are at an end of the interval."""
    return [np.where(space.encoding.continuous(row), end, row) for row in rows for end in (0, 1)]


def _n_parameter_columns(space: Space) -> int:
    """Columns of parameters, those that branches share counted once."""
    places = {
        (name, domain.signature()): domain.n_columns
        for branch in space.branches
        for name, domain in branch.items()
    }
    return sum(places.values())
