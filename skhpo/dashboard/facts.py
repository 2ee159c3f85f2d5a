"""How it stands with a search: what is on top of the page, as plain data."""

from __future__ import annotations

import os
from typing import Any

from skhpo.dashboard.rows import Rows
from skhpo.dashboard.texts import shortened, value_text
from skhpo.forecast import Workload
from skhpo.history import History
from skhpo.inspection.results import is_results
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.words import resource_name, trained
from skhpo.standing import standing_of
from skhpo.storage.description import describe, described_estimator
from skhpo.storage.identity import identity
from skhpo.storage.view import StoredSearch
from skhpo.times import clock_text, moment

__all__ = ["facts"]


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
        ``name`` and ``title`` (the same in a word or two), ``state`` and ``told`` (the
        :class:`~skhpo.standing.Standing`, and that in a sentence), ``counts`` and ``about`` (pairs
        of texts; of one that runs, the time that is left is among the counts), and ``best`` (None,
        or ``score``, ``trial`` and ``params``).
    """
    history, sign = history_of(source), sign_of(source)
    standing = standing_of(source, writes, is_paused)
    counts = {name: f"{n:,}" for name, n in rows.counts().items()}
    counts["measurements"] = _measured(source, len(history.measurements))
    if standing.state == "running" and isinstance(source, StoredSearch):
        left = rows.outlook.seconds_left(source)
        if left is not None and left >= 1:
            counts["left"] = f"about {clock_text(left)}"
    best, name = history.best, _name(source)
    return {
        "name": name,
        "title": shortened(_title(name)),
        "state": standing.state,
        "told": str(standing),
        "counts": [[_noun(name, text), text] for name, text in counts.items()],
        "about": _about(source, history),
        "best": None
        if best is None
        else {
            "score": value_text(float(sign * best.score)),
            "trial": trained(source, best.trial, best.resource),
            "params": [
                [shortened(name), value_text(value)]
                for name, value in history.trials[best.trial].params.items()
            ],
        },
    }


def _name(source: Any) -> str:
    if isinstance(source, StoredSearch):
        return source.contents.path
    return "cv_results_" if is_results(source) else type(source).__name__


def _title(name: str) -> str:
    """Return the folder, where it is a journal."""
    folder, file = os.path.split(name)
    return os.path.basename(folder) or file


def _noun(name: str, text: str) -> str:
    """Return what is counted: one of them is one."""
    return name.removesuffix("s") if text == "1" else name


def _measured(source: Any, n_done: int) -> str:
    """Return how many measurements there are, and will be, of a search on disk that says so."""
    session = source.session if isinstance(source, StoredSearch) else {}
    work = Workload.from_plain(session.get("work"))
    return f"{n_done:,}" if work is None else f"{n_done:,} of {work.total(n_done):,}"


def _about(source: Any, history: History) -> list[list[str]]:
    """Return what a person knows it by: of a search on disk all that is written down of it."""
    if is_results(source):
        return []
    if isinstance(source, StoredSearch):
        begun, seed = (source.contents.header.get(key) for key in ("created_at", "seed"))
        known = identity(source.fingerprint)
    else:
        begun = next((m.started_at for m in history.measurements), None)
        seed, known = history.seed, _described(source)
    told = {"begun": moment(begun), **known, "seed": str(seed)}
    return [[name, shortened(text)] for name, text in told.items() if text != "unknown"]


def _described(source: Any) -> dict[str, str]:
    """Return what a search or tuner is made of, as far as it has such parts."""
    estimator, resource = getattr(source, "estimator", None), resource_name(source)
    found = {} if estimator is None else {"estimator": described_estimator(estimator)["estimator"]}
    for name in ("sampler", "scheduler", "scoring"):
        if getattr(source, name, None) is not None:
            found[name] = describe(getattr(source, name))
    return found if resource == "resource" else {**found, "resource": resource}
