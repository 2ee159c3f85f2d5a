"""How far a search is, as data: of one that runs in another thread, and of one on disk."""

from __future__ import annotations

import json
import math
import os
import reprlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from skhpo.agenda import Agenda
from skhpo.forecast import Forecast, Workload
from skhpo.history import History
from skhpo.outlook import Outlook
from skhpo.standing import State, standing_of, state_of
from skhpo.storage.commands import command_for
from skhpo.storage.description import describe
from skhpo.storage.view import StoredSearch, holder, read_search
from skhpo.times import epoch_seconds
from skhpo.trial import Resource

__all__ = ["SearchStatus", "State", "Watch", "status", "stored_status"]


@dataclass(frozen=True)
class SearchStatus:
    """How far a search is. Times are in seconds, moments in seconds since the epoch.

    Parameters
    ----------
    state : {"new", "running", "paused", "interrupted", "ended", "recorded"}
        Whether something is going on. ``"new"``: nothing has begun; ``"interrupted"``: nobody goes
        on with it now, and there may be more to do; ``"recorded"``: a history that does not say how
        it ended.
    stop_reason : str or None
        Why it ended, as ``stop_reason_`` has it.
    who : str or None
        Which process writes it, of one on disk.
    trials : mapping of str to int
        How many trials there are by the status of their newest measurement, or ``"running"``.
    n_fits : int
        How many times trials were measured, each on one fold.
    n_fits_expected : int or None
        How many times they will be in all, at most; None if nobody knows: the search has no end of
        its own, or its journal does not say.
    best_score : float or None
        As the search counts: of one that minimises, the least.
    best_fold_scores : tuple of float
        The same by fold.
    best_params : mapping or None
        The best configuration.
    best_trial : int or None
        Its number.
    best_resource : float or None
        The total resource it had had; None also where training is not divided.
    started_at : float or None
        When the search began; of a run in this process, that run.
    measured_at : float or None
        When the newest measurement was made.
    seconds_left : float or None
        How long it still takes; None while nobody can say. Of one on disk: from the newest
        measurement on.
    """

    state: State
    stop_reason: str | None = None
    who: str | None = None
    trials: Mapping[str, int] = field(default_factory=dict)
    n_fits: int = 0
    n_fits_expected: int | None = None
    best_score: float | None = None
    best_fold_scores: tuple[float, ...] = ()
    best_params: Mapping[str, Any] | None = None
    best_trial: int | None = None
    best_resource: Resource = None
    started_at: float | None = None
    measured_at: float | None = None
    seconds_left: float | None = None

    @property
    def n_trials(self) -> int:
        """How many trials were started."""
        return sum(self.trials.values())

    def to_json(self) -> str:
        """Return it as one JSON object, with ``n_trials``.

        Values of parameters that JSON does not have are told in words, and so are numbers that are
        not finite.
        """
        plain = {**asdict(self), "n_trials": self.n_trials}
        return json.dumps(_plain(plain), allow_nan=False)


class Watch:
    """Tells how far a tuner is, to whoever asks from another thread.

    Parameters
    ----------
    agenda : Agenda
        What it is working on.
    sign : {1, -1}
        What scores of its history are multiplied with to be those of the search.
    """

    def __init__(self, agenda: Agenda, sign: int) -> None:
        self._agenda = agenda
        self._sign = sign
        self._n_workers = 1
        self._n_before = 0
        self._n_trials: int | None = None
        self._started_at: float | None = None

    def begin(self, n_workers: int, n_trials: int | None) -> None:
        """A run begins.

        Parameters
        ----------
        n_workers : int
            How many do the work.
        n_trials : int or None
            At how many trials it stops; None for no limit.
        """
        self._n_workers, self._n_trials = n_workers, n_trials
        self._n_before = len(self._agenda.history.measurements)
        self._started_at = time.time()

    def __call__(self) -> SearchStatus:
        """Return how far it is."""
        agenda = self._agenda
        reason, seconds = agenda.stop_reason, agenda.seconds
        state = state_of(
            is_open=agenda.is_open,
            is_paused=agenda.is_paused,
            reason=reason,
            history=agenda.history,
        )
        # A copy: another thread is just adding to the original, and to what it sums up.
        history = agenda.history.replayed()
        work = self._workload()
        left = None
        if work is not None and agenda.is_open and self._started_at is not None:
            forecast = Forecast(work, self._n_workers, history.measurements[: self._n_before])
            for measurement in history.measurements[self._n_before :]:
                forecast.add(measurement, measurement.finished_at - self._started_at)
            left = forecast.seconds_left(seconds)
        return SearchStatus(
            state=state,
            stop_reason=reason if state == "ended" else None,
            n_fits_expected=None if work is None else work.total(len(history.measurements)),
            started_at=self._started_at,
            seconds_left=left,
            **_found(history, self._sign),
        )

    @property
    def session(self) -> dict[str, Any]:
        """What a journal says of a run: how far it is to be, and what decides who won."""
        work, history = self._workload(), self._agenda.history
        resource = getattr(self._agenda.objective, "resource_name", None)
        return {
            "n_workers": self._n_workers,
            **({} if history.full is None else {"full": history.full}),
            **({"early_may_win": True} if history.early_may_win else {}),
            **({} if work is None else {"work": work.to_plain()}),
            **({} if resource is None else {"resource": resource}),
        }

    def _workload(self) -> Workload | None:
        agenda = self._agenda
        most = min(agenda.space.size, self._n_trials or math.inf)
        scheduler = agenda.scheduler
        plan = scheduler.plan_of(int(most)) if math.isfinite(most) else scheduler.plan()
        return None if plan is None else Workload.of(plan, agenda.objective)


def status(source: Any) -> SearchStatus:
    """Return how far a search is.

    Parameters
    ----------
    source : Tuner, Control, search, History, search on disk or path-like
        A search; one on disk is given by its folder, or the journal in it. Of one that was read
        before, it is told how far it was then, and who writes it now.

    Returns
    -------
    SearchStatus
        As of now.

    Raises
    ------
    StorageError
        If there is no search on disk, or it cannot be read.
    TypeError
        If it is something else.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.status import status
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0)
    >>> found = status(tuner.run(n_trials=3))
    >>> found.state, found.stop_reason, dict(found.trials)
    ('ended', 'budget', {'completed': 3})
    """
    if isinstance(source, (str, os.PathLike)):
        who = holder(source)  # before reading: what it had written by then is read
        return stored_status(read_search(source), who, command_for(source) == "pause")
    if isinstance(source, StoredSearch):
        path = source.contents.path
        return stored_status(source, holder(path), command_for(path) == "pause")
    own = getattr(source, "status", None)
    if callable(own):
        found: SearchStatus | None = own()  # None: a control, and no search has begun
        return found if found is not None else SearchStatus("new")
    history = getattr(source, "history_", source)
    if not isinstance(history, History):
        raise TypeError(
            f"status() takes a Tuner, a Control, a search, a History, or a search on disk or its "
            f"folder, got {reprlib.repr(source)}"
        )
    standing = standing_of(source)
    return SearchStatus(standing.state, standing.reason, **_found(history, 1))


def stored_status(search: StoredSearch, who: str | None, is_paused: bool) -> SearchStatus:
    """Return how far a search on disk is.

    Parameters
    ----------
    search : StoredSearch
        What was read of it.
    who : str or None
        Who wrote it before it was read.
    is_paused : bool
        Whether somebody has asked it to pause.
    """
    standing = standing_of(search, who, is_paused)
    work = Workload.from_plain(search.session.get("work"))
    began = epoch_seconds(search.contents.header.get("created_at"))
    return SearchStatus(
        state=standing.state,
        stop_reason=standing.reason,
        who=who,
        n_fits_expected=None if work is None else work.total(len(search.history.measurements)),
        seconds_left=None if who is None else Outlook().seconds_left(search),
        started_at=None if math.isnan(began) else began,
        **_found(search.history, search.sign),
    )


def _found(history: History, sign: int) -> dict[str, Any]:
    """Return what a history says of trials and of the best."""
    busy = {trial.number for trial in history.pending}
    newest = ((trial.number, history.latest(trial.number)) for trial in history.trials)
    how = ("running" if n in busy or e is None else str(e.status) for n, e in newest)
    measurements = history.measurements
    finished = (m.finished_at for m in measurements if math.isfinite(m.finished_at))
    found: dict[str, Any] = {
        "trials": dict(Counter(how).most_common()),
        "n_fits": len(measurements),
        "measured_at": max(finished, default=None),
    }
    best = history.best
    if best is not None:
        found |= {
            "best_score": sign * best.score,
            "best_fold_scores": tuple(sign * score for score in best.fold_scores),
            "best_params": dict(history.trials[best.trial].params),
            "best_trial": best.trial,
            "best_resource": best.resource,
        }
    return found


def _plain(value: Any) -> Any:
    """Return what JSON can hold."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:  # of numpy
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return describe(value)
