"""Which columns of a point belong together: those of one parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

__all__ = ["Columns"]


@dataclass(frozen=True)
class Columns:
    """The parameters behind the columns of a point.

    Parameters
    ----------
    widths : sequence of int
        How many columns each parameter has, in their order: one, or, if its values have no order,
        one for each of them.
    n_active : float or None, default=None
        How many parameters a point has on average, if not all: those it does not have are the
        same constant in all points without them.

    Examples
    --------
    >>> columns = Columns([1, 3, 1])  # the second parameter is one of three names
    >>> columns.parameter
    array([0, 1, 1, 1, 2])
    """

    widths: Sequence[int]
    n_active: float | None = None

    @classmethod
    def apart(cls, d: int) -> Columns:
        """Return columns that are a parameter each.

        Parameters
        ----------
        d : int
            How many.
        """
        return cls((1,) * d)

    @property
    def n_parameters(self) -> int:
        """How many parameters there are."""
        return len(self.widths)

    @cached_property
    def effective_dimension(self) -> float:
        """With whose root the distances between points grow; at least 1."""
        return max(1.0, float(self.n_parameters if self.n_active is None else self.n_active))

    @cached_property
    def parameter(self) -> NDArray[np.intp]:
        """The parameter of each column, of shape (d,)."""
        return np.repeat(np.arange(self.n_parameters), self.widths)

    @cached_property
    def slices(self) -> list[slice]:
        """The columns of each parameter."""
        ends = np.cumsum(self.widths)
        return [slice(end - w, end) for w, end in zip(self.widths, ends, strict=True)]

    def sum(self, squares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Add up what belongs to one parameter; shapes (d, ...) -> (n_parameters, ...).

        Parameters
        ----------
        squares : array of shape (d, ...)
            One entry for each column.
        """
        if self.n_parameters == len(squares):
            return squares
        return np.add.reduceat(squares, [each.start for each in self.slices], axis=0)
