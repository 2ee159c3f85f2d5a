"""The distribution of CMA-ES over the rows of an encoding: drawn from, told, started again."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING

import numpy as np

from skhpo.space import Categorical, Encoding
from skhpo.space.domains import Array, Domain
from skhpo.space.encoding import INACTIVE, Slot

if TYPE_CHECKING:
    from cmaes import CatCMAwM

__all__ = ["Strategy"]

#: Draws until one lies in the unit cube; the last one is clipped.
_MAX_OUTSIDE = 20

#: Values that a coordinate may have with a margin for each; one with more counts as continuous.
_MANY = 1000

#: A generation whose continuous parameters agree to this part of their range has converged.
_CONVERGED = 1e-5


class Strategy:
    """CatCMA with margin, and restarts with twice the population.

    Columns of their own are coordinates of the normal distribution, with a margin where they have
    steps: the distribution never shrinks so far that it draws one value only. Groups of columns
    (one-hot) are categorical distributions.

    Parameters
    ----------
    encoding : Encoding
        Of the space, with one column at least.
    seed : int
        Of the search.
    sigma0 : float
        Standard deviation at a start, as a part of the unit interval.
    population_size : int or None, default=None
        Of the first start; None is ``4 + floor(3 log(n))`` for ``n`` parameters.
    mean : array of shape (n_columns,) or None, default=None
        The row to start from; None is the middle of the space.
    """

    def __init__(
        self,
        encoding: Encoding,
        seed: int,
        sigma0: float,
        population_size: int | None = None,
        mean: Array | None = None,
    ) -> None:
        self._encoding = encoding
        self._seed = seed
        self._sigma0 = sigma0
        self._n_generations = 0
        branches = [_by_column(encoding, branch) for branch in range(encoding.n_branches)]
        self._active = [branch.keys() for branch in branches]
        slots = {column: slot for branch in branches for column, slot in branch.items()}
        ordered = [slot for slot in slots.values() if slot.domain.n_columns == 1]
        self._stepped = [slot for slot in ordered if slot.domain.size <= _MANY]
        self._smooth = [slot for slot in ordered if slot.domain.size > _MANY]
        self._unordered = [slot for slot in slots.values() if slot.domain.n_columns > 1]
        # of the coordinates, in the library's order
        self._columns = [slot.columns.start for slot in self._smooth + self._stepped]
        if population_size is None:
            population_size = 4 + math.floor(3 * math.log(len(slots)))
        if mean is None:
            mean = np.full(encoding.n_columns, INACTIVE)
        self._start(mean, population_size)

    def _start(self, mean: Array, population_size: int) -> None:
        from cmaes import CatCMAwM  # no other sampler needs it

        # without bounds: rows are drawn until they lie in the unit cube, so none needs a penalty
        self._optimizer = CatCMAwM(
            x_space=[[-np.inf, np.inf]] * len(self._smooth) or None,
            z_space=[_positions(slot.domain) for slot in self._stepped] or None,
            c_space=[slot.domain.n_columns for slot in self._unordered] or None,
            population_size=population_size,
            mean=mean[self._columns],
            sigma=self._sigma0,
            cov=np.eye(len(self._columns)),
        )

    def copy(self) -> Strategy:
        """Return one that can learn more without changing this one."""
        twin = copy.copy(self)
        twin._optimizer = copy.deepcopy(self._optimizer)
        return twin

    # ------------------------------------------------------------------ drawing

    def reseed(self, rng: np.random.Generator) -> None:
        """Let the next draws depend on the distribution and ``rng`` alone.

        Parameters
        ----------
        rng : numpy.random.Generator
            Random numbers.
        """
        self._optimizer.reseed_rng(int(rng.integers(2**32)))

    def draw(self) -> Array:
        """Draw a row: a point of the unit cube, not moved to the nearest values everywhere.

        Returns
        -------
        ndarray of shape (n_columns,)
        """
        for _ in range(_MAX_OUTSIDE):
            drawn = self._optimizer.ask()
            if not self._smooth or ((drawn.x >= 0.0) & (drawn.x <= 1.0)).all():
                break
        row = np.empty(self._encoding.n_columns)
        x, z = (np.empty(0) if each is None else each for each in (drawn.x, drawn.z))
        row[self._columns] = np.clip(np.concatenate([x, z]), 0.0, 1.0)
        for place, slot in enumerate(self._unordered):
            row[slot.columns] = drawn.c[place, : slot.domain.n_columns]
        return row

    # ------------------------------------------------------------------ learning

    def tell(self, rows: Array, scores: Array) -> int:
        """Learn from finished trials, generation by generation.

        Parameters
        ----------
        rows : array of shape (n, n_columns)
            Their configurations.
        scores : array of shape (n,)
            Their scores, greater is better; minus infinity after a failure.

        Returns
        -------
        int
            How many of them made full generations; the others are to be told again.
        """
        n_told = 0
        while len(rows) - n_told >= self._optimizer.population_size:
            generation = slice(n_told, n_told + self._optimizer.population_size)
            self._tell_generation(rows[generation], scores[generation])
            n_told = generation.stop
        return n_told

    def _tell_generation(self, rows: Array, scores: Array) -> None:
        seed = np.random.SeedSequence(self._seed, spawn_key=(self._n_generations,))
        rng = np.random.default_rng(seed)
        self._n_generations += 1
        self.reseed(rng)
        ranked = rows[np.argsort(-scores, kind="stable")]
        # ranks for scores, which may tie or be infinite
        with np.errstate(over="ignore"):  # a random trial far away: the distribution diverges
            self._optimizer.tell([(self._solution(row), rank) for rank, row in enumerate(ranked)])
        has_diverged = self._columns and self._optimizer.should_stop()
        if has_diverged or self._has_converged(rows) or (scores == scores[0]).all():
            anywhere = rng.random(self._encoding.n_columns)
            self._start(anywhere, 2 * self._optimizer.population_size)

    def _has_converged(self, rows: Array) -> bool:
        """Whether the trials that have a parameter agree in it; one alone says nothing."""
        active = [self._active[self._encoding.branch(row)] for row in rows]
        spreads = []
        for slot in self._smooth:
            column = slot.columns.start
            positions = [
                row[column] for row, here in zip(rows, active, strict=True) if column in here
            ]
            if len(positions) > 1:
                spreads.append(np.ptp(positions))
        return bool(spreads) and max(spreads) < _CONVERGED

    def _solution(self, row: Array) -> CatCMAwM.Solution:
        """Return a row as the optimiser knows it.

        What its branch does not have is a draw, from which nothing can be learned.
        """
        drawn = self._optimizer.ask()
        active = self._active[self._encoding.branch(row)]
        # the coordinates before they were moved to a value; the library has no public name for them
        coordinates = np.empty(0) if drawn._v_raw is None else drawn._v_raw
        for place, column in enumerate(self._columns):
            if column in active:
                coordinates[place] = row[column]
        for place, slot in enumerate(self._unordered):
            if slot.columns.start in active:
                drawn.c[place, : slot.domain.n_columns] = row[slot.columns] > 0.5
        x, z = np.split(coordinates, [len(self._smooth)])
        return type(drawn)(x, z, drawn.c, coordinates)


def _by_column(encoding: Encoding, branch: int) -> dict[int, Slot]:
    """Return what varies in a branch by its first column; the choice of the branch is one of it."""
    choice = Categorical(range(encoding.n_branches), ordered=False)
    slots = [Slot("", choice, slice(0, choice.n_columns)), *encoding.slots(branch)]
    return {slot.columns.start: slot for slot in slots if slot.domain.n_columns}


def _positions(domain: Domain) -> list[float]:
    """Return where the values of an ordered domain lie in the unit interval."""
    return [float(domain.encode(value)[0]) for value in domain.values()]
