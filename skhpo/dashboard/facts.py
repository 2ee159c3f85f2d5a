"""How it stands with a search: what is on top of the page, as plain data."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from skhpo.dashboard.rows import Rows
from skhpo.dashboard.texts import shortened, value_text
from skhpo.inspection.tables import history_of, sign_of
from skhpo.storage.view import StoredSearch

__all__ = ["facts"]

#: Of the fingerprint: what tells a person which search it is.
_TOLD = ("estimator", "objective", "sampler", "scheduler", "resource")


def facts(
    source: Any, rows: Rows, writes: str | None = None, is_paused: bool = False
) -> dict[str, Any]:
    """Return how it stands with a search, in texts for people.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    rows : Rows
        The same, trial by trial.
    writes : str or None, default=None
        Who writes it just now, in words.
    is_paused : bool, default=False
        Whether somebody has asked it to pause.

    Returns
    -------
    dict
        ``name``, ``state`` (``"running"``, ``"paused"``, ``"interrupted"``, ``"ended"``, or
        ``"recorded"`` where nobody knows), ``told`` (the state in a sentence), ``counts`` and
        ``about`` (pairs of texts), and ``best`` (None, or ``score``, ``trial`` and ``params``).
    """
    history, sign = history_of(source), sign_of(source)
    state, told = _state(source, writes, is_paused)
    counts = {**rows.counts(), "measurements": len(history.measurements)}
    best = history.best
    return {
        "name": _name(source),
        "state": state,
        "told": told,
        "counts": [[name, f"{n:,}"] for name, n in counts.items()],
        "about": _about(source),
        "best": None
        if best is None
        else {
            "score": value_text(float(sign * best.score)),
            "trial": f"trial {best.trial}"
            + ("" if best.resource is None else f" at {value_text(best.resource)}"),
            "params": [
                [shortened(name), value_text(value)]
                for name, value in history.trials[best.trial].params.items()
            ],
        },
    }


def _name(source: Any) -> str:
    if isinstance(source, StoredSearch):
        return source.contents.path
    return "cv_results_" if isinstance(source, Mapping) else type(source).__name__


def _state(source: Any, writes: str | None, is_paused: bool) -> tuple[str, str]:
    if writes is not None:
        state = "paused" if is_paused else "running"
        return state, f"{state}: {writes}"
    if isinstance(source, StoredSearch):
        end = source.end
        if end is None or end.get("reason") is None:
            return "interrupted", "interrupted: nobody writes there; fit with this storage goes on"
        return "ended", f"ended: {shortened(str(end['reason']))}, {_moment(end.get('ended_at'))}"
    reason = getattr(source, "stop_reason_", getattr(source, "stop_reason", None))
    return ("ended", f"ended: {reason}") if isinstance(reason, str) else ("recorded", "")


def _about(source: Any) -> list[list[str]]:
    if not isinstance(source, StoredSearch):
        return []
    header, fingerprint = source.contents.header, source.fingerprint
    told = [["begun", _moment(header.get("created_at"))]]
    told += [[name, shortened(str(fingerprint[name]))] for name in _TOLD if name in fingerprint]
    return [*told, ["seed", shortened(str(header.get("seed")))]]


def _moment(seconds: Any) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(float(seconds)))
    except (TypeError, ValueError, OverflowError, OSError):
        return "at an unknown time"
