"""Random search."""

from __future__ import annotations

import math

import numpy as np

from skhpo.exceptions import SpaceExhaustedError
from skhpo.history import History
from skhpo.samplers.base import Sampler
from skhpo.samplers.seen import seen_keys
from skhpo.space import Space
from skhpo.trial import Params

__all__ = ["RandomSampler"]

#: Draws before what is left of a finite space is enumerated.
_MAX_DRAWS = 100

#: Larger finite spaces are not enumerated; a hundred draws in a row never repeat there by chance.
_MAX_ENUMERATED = 1_000_000


class RandomSampler(Sampler):
    """Draws each configuration independently, but none twice.

    References
    ----------
    Bergstra, J. and Bengio, Y. (2012). Random search for hyper-parameter optimization. Journal of
    Machine Learning Research 13, 281-305.
    """

    is_adaptive = False

    def suggest(self, space: Space, history: History, rng: np.random.Generator) -> Params:
        """Return a random configuration that was not tried yet; see :class:`Sampler`."""
        seen = seen_keys(space, history)
        params = space.sample(rng)
        for _ in range(_MAX_DRAWS):
            if space.key(params) not in seen:
                return params
            params = space.sample(rng)
        if not math.isfinite(space.size) or space.size > _MAX_ENUMERATED:
            return params  # an infinite space with nearly all its weight on a few values
        left = [params for params in space.grid() if space.key(params) not in seen]
        if not left:
            raise SpaceExhaustedError(f"all {len(seen)} configurations of the space were tried")
        return left[int(rng.integers(len(left)))]
