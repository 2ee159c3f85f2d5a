"""The scikit-learn face: one small recipe for each search class."""

from skhpo.search.base import TunerSearchCV
from skhpo.search.bayes import BayesSearchCV
from skhpo.search.random import RandomSearchCV

__all__ = ["BayesSearchCV", "RandomSearchCV", "TunerSearchCV"]
