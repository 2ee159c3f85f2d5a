"""Hyperparameter search with scikit-learn's face and the engine of a dedicated optimiser."""

from skhpo._version import __version__
from skhpo.search import (
    BayesSearchCV,
    CMAESSearchCV,
    EvolutionSearchCV,
    HalvingASHASearchCV,
    HalvingSearchCV,
    HyperbandSearchCV,
    RandomSearchCV,
    TPESearchCV,
)
from skhpo.space import Categorical, Float, Int, Space
from skhpo.tuner import Tuner

__all__ = [
    "BayesSearchCV",
    "CMAESSearchCV",
    "Categorical",
    "EvolutionSearchCV",
    "Float",
    "HalvingASHASearchCV",
    "HalvingSearchCV",
    "HyperbandSearchCV",
    "Int",
    "RandomSearchCV",
    "Space",
    "TPESearchCV",
    "Tuner",
    "__version__",
]
