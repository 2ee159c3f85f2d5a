"""How long a search on disk still takes, as far as those outside can tell."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skhpo.forecast import Forecast, Workload
from skhpo.history import History
from skhpo.storage.view import StoredSearch
from skhpo.times import epoch_seconds

__all__ = ["Outlook"]


class Outlook:
    """Judges how long a search still takes; asked again, it looks only at what is new.

    Nobody outside sees what goes on just now: all times are up to the newest measurement.
    """

    def __init__(self) -> None:
        self._begin(History(), {})

    def _begin(self, history: History, session: Mapping[str, Any]) -> None:
        """Forget what is known: it is another search, or another process goes on with it."""
        self._history = history
        self._session = session
        self._n_read = 0
        self._began_at = self._newest = epoch_seconds(session.get("started_at"))
        self._forecast: Forecast | None = None
        work, n_workers = Workload.from_plain(session.get("work")), session.get("n_workers")
        if work is not None and type(n_workers) is int and n_workers > 0:
            self._forecast = Forecast(work, n_workers)

    def seconds_left(self, search: StoredSearch) -> float | None:
        """Return how long it still takes from its newest measurement on; None if nobody knows.

        Parameters
        ----------
        search : StoredSearch
            What was read of it. Its history grows from one call to the next.
        """
        if search.history is not self._history or search.session != self._session:
            self._begin(search.history, search.session)
        if self._forecast is None:
            return None
        measurements = search.history.measurements
        for measurement in measurements[self._n_read :]:
            if measurement.finished_at > self._began_at:
                self._forecast.add(measurement, measurement.finished_at - self._began_at)
                self._newest = max(self._newest, measurement.finished_at)
            else:
                self._forecast.add_earlier(measurement)
        self._n_read = len(measurements)
        return self._forecast.seconds_left(self._newest - self._began_at)
