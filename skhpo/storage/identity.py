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
    >>> identity({"y": "None", "estimator": "sklearn.svm._classes.SVC"})
    {'estimator': 'sklearn.svm._classes.SVC'}
    >>> identity({"direction": "minimize", "metric": "score"})
    {'optimised': 'score, less is better'}
    """
    found = {name: str(fingerprint.get(name)) for name in _TELLING}
    if (metric := fingerprint.get("metric")) is not None:
        found["scoring"] = str(fingerprint.get(f"scoring.{metric}"))
        better = "less" if fingerprint.get("direction") == "minimize" else "greater"
        found["optimised"] = f"{metric}, {better} is better"
    return {name: text for name, text in found.items() if text != "None"}
