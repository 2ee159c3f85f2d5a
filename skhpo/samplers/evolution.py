"""Evolution: children of good trials, which recombine and change their parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skhpo.history import History
from skhpo.samplers.base import Sampler
from skhpo.samplers.fair import fair_trial
from skhpo.samplers.observations import Observations, observe
from skhpo.samplers.quasi_random import QuasiRandomSampler
from skhpo.samplers.random import RandomSampler
from skhpo.samplers.seen import seen_keys
from skhpo.settings import check_count, check_number
from skhpo.space import Encoding, Space
from skhpo.space.domains import Array
from skhpo.trial import Params

__all__ = ["EvolutionSampler"]

#: Children that were tried before are given up after so many.
_MAX_CHILDREN = 100

#: A mutation draws a parameter anew, rather than a neighbour, as often as this; the same holds
#: for the choice between branches, in each child.
_ANEW = 0.1

#: Mutations step so far, as a part of a parameter's range: all orders of magnitude alike.
_SHORTEST_STEP, _LONGEST_STEP = 0.003, 0.3

#: (scores, population size) -> places of those who live. Scores are in the order of the trials.
_Survival: TypeAlias = Callable[[Array, int], NDArray[np.intp]]


def _fittest(scores: Array, n: int) -> NDArray[np.intp]:
    """The best; the older ones where scores tie."""
    return np.argsort(-scores, kind="stable")[:n]


def _youngest(scores: Array, n: int) -> NDArray[np.intp]:
    """The last ones, whatever their scores."""
    return np.arange(len(scores))[-n:]


_SURVIVALS: dict[str, _Survival] = {"fittest": _fittest, "youngest": _youngest}


class EvolutionSampler(Sampler):
    """Breeds each configuration from finished trials.

    The population is read off the history. Two tournaments select the parents; with the
    probability of a crossover the child takes each parameter from either of them, otherwise all
    from the first; then each parameter mutates, mostly to a neighbour. Parents of different
    branches exchange the parameters that both have. Each finished trial joins the population at
    once (steady state), so that no worker ever waits for a generation; running and failed trials
    are no parents. The first trials are points of a Sobol sequence.

    Parameters
    ----------
    population_size : int, default=10
        Trials that may be parents, and trials to start before there are any.
    tournament_size : int, default=3
        Members of the population of which the best becomes a parent.
    crossover_probability : float, default=0.5
        Of two parents instead of one.
    mutation_probability : float or None, default=None
        Of each parameter; None is one divided by the number of parameters that vary. A child
        that was tried before is bred anew.
    survival : {"fittest", "youngest"}, default="fittest"
        Who makes the population: the best of all trials, or the last ones whatever their scores.
        The latter is regularised evolution: what only got lucky dies out.
    n_elite : int, default=1
        The best trials of all, which do not age. None of them (0) is regularised evolution as
        published.

    Raises
    ------
    ValueError
        If a setting makes no sense.

    References
    ----------
    D. E. Goldberg, K. Deb: A Comparative Analysis of Selection Schemes Used in Genetic
    Algorithms. Foundations of Genetic Algorithms 1, 1991.

    E. Real, A. Aggarwal, Y. Huang, Q. V. Le: Regularized Evolution for Image Classifier
    Architecture Search. AAAI Conference on Artificial Intelligence, 2019; Algorithm 1.
    """

    def __init__(
        self,
        population_size: int = 10,
        tournament_size: int = 3,
        crossover_probability: float = 0.5,
        mutation_probability: float | None = None,
        survival: Literal["fittest", "youngest"] = "fittest",
        n_elite: int = 1,
    ) -> None:
        owner = "EvolutionSampler"
        check_count(owner, "population_size", population_size, least=2)
        check_count(owner, "tournament_size", tournament_size)
        check_number(owner, "crossover_probability", crossover_probability, most=1)
        check_number(owner, "mutation_probability", mutation_probability, most=1, or_none=True)
        check_count(owner, "n_elite", n_elite, least=0)
        if survival not in _SURVIVALS:
            raise ValueError(f"survival={survival!r} is not known; write one of {[*_SURVIVALS]}.")
        self.population_size = population_size
        self.tournament_size = tournament_size
        self.crossover_probability = crossover_probability
        self.mutation_probability = mutation_probability
        self.survival = survival
        self.n_elite = n_elite

    def check(self, space: Space) -> None:
        """Refuse a space with a parameter that has no neighbours."""
        space.check_encodable()

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return a child that was not tried yet; see :class:`Sampler`."""
        seen = observe(space, history)
        if seen is None or len(seen.rows) < self.population_size:
            return QuasiRandomSampler().suggest(space, history, rng)
        population = self._population(seen)
        params = fair_trial(space, history, seen.rows, rng)
        if params is not None:
            return params
        tried = seen_keys(space, history)
        for _ in range(_MAX_CHILDREN):
            child = space.encoding.decode(self._child(space.encoding, population, rng))
            if space.key(child) not in tried:
                return child
        return RandomSampler().suggest(space, history, rng)

    def _population(self, seen: Observations) -> Array:
        """Return the rows of those who may be parents, the best first."""
        alive = ~seen.is_running & ~seen.has_failed
        rows, scores = seen.rows[alive], seen.scores[alive]
        members = np.union1d(
            _SURVIVALS[self.survival](scores, self.population_size),
            _fittest(scores, self.n_elite),
        )
        return rows[members[np.argsort(-scores[members], kind="stable")]]

    def _child(self, encoding: Encoding, population: Array, rng: np.random.Generator) -> Array:
        child = self._parent(population, rng)
        if rng.random() < self.crossover_probability:
            child = _crossover(encoding, child, self._parent(population, rng), rng)
        if encoding.n_branches > 1 and rng.random() < _ANEW:
            (stranger,) = encoding.sample(1, rng)
            child = _crossover(encoding, stranger, child, rng)
        return self._mutate(encoding, child, rng)

    def _parent(self, population: Array, rng: np.random.Generator) -> Array:
        """Return the winner of a tournament."""
        winner: Array = population[rng.integers(len(population), size=self.tournament_size).min()]
        return winner

    def _mutate(self, encoding: Encoding, row: Array, rng: np.random.Generator) -> Array:
        mutant = row.copy()
        slots = [slot for slot in encoding.slots(encoding.branch(row)) if slot.domain.n_columns]
        probability = self.mutation_probability
        if probability is None:
            probability = 1 / max(1, len(slots))
        for slot in slots:
            if rng.random() < probability:
                mutant[slot.columns] = (
                    slot.domain.sample_columns(1, rng)
                    if rng.random() < _ANEW
                    else slot.domain.neighbours(row[None, slot.columns], rng, _step(rng))
                )
        return mutant


def _step(rng: np.random.Generator) -> float:
    return float(np.exp(rng.uniform(np.log(_SHORTEST_STEP), np.log(_LONGEST_STEP))))


def _crossover(encoding: Encoding, mother: Array, father: Array, rng: np.random.Generator) -> Array:
    """Return a row of the mother's branch; what both have is from either, each as likely."""
    child = mother.copy()
    shared = {slot.columns.start for slot in encoding.slots(encoding.branch(father))}
    for slot in encoding.slots(encoding.branch(mother)):
        if slot.domain.n_columns and slot.columns.start in shared and rng.random() < 0.5:
            child[slot.columns] = father[slot.columns]
    return child
