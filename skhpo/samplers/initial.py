"""Configurations the user wants tried first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skhpo.history import History
from skhpo.samplers.base import Sampler
from skhpo.samplers.seen import seen_keys
from skhpo.space import Space
from skhpo.trial import Params

__all__ = ["InitialParams"]


class InitialParams(Sampler):
    """Tries given configurations first, then asks another sampler.

    Parameters
    ----------
    params : sequence of dict
        Configurations of the space, in the order in which to try them; none is tried twice.
    then : Sampler
        Who is asked afterwards. It finds the first ones in the history like any others.
    """

    def __init__(self, params: Sequence[Params], then: Sampler) -> None:
        self.params = params
        self.then = then

    @property
    def is_adaptive(self) -> bool:  # type: ignore[override]
        """As the sampler that follows."""
        return self.then.is_adaptive

    def check(self, space: Space) -> None:
        """Ask the sampler that follows."""
        self.then.check(space)

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return the next given configuration, or what the other sampler suggests.

        Raises
        ------
        SpaceError
            If a given one is not in the space.
        SpaceExhaustedError
            If nothing is left; see :class:`Sampler`.
        """
        seen = seen_keys(space, history)
        for params in self.params:
            if space.key(params) not in seen:
                return dict(params)
        return self.then.suggest(space, history, rng)
