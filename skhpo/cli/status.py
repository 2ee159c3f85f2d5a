"""How far a search is."""

from __future__ import annotations

import math
from collections.abc import Iterator

from skhpo.cli.words import in_words, number, say
from skhpo.counts import counted
from skhpo.inspection.words import resource_name, trained
from skhpo.standing import Standing, standing_of
from skhpo.status import SearchStatus, stored_status
from skhpo.storage.commands import command_for
from skhpo.storage.identity import identity
from skhpo.storage.view import DescribedSpace, StoredSearch, holder, read_search
from skhpo.times import clock_text, moment

__all__ = ["status"]


def status(path: str, n_lines: int, as_json: bool = False) -> int:
    """Print how far a search is, who runs it, and the best so far.

    Parameters
    ----------
    path : str
        Where it is.
    n_lines : int
        How many of the last records are printed.
    as_json : bool, default=False
        Whether to print a :class:`~skhpo.status.SearchStatus` as a JSON object instead.

    Returns
    -------
    int
        1 if it is damaged, otherwise 0.
    """
    who = holder(path)  # before reading: what it had written by then is read
    search = read_search(path)
    is_paused = command_for(path) == "pause"
    found = stored_status(search, who, is_paused)
    damage = search.contents.damage
    if as_json:
        say(found.to_json())
        return 0 if damage is None else 1
    standing = standing_of(search, who, is_paused)
    say(*_header(search), *_progress(standing, found), *_best(search, found))
    say(*_last(search, n_lines))
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
    for name, text in identity(search.fingerprint).items():
        yield f"{name:<11} {number(text)}"


def _progress(standing: Standing, found: SearchStatus) -> Iterator[str]:
    yield f"state       {standing}"
    by_status = ", ".join(f"{n} {how}" for how, n in found.trials.items())
    yield f"trials      {found.n_trials}" + (f" ({by_status})" if by_status else "")
    n_fits, n_expected = found.n_fits, found.n_fits_expected
    of, n_all = ("", n_fits) if n_expected is None else (f"{n_fits} of ", n_expected)
    each = "" if n_all == 1 else "each "
    yield f"measured    {of}{counted(n_all, 'time')}, {each}on one fold"
    if found.seconds_left is not None:
        yield f"time left   about {clock_text(found.seconds_left)}"


def _best(search: StoredSearch, found: SearchStatus) -> Iterator[str]:
    if found.best_score is None or found.best_params is None or found.best_trial is None:
        yield "best        none yet"
        return
    trial = trained(search, found.best_trial, found.best_resource)
    yield f"best        {number(found.best_score)}{_spread(found.best_fold_scores)}: {trial}"
    for name, value in found.best_params.items():
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
        yield f"  {in_words(content, space, search.sign, resource_name(search))}"
