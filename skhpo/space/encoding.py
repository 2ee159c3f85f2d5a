"""Configurations as points of the unit cube, for samplers that build a model.

A row has the columns of the choice between branches, then the columns of every parameter. A
parameter that two branches share with the same domain has its columns once, so that a model
learns about it from both. Columns of parameters that a row's branch does not have are put at 0.5.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.space.categorical import Categorical
from skhpo.space.domains import Array, Domain
from skhpo.trial import Params

__all__ = ["INACTIVE", "Encoding", "Slot"]

#: Where the columns of inactive parameters are put: the middle, as near to all as can be.
INACTIVE = 0.5


@dataclass(frozen=True)
class Slot:
    """A parameter of a branch, and where its columns are.

    Parameters
    ----------
    name : str
        The parameter.
    domain : Domain
        What it may be.
    columns : slice
        Its columns of a row: none for a constant, one for what has an order, one for each value
        (one-hot) of what has none.
    """

    name: str
    domain: Domain
    columns: slice


class Encoding:
    """The map between configurations and rows.

    Parameters
    ----------
    branches : sequence of dict of str to Domain
        The branches of a space.

    Attributes
    ----------
    n_columns : int
        Length of a row.
    n_branches : int
        How many branches there are.
    widths : tuple of int
        Columns of the choice between branches and of each parameter, in their order; none for
        what has only one value.
    """

    def __init__(self, branches: Sequence[dict[str, Domain]]) -> None:
        self._branches = branches
        self.n_branches = len(branches)
        self._choice = Categorical(range(len(branches)), ordered=False)
        self.n_columns = self._choice.n_columns
        widths = [self._choice.n_columns]
        self._slots: list[list[Slot]] = []
        places: dict[tuple[str, Hashable], slice] = {}
        for branch in branches:
            slots = []
            for name, domain in branch.items():
                place = (name, domain.signature())
                if place not in places:
                    places[place] = slice(self.n_columns, self.n_columns + domain.n_columns)
                    self.n_columns += domain.n_columns
                    widths.append(domain.n_columns)
                slots.append(Slot(name, domain, places[place]))
            self._slots.append(slots)
        self.widths = tuple(width for width in widths if width)

    @property
    def n_active(self) -> float:
        """How many of them, the choice included, a row has; the mean over the branches."""
        n_choices = self.n_branches > 1
        counts = [sum(s.domain.n_columns > 0 for s in slots) for slots in self._slots]
        return n_choices + sum(counts) / len(counts)

    # ------------------------------------------------------------------ there and back

    def encode(self, configurations: Sequence[Params]) -> Array:
        """Return the rows of configurations.

        Parameters
        ----------
        configurations : sequence of n mappings
            Configurations of the space.

        Returns
        -------
        ndarray of shape (n, n_columns)
            Values in [0, 1].
        """
        rows = np.empty((len(configurations), self.n_columns))
        for row, params in zip(rows, configurations, strict=True):
            self._encode_into(row, self._find_branch(params), params)
        return rows

    def decode(self, row: Array) -> dict[str, Any]:
        """Return the configuration nearest to a row.

        Parameters
        ----------
        row : ndarray of shape (n_columns,)
            A point of the unit cube.
        """
        slots = self._slots[self.branch(row)]
        return {slot.name: slot.domain.decode(row[slot.columns]) for slot in slots}

    def at_branch(self, branch: int) -> Array:
        """Return a row of a branch, with nothing chosen yet: all its parameters are inactive.

        Parameters
        ----------
        branch : int
            Its number.

        Returns
        -------
        ndarray of shape (n_columns,)
        """
        row = np.full(self.n_columns, INACTIVE)
        row[: self._choice.n_columns] = self._choice.encode(branch)
        return row

    def branch(self, row: Array) -> int:
        """Return the number of the branch a row belongs to.

        Parameters
        ----------
        row : ndarray of shape (n_columns,)
            A point of the unit cube.
        """
        if self.n_branches == 1:
            return 0
        return int(self._choice.decode(row[: self._choice.n_columns]))

    def slots(self, branch: int) -> Sequence[Slot]:
        """Return the parameters of a branch, by name, and where their columns are.

        Parameters
        ----------
        branch : int
            Its number.
        """
        return self._slots[branch]

    def _find_branch(self, params: Params) -> int:
        candidates = [n for n, b in enumerate(self._branches) if b.keys() == params.keys()]
        if len(candidates) == 1:
            return candidates[0]
        for number in candidates:
            if all(params[name] in domain for name, domain in self._branches[number].items()):
                return number
        raise ValueError(f"{dict(params)!r} is not a configuration of this space")

    def _encode_into(self, row: Array, branch: int, params: Params) -> None:
        row[:] = self.at_branch(branch)
        for slot in self._slots[branch]:
            row[slot.columns] = slot.domain.encode(params[slot.name])

    # ------------------------------------------------------------------ moving about

    def sample(
        self, n: int, rng: np.random.Generator, branches: Sequence[int] | None = None
    ) -> Array:
        """Draw rows as :meth:`Space.sample` draws configurations.

        Parameters
        ----------
        n : int
            How many.
        rng : numpy.random.Generator
            Random numbers.
        branches : sequence of int or None
            Of which branches; None for all.

        Returns
        -------
        ndarray of shape (n, n_columns)
            Rows that mean a configuration exactly.
        """
        rows = np.full((n, self.n_columns), INACTIVE)
        among = range(self.n_branches) if branches is None else branches
        drawn = rng.integers(len(among), size=n)
        for place, branch in enumerate(among):
            (here,) = np.nonzero(drawn == place)
            rows[here, : self._choice.n_columns] = self._choice.encode(branch)
            for slot in self._slots[branch]:
                rows[here, slot.columns] = slot.domain.sample_columns(len(here), rng)
        return rows

    def neighbours(self, row: Array, rng: np.random.Generator, n: int, scale: float) -> Array:
        """Draw rows near a row, in the same branch.

        Each differs in one parameter at least; every parameter moves with a probability that
        makes about two of them move.

        Parameters
        ----------
        row : ndarray of shape (n_columns,)
            Where to start.
        rng : numpy.random.Generator
            Random numbers.
        n : int
            How many.
        scale : float
            Standard deviation of a step in the unit interval.

        Returns
        -------
        ndarray of shape (n, n_columns)
            Rows that mean a configuration exactly.
        """
        (near,) = self.neighbourhoods(row[None], rng, n, scale)
        return np.asarray(near)

    def neighbourhoods(
        self, rows: Array, rng: np.random.Generator, n: int, scale: Array | float
    ) -> Array:
        """Draw :meth:`neighbours` of several rows, all at once.

        Parameters
        ----------
        rows : ndarray of shape (m, n_columns)
            Where to start.
        rng : numpy.random.Generator
            Random numbers.
        n : int
            How many of each.
        scale : float or array of shape (m,)
            Standard deviation of a step in the unit interval, for all or for each.

        Returns
        -------
        ndarray of shape (m, n, n_columns)
        """
        near = np.repeat(rows[:, None, :], n, axis=1)
        scales = np.broadcast_to(scale, len(rows))
        branches = np.array([self.branch(row) for row in rows], dtype=np.intp)
        for branch in np.unique(branches):
            here = np.flatnonzero(branches == branch)
            moved = near[here].reshape(len(here) * n, self.n_columns)
            self._move(moved, self._slots[branch], rng, np.repeat(scales[here], n))
            near[here] = moved.reshape(len(here), n, self.n_columns)
        return near

    def _move(
        self, rows: Array, slots: Sequence[Slot], rng: np.random.Generator, scales: Array
    ) -> None:
        """Move rows of one branch, in place."""
        slots = [slot for slot in slots if slot.domain.n_columns]
        if not slots:
            return
        moves = rng.random((len(rows), len(slots))) < min(1.0, 2.0 / len(slots))
        moves[np.arange(len(rows)), rng.integers(len(slots), size=len(rows))] = True
        for slot, moving in zip(slots, moves.T, strict=True):
            rows[moving, slot.columns] = slot.domain.neighbours(
                rows[moving, slot.columns], rng, scales[moving]
            )

    def continuous(self, row: Array) -> NDArray[np.bool_]:
        """Return which columns may vary freely in [0, 1] without leaving the space.

        Parameters
        ----------
        row : ndarray of shape (n_columns,)
            A row; the answer depends on its branch.

        Returns
        -------
        ndarray of bool, shape (n_columns,)
        """
        free = np.zeros(self.n_columns, dtype=bool)
        for slot in self._slots[self.branch(row)]:
            free[slot.columns] = slot.domain.is_continuous
        return free
