"""Acquisition functions: what measuring a point is worth, given what is believed of it.

Each is a rule that turns mean and standard deviation at a point into a value, with derivatives.
The incumbent of those that measure improvement is the best posterior *mean* among the points
measured: a lucky noisy measurement does not move it as it moves the best measured value.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np
from scipy.special import log_ndtr, ndtr

from skhpo.settings import check_number
from skhpo.surrogates.base import Array, Criterion, Posterior, RandomFunctions, SmoothPosterior
from skhpo.surrogates.improvement import log_expected_improvement

__all__ = [
    "ExpectedImprovement",
    "LogExpectedImprovement",
    "MarginalCriterion",
    "ProbabilityOfImprovement",
    "ThompsonSampling",
    "UpperConfidenceBound",
]

#: (mean, std) -> (value, derivative by the mean, derivative by the std), all of shape (m,).
Rule: TypeAlias = Callable[[Array, Array], tuple[Array, Array, Array]]

_LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)


@dataclass(frozen=True)
class MarginalCriterion:
    """A rule applied to a posterior, as a function of the point.

    Parameters
    ----------
    posterior : Posterior
        The belief.
    rule : callable
        (mean, std) -> (value, derivative by the mean, derivative by the std).
    """

    posterior: Posterior
    rule: Rule

    @property
    def is_smooth(self) -> bool:
        """As the posterior."""
        return self.posterior.is_smooth

    def __call__(self, X: Array) -> Array:
        """Value points; shapes (m, d) -> (m,)."""
        return self.rule(*self.posterior.predict(X))[0]

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        """Value points, with gradients by the chain rule; shapes (m, d) -> (m,), (m, d)."""
        posterior = cast(SmoothPosterior, self.posterior)  # isinstance of a protocol takes long
        mean, std, mean_gradient, std_gradient = posterior.predict_with_gradient(X)
        value, by_mean, by_std = self.rule(mean, std)
        return value, by_mean[:, None] * mean_gradient + by_std[:, None] * std_gradient


@dataclass(frozen=True)
class LogExpectedImprovement:
    """The logarithm of the expected improvement over the incumbent.

    It has the maximum of the expected improvement, and a gradient where that one is flat zero.

    Parameters
    ----------
    xi : float, default=0.003
        The smallest improvement that counts, in standard deviations of the measurements. Near an
        optimum a model with noise always expects some last digits more; without this bound many
        searches polish a local optimum for ever, and a promising category is never tried again.

    References
    ----------
    S. Ament, S. Daulton, D. Eriksson, M. Balandat, E. Bakshy: Unexpected Improvements to Expected
    Improvement for Bayesian Optimization. NeurIPS 2023.
    """

    xi: float = 0.003

    def __post_init__(self) -> None:
        check_number("LogExpectedImprovement", "xi", self.xi)

    def criterion(
        self, posterior: Posterior, X: Array, rng: np.random.Generator
    ) -> MarginalCriterion:
        """Measure improvement over the best of the points in ``X``; see :class:`Acquisition`."""
        goal = _incumbent(posterior, X) + self.xi
        return MarginalCriterion(
            posterior, lambda mean, std: log_expected_improvement(mean, std, goal)
        )


@dataclass(frozen=True)
class ExpectedImprovement:
    """The expected improvement over the incumbent, as it stands in the textbooks.

    Parameters
    ----------
    xi : float, default=0.003
        The smallest improvement that counts, in standard deviations of the measurements.

    References
    ----------
    D. R. Jones, M. Schonlau, W. J. Welch: Efficient Global Optimization of Expensive Black-Box
    Functions. Journal of Global Optimization 13, 1998, eq. (15).
    """

    xi: float = 0.003

    def __post_init__(self) -> None:
        check_number("ExpectedImprovement", "xi", self.xi)

    def criterion(
        self, posterior: Posterior, X: Array, rng: np.random.Generator
    ) -> MarginalCriterion:
        """Measure improvement over the best of the points in ``X``; see :class:`Acquisition`."""
        goal = _incumbent(posterior, X) + self.xi

        def rule(mean: Array, std: Array) -> tuple[Array, Array, Array]:
            z = (mean - goal) / std
            phi, Phi = np.exp(-0.5 * z * z - _LOG_SQRT_2PI), ndtr(z)
            return std * (phi + z * Phi), Phi, phi

        return MarginalCriterion(posterior, rule)


@dataclass(frozen=True)
class ProbabilityOfImprovement:
    """The logarithm of the probability of an improvement over the incumbent.

    Parameters
    ----------
    xi : float, default=0.05
        The smallest improvement that counts, in standard deviations of the measurements. With
        none, the surest gain is next to the incumbent, however small.

    References
    ----------
    H. J. Kushner: A New Method of Locating the Maximum Point of an Arbitrary Multipeak Curve in
    the Presence of Noise. Journal of Basic Engineering 86, 1964.
    """

    xi: float = 0.05

    def __post_init__(self) -> None:
        check_number("ProbabilityOfImprovement", "xi", self.xi)

    def criterion(
        self, posterior: Posterior, X: Array, rng: np.random.Generator
    ) -> MarginalCriterion:
        """Measure improvement over the best of the points in ``X``; see :class:`Acquisition`."""
        goal = _incumbent(posterior, X) + self.xi

        def rule(mean: Array, std: Array) -> tuple[Array, Array, Array]:
            z = (mean - goal) / std
            log_Phi = log_ndtr(z)
            slope = np.exp(-0.5 * z * z - _LOG_SQRT_2PI - log_Phi)  # phi / Phi
            return log_Phi, slope / std, -slope * z / std

        return MarginalCriterion(posterior, rule)


@dataclass(frozen=True)
class UpperConfidenceBound:
    """The mean plus a multiple of the standard deviation.

    Parameters
    ----------
    beta : float, default=2.0
        The multiple. 0 trusts the model, large values explore.

    References
    ----------
    N. Srinivas, A. Krause, S. M. Kakade, M. Seeger: Gaussian Process Optimization in the Bandit
    Setting. ICML 2010, eq. (6); beta is their square root.
    """

    beta: float = 2.0

    def __post_init__(self) -> None:
        check_number("UpperConfidenceBound", "beta", self.beta)

    def criterion(
        self, posterior: Posterior, X: Array, rng: np.random.Generator
    ) -> MarginalCriterion:
        """Apply the rule; see :class:`Acquisition`."""

        def rule(mean: Array, std: Array) -> tuple[Array, Array, Array]:
            return mean + self.beta * std, np.ones_like(mean), np.full_like(std, self.beta)

        return MarginalCriterion(posterior, rule)


@dataclass(frozen=True)
class ThompsonSampling:
    """What a function drawn from the posterior says: as likely to try a point as it is the best.

    References
    ----------
    W. R. Thompson: On the Likelihood that One Unknown Probability Exceeds Another in View of the
    Evidence of Two Samples. Biometrika 25, 1933.
    """

    def criterion(self, posterior: Posterior, X: Array, rng: np.random.Generator) -> Criterion:
        """Draw the function; see :class:`Acquisition`.

        Raises
        ------
        TypeError
            If the surrogate's posterior has no functions to draw.
        """
        if not isinstance(posterior, RandomFunctions):
            raise TypeError(
                "Thompson sampling needs a posterior with draw(), which "
                f"{type(posterior).__name__} does not have; choose another acquisition."
            )
        return posterior.draw(rng)


def _incumbent(posterior: Posterior, X: Array) -> float:
    """Return the best of what is believed of the points in ``X``, at least one."""
    return float(posterior.predict(X)[0].max())
