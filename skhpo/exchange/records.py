"""What a study of Optuna has no place for, so that a search comes back as it was.

It is kept as one text: dashboards send attributes to a browser, which cannot read a NaN.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from skhpo.exceptions import StorageError
from skhpo.history import History
from skhpo.space import Space
from skhpo.storage.records import from_plain, to_plain
from skhpo.trial import Measurement, Trial

__all__ = ["RECORD", "SEARCH", "empty_history", "read_trial", "written_search", "written_trial"]

#: Attribute of a study, and of each of its trials.
SEARCH = "skhpo:search"
RECORD = "skhpo:record"

_SETTINGS = ("seed", "metric", "full", "early_may_win")

#: Measurements are written without it.
_NO_SPACE = Space({})


def written_search(history: History) -> str:
    """Return the settings of a history as a text.

    Parameters
    ----------
    history : History
        Whose.
    """
    return json.dumps({name: getattr(history, name) for name in _SETTINGS})


def empty_history(text: str, metric: str | None = None) -> History:
    """Return an empty history with these settings.

    Parameters
    ----------
    text : str
        As :func:`written_search` returned it.
    metric : str or None, default=None
        What is optimised; None: what was.

    Raises
    ------
    StorageError
        If it is no such text.
    """
    try:
        written = json.loads(text)
        settings = {name: written[name] for name in _SETTINGS}
        settings["metric"] = metric or settings["metric"]
        return History(**{**settings, "seed": int(settings["seed"])})
    except (TypeError, ValueError, LookupError) as error:
        raise StorageError(f"this is no search that to_optuna has written: {error}") from None


def written_trial(trial: Trial, measured: Sequence[Measurement]) -> str:
    """Return what was measured of a trial, and where it came from, as a text.

    Parameters
    ----------
    trial : Trial
        Which one.
    measured : sequence of Measurement
        All of it, in the order in which it came in.
    """
    origin = [trial.parent, trial.parent_resource, trial.replaces]
    rows = [to_plain(measurement, _NO_SPACE) for measurement in measured]
    return json.dumps({"origin": origin, "measurements": rows})


def read_trial(
    text: str, number: int, params: dict[str, Any], places: Mapping[int, int]
) -> tuple[Trial, list[Measurement]]:
    """Return a trial, and what was measured of it.

    Parameters
    ----------
    text : str
        As :func:`written_trial` returned it.
    number : int
        Which place it has now.
    params : dict of str to object
        Its configuration.
    places : mapping of int to int
        Which place each trial of the study has now; those that are left out have none.

    Raises
    ------
    StorageError
        If it is no such text.
    """
    try:
        written = json.loads(text)
        origin, resource, replaced = written["origin"]
        parent = places.get(origin)
        rows = [{**row, "trial": number} for row in written["measurements"]]
    except (TypeError, ValueError, LookupError) as error:
        raise StorageError(f"this is no trial that to_optuna has written: {error}") from None
    measured = [from_plain(row, _NO_SPACE) for row in rows]
    if not all(isinstance(each, Measurement) for each in measured):
        raise StorageError("this is no trial that to_optuna has written: it holds other records")
    trial = Trial(
        number=number,
        params=params,
        parent=parent,
        parent_resource=None if parent is None else resource,
        replaces=places.get(replaced),
    )
    return trial, [each for each in measured if isinstance(each, Measurement)]
