"""Standard test functions, to be minimised, and where their minima are.

Definitions as in S. Surjanovic and D. Bingham, Virtual Library of Simulation Experiments
(https://www.sfu.ca/~ssurjano/optimization.html), if nothing else is said.
"""

from __future__ import annotations

import math

import numpy as np

__all__ = [
    "BRANIN_MINIMUM",
    "CAMEL_MINIMUM",
    "HARTMANN_MINIMA",
    "MICHALEWICZ_MINIMUM",
    "STYBLINSKI_TANG_MINIMUM",
    "ackley",
    "branin",
    "dixon_price",
    "dixon_price_minimum",
    "griewank",
    "hartmann",
    "levy",
    "michalewicz",
    "rastrigin",
    "rosenbrock",
    "six_hump_camel",
    "styblinski_tang",
]

#: One of three; x in [-5, 10], y in [0, 15].
BRANIN_MINIMUM = (math.pi, 2.275)
#: One of two; x in [-3, 3], y in [-2, 2].
CAMEL_MINIMUM = (0.08984201368301331, -0.7126564032704135)
#: In each dimension; in [-5, 5].
STYBLINSKI_TANG_MINIMUM = -2.903534027771177
#: Of each coordinate by itself.
MICHALEWICZ_MINIMUM = (2.202905507, 1.570796327, 1.284991567, 1.923058483, 1.72046978)


def branin(x: np.ndarray) -> float:
    """Two dimensions, three equal minima."""
    valley = x[1] - 5.1 / (4 * math.pi**2) * x[0] ** 2 + 5 / math.pi * x[0] - 6
    return valley**2 + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x[0]) + 10


_HARTMANN_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
_HARTMANN_3 = (
    np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]]),
    np.array(
        [
            [0.3689, 0.1170, 0.2673],
            [0.4699, 0.4387, 0.7470],
            [0.1091, 0.8732, 0.5547],
            [0.0381, 0.5743, 0.8828],
        ]
    ),
)
_HARTMANN_6 = (
    np.array(
        [
            [10, 3, 17, 3.5, 1.7, 8],
            [0.05, 10, 17, 0.1, 8, 14],
            [3, 3.5, 1.7, 10, 17, 8],
            [17, 8, 0.05, 10, 0.1, 14],
        ]
    ),
    np.array(
        [
            [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
            [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
            [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
            [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
        ]
    ),
)
#: By number of dimensions.
HARTMANN_MINIMA = {
    3: (0.114588868, 0.555648896, 0.852546983),
    4: (0.187395273, 0.19415153, 0.557917781, 0.264779623),
    6: (0.201689514, 0.150010692, 0.476873975, 0.275332432, 0.311651615, 0.657300532),
}


def hartmann(x: np.ndarray) -> float:
    """Three, four or six dimensions in [0, 1]: a sum of four wells.

    In four dimensions it is that of six, cut off and not rescaled.
    """
    widths, centres = _HARTMANN_3 if len(x) == 3 else _HARTMANN_6
    distances = (widths[:, : len(x)] * (x - centres[:, : len(x)]) ** 2).sum(axis=1)
    return -float(_HARTMANN_WEIGHTS @ np.exp(-distances))


def ackley(x: np.ndarray) -> float:
    """A funnel in ripples; the minimum is 0 at the origin."""
    funnel = 20 * (1 - math.exp(-0.2 * math.sqrt(np.mean(x**2))))
    return funnel + math.e - math.exp(np.mean(np.cos(2 * math.pi * x)))


def levy(x: np.ndarray) -> float:
    """Ripples along every axis; the minimum is 0 where every coordinate is 1."""
    w = 1 + (x - 1) / 4
    ends = math.sin(math.pi * w[0]) ** 2 + (w[-1] - 1) ** 2 * (
        1 + math.sin(2 * math.pi * w[-1]) ** 2
    )
    inner = (w[:-1] - 1) ** 2 * (1 + 10 * np.sin(math.pi * w[:-1] + 1) ** 2)
    return ends + float(inner.sum())


def rosenbrock(x: np.ndarray) -> float:
    """A bent valley; the minimum is 0 where every coordinate is 1."""
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


def six_hump_camel(x: np.ndarray) -> float:
    """Two dimensions, six minima of which two are the least."""
    a, b = x
    return (4 - 2.1 * a**2 + a**4 / 3) * a**2 + a * b + (4 * b**2 - 4) * b**2


def styblinski_tang(x: np.ndarray) -> float:
    """Two valleys along every axis, one deeper than the other."""
    return float((x**4 - 16 * x**2 + 5 * x).sum() / 2)


def rastrigin(x: np.ndarray) -> float:
    """A bowl with many pits; the minimum is 0 at the origin."""
    return float((x**2 - 10 * np.cos(2 * math.pi * x) + 10).sum())


def griewank(x: np.ndarray) -> float:
    """A wide bowl with ripples; the minimum is 0 at the origin."""
    waves = np.cos(x / np.sqrt(np.arange(1, len(x) + 1)))
    return float((x**2).sum() / 4000 - waves.prod() + 1)


def dixon_price(x: np.ndarray) -> float:
    """A valley from one coordinate to the next; the minimum is 0."""
    steps = np.arange(2, len(x) + 1) * (2 * x[1:] ** 2 - x[:-1]) ** 2
    return float((x[0] - 1) ** 2 + steps.sum())


def dixon_price_minimum(d: int) -> tuple[float, ...]:
    """Where the minimum of :func:`dixon_price` is."""
    return tuple(2.0 ** (2.0**-i - 1) for i in range(d))


def michalewicz(x: np.ndarray) -> float:
    """Steep narrow valleys in [0, pi]."""
    i = np.arange(1, len(x) + 1)
    return -float((np.sin(x) * np.sin(i * x**2 / math.pi) ** 20).sum())
