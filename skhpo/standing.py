"""Whether something is going on in a search, and if not, why: what it costs nothing to say."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from skhpo.history import History
from skhpo.storage.reading import Contents
from skhpo.storage.view import StoredSearch
from skhpo.times import moment

__all__ = ["Standing", "State", "standing_of", "state_of"]

#: New: nothing has begun. Interrupted: nobody goes on with it now, and there may be more to do.
#: Recorded: a record that does not say how it ended.
State: TypeAlias = Literal["new", "running", "paused", "interrupted", "ended", "recorded"]

#: Characters of a reason; a journal may hold any text.
_LONGEST = 100


@dataclass(frozen=True)
class Standing:
    """How it stands with a search. As a text, it is a sentence for people.

    Parameters
    ----------
    state : {"new", "running", "paused", "interrupted", "ended", "recorded"}
        Whether something is going on.
    reason : str or None, default=None
        Why it ended.
    note : str, default=""
        What else there is to say.
    """

    state: State
    reason: str | None = None
    note: str = ""

    def __str__(self) -> str:
        return f"{self.state}: {self.note}" if self.note else self.state


def state_of(*, is_open: bool, is_paused: bool, reason: Any, history: History) -> State:
    """Return in which state a search is; the one rule for all of them.

    Parameters
    ----------
    is_open : bool
        Whether somebody is at it.
    is_paused : bool
        Whether it is to start nothing new.
    reason : object
        Why it ended; None if nobody has said so.
    history : History
        What happened.
    """
    if is_open:
        return "paused" if is_paused else "running"
    if reason is not None:
        return "ended"
    return "interrupted" if len(history) else "new"


def standing_of(source: Any, who: str | None = None, is_paused: bool = False) -> Standing:
    """Return how it stands with a search.

    Parameters
    ----------
    source : search on disk, fitted search, Tuner, Control, or what has a history
        The search.
    who : str or None, default=None
        Of one on disk: who wrote it before it was read.
    is_paused : bool, default=False
        Of one on disk: whether somebody has asked it to pause.
    """
    if isinstance(source, StoredSearch):
        return _on_disk(source, who, is_paused)
    own = getattr(source, "status", None)
    if callable(own) and (found := own()) is not None:
        return Standing(found.state, found.stop_reason, found.stop_reason or "")
    history = getattr(source, "history_", None)
    if not isinstance(history, History):
        return Standing("recorded")
    reason = getattr(source, "stop_reason_", None)
    state = state_of(is_open=False, is_paused=False, reason=reason, history=history)
    return Standing(state, reason, reason or "")


def _on_disk(search: StoredSearch, who: str | None, is_paused: bool) -> Standing:
    # An end that a damaged line follows was not the last: somebody has gone on after it.
    end = (search.contents.damage is None and search.end) or {}
    reason = end.get("reason")
    state = state_of(
        is_open=who is not None, is_paused=is_paused, reason=reason, history=search.history
    )
    if who is not None:
        return Standing(state, note=who)
    if state == "ended":
        reason = " ".join(str(reason).split())[:_LONGEST]
        return Standing(state, reason, f"{reason}, {moment(end.get('ended_at'))}")
    return Standing(state, note=f"nobody writes there; {_prospect(search.contents)}")


def _prospect(contents: Contents) -> str:
    """Return what becomes of a search that nobody is at."""
    if contents.damage is not None:
        return (
            f"line {contents.damage.line + 1} of its journal is damaged: fit with this storage "
            f"goes on after python -m skhpo repair {contents.path}"
        )
    if not os.path.lexists(contents.path):
        return "its journal is gone: fit with this storage begins anew"
    return "fit with this storage goes on"
