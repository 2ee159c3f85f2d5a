"""Which search it is, for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["identity"]

#: In this order; all else of a fingerprint makes it another search as well, but tells less.
_TELLING = ("estimator", "objective", "sampler", "scheduler", "resource", "X", "y")


def identity(fingerprint: Mapping[str, Any]) -> dict[str, str]:
    """Return what of a fingerprint tells a person which search it is.

    Parameters
    ----------
    fingerprint : mapping of str to object
        What made it the search it is; from a journal, which may hold anything.

    Returns
    -------
    dict of str to str
        In words, and without what the search does not have.

    Examples
    --------
    >>> from skhpo.storage.identity import identity
    >>> identity({"direction": "maximize", "y": "None", "estimator": "sklearn.svm._classes.SVC"})
    {'estimator': 'sklearn.svm._classes.SVC'}
    """
    found = {name: str(fingerprint.get(name)) for name in _TELLING}
    return {name: text for name, text in found.items() if text != "None"}
