"""How far a search is."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator

from skhpo.cli.words import in_words, moment, number, say
from skhpo.inspection import trials
from skhpo.storage.view import DescribedSpace, StoredSearch, holder, read_search

__all__ = ["status"]

#: Of the fingerprint: what tells a person which search it is.
_TOLD = ("estimator", "objective", "sampler", "scheduler", "resource", "X", "y")


def status(path: str, n_lines: int) -> int:
    """Print how far a search is, who runs it, and the best so far.

    Parameters
    ----------
    path : str
        Where it is.
    n_lines : int
        How many of the last records are printed.

    Returns
    -------
    int
        1 if it is damaged, otherwise 0.
    """
    writes = holder(path)  # before reading: what it had written by then is read
    search = read_search(path)
    say(*_header(search), *_progress(search, writes), *_best(search), *_last(search, n_lines))
    damage = search.contents.damage
    if damage is None:
        return 0
    say(
        "",
        f"DAMAGED: line {damage.line + 1} cannot be read: {damage.reason}. What is told here is "
        f"what stands before it. python -m skhpo repair {path}",
    )
    return 1


def _header(search: StoredSearch) -> Iterator[str]:
    header = search.contents.header
    yield f"journal     {search.contents.path}"
    yield (
        f"begun       {moment(header.get('created_at'))} by skhpo {header.get('skhpo')!s:.20}, "
        f"seed {number(header.get('seed'))}"
    )
    for name in _TOLD:
        if name in search.fingerprint:
            yield f"{name:<11} {number(search.fingerprint[name])}"


def _progress(search: StoredSearch, writes: str | None) -> Iterator[str]:
    history = search.history
    if writes is not None:
        yield f"state       running: {writes}"
    elif search.end is None or search.end.get("reason") is None:
        yield "state       interrupted: nobody writes there; fit with this storage goes on"
    else:
        yield f"state       ended: {number(search.end['reason'])}, {moment(search.end['ended_at'])}"
    newest = {
        int(trial): str(how)
        for trial, how in zip(*(trials(history)[c] for c in ("trial", "status")), strict=True)
    }
    counted = ", ".join(f"{n} {how}" for how, n in Counter(newest.values()).most_common())
    yield f"trials      {len(history.trials)}" + (f" ({counted})" if counted else "")
    yield f"measured    {len(history.measurements)} times, each on one fold"


def _best(search: StoredSearch) -> Iterator[str]:
    best = search.history.best
    if best is None:
        yield "best        none yet"
        return
    at = "" if best.resource is None else f" at {number(best.resource)}"
    spread = _spread(best.fold_scores)
    yield f"best        {number(search.sign * best.score)}{spread}: trial {best.trial}{at}"
    for name, value in search.history.trials[best.trial].params.items():
        yield f"            {name} = {number(value)}"


def _spread(scores: tuple[float, ...]) -> str:
    if len(scores) < 2:
        return ""
    mean = sum(scores) / len(scores)
    deviation = math.sqrt(sum((score - mean) ** 2 for score in scores) / len(scores))
    return f" (standard deviation over folds {number(deviation)})"


def _last(search: StoredSearch, n_lines: int) -> Iterator[str]:
    space = DescribedSpace(search.contents.header.get("space"))
    lines = search.contents.lines[-n_lines:] if n_lines else []
    if lines:
        yield "last"
    for content in lines:
        yield f"  {in_words(content, space, search.sign)}"
