"""Acquisition functions: what measuring a point is worth, given what is believed of it.

========== =========================================================================
symbol     meaning
========== =========================================================================
f*         the incumbent: the best value believed to be reached so far
mu, sigma  mean and standard deviation of the posterior at a point
z          (mu - f*) / sigma
phi, Phi   density and distribution function of the standard normal
h(z)       phi(z) + z Phi(z): the expected improvement for sigma = 1
========== =========================================================================
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erfcx, ndtr

from skhpo.surrogates.base import Array, Posterior

__all__ = ["ImprovementCriterion", "LogExpectedImprovement", "log_expected_improvement"]

_LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
_SQRT_HALF_PI = math.sqrt(0.5 * math.pi)

#: Below this, 1 + z m(z) is lost to cancellation and the series takes over. At -1000 both are
#: exact to ten digits; the paper's -1/sqrt(eps) leaves none to the left branch.
_SERIES_BELOW = -1e3


@dataclass(frozen=True)
class LogExpectedImprovement:
    """The logarithm of the expected improvement over the incumbent.

    It has the maximum of the expected improvement, and a gradient where that one is flat zero.
    The incumbent is the best posterior *mean* among the points measured, which a lucky noisy
    measurement does not move as it moves the best measured value.

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

    def criterion(
        self, posterior: Posterior, X: Array, rng: np.random.Generator
    ) -> ImprovementCriterion:
        """Measure improvement over the best of the points in ``X``.

        Parameters
        ----------
        posterior : Posterior
            The belief.
        X : array of shape (n, d)
            The points measured, or being measured, so far; at least one.
        rng : numpy.random.Generator
            Not used.
        """
        return ImprovementCriterion(posterior, float(posterior.predict(X)[0].max()) + self.xi)


@dataclass(frozen=True)
class ImprovementCriterion:
    """Log expected improvement of a posterior over an incumbent, as a function of the point.

    Parameters
    ----------
    posterior : Posterior
        The belief.
    incumbent : float
        The value to be improved on.
    """

    posterior: Posterior
    incumbent: float

    def __call__(self, X: Array) -> Array:
        """Value points; shapes (m, d) -> (m,)."""
        mean, std = self.posterior.predict(X)
        return log_expected_improvement(mean, std, self.incumbent)[0]

    def with_gradient(self, X: Array) -> tuple[Array, Array]:
        """Value points, with gradients by the chain rule; shapes (m, d) -> (m,), (m, d)."""
        mean, std, mean_gradient, std_gradient = self.posterior.predict_with_gradient(X)
        value, by_mean, by_std = log_expected_improvement(mean, std, self.incumbent)
        return value, by_mean[:, None] * mean_gradient + by_std[:, None] * std_gradient


def log_expected_improvement(
    mean: Array, std: Array, incumbent: float
) -> tuple[Array, Array, Array]:
    """Compute log EI = log sigma + log h(z) and its derivatives, stable for any finite z.

    Parameters
    ----------
    mean, std : array of shape (m,)
        Posterior at the points; ``std`` is positive.
    incumbent : float
        The value to be improved on.

    Returns
    -------
    value, by_mean, by_std : array of shape (m,)
        Log expected improvement and its derivatives by ``mean`` and by ``std``.

    References
    ----------
    Ament et al. 2023, eq. (8) and (9). The derivatives follow from dEI/dmu = Phi(z) and
    dEI/dsigma = phi(z), both divided by EI = sigma h(z).
    """
    z = (mean - incumbent) / std
    log_h, Phi_by_h, phi_by_h = _log_h(z)
    return np.log(std) + log_h, Phi_by_h / std, phi_by_h / std


def _log_h(z: Array) -> tuple[Array, Array, Array]:
    """Return log h(z), Phi(z) / h(z) and phi(z) / h(z), each of shape (m,)."""
    log_h, Phi_by_h, phi_by_h = np.empty_like(z), np.empty_like(z), np.empty_like(z)

    right = z > -1.0  # eq. (9), first case: no cancellation, h is used as it is defined
    t = z[right]
    phi, Phi = np.exp(-0.5 * t * t - _LOG_SQRT_2PI), ndtr(t)
    h = phi + t * Phi
    log_h[right], Phi_by_h[right], phi_by_h[right] = np.log(h), Phi / h, phi / h

    left = ~right & (z > _SERIES_BELOW)  # second case: h = phi (1 + z m), m = Phi / phi
    t = z[left]
    m = _SQRT_HALF_PI * erfcx(-t * math.sqrt(0.5))
    h_by_phi = 1.0 + t * m
    log_h[left] = np.log(h_by_phi) - 0.5 * t * t - _LOG_SQRT_2PI
    Phi_by_h[left], phi_by_h[left] = m / h_by_phi, 1.0 / h_by_phi

    far = z <= _SERIES_BELOW  # third case, with one more term: h = phi (1 - 3 / z^2) / z^2
    t = z[far]
    log_h[far] = np.log1p(-3.0 / t**2) - 2.0 * np.log(-t) - 0.5 * t * t - _LOG_SQRT_2PI
    Phi_by_h[far], phi_by_h[far] = -t - 2.0 / t, t * t + 3.0
    return log_h, Phi_by_h, phi_by_h
