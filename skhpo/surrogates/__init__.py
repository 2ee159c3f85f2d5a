"""Models of an objective over the unit cube, and rules for where to measure it next.

Pure numerics: nothing here knows of spaces, trials or histories.
"""

from skhpo.surrogates.acquisition import (
    ExpectedImprovement,
    LogExpectedImprovement,
    ProbabilityOfImprovement,
    ThompsonSampling,
    UpperConfidenceBound,
)
from skhpo.surrogates.base import (
    Acquisition,
    Criterion,
    Posterior,
    RandomFunctions,
    SmoothCriterion,
    SmoothPosterior,
    Surrogate,
)
from skhpo.surrogates.columns import Columns
from skhpo.surrogates.evidence import Hyperparameters
from skhpo.surrogates.forest import RandomForest, RandomForestPosterior
from skhpo.surrogates.gaussian_process import (
    GaussianProcess,
    GaussianProcessPosterior,
    LogNormal,
)
from skhpo.surrogates.noisy import LogNoisyExpectedImprovement

__all__ = [
    "Acquisition",
    "Columns",
    "Criterion",
    "ExpectedImprovement",
    "GaussianProcess",
    "GaussianProcessPosterior",
    "Hyperparameters",
    "LogExpectedImprovement",
    "LogNoisyExpectedImprovement",
    "LogNormal",
    "Posterior",
    "ProbabilityOfImprovement",
    "RandomForest",
    "RandomForestPosterior",
    "RandomFunctions",
    "SmoothCriterion",
    "SmoothPosterior",
    "Surrogate",
    "ThompsonSampling",
    "UpperConfidenceBound",
]
