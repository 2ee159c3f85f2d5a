"""What happened in a search: tidy tables of its history."""

from skhpo.inspection.correlations import rung_correlations
from skhpo.inspection.lineage import lineage
from skhpo.inspection.tables import Savings, measurements, savings, survival
from skhpo.inspection.trials import trials

__all__ = [
    "Savings",
    "lineage",
    "measurements",
    "rung_correlations",
    "savings",
    "survival",
    "trials",
]
