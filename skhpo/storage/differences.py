"""In what one search differs from another, for people."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Any

__all__ = ["differences"]

#: Characters that are shown of a long description, and how many of them are alike in both.
_SHOWN, _ALIKE = 120, 40

#: How many differences are shown.
_LISTED = 20

_ONE_FIT = (
    "One folder is for one fit: a search inside of cross_validate, which is fitted to other data "
    "each time, needs storage=None."
)

#: What to do about a difference that nobody may have meant.
_HINTS = {
    "X": _ONE_FIT,
    "y": _ONE_FIT,
    "seed": "A search that is to be gone on with needs random_state=None, or the same integer.",
    "folds": "Folds that are shuffled need a random_state: cv=KFold(5, shuffle=True, "
    "random_state=0).",
    "scheduler": "More configurations may be asked for where each is trained in full (n_iter), "
    "and of HalvingASHASearchCV (n_candidates); the plans of other searches are made for a number.",
    "metric": "A metric that refit names is the one that is optimised: to choose the best by "
    "another one, write refit=False or a function.",
}


def differences(there: Mapping[str, Any], here: Mapping[str, str]) -> str | None:
    """Return what differs, in a line each, and what to do about it; None if nothing does.

    Parameters
    ----------
    there : mapping of str to object
        What makes the search that is stored the one it is, as it was read.
    here : mapping of str to str
        The same of the search that is to be gone on with.
    """
    names = [name for name in {**there, **here} if there.get(name) != here.get(name)]
    if not names:
        return None
    shown = [f"  {name}: {_both(there.get(name), here.get(name))}" for name in names[:_LISTED]]
    more = [f"  and {len(names) - _LISTED} more"] if len(names) > _LISTED else []
    hints = dict.fromkeys(_HINTS[name] for name in names if name in _HINTS)
    what_now = " ".join(["Write another storage, or what it was before.", *hints])
    return "\n".join([*shown, *more, what_now])


def _both(there: Any, here: Any) -> str:
    texts = ["nothing" if text is None else str(text) for text in (there, here)]
    n_alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False)))
    first, second = (_excerpt(text, n_alike) for text in texts)
    return f"there {first}, here {second}"


def _excerpt(text: str, n_alike: int) -> str:
    """Return of a long text the part around the first character that is another."""
    if len(text) <= _SHOWN:
        return text
    start = max(0, min(n_alike - _ALIKE, len(text) - _SHOWN))
    end = start + _SHOWN
    return f"{'...' if start else ''}{text[start:end]}{'...' if end < len(text) else ''}"
