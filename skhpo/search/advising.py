"""What a search says when it has ended: what to change before the next one."""

from __future__ import annotations

import logging
from typing import Any

from skhpo.exceptions import AdviceWarning, warn_user
from skhpo.inspection.advice import quick_advice
from skhpo.log import tell
from skhpo.space import Space

__all__ = ["give_advice"]


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
    if verbose > 0:
        for each in found:
            if not each.is_clear:
                tell(logging.INFO, f"Advice: {each}")
    clear = [str(each) for each in found if each.is_clear]
    if clear:
        warn_user("\n".join([f"{type(search).__name__}:", *clear]), AdviceWarning)
