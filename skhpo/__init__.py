"""Hyperparameter search with scikit-learn's face and the engine of a dedicated optimiser."""

from skhpo._version import __version__
from skhpo.early_stopping import EarlyStopping
from skhpo.faults import FaultTolerance
from skhpo.search import (
    BayesSearchCV,
    CMAESSearchCV,
    EvolutionSearchCV,
    HalvingASHASearchCV,
    HalvingSearchCV,
    HyperbandSearchCV,
    PBTSearchCV,
    RandomSearchCV,
    ReplayedSchedule,
    Schedule,
    TPESearchCV,
)
from skhpo.space import Categorical, Float, Int, Space
from skhpo.tuner import Tuner

__all__ = [
    "BayesSearchCV",
    "CMAESSearchCV",
    "Categorical",
    "EarlyStopping",
    "EvolutionSearchCV",
    "FaultTolerance",
    "Float",
    "HalvingASHASearchCV",
    "HalvingSearchCV",
    "HyperbandSearchCV",
    "Int",
    "PBTSearchCV",
    "RandomSearchCV",
    "ReplayedSchedule",
    "Schedule",
    "Space",
    "TPESearchCV",
    "Tuner",
    "__version__",
]
