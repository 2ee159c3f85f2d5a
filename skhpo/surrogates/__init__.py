"""Models of an objective over the unit cube, and rules for where to measure it next.

Pure numerics: nothing here knows of spaces, trials or histories.
"""

from skhpo.surrogates.acquisition import LogExpectedImprovement
from skhpo.surrogates.base import Acquisition, Criterion, Posterior, Surrogate
from skhpo.surrogates.evidence import Hyperparameters
from skhpo.surrogates.gaussian_process import (
    GaussianProcess,
    GaussianProcessPosterior,
    LogNormal,
)

__all__ = [
    "Acquisition",
    "Criterion",
    "GaussianProcess",
    "GaussianProcessPosterior",
    "Hyperparameters",
    "LogExpectedImprovement",
    "LogNormal",
    "Posterior",
    "Surrogate",
]
