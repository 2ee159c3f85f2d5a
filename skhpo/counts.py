"""How many of something there are, for people."""

from __future__ import annotations

__all__ = ["counted"]


def counted(n: int, noun: str) -> str:
    """Return a number with a noun, which has an s behind every number but one.

    Parameters
    ----------
    n : int
        How many.
    noun : str
        Of what, in the singular.

    Examples
    --------
    >>> from skhpo.counts import counted
    >>> counted(1, "trial"), counted(2, "trial")
    ('1 trial', '2 trials')
    """
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
