"""Which configuration next: samplers, functions of (space, history, rng)."""

from skhpo.samplers.bandit import BanditExploration
from skhpo.samplers.base import Sampler
from skhpo.samplers.bayesian import BayesianSampler
from skhpo.samplers.cma_es import CMAESSampler
from skhpo.samplers.evolution import EvolutionSampler
from skhpo.samplers.exploration import Exploration, FunctionExploration, Perturbation
from skhpo.samplers.grid import GridSampler
from skhpo.samplers.initial import InitialParams
from skhpo.samplers.population import PopulationSampler
from skhpo.samplers.quasi_random import QuasiRandomSampler
from skhpo.samplers.random import RandomSampler
from skhpo.samplers.tpe import TPESampler

__all__ = [
    "BanditExploration",
    "BayesianSampler",
    "CMAESSampler",
    "EvolutionSampler",
    "Exploration",
    "FunctionExploration",
    "GridSampler",
    "InitialParams",
    "Perturbation",
    "PopulationSampler",
    "QuasiRandomSampler",
    "RandomSampler",
    "Sampler",
    "TPESampler",
]
