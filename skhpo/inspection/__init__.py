"""What happened in a search: tidy tables of its history."""

from skhpo.inspection.advice import Advice, advice
from skhpo.inspection.compare import Comparison, compare
from skhpo.inspection.convergence import convergence
from skhpo.inspection.correlations import rung_correlations
from skhpo.inspection.curves import learning_curves
from skhpo.inspection.importance import importance
from skhpo.inspection.interactions import interactions
from skhpo.inspection.lineage import lineage
from skhpo.inspection.pareto import pareto_front
from skhpo.inspection.ranks import Ranks, critical_difference
from skhpo.inspection.results import history_from_results
from skhpo.inspection.rungs import rung_scores, rungs
from skhpo.inspection.summary import summary
from skhpo.inspection.surface import Surface, surface
from skhpo.inspection.tables import Savings, measurements, savings, survival
from skhpo.inspection.timeline import Utilisation, timeline, utilisation
from skhpo.inspection.trials import trials

__all__ = [
    "Advice",
    "Comparison",
    "Ranks",
    "Savings",
    "Surface",
    "Utilisation",
    "advice",
    "compare",
    "convergence",
    "critical_difference",
    "history_from_results",
    "importance",
    "interactions",
    "learning_curves",
    "lineage",
    "measurements",
    "pareto_front",
    "rung_correlations",
    "rung_scores",
    "rungs",
    "savings",
    "summary",
    "surface",
    "survival",
    "timeline",
    "trials",
    "utilisation",
]
