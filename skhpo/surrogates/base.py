"""What a sampler asks of a model, of its prediction, and of the rule that values points by it.

The parts meet only in these protocols, so that any model goes with any rule::

    Surrogate.fit(X, y, columns) -> Posterior
    Acquisition.criterion(posterior, X, rng) -> Criterion      what is maximised, once
    Criterion(X) -> values
"""

from __future__ import annotations

from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from skhpo.surrogates.columns import Columns

__all__ = [
    "Acquisition",
    "Array",
    "Criterion",
    "Posterior",
    "RandomFunctions",
    "SmoothCriterion",
    "SmoothPosterior",
    "Surrogate",
]

Array: TypeAlias = NDArray[np.float64]


class Posterior(Protocol):
    """What a model believes of the objective after it has seen data. Immutable.

    Attributes
    ----------
    is_smooth : bool
        Whether it is a :class:`SmoothPosterior`, so that gradients lead uphill. Others are
        maximised by looking at neighbours.
    """

    @property
    def is_smooth(self) -> bool:
        """Whether there are gradients."""
        ...

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Predict the objective itself, without the noise of measuring it.

        Parameters
        ----------
        X : array of shape (m, d)
            Points in the unit cube.

        Returns
        -------
        mean, std : array of shape (m,)
            Marginal mean and standard deviation; ``std`` is positive.
        """
        ...

    def given_data(self, X: Array, y: Array) -> Posterior:
        """Return what the same model believes after other data, without fitting it anew.

        Parameters
        ----------
        X : array of shape (n, d)
            Points in the unit cube.
        y : array of shape (n,)
            What was measured there.
        """
        ...

    def condition_on(self, X: Array) -> Posterior:
        """Pretend that points were measured and gave exactly what was expected of them.

        Parameters
        ----------
        X : array of shape (k, d)
            Points whose measurements have not come in yet.

        Returns
        -------
        Posterior
            The same belief about the mean, with less uncertainty around the points.
        """
        ...


@runtime_checkable
class SmoothPosterior(Posterior, Protocol):
    """A posterior whose mean and standard deviation have derivatives."""

    def predict_with_gradient(self, X: Array) -> tuple[Array, Array, Array, Array]:
        """Predict, with the derivatives by the points' coordinates.

        Parameters
        ----------
        X : array of shape (m, d)
            Points in the unit cube.

        Returns
        -------
        mean, std : array of shape (m,)
            As from :meth:`predict`.
        mean_gradient, std_gradient : array of shape (m, d)
            Row ``i`` holds the derivatives at point ``i``.
        """
        ...


@runtime_checkable
class RandomFunctions(Protocol):
    """A posterior of which whole functions can be drawn."""

    def draw(self, rng: np.random.Generator) -> Criterion:
        """Draw what the objective might be.

        Parameters
        ----------
        rng : numpy.random.Generator
            Random numbers.

        Returns
        -------
        Criterion
            One function, the same at each call.
        """
        ...


class Surrogate(Protocol):
    """A model of the objective. Holds settings only."""

    def fit(self, X: Array, y: Array, columns: Columns | None = None) -> Posterior:
        """Learn from measurements; a pure function of its arguments.

        Parameters
        ----------
        X : array of shape (n, d)
            Points in the unit cube.
        y : array of shape (n,)
            What was measured there, of about zero mean and unit variance.
        columns : Columns or None, default=None
            The parameters the columns of ``X`` belong to; None if each is one.
        """
        ...


class Criterion(Protocol):
    """The value of measuring a point, to be maximised.

    Attributes
    ----------
    is_smooth : bool
        Whether it is a :class:`SmoothCriterion`, so that gradients lead uphill.
    """

    @property
    def is_smooth(self) -> bool:
        """Whether there are gradients."""
        ...

    def __call__(self, X: Array) -> Array:
        """Value points.

        Parameters
        ----------
        X : array of shape (m, d)
            Points in the unit cube.

        Returns
        -------
        array of shape (m,)
            Finite values; greater is better.
        """
        ...


@runtime_checkable
class SmoothCriterion(Criterion, Protocol):
    """A criterion with derivatives; they may be asked for where ``is_smooth`` is true."""

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        """Value points, with the derivatives by their coordinates.

        Parameters
        ----------
        X : array of shape (m, d)
            Points in the unit cube.

        Returns
        -------
        values : array of shape (m,)
            As from calling the criterion.
        gradients : array of shape (m, d)
            Row ``i`` holds the derivatives at point ``i``.
        """
        ...


class Acquisition(Protocol):
    """A rule for the value of measuring a point. Holds settings only."""

    def criterion(self, posterior: Posterior, X: Array, rng: np.random.Generator) -> Criterion:
        """Apply the rule to what is believed now.

        Parameters
        ----------
        posterior : Posterior
            The belief.
        X : array of shape (n, d)
            The points measured, or being measured, so far.
        rng : numpy.random.Generator
            For rules that draw at random; others leave it alone.
        """
        ...
