"""Which configuration next: samplers, functions of (space, history, rng)."""

from skhpo.samplers.base import Sampler
from skhpo.samplers.bayesian import BayesianSampler
from skhpo.samplers.cma_es import CMAESSampler
from skhpo.samplers.evolution import EvolutionSampler
from skhpo.samplers.grid import GridSampler
from skhpo.samplers.initial import InitialParams
from skhpo.samplers.quasi_random import QuasiRandomSampler
from skhpo.samplers.random import RandomSampler
from skhpo.samplers.tpe import TPESampler

__all__ = [
    "BayesianSampler",
    "CMAESSampler",
    "EvolutionSampler",
    "GridSampler",
    "InitialParams",
    "QuasiRandomSampler",
    "RandomSampler",
    "Sampler",
    "TPESampler",
]
