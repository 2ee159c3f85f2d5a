"""What a search tells those who watch it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skhpo.history import History
from skhpo.settings import check_instance
from skhpo.trial import Evaluation, Measurement, Trial

__all__ = ["Callback", "as_callbacks"]


class Callback:
    """Is told what happens, in the thread that searches, and may stop the search.

    Override what you need; every method does nothing here. A hook that returns True stops the
    search: trials that are running are finished, no new ones are started. What is read back from a
    storage, or from a history to go on with, is told to nobody again.

    An exception from a hook ends the search as Ctrl-C does: it is raised when everything finished
    is recorded. A hook that must not do so catches its own.

    Copies of a search that are made by :func:`sklearn.base.clone` tell the same callback. In other
    processes, such as those of an outer search with ``n_jobs``, it is a copy.
    """

    def __sklearn_clone__(self) -> Callback:
        """Return this very callback: who watches wants to be told."""
        return self

    def on_start(self, history: History) -> bool | None:
        """The search is about to begin, or to go on."""

    def on_trial_start(self, history: History, trial: Trial) -> bool | None:
        """A trial was opened."""

    def on_measurement(self, history: History, measurement: Measurement) -> bool | None:
        """A trial was measured on a fold."""

    def on_evaluation(self, history: History, evaluation: Evaluation) -> bool | None:
        """The last missing fold of a trial came in."""

    def on_rung(self, history: History, evaluation: Evaluation) -> bool | None:
        """A trial has a score at a resource at which none had one before.

        Told after :meth:`on_evaluation`, once for each resource, and only where training is
        divided. A trial that failed there opens no rung.
        """

    def on_best(self, history: History, evaluation: Evaluation) -> bool | None:
        """A trial is the best now, as :attr:`~skhpo.history.History.best` judges.

        Told after :meth:`on_rung`. The first score at a higher resource is the best then, even if
        it is lower than one after less training.
        """

    def on_pause(self, history: History) -> bool | None:
        """Nothing new is started from now on; what is running goes on to its end."""

    def on_resume(self, history: History) -> bool | None:
        """The search goes on after a pause."""

    def on_end(self, history: History) -> bool | None:
        """The search is over, also after an error or an interruption.

        Everybody is told, whatever others raise. What it returns does not matter.
        """


def as_callbacks(owner: str, given: Any) -> list[Callback]:
    """Return callbacks as a list.

    Parameters
    ----------
    owner : str
        Whose they are, for the message of an error.
    given : Callback, sequence of Callback or None
        What was given.

    Raises
    ------
    TypeError
        If something else is among them.
    """
    if given is None:
        return []
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        given = [given]
    for callback in given:
        check_instance(owner, "callbacks", callback, Callback, "[MyCallback()]")
    return list(given)
