"""Which fitted states are still needed: the others are deleted while the search goes on."""

from __future__ import annotations

import heapq
import math
import shutil
from collections import deque

from skhpo.callbacks import Callback
from skhpo.history import History
from skhpo.schedulers import Scheduler
from skhpo.schedulers.base import State
from skhpo.storage import Checkpoints
from skhpo.trial import Evaluation

__all__ = ["Retention"]

#: Records that come in before a state is deleted, in a folder that outlives the search. The last
#: records of a journal may be lost (power, a full disk, a file that is cut). What they decided is
#: then decided again, and who is forked from a state that was obsolete only because of them needs
#: it again: a copy cannot begin anew. A second's worth is at risk; this is more, where states are
#: worth keeping.
_LAG = 32


class Retention(Callback):
    """Deletes the fitted states that nobody will go on from.

    Which those are, the scheduler says. The best one is kept in any case: it may be what the user
    wants in the end. In a folder that outlives the search, deletion lags some records behind, so
    that a journal whose end is lost can be gone on from. Should the states take too much space all
    the same, those go that are the least likely to be missed: of trials that rest, from the lowest
    rung up, the worst scores first. Who is promoted after that trains anew.

    Parameters
    ----------
    checkpoints : Checkpoints
        Where the states are.
    scheduler : Scheduler
        Who knows which of them are needed.
    max_bytes : float or None, default=None
        What all of them may take. None: half of the space that was free at the start.
    """

    def __init__(
        self, checkpoints: Checkpoints, scheduler: Scheduler, max_bytes: float | None = None
    ) -> None:
        if max_bytes is None:
            max_bytes = shutil.disk_usage(checkpoints.folder).free / 2
        self.checkpoints = checkpoints
        self.scheduler = scheduler
        self.max_bytes = max_bytes
        self._n_read = 0
        self._lag = _LAG if checkpoints.outlives else 0
        self._waiting: deque[tuple[int, State]] = deque()  # each from when on it is obsolete
        self._obsolete: set[State] = set()
        self._sizes: dict[State, int] = {}
        self._total = 0
        self._by_worth: list[tuple[float, float, int]] = []  # a heap

    def on_start(self, history: History) -> None:
        """Find out what an earlier run has left."""
        if self.checkpoints.outlives:
            self.checkpoints.discard_unknown(range(len(history.trials)))
            self.checkpoints.discard_unfinished()
        for evaluation in history.evaluations:
            self._count(evaluation)
        self._tidy(history)

    def on_evaluation(self, history: History, evaluation: Evaluation) -> None:
        """Delete what is not needed from now on."""
        self._count(evaluation)
        self._tidy(history)

    def on_end(self, history: History) -> None:
        """Delete what a worker has not finished that was ended by its timeout."""
        if self.checkpoints.outlives:
            self.checkpoints.discard_unfinished()

    def _count(self, evaluation: Evaluation) -> None:
        """Take note of a state, and of what it takes and is worth."""
        if evaluation.resource is None:
            return
        state = (evaluation.trial, evaluation.resource)
        size = self.checkpoints.size(*state)
        if size and state not in self._sizes:
            score = evaluation.score if evaluation.is_usable else -math.inf
            heapq.heappush(self._by_worth, (evaluation.resource, score, evaluation.trial))
        self._total += size - self._sizes.get(state, 0)
        self._sizes[state] = size

    def _tidy(self, history: History) -> None:
        obsolete = self.scheduler.obsolete_states(history)
        due = len(history) + self._lag
        self._waiting.extend((due, state) for state in obsolete[self._n_read :])
        self._n_read = len(obsolete)
        while self._waiting and self._waiting[0][0] <= len(history):
            self._obsolete.add(self._waiting.popleft()[1])
        best = history.best
        kept = {(best.trial, best.resource)} if best is not None else set()
        for state in self._obsolete - kept:
            self._delete(state)
        self._obsolete &= kept
        if self._total > self.max_bytes:
            self._make_room(kept | _in_use(history))

    def _make_room(self, kept: set[State]) -> None:
        """Delete what is worth least, until the rest is small enough."""
        passed_over = []
        while self._total > self.max_bytes and self._by_worth:
            worth = heapq.heappop(self._by_worth)
            state = (worth[2], worth[0])
            if state in kept:
                passed_over.append(worth)
            else:
                self._delete(state)
        for worth in passed_over:
            heapq.heappush(self._by_worth, worth)

    def _delete(self, state: State) -> None:
        number, resource = state
        if resource is not None:
            self.checkpoints.discard(number, resource)
        self._total -= self._sizes.pop(state, 0)


def _in_use(history: History) -> set[State]:
    """Return the states that trials which are running go on from."""
    states: set[State] = set()
    for trial in history.pending:
        latest = history.latest(trial.number)
        if latest is not None:
            states.add((trial.number, latest.resource))
        elif trial.parent is not None:
            states.add((trial.parent, trial.parent_resource))
    return states
