"""Parzen estimators over a space: one kernel around each configuration that was seen.

========================  ===============================================================
``n``                     configurations seen; component ``n`` is the prior
``w`` (n + 1,)            weights of the components, their sum is 1
``k(b | i)``              probability of branch ``b`` under component ``i``
``k(x_s | i)``            density or probability of parameter ``s`` under component ``i``
``mu, sigma`` (n + 1,)    centre and bandwidth of a Gaussian kernel
========================  ===============================================================

The density of a configuration of branch ``b`` is ``sum_i w_i k(b | i) prod_s k(x_s | i)``, over
the parameters ``s`` of that branch. Components are products, the mixture is not: that is what
makes it multivariate. A component knows nothing of parameters that its own branch does not have,
so there it is the prior.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from skhpo.space import Encoding
from skhpo.space.domains import UnitIntervalDomain
from skhpo.space.encoding import Slot

__all__ = [
    "CategoricalKernels",
    "DiscreteKernels",
    "GaussianKernels",
    "Kernels",
    "ParzenEstimator",
    "bandwidths",
    "linear_forgetting",
]

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

#: Weight of the prior; each configuration seen has about 1.
_PRIOR_WEIGHT = 1.0

#: No kernel is narrower than this, nor than (2 + n) ** -_CLIPPING: with few of them, they would
#: cover so little that nothing new is ever drawn …
_MIN_BANDWIDTH = 0.04
_CLIPPING = 1.25

#: … nor than this many steps from one value to the next: it has to reach the neighbours.
_MIN_STEPS = 1.0

#: Configurations with full weight where older ones count less.
_N_RECENT = 25

#: Probability of all values but the one seen, where there is no order.
_OTHER_VALUES = 0.35

#: Stands in for a probability that is 0 by rounding, so that ratios of two of them are defined.
_TINY = 1e-300


class Kernels(ABC):
    """What each of ``m`` components says of one parameter."""

    @abstractmethod
    def sample(self, components: Indices, rng: np.random.Generator) -> Array:
        """Draw a value from each of some components.

        Parameters
        ----------
        components : array of int, shape (k,)
            Their numbers.
        rng : numpy.random.Generator
            Random numbers.

        Returns
        -------
        array of shape (k, n_columns)
            Columns that mean a value exactly.
        """

    @abstractmethod
    def log_density(self, columns: Array) -> Array:
        """Return the logarithm of the density, or of the probability if values are discrete.

        Parameters
        ----------
        columns : array of shape (k, n_columns)
            Columns that mean a value exactly.

        Returns
        -------
        array of shape (k, m)
            By value and component.
        """


class GaussianKernels(Kernels):
    """Gaussians, truncated to the unit interval, for a parameter with a continuum of values.

    Parameters
    ----------
    mu, sigma : array of shape (m,)
        Centres in [0, 1], and bandwidths.
    """

    def __init__(self, mu: Array, sigma: Array) -> None:
        self.mu = mu
        self.sigma = sigma
        self._below = ndtr(-mu / sigma)
        self._inside = ndtr((1.0 - mu) / sigma) - self._below

    def sample(self, components: Indices, rng: np.random.Generator) -> Array:
        """Draw by the inverse of the distribution function."""
        level = self._below[components] + rng.random(len(components)) * self._inside[components]
        positions = self.mu[components] + self.sigma[components] * ndtri(level)
        return np.asarray(np.clip(positions, 0.0, 1.0)[:, None])

    def log_density(self, columns: Array) -> Array:
        """Log density, by component."""
        z = (columns - self.mu) / self.sigma
        return np.asarray(-0.5 * z**2 - np.log(np.sqrt(2.0 * np.pi) * self.sigma * self._inside))

    def log_mass(self, low: Array, high: Array) -> Array:
        """Log probability of the parts [low, high] of the unit interval, each of shape (k, 1)."""
        mass = ndtr((high - self.mu) / self.sigma) - ndtr((low - self.mu) / self.sigma)
        return np.asarray(np.log(np.maximum(mass, _TINY) / self._inside))


class DiscreteKernels(Kernels):
    """Truncated Gaussians, of which each value gets what is nearer to it than to any other.

    Parameters
    ----------
    gaussians : GaussianKernels
        Over the positions.
    domain : UnitIntervalDomain
        Which positions are those of values.
    """

    def __init__(self, gaussians: GaussianKernels, domain: UnitIntervalDomain) -> None:
        self._gaussians = gaussians
        self._domain = domain

    def sample(self, components: Indices, rng: np.random.Generator) -> Array:
        """Draw positions, and move them to the nearest value."""
        drawn = self._gaussians.sample(components, rng)[:, 0]
        # the steps of a domain need not end half-way between two values
        near = self._domain.snap(drawn)
        below, above = self._borders(near)
        steps = (drawn > above).astype(int) - (drawn < below)
        return np.where(steps == 0, near, self._domain.shift(near, steps))[:, None]

    def log_density(self, columns: Array) -> Array:
        """Log probability, by component."""
        below, above = self._borders(columns[:, 0])
        return self._gaussians.log_mass(below[:, None], above[:, None])

    def _borders(self, positions: Array) -> tuple[Array, Array]:
        """Half-way to the next values, or the ends of the interval."""
        one = np.ones(len(positions), dtype=int)
        previous, following = (self._domain.shift(positions, step) for step in (-one, one))
        # at an end, the domain reflects a step
        below = np.where(previous < positions, 0.5 * (previous + positions), 0.0)
        above = np.where(following > positions, 0.5 * (following + positions), 1.0)
        return below, above


class CategoricalKernels(Kernels):
    """Probabilities of values without an order.

    Parameters
    ----------
    probabilities : array of shape (m, n_values)
        Of each value, by component; each row has the sum 1.
    """

    def __init__(self, probabilities: Array) -> None:
        self.probabilities = probabilities

    def sample(self, components: Indices, rng: np.random.Generator) -> Array:
        """Draw values, one-hot."""
        steps = np.cumsum(self.probabilities[components, :-1], axis=1)
        values = np.sum(rng.random((len(components), 1)) > steps, axis=1)
        return np.asarray(np.eye(self.probabilities.shape[1])[values])

    def log_density(self, columns: Array) -> Array:
        """Log probability, by component."""
        return np.asarray(np.log(self.probabilities.T[np.argmax(columns, axis=1)]))


class ParzenEstimator:
    """A density over the configurations of a space; notation on top of this module.

    Parameters
    ----------
    encoding : Encoding
        The space.
    rows : array of shape (n, n_columns)
        Configurations seen; there may be none.
    weights : array of shape (n,)
        What each of them weighs; the prior weighs 1.

    References
    ----------
    J. Bergstra, R. Bardenet, Y. Bengio, B. Kégl: Algorithms for Hyper-Parameter Optimization.
    NeurIPS 2011, section 4.

    S. Falkner, A. Klein, F. Hutter: BOHB: Robust and Efficient Hyperparameter Optimization at
    Scale. ICML 2018, section 3.2: kernels over all parameters together.
    """

    def __init__(self, encoding: Encoding, rows: Array, weights: Array) -> None:
        self._encoding = encoding
        weights = np.append(weights, _PRIOR_WEIGHT)
        self._weights = weights / weights.sum()
        branches = _branches_of(encoding, rows)
        self._branches = _branch_probabilities(branches, encoding.n_branches)
        self._kernels: dict[int, Kernels] = {}
        for branch in range(encoding.n_branches):
            for slot in _varying(encoding, branch):
                if slot.columns.start not in self._kernels:
                    (known,) = np.nonzero(_have(encoding, slot)[branches])
                    columns = rows[known, slot.columns]
                    self._kernels[slot.columns.start] = _kernels(slot, columns, known, len(rows))

    def sample(
        self, n: int, rng: np.random.Generator, branches: Sequence[int] | None = None
    ) -> Array:
        """Draw configurations.

        Parameters
        ----------
        n : int
            How many.
        rng : numpy.random.Generator
            Random numbers.
        branches : sequence of int or None
            Of which branches; None for all.

        Returns
        -------
        array of shape (n, n_columns)
            Rows that mean a configuration exactly.
        """
        among = range(self._encoding.n_branches) if branches is None else branches
        joint = self._weights[:, None] * self._branches[:, among]
        drawn = rng.choice(joint.size, size=n, p=joint.ravel() / joint.sum())
        components, places = np.divmod(drawn, len(among))
        rows = np.empty((n, self._encoding.n_columns))
        for place, branch in enumerate(among):
            (here,) = np.nonzero(places == place)
            rows[here] = self._encoding.at_branch(branch)
            for slot in _varying(self._encoding, branch):
                kernels = self._kernels[slot.columns.start]
                rows[here, slot.columns] = kernels.sample(components[here], rng)
        return rows

    def log_density(self, rows: Array) -> Array:
        """Return the logarithm of the density.

        Parameters
        ----------
        rows : array of shape (k, n_columns)
            Rows that mean a configuration exactly.

        Returns
        -------
        array of shape (k,)
            The sum over all discrete values, and the integral over all others, of its
            exponential is 1.
        """
        branches = _branches_of(self._encoding, rows)
        terms = np.log(self._weights) + np.log(self._branches.T[branches])
        for branch in np.unique(branches):
            (here,) = np.nonzero(branches == branch)
            for slot in _varying(self._encoding, int(branch)):
                kernels = self._kernels[slot.columns.start]
                terms[here] += kernels.log_density(rows[here, slot.columns])
        return np.asarray(np.logaddexp.reduce(terms, axis=1))


def _branches_of(encoding: Encoding, rows: Array) -> Indices:
    """Return the number of each row's branch."""
    if encoding.n_branches == 1:  # decoding takes longer than all the rest
        return np.zeros(len(rows), dtype=np.intp)
    return np.array([encoding.branch(row) for row in rows], dtype=np.intp)


def _branch_probabilities(branches: Indices, n_branches: int) -> Array:
    """Mostly the branch seen; the rest is the prior's, the less of it the more was seen."""
    n = len(branches)
    counts = np.full((n + 1, n_branches), _PRIOR_WEIGHT / (n + 1))
    counts[np.arange(n), branches] += 1.0
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))


def _varying(encoding: Encoding, branch: int) -> Iterator[Slot]:
    """Parameters of a branch that are no constants."""
    return (slot for slot in encoding.slots(branch) if slot.columns.start < slot.columns.stop)


def _have(encoding: Encoding, slot: Slot) -> NDArray[np.bool_]:
    """Which branches have a parameter, with the same domain."""
    return np.array(
        [
            any(other.columns == slot.columns for other in _varying(encoding, branch))
            for branch in range(encoding.n_branches)
        ]
    )


def _kernels(slot: Slot, columns: Array, known: Indices, n: int) -> Kernels:
    """Kernels of ``n`` configurations and the prior; only those in ``known`` have the parameter."""
    if columns.shape[1] > 1:
        probabilities = np.full((n + 1, columns.shape[1]), 1.0 / columns.shape[1])
        probabilities[known] = _OTHER_VALUES / (columns.shape[1] - 1)
        probabilities[known, np.argmax(columns, axis=1)] = 1.0 - _OTHER_VALUES
        return CategoricalKernels(probabilities)
    mu, sigma = np.full(n + 1, 0.5), np.ones(n + 1)
    domain = slot.domain
    smallest = max(_MIN_BANDWIDTH, (2.0 + n) ** -_CLIPPING)
    if not domain.is_continuous:
        smallest = max(smallest, _MIN_STEPS / domain.size)
    mu[known], sigma[known] = columns[:, 0], bandwidths(columns[:, 0], smallest)
    gaussians = GaussianKernels(mu, sigma)
    if domain.is_continuous:
        return gaussians
    assert isinstance(domain, UnitIntervalDomain), f"{domain!r} has one column, but no order"
    return DiscreteKernels(gaussians, domain)


def bandwidths(positions: Array, smallest: float) -> Array:
    """Return how wide the kernels of a parameter are: as far as the farther neighbour.

    Parameters
    ----------
    positions : array of shape (n,)
        Centres in [0, 1].
    smallest : float
        None is narrower.

    Returns
    -------
    array of shape (n,)

    References
    ----------
    J. Bergstra, D. Yamins, D. D. Cox: Making a Science of Model Search. ICML 2013.

    S. Watanabe: Tree-Structured Parzen Estimator: Understanding Its Algorithm Components and
    Their Roles for Better Empirical Performance. arXiv:2304.11127, 2023: "magic clipping".
    """
    if len(positions) < 2:
        return np.maximum(positions, 1.0 - positions)
    order = np.argsort(positions, kind="stable")
    gaps = np.diff(positions[order])
    sigma = np.empty(len(positions))
    sigma[order] = np.maximum(np.append(gaps[0], gaps), np.append(gaps, gaps[-1]))
    return np.maximum(sigma, smallest)


def linear_forgetting(n: int) -> Array:
    """Return weights of configurations, older ones first: they rise to 1, for the newest 25.

    Parameters
    ----------
    n : int
        How many.

    Returns
    -------
    array of shape (n,)

    References
    ----------
    J. Bergstra, D. Yamins, D. D. Cox: Making a Science of Model Search. ICML 2013; in its
    implementation, hyperopt: ``linear_forgetting_weights``.
    """
    n_old = max(n - _N_RECENT, 0)
    return np.append(np.linspace(1.0 / max(n, 1), 1.0, n_old), np.ones(n - n_old))
