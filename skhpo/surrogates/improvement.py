"""The expected improvement of a normal variable over a value, in logarithms.

========== =========================================================================
symbol     meaning
========== =========================================================================
f*         the incumbent: the value to be improved on
mu, sigma  mean and standard deviation
z          (mu - f*) / sigma
phi, Phi   density and distribution function of the standard normal
h(z)       phi(z) + z Phi(z): the expected improvement for sigma = 1
========== =========================================================================

Reference: S. Ament, S. Daulton, D. Eriksson, M. Balandat, E. Bakshy: Unexpected Improvements to
Expected Improvement for Bayesian Optimization. NeurIPS 2023.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfcx, ndtr

from skhpo.surrogates.base import Array

__all__ = ["log_expected_improvement"]

_LOG_SQRT_2PI = 0.5 * math.log(2.0 * math.pi)
_SQRT_HALF_PI = math.sqrt(0.5 * math.pi)

#: Below this, 1 + z m(z) is lost to cancellation and the series takes over. At -1000 both are
#: exact to ten digits; the paper's -1/sqrt(eps) leaves none to the left branch.
_SERIES_BELOW = -1e3


def log_expected_improvement(
    mean: Array, std: Array, incumbent: Array | float
) -> tuple[Array, Array, Array]:
    """Compute log EI = log sigma + log h(z) and its derivatives, stable for any finite z.

    Parameters
    ----------
    mean, std : array of shape (m,)
        Means and standard deviations; ``std`` is positive. Any shapes that go together.
    incumbent : float or array
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
