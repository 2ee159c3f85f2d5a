"""Configurations as rows of numbers, for models that explain scores.

========== =====================================================================
symbol     meaning
========== =====================================================================
n, p, d    trials; features; columns
U          coordinates, shape (n, p): of numbers the position on their scale, of
           categories their place; NaN for a gap
X          what models see, shape (n, d): one column for numbers, one for each
           place (one-hot) for categories, the middle for gaps
========== =====================================================================

A parameter that a branch lacks does nothing there, whatever it would be. In most spaces another
parameter says where it is to be had: ``gamma`` where ``kernel`` is ``"rbf"``. Where none does, the
choice of the branch is a feature of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.scales import NumberKind, Scale, scale_of, values_of
from skhpo.surrogates import Columns
from skhpo.trial import Params

__all__ = ["BRANCH", "Feature", "Features"]

#: What the choice between branches is called where no parameter tells it.
BRANCH = "(branch)"

_GAP = 0.5  # where the columns of gaps are put
_FEW = 10  # different numbers up to which there are no others in between


@dataclass(frozen=True)
class Feature:
    """A parameter with more than one value, or the choice of a branch.

    Parameters
    ----------
    scale : Scale
        Its axis.
    columns : slice
        Where it is in a row that models see.
    marks : ndarray of shape (n_marks,)
        All coordinates there are; none where every number in between may be.
    parent : int or None, default=None
        The feature that says whether it is there; None if it always is.
    places : tuple of int, default=()
        Those of the parent where it is.
    """

    scale: Scale
    columns: slice
    marks: NDArray[np.float64]
    parent: int | None = None
    places: tuple[int, ...] = ()

    @property
    def is_category(self) -> bool:
        """Whether its values have no order."""
        return self.scale.kind == "categories"


class Features:
    """The features of some trials.

    Parameters
    ----------
    names : sequence of str
        The parameters.
    configurations : sequence of n mappings of str to object
        The trials.
    kinds : mapping of str to {"linear", "log"} or None, default=None
        How numbers lie, where that is known: as from :func:`~skhpo.inspection.spaces.kinds_of`.

    Attributes
    ----------
    features : tuple of Feature
        Those of parameters that are not the same everywhere, parents before their children.
    U : ndarray of shape (n, p)
        Where the trials are.
    """

    def __init__(
        self,
        names: Sequence[str],
        configurations: Sequence[Params],
        kinds: Mapping[str, NumberKind] | None = None,
    ) -> None:
        kinds = kinds or {}
        names = [name for name in names if any(name in params for params in configurations)]
        values = {name: values_of(name, configurations) for name in names}
        scales = {name: scale_of(name, values[name], kind=kinds.get(name)) for name in names}
        coordinates = {
            name: scales[name].coordinates(values[name])
            if scales[name].kind == "categories"
            else scales[name].positions(values[name])
            for name in names
        }
        parents = _parents(scales, coordinates)
        if parents is None:
            branches = [", ".join(name for name in names if name in c) for c in configurations]
            scales = {BRANCH: scale_of(BRANCH, branches), **scales}
            coordinates = {BRANCH: scales[BRANCH].coordinates(branches), **coordinates}
            parents = _parents(scales, coordinates) or {}
        first = [name for name in scales if name not in parents]
        ordered = [name for name in [*first, *parents] if not scales[name].is_constant]
        self.features: tuple[Feature, ...] = ()
        for name in ordered:
            feature = _feature(scales[name], coordinates[name], self._n_columns)
            if name in parents:
                parent, places = parents[name]
                feature = replace(feature, parent=ordered.index(parent), places=places)
            self.features += (feature,)
        self.U = (
            np.stack([coordinates[name] for name in ordered], axis=1)
            if ordered
            else (np.empty((len(configurations), 0)))
        )

    @property
    def _n_columns(self) -> int:
        return self.features[-1].columns.stop if self.features else 0

    @property
    def names(self) -> list[str]:
        """What they are called."""
        return [feature.scale.name for feature in self.features]

    @property
    def columns(self) -> Columns:
        """Which columns belong together."""
        widths = [f.columns.stop - f.columns.start for f in self.features]
        n_active = float((~np.isnan(self.U)).sum(axis=1).mean()) if len(self.U) else None
        return Columns(widths, n_active)

    def encode(self, U: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what models see; shapes (n, p) -> (n, d).

        Parameters
        ----------
        U : ndarray of shape (n, p)
            Coordinates.
        """
        X = np.empty((len(U), self._n_columns))
        for u, feature in zip(U.T, self.features, strict=True):
            column = u[:, None] == feature.marks if feature.is_category else u[:, None]
            X[:, feature.columns] = np.where(np.isnan(u)[:, None], _GAP, column)
        return X

    def spread(self, n: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Return points all over the space, without a gap; evenly along each feature.

        Parameters
        ----------
        n : int
            How many.
        rng : numpy.random.Generator
            Random numbers.

        Returns
        -------
        ndarray of shape (n, p)

        References
        ----------
        M. D. McKay, R. J. Beckman, W. J. Conover: A Comparison of Three Methods for Selecting
        Values of Input Variables in the Analysis of Output from a Computer Code. Technometrics
        21, 1979. (Latin hypercubes.)
        """
        shape = (n, len(self.features))
        U = (rng.permuted(np.tile(np.arange(n), (shape[1], 1)), axis=1).T + rng.random(shape)) / n
        for j, feature in enumerate(self.features):
            if len(feature.marks):
                U[:, j] = feature.marks[(U[:, j] * len(feature.marks)).astype(int)]
        return U

    def with_gaps(self, U: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return points with gaps where a feature is not to be had; shapes (n, p) -> (n, p).

        Parameters
        ----------
        U : ndarray of shape (n, p)
            Coordinates.
        """
        U = U.copy()
        for j, feature in enumerate(self.features):
            if feature.parent is not None:
                U[~np.isin(U[:, feature.parent], feature.places), j] = np.nan
        return U


def _feature(scale: Scale, u: NDArray[np.float64], start: int) -> Feature:
    """Return the feature with these coordinates, its columns from ``start`` on."""
    if scale.kind == "categories":
        n_places = len(scale.texts)
        return Feature(scale, slice(start, start + n_places), np.arange(float(n_places)))
    marks = np.unique(u[~np.isnan(u)])
    return Feature(scale, slice(start, start + 1), marks if len(marks) <= _FEW else marks[:0])


def _parents(
    scales: dict[str, Scale], coordinates: dict[str, NDArray[np.float64]]
) -> dict[str, tuple[str, tuple[int, ...]]] | None:
    """Return which parameters are had at which places of another one; parents come first.

    None where this cannot be told of all that have gaps.
    """
    has_gaps = {name: bool(np.isnan(u).any()) for name, u in coordinates.items()}
    parents: dict[str, tuple[str, tuple[int, ...]]] = {}
    asked = [name for name in scales if not has_gaps[name] and scales[name].kind == "categories"]
    while asked:
        parent = asked.pop(0)
        u = coordinates[parent]
        for name in scales:
            if not has_gaps[name] or name in parents:
                continue
            is_there = ~np.isnan(coordinates[name])
            there, elsewhere = set(u[is_there]), set(u[~is_there & ~np.isnan(u)])
            if is_there[np.isnan(u)].any() or there & elsewhere:
                continue
            parents[name] = (parent, tuple(sorted(int(place) for place in there)))
            if scales[name].kind == "categories":
                asked.append(name)
    is_told = all(name in parents or not gaps for name, gaps in has_gaps.items())
    return parents if is_told else None
