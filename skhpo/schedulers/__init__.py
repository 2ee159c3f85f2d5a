"""Who gets how much resource next: schedulers, functions of the history alone."""

from skhpo.schedulers.asha import AsynchronousHalving
from skhpo.schedulers.base import Bracket, Plan, Scheduler
from skhpo.schedulers.exploitation import BinaryTournament, Exploitation, Truncation
from skhpo.schedulers.full_budget import FullBudget
from skhpo.schedulers.hyperband import AsynchronousHyperband, Hyperband, hyperband_brackets
from skhpo.schedulers.iterations import HalvingIterations, exhausting_resource
from skhpo.schedulers.patience import PatienceStopping
from skhpo.schedulers.percentile import MedianStopping, PercentileStopping
from skhpo.schedulers.population import PopulationTraining, SynchronousPopulationTraining
from skhpo.schedulers.racing import FoldRacing
from skhpo.schedulers.rungs import rungs
from skhpo.schedulers.selection import BestScores, Selection, UpperConfidenceBound, WithinNoise
from skhpo.schedulers.stopping_halving import StoppingHalving
from skhpo.schedulers.successive_halving import SuccessiveHalving

__all__ = [
    "AsynchronousHalving",
    "AsynchronousHyperband",
    "BestScores",
    "BinaryTournament",
    "Bracket",
    "Exploitation",
    "FoldRacing",
    "FullBudget",
    "HalvingIterations",
    "Hyperband",
    "MedianStopping",
    "PatienceStopping",
    "PercentileStopping",
    "Plan",
    "PopulationTraining",
    "Scheduler",
    "Selection",
    "StoppingHalving",
    "SuccessiveHalving",
    "SynchronousPopulationTraining",
    "Truncation",
    "UpperConfidenceBound",
    "WithinNoise",
    "exhausting_resource",
    "hyperband_brackets",
    "rungs",
]
