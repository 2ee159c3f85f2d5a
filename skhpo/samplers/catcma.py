"""The distribution of CMA-ES over the rows of an encoding: drawn from, told, started again."""

from __future__ import annotations

import copy
import math
from typing import TYPE_CHECKING

import numpy as np

from skhpo.space import Categorical, Encoding
from skhpo.space.domains import Array, Domain, UnitIntervalDomain
from skhpo.space.encoding import INACTIVE, Slot

if TYPE_CHECKING:
    from cmaes import CatCMAwM

__all__ = ["Strategy"]

#: Draws until one lies in the unit cube; the last one is clipped.
_MAX_OUTSIDE = 20

#: A generation whose continuous parameters agree to this part of their range has converged.
_CONVERGED = 1e-5


class Strategy:
    """CatCMA with margin, and restarts with twice the population.

    Columns of their own are coordinates of the normal distribution; groups of columns (one-hot)
    are categorical distributions.

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
        self._ordered = [slot for slot in slots.values() if slot.domain.n_columns == 1]
        self._unordered = [slot for slot in slots.values() if slot.domain.n_columns > 1]
        self._columns = [slot.columns.start for slot in self._ordered]
        if population_size is None:
            population_size = 4 + math.floor(3 * math.log(len(slots)))
        if mean is None:
            mean = np.full(encoding.n_columns, INACTIVE)
        self._start(mean, population_size)

    def _start(self, mean: Array, population_size: int) -> None:
        from cmaes import CatCMAwM  # no other sampler needs it

        n = len(self._ordered)
        # without bounds: rows are drawn until they lie in the unit cube, so none needs a penalty
        self._optimizer = CatCMAwM(
            x_space=[[-np.inf, np.inf]] * n or None,
            c_space=[slot.domain.n_columns for slot in self._unordered] or None,
            population_size=population_size,
            mean=mean[self._columns],
            sigma=self._sigma0,
            cov=np.eye(n),
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
        """Draw a row: a point of the unit cube, not moved to the nearest values yet.

        Returns
        -------
        ndarray of shape (n_columns,)
        """
        for _ in range(_MAX_OUTSIDE):
            drawn = self._optimizer.ask()
            if not self._ordered or ((drawn.x >= 0.0) & (drawn.x <= 1.0)).all():
                break
        row = np.empty(self._encoding.n_columns)
        if self._ordered:
            row[self._columns] = np.clip(drawn.x, 0.0, 1.0)
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
        self._optimizer.tell([(self._solution(row, rng), rank) for rank, row in enumerate(ranked)])
        if self._has_converged(rows) or (scores == scores[0]).all():
            anywhere = rng.random(self._encoding.n_columns)
            self._start(anywhere, 2 * self._optimizer.population_size)

    def _has_converged(self, rows: Array) -> bool:
        free = self._encoding.continuous(rows[0])
        return bool(free.any() and np.ptp(rows[:, free], axis=0).max() < _CONVERGED)

    def _solution(self, row: Array, rng: np.random.Generator) -> CatCMAwM.Solution:
        """Return a row as the optimiser knows it.

        What its branch does not have is a draw, from which nothing can be learned.
        """
        drawn = self._optimizer.ask()
        active = self._active[self._encoding.branch(row)]
        for place, slot in enumerate(self._ordered):
            if slot.columns.start in active:
                drawn.x[place] = _position(slot.domain, row[slot.columns], rng)[0]
        for place, slot in enumerate(self._unordered):
            if slot.columns.start in active:
                drawn.c[place, : slot.domain.n_columns] = row[slot.columns] > 0.5
        return type(drawn)(drawn.x, None, drawn.c, drawn.x)


def _by_column(encoding: Encoding, branch: int) -> dict[int, Slot]:
    """Return what varies in a branch by its first column; the choice of the branch is one of it."""
    choice = Categorical(range(encoding.n_branches), ordered=False)
    slots = [Slot("", choice, slice(0, choice.n_columns)), *encoding.slots(branch)]
    return {slot.columns.start: slot for slot in slots if slot.domain.n_columns}


def _position(domain: Domain, position: Array, rng: np.random.Generator) -> Array:
    """Return a position that means the same value: any one in its part of the unit interval.

    Were it always the same one, the distribution would shrink to it while other values are
    still to be tried.
    """
    if domain.is_continuous or not isinstance(domain, UnitIntervalDomain):
        return position
    shift = rng.uniform(-0.5, 0.5, 1)
    gap = np.abs(domain.shift(position, np.where(shift < 0, -1, 1)) - position)
    return np.clip(position + shift * gap, 0.0, 1.0)
