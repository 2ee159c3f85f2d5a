"""Pictures of a search: each draws on matplotlib axes, and returns them.

They need the extra ``plot``. matplotlib is imported when the first picture is drawn, not before.
"""

from skhpo.plotting.comparison import comparison
from skhpo.plotting.contour import contour
from skhpo.plotting.convergence import convergence
from skhpo.plotting.critical_difference import critical_difference
from skhpo.plotting.importance import importance
from skhpo.plotting.interactions import interactions
from skhpo.plotting.learning_curves import learning_curves
from skhpo.plotting.parallel_coordinates import parallel_coordinates
from skhpo.plotting.pareto_front import pareto_front
from skhpo.plotting.population import population
from skhpo.plotting.rungs import rungs
from skhpo.plotting.score_by_parameter import score_by_parameter
from skhpo.plotting.timeline import timeline

__all__ = [
    "comparison",
    "contour",
    "convergence",
    "critical_difference",
    "importance",
    "interactions",
    "learning_curves",
    "parallel_coordinates",
    "pareto_front",
    "population",
    "rungs",
    "score_by_parameter",
    "timeline",
]
