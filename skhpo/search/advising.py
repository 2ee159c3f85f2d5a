"""What a search says when it has ended: what to change before the next one."""

from __future__ import annotations

import logging
from typing import Any

from joblib import effective_n_jobs

from skhpo.exceptions import AdviceWarning, warn_user
from skhpo.inspection.advice import quick_advice, unimportant
from skhpo.log import tell
from skhpo.space import Space

__all__ = ["WORTH_A_LOOK", "give_advice"]

#: Seconds that a search has fitted and scored, from which on it is looked for what did not matter.
#: That takes up to 2 s (400 trials of 20 parameters), so that it costs 2 % at most.
WORTH_A_LOOK = 120.0


def give_advice(search: Any, space: Space, verbose: int) -> None:
    """Warn of what is clear, all in one warning; tell the rest to who wants to hear of a search.

    Rungs that foretell little are warned of already when results are collected.

    Parameters
    ----------
    search : TunerSearchCV
        Fitted.
    space : Space
        What could be tried.
    verbose : int
        0: nothing beside the warning.
    """
    found = [each for each in quick_advice(search, space) if each.kind != "rungs"]
    if _seconds(search) >= WORTH_A_LOOK:
        found += unimportant(search)
    if verbose > 0:
        for each in found:
            if not each.is_clear:
                tell(logging.INFO, f"Advice: {each}")
    clear = [str(each) for each in found if each.is_clear]
    if clear:
        warn_user("\n".join([f"{type(search).__name__}:", *clear]), AdviceWarning)


def _seconds(search: Any) -> float:
    """Return how long fits and scores took, with all workers busy."""
    spent = sum(m.fit_time + m.score_time for m in search.history_.measurements)
    return float(spent / effective_n_jobs(search.n_jobs))
