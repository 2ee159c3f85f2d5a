"""Tables for pandas, which is no part of the core."""

from __future__ import annotations

from typing import Any

from skhpo.exceptions import MissingExtraError
from skhpo.inspection.trials import trials

__all__ = ["trials_dataframe"]


def trials_dataframe(source: Any) -> Any:
    """Return what came of each configuration, for pandas.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.

    Returns
    -------
    DataFrame
        The columns of :func:`~skhpo.inspection.trials`.

    Raises
    ------
    MissingExtraError
        If pandas is not there.
    """
    try:
        from pandas import DataFrame, Series
    except ImportError:
        raise MissingExtraError(
            "trials_dataframe() needs pandas: pip install pandas. Without it, "
            "skhpo.inspection.trials(search) returns the same columns in a dict"
        ) from None
    # As they are: pandas would guess at texts, and make what is missing of a value None.
    return DataFrame(
        {name: Series(column, dtype=column.dtype) for name, column in trials(source).items()}
    )
