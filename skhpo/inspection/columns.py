"""Columns of a table: arrays of amounts, and of whatever else there is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from skhpo.trial import Params, Resource

__all__ = ["Table", "amount", "amounts", "names", "objects", "parameters"]

Table: TypeAlias = dict[str, NDArray[Any]]


def amount(resource: Resource) -> float:
    """Return an amount of a resource as a number: NaN where training is not divided.

    Parameters
    ----------
    resource : float or None
        How much.
    """
    return math.nan if resource is None else float(resource)


def amounts(resources: Iterable[Resource]) -> NDArray[np.float64]:
    """Return the column of these amounts of a resource.

    Parameters
    ----------
    resources : iterable of float or None
        How much, row by row.
    """
    return np.array([amount(resource) for resource in resources], dtype=float)


def objects(values: Iterable[Any]) -> NDArray[Any]:
    """Return the column of these values as they are, sequences included.

    Parameters
    ----------
    values : iterable of object
        Whatever it is, row by row.
    """
    listed = list(values)
    column = np.empty(len(listed), dtype=object)
    for place, value in enumerate(listed):
        column[place] = value
    return column


def names(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return all keys of mappings, in the order in which they come up.

    Parameters
    ----------
    rows : iterable of mapping of str to object
        The mappings.
    """
    return list(dict.fromkeys(name for row in rows for name in row))


def parameters(rows: Iterable[Params]) -> Table:
    """Return a column ``param_<name>`` of each parameter of some configurations.

    Parameters
    ----------
    rows : iterable of mapping of str to object
        The configurations.

    Returns
    -------
    dict of str to ndarray of shape (n_rows,)
        The values as they are, and NaN where a configuration does not have the parameter: missing,
        as pandas has it, which a value None is not.

    Examples
    --------
    >>> from skhpo.inspection.columns import parameters
    >>> parameters([{"depth": None}, {"C": 0.5}])
    {'param_depth': array([None, nan], dtype=object), 'param_C': array([nan, 0.5], dtype=object)}
    """
    listed = list(rows)
    return {
        f"param_{name}": objects(params.get(name, math.nan) for params in listed)
        for name in names(listed)
    }
