"""What a search tells those who watch it."""

from __future__ import annotations

from skhpo.history import History
from skhpo.trial import Evaluation, Measurement, Trial

__all__ = ["Callback"]


class Callback:
    """Is told what happens, in the main thread, and may stop the search.

    Override what you need; every method does nothing here. A hook that returns True stops the
    search: trials that are running are finished, no new ones are started.
    """

    def on_start(self, history: History) -> bool | None:
        """The search is about to begin, or to go on."""

    def on_trial_start(self, history: History, trial: Trial) -> bool | None:
        """A trial was opened."""

    def on_measurement(self, history: History, measurement: Measurement) -> bool | None:
        """A trial was measured on a fold."""

    def on_evaluation(self, history: History, evaluation: Evaluation) -> bool | None:
        """The last missing fold of a trial came in."""

    def on_end(self, history: History) -> bool | None:
        """The search is over, also after an error or an interruption."""
