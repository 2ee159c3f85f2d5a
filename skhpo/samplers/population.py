"""Configurations for a population: anywhere at first, later near those they are copied from."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from skhpo.history import History
from skhpo.samplers.base import Sampler
from skhpo.samplers.exploration import Exploration, Perturbation
from skhpo.samplers.quasi_random import QuasiRandomSampler
from skhpo.settings import check_instance
from skhpo.space import Space
from skhpo.trial import Fork, Params

__all__ = ["PopulationSampler"]


class PopulationSampler(Sampler):
    """Spreads a population over the space; copies explore around their originals.

    Parameters
    ----------
    explore : Exploration or None, default=None
        What a copy tries instead of what the original did; None is
        :class:`~skhpo.samplers.Perturbation`.
    initial_sampler : Sampler or None, default=None
        Suggests those that begin; None is :class:`~skhpo.samplers.QuasiRandomSampler`.
    inherited : collection of str, default=()
        Parameters that a copy takes over with the state that was trained: those that cannot change
        without losing it, such as the width of a network.

    References
    ----------
    Jaderberg, M., et al. (2017). Population based training of neural networks.
    arXiv:1711.09846.
    """

    def __init__(
        self,
        explore: Exploration | None = None,
        initial_sampler: Sampler | None = None,
        inherited: Collection[str] = (),
    ) -> None:
        owner = "PopulationSampler"
        check_instance(owner, "explore", explore, Exploration, "Perturbation()", or_none=True)
        example = "RandomSampler()"
        check_instance(owner, "initial_sampler", initial_sampler, Sampler, example, or_none=True)
        self.explore = explore if explore is not None else Perturbation()
        self.initial_sampler = initial_sampler
        self.inherited = tuple(inherited)

    @property
    def is_adaptive(self) -> bool:  # type: ignore[override]
        """Whether the first configurations depend on measurements."""
        return self.initial_sampler is not None and self.initial_sampler.is_adaptive

    def check(self, space: Space) -> None:
        """Refuse what one of the two can do nothing with."""
        self._initial.check(space)
        self.explore.check(space, self._free(space))

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return a configuration to begin with; see :class:`Sampler`."""
        return self._initial.suggest(space, history, rng)

    def perturb(
        self, space: Space, history: History, fork: Fork, rng: np.random.Generator
    ) -> Params:
        """Return the configuration of a copy; see :class:`Sampler`."""
        return self.explore.explore(space, history, fork, self._free(space), rng)

    @property
    def _initial(self) -> Sampler:
        return self.initial_sampler or QuasiRandomSampler()

    def _free(self, space: Space) -> frozenset[str]:
        """Return the names of the parameters that may change."""
        return frozenset(name for branch in space.branches for name in branch) - {*self.inherited}
