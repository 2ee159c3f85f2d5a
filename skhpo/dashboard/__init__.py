"""A search in the browser: a live page of a search on disk, and a report in one file.

They need the extra ``dashboard``. plotly is imported when the first figure is drawn, not before.
"""

from skhpo.dashboard.reporting import report
from skhpo.dashboard.server import DashboardServer

__all__ = ["DashboardServer", "report"]
