"""Hyperparameter search with scikit-learn's face and the engine of a dedicated optimiser."""

from skhpo._version import __version__
from skhpo.search import BayesSearchCV, RandomSearchCV
from skhpo.space import Categorical, Float, Int, Space
from skhpo.tuner import Tuner

__all__ = [
    "BayesSearchCV",
    "Categorical",
    "Float",
    "Int",
    "RandomSearchCV",
    "Space",
    "Tuner",
    "__version__",
]
