from __future__ import annotations

import math

from skhpo.samplers import (
    BanditExploration,
    BayesianSampler,
    CMAESSampler,
    EvolutionSampler,
    GridSampler,
    InitialParams,
    PopulationSampler,
    QuasiRandomSampler,
    RandomSampler,
    TPESampler,
)
from skhpo.surrogates import RandomForest
from skhpo.testing import SPACES, SamplerLaws

FINITE = {name: space for name, space in SPACES.items() if math.isfinite(space.size)}

# a model takes its time: leave out what the others contain
CONTAINED = {"continuous", "integers", "steps", "numbers"}
VARIED = {name: space for name, space in SPACES.items() if name not in CONTAINED}


class TestRandomSampler(SamplerLaws):
    n_trials = 40

    def make_sampler(self):
        return RandomSampler()


class TestGridSampler(SamplerLaws):
    n_trials = 40
    spaces = FINITE

    def make_sampler(self):
        return GridSampler()


class TestInitialParams(SamplerLaws):
    """Nothing is given that holds in every space: what is left is the sampler that follows."""

    def make_sampler(self):
        return InitialParams([], then=RandomSampler())


class TestBayesianSampler(SamplerLaws):
    n_trials = 5
    spaces = VARIED

    def make_sampler(self):
        return BayesianSampler(n_initial_points=3)


class TestForest(SamplerLaws):
    n_trials = 5
    spaces = VARIED

    def make_sampler(self):
        return BayesianSampler(RandomForest(), n_initial_points=3)


class TestQuasiRandomSampler(SamplerLaws):
    n_trials = 20

    def make_sampler(self):
        return QuasiRandomSampler()


class TestCMAESSampler(SamplerLaws):
    n_trials = 18  # two generations and a half
    spaces = VARIED

    def make_sampler(self):
        return CMAESSampler()


class TestTPESampler(SamplerLaws):
    n_trials = 12

    def make_sampler(self):
        return TPESampler(n_initial_points=3)


class TestEvolutionSampler(SamplerLaws):
    def make_sampler(self):
        return EvolutionSampler(population_size=4)


class TestRegularisedEvolution(SamplerLaws):
    spaces = VARIED

    def make_sampler(self):
        return EvolutionSampler(population_size=4, survival="youngest", n_elite=0)


class TestPopulationSampler(SamplerLaws):
    def make_sampler(self):
        return PopulationSampler()


class TestPopulationOfBandits(SamplerLaws):
    def make_sampler(self):
        return PopulationSampler(BanditExploration(), RandomSampler())
