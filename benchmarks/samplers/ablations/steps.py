"""Hyperparameters fitted at numbers of scores that grow geometrically."""

from __future__ import annotations

from dataclasses import dataclass, field

from skhpo.surrogates import GaussianProcess
from skhpo.surrogates.base import Array
from skhpo.surrogates.columns import Columns
from skhpo.surrogates.evidence import Hyperparameters
from skhpo.surrogates.gaussian_process import GaussianProcessPosterior

__all__ = ["GeometricSteps"]

_FIRST = 10  # with fewer scores, there is a fit at each


@dataclass(frozen=True)
class GeometricSteps(GaussianProcess):
    """A Gaussian process of one search whose hyperparameters are kept from step to step.

    Parameters
    ----------
    growth : float, default=1.5
        From one number of scores with a fit to the next.
    """

    growth: float = 1.5
    kept: dict[int, Hyperparameters] = field(default_factory=dict, compare=False)

    def fit(self, X: Array, y: Array, columns: Columns | None = None) -> _Stepping:
        """Condition on all data with the hyperparameters of the last step."""
        n = self._step(len(y))
        if n not in self.kept:
            self.kept[n] = super().fit(X[:n], y[:n], columns).hyperparameters
        plain = GaussianProcessPosterior.given(X, y, self.kept[n])
        return _Stepping(**vars(plain), surrogate=self, columns=columns)

    def _step(self, n: int) -> int:
        """Return the last number of scores with a fit that is not above ``n``."""
        step = min(n, _FIRST)
        while (following := max(step + 1, round(self.growth * step))) <= n and n > _FIRST:
            step = following
        return step


@dataclass(frozen=True, eq=False)
class _Stepping(GaussianProcessPosterior):
    """A belief that leaves it to the model when it is fitted anew."""

    surrogate: GeometricSteps | None = None
    columns: Columns | None = None

    def given_data(self, X: Array, y: Array) -> _Stepping:
        """Condition on other data, with new hyperparameters if there is a step."""
        return self.surrogate.fit(X, y, self.columns)
