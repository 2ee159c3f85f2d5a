"""Who gets how much resource next: schedulers, functions of the history alone."""

from skhpo.schedulers.base import Bracket, Plan, Scheduler, check_n_trials
from skhpo.schedulers.full_budget import FullBudget

__all__ = ["Bracket", "FullBudget", "Plan", "Scheduler", "check_n_trials"]
