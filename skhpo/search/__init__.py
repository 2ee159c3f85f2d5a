"""The scikit-learn face: one small recipe for each search class."""

from skhpo.search.asha import HalvingASHASearchCV
from skhpo.search.base import TunerSearchCV
from skhpo.search.bayes import BayesSearchCV
from skhpo.search.cma_es import CMAESSearchCV
from skhpo.search.effort import Effort, ProbedPlan, Span
from skhpo.search.evolution import EvolutionSearchCV
from skhpo.search.halving import HalvingSearchCV
from skhpo.search.hyperband import HyperbandSearchCV
from skhpo.search.pbt import PBTSearchCV
from skhpo.search.random import RandomSearchCV
from skhpo.search.replay import ReplayedSchedule
from skhpo.search.schedule import Schedule
from skhpo.search.tpe import TPESearchCV

__all__ = [
    "BayesSearchCV",
    "CMAESSearchCV",
    "Effort",
    "EvolutionSearchCV",
    "HalvingASHASearchCV",
    "HalvingSearchCV",
    "HyperbandSearchCV",
    "PBTSearchCV",
    "ProbedPlan",
    "RandomSearchCV",
    "ReplayedSchedule",
    "Schedule",
    "Span",
    "TPESearchCV",
    "TunerSearchCV",
]
