"""Samplers by name, for searches that leave the choice to the user."""

from __future__ import annotations

from collections.abc import Callable

from skhpo.samplers import (
    BayesianSampler,
    CMAESSampler,
    EvolutionSampler,
    GridSampler,
    QuasiRandomSampler,
    RandomSampler,
    Sampler,
    TPESampler,
)
from skhpo.settings import named

__all__ = ["chosen_sampler"]

_SAMPLERS: dict[str, Callable[[], Sampler]] = {
    "random": RandomSampler,
    "quasi-random": QuasiRandomSampler,
    "grid": GridSampler,
    "bayes": BayesianSampler,
    "tpe": TPESampler,
    "cma-es": CMAESSampler,
    "evolution": EvolutionSampler,
}


def chosen_sampler(given: Sampler | str) -> Sampler:
    """Return the sampler that is named, or given.

    Parameters
    ----------
    given : str or Sampler
        ``"random"``, ``"quasi-random"``, ``"grid"``, ``"bayes"``, ``"tpe"``, ``"cma-es"``,
        ``"evolution"``, or a sampler.

    Raises
    ------
    ValueError
        If nothing has that name.
    TypeError
        If it is no sampler.
    """
    sampler = named("sampler", given, _SAMPLERS, "skhpo.samplers")
    if not isinstance(sampler, Sampler):
        raise TypeError(
            f"sampler must be one of {list(_SAMPLERS)} or an object of skhpo.samplers such as "
            f"BayesianSampler(), got {given!r}"
        )
    return sampler
