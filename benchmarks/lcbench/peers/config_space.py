"""The space as ConfigSpace has it, for the peers that search in one."""

from __future__ import annotations

from ConfigSpace import (
    ConfigurationSpace,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)

from skhpo import Space

__all__ = ["configuration_space"]


def configuration_space(space: Space, seed: int) -> ConfigurationSpace:
    """Translate a space of numbers without branches.

    Parameters
    ----------
    space : Space
        What may be tried.
    seed : int
        Of what is drawn from the translation.
    """
    (domains,) = space.branches
    configurations = ConfigurationSpace(seed=seed)
    for name, domain in domains.items():
        kind = UniformFloatHyperparameter if domain.is_continuous else UniformIntegerHyperparameter
        configurations.add(kind(name, lower=domain.low, upper=domain.high, log=domain.log))
    return configurations
