"""A belief over some columns, the others being given: that of a score at one fidelity."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from skhpo.surrogates.base import (
    Array,
    Criterion,
    Posterior,
    RandomFunctions,
    SmoothCriterion,
    SmoothPosterior,
)

__all__ = ["PosteriorSection"]


@dataclass(frozen=True, eq=False)
class _Section:
    """What points without their last columns stand for.

    Parameters
    ----------
    last : array of shape (e,)
        The values of the last columns.
    """

    last: Array

    def _whole(self, X: Array) -> Array:
        """Append the last columns; shapes (m, d) -> (m, d + e)."""
        return np.hstack([X, np.broadcast_to(self.last, (len(X), len(self.last)))])

    def _part(self, gradients: Array) -> Array:
        """Take the last columns away; shapes (m, d + e) -> (m, d)."""
        return gradients[:, : gradients.shape[1] - len(self.last)]


@dataclass(frozen=True, eq=False)
class PosteriorSection(_Section):
    """A posterior as a function of the first columns.

    Parameters
    ----------
    last : array of shape (e,)
        The values of the last columns.
    posterior : Posterior
        The belief over all columns.
    """

    posterior: Posterior

    @property
    def is_smooth(self) -> bool:
        """As the posterior."""
        return self.posterior.is_smooth

    def predict(self, X: Array) -> tuple[Array, Array]:
        """Predict; shapes (m, d) -> (m,), (m,)."""
        return self.posterior.predict(self._whole(X))

    def predict_with_gradient(self, X: Array) -> tuple[Array, Array, Array, Array]:
        """Predict, with derivatives; shapes (m, d) -> (m,), (m,), (m, d), (m, d)."""
        posterior = cast(SmoothPosterior, self.posterior)
        mean, std, by_mean, by_std = posterior.predict_with_gradient(self._whole(X))
        return mean, std, self._part(by_mean), self._part(by_std)

    def given_data(self, X: Array, y: Array) -> PosteriorSection:
        """Return what is believed after other data, all of it in this section."""
        return PosteriorSection(self.last, self.posterior.given_data(self._whole(X), y))

    def condition_on(self, X: Array) -> PosteriorSection:
        """Pretend that points of this section gave what was expected of them."""
        return PosteriorSection(self.last, self.posterior.condition_on(self._whole(X)))

    def draw(self, rng: np.random.Generator) -> Criterion:
        """Draw what the objective might be.

        Raises
        ------
        TypeError
            If the posterior has no functions to draw.
        """
        if not isinstance(self.posterior, RandomFunctions):
            raise TypeError(f"{type(self.posterior).__name__} has no functions to draw")
        return _CriterionSection(self.last, self.posterior.draw(rng))


@dataclass(frozen=True, eq=False)
class _CriterionSection(_Section):
    """A criterion as a function of the first columns."""

    criterion: Criterion

    @property
    def is_smooth(self) -> bool:
        return self.criterion.is_smooth

    def __call__(self, X: Array) -> Array:
        return self.criterion(self._whole(X))

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        criterion = cast(SmoothCriterion, self.criterion)
        value, gradient = criterion.with_gradient(self._whole(X))
        return value, self._part(gradient)
