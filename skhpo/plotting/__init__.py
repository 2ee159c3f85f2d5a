"""Pictures of a search: each draws on matplotlib axes, and returns them.

They need the extra ``plot``. matplotlib is imported when the first picture is drawn, not before.
"""

from skhpo.plotting.population import population

__all__ = ["population"]
