"""Configurations the user wants tried first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from skhpo.history import History
from skhpo.samplers.base import Sampler
from skhpo.samplers.seen import seen_keys
from skhpo.settings import check_instance
from skhpo.space import Space
from skhpo.trial import Fork, Params

__all__ = ["InitialParams", "check_inside", "check_listed"]


def check_listed(name: str, given: Any) -> None:
    """Raise an error unless configurations stand in a list.

    Parameters
    ----------
    name : str
        How to call them in the message.
    given : object
        What should be a sequence of dicts.

    Raises
    ------
    TypeError
        Saying what to write instead.
    """
    if not isinstance(given, Sequence) or isinstance(given, str):
        example = [given] if isinstance(given, Mapping) else [{"C": 1.0}, {"C": 10.0}]
        raise TypeError(f"{name} must be a list of dicts such as {example}, got {given!r}")


def check_inside(name: str, given: Sequence[Params], space: Space) -> None:
    """Raise an error for the first configuration that is not in the space.

    Parameters
    ----------
    name : str
        How to call them in the message.
    given : sequence of dict
        The configurations.
    space : Space
        What may be tried.

    Raises
    ------
    SpaceError
        Naming the parameter that is unknown, missing or outside its domain.
    """
    for number, params in enumerate(given):
        space.check(params, label=f"{name}[{number}]")


class InitialParams(Sampler):
    """Tries given configurations first, then asks another sampler.

    Parameters
    ----------
    params : sequence of dict
        Configurations of the space, in the order in which to try them; none is tried twice.
    then : Sampler
        Who is asked afterwards. It finds the first ones in the history like any others.

    Raises
    ------
    TypeError
        If ``params`` is no list, or ``then`` no sampler.
    """

    def __init__(self, params: Sequence[Params], then: Sampler) -> None:
        check_listed("InitialParams: params", params)
        check_instance("InitialParams", "then", then, Sampler, "RandomSampler()")
        self.params = params
        self.then = then

    @property
    def is_adaptive(self) -> bool:  # type: ignore[override]
        """As the sampler that follows."""
        return self.then.is_adaptive

    def check(self, space: Space) -> None:
        """Refuse a configuration that is not in the space; ask the sampler that follows."""
        check_inside("InitialParams: params", self.params, space)
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

    def perturb(
        self, space: Space, history: History, fork: Fork, rng: np.random.Generator
    ) -> Params:
        """As the sampler that follows."""
        return self.then.perturb(space, history, fork, rng)
