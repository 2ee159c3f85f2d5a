"""Interactive figures of a search, drawn with plotly from the tables of ``skhpo.inspection``.

Every search can be drawn, whatever came of it: where there is nothing to be seen, the figure says
why. An error means that an argument is wrong, or the code.
"""

from skhpo.dashboard.figures.convergence import convergence
from skhpo.dashboard.figures.importance import importance
from skhpo.dashboard.figures.parameters import (
    parallel_coordinates,
    parameters_of,
    score_by_parameter,
)
from skhpo.dashboard.figures.rungs import rungs, survival
from skhpo.dashboard.figures.timeline import timeline

__all__ = [
    "convergence",
    "importance",
    "parallel_coordinates",
    "parameters_of",
    "rungs",
    "score_by_parameter",
    "survival",
    "timeline",
]
