"""Which configuration next: samplers, functions of (space, history, rng)."""

from skhpo.samplers.base import Sampler
from skhpo.samplers.bayesian import BayesianSampler
from skhpo.samplers.grid import GridSampler
from skhpo.samplers.initial import InitialParams
from skhpo.samplers.random import RandomSampler

__all__ = ["BayesianSampler", "GridSampler", "InitialParams", "RandomSampler", "Sampler"]
