"""Interactive figures of a search, drawn with plotly from the tables of ``skhpo.inspection``."""

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
