"""Configurations the user wants tried first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from skhpo.history import History
from skhpo.samplers.base import Sampler
from skhpo.space import Space
from skhpo.trial import Params

__all__ = ["InitialParams"]


class InitialParams(Sampler):
    """Tries given configurations first, then asks another sampler.

    Parameters
    ----------
    params : sequence of dict
        Configurations of the space, in the order in which to try them.
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

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return the next given configuration, or what the other sampler suggests."""
        number = len(history.trials)
        if number < len(self.params):
            return dict(self.params[number])
        return self.then.suggest(space, history, rng)
