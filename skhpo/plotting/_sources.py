"""What can be drawn, and what cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skhpo.history import History
from skhpo.inspection.columns import names
from skhpo.inspection.tables import history_of
from skhpo.inspection.words import check_name
from skhpo.trial import Params

__all__ = ["NothingMeasuredError", "configurations_of", "divided", "measured"]


class NothingMeasuredError(Exception):
    """A search has only begun: every picture of it says the same."""


def measured(source: Any) -> History:
    """Return the history of a source, in which something was measured.

    Parameters
    ----------
    source : object
        What the user gave.

    Raises
    ------
    TypeError
        If there is no history in it.
    NothingMeasuredError
        If nothing was measured yet.
    """
    history = history_of(source)
    if not history.measurements:
        raise NothingMeasuredError("nothing was measured yet")
    return history


def divided(source: Any) -> History:
    """Return the history of a source in which training was divided.

    Parameters
    ----------
    source : object
        What the user gave.

    Raises
    ------
    TypeError
        If there is no history in it.
    NothingMeasuredError
        If nothing was measured yet.
    ValueError
        If training was not divided.
    """
    history = measured(source)
    if all(measurement.resource is None for measurement in history.measurements):
        raise ValueError(
            "training was not divided in this search: there is no resource to draw scores over"
        )
    return history


def configurations_of(history: History, setting: str, chosen: Sequence[str]) -> list[Params]:
    """Return all configurations; the parameters that were asked for are among theirs.

    Parameters
    ----------
    history : History
        What happened.
    setting : str
        Which argument the parameters were given for.
    chosen : sequence of str
        Their names.

    Raises
    ------
    ValueError
        If there is no such parameter.
    """
    configurations = [trial.params for trial in history.trials]
    valid = names(configurations)
    for name in chosen:
        check_name(setting, name, valid)
    return configurations
