"""What the model of a search says of two parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.emulator import Emulator
from skhpo.inspection.features import Feature
from skhpo.inspection.observed import observed
from skhpo.inspection.scales import Scale, values_of
from skhpo.inspection.spaces import declared_scale
from skhpo.inspection.tables import sign_of
from skhpo.inspection.words import check_name
from skhpo.surrogates.threads import one_thread
from skhpo.trial import Resource

__all__ = ["NoSurfaceError", "Surface", "surface"]

_N_STEPS = 41  # along an axis of numbers


class NoSurfaceError(ValueError):
    """Trials say nothing about two parameters."""


@dataclass(frozen=True)
class Surface:
    """Scores that are expected over two parameters, all others as in the best that has both.

    Scores are in the direction of the source.

    Parameters
    ----------
    x, y : Scale
        The axes.
    x_values, y_values : ndarray of shape (n_x,), (n_y,)
        Coordinates on them: numbers, or places of categories.
    mean, std : ndarray of shape (n_y, n_x)
        What score is expected, and how sure that is (one standard deviation); NaN where there is no
        such configuration.
    trials : ndarray of shape (n, 2)
        Coordinates of the trials that have both parameters.
    scores : ndarray of shape (n,)
        Their scores.
    best : int
        Which of the trials is the best.
    is_best_of_all : bool
        Whether no trial is better that lacks one of the two parameters.
    label : str
        What the score is called.
    resource : float or None
        After how much training; None where that is not divided.
    """

    x: Scale
    y: Scale
    x_values: NDArray[np.float64]
    y_values: NDArray[np.float64]
    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    trials: NDArray[np.float64]
    scores: NDArray[np.float64]
    best: int
    is_best_of_all: bool
    label: str
    resource: Resource = None


@one_thread()
def surface(
    source: Any,
    x: str,
    y: str,
    *,
    metric: str | None = None,
    resource: Resource = None,
    random_state: int | np.random.RandomState | None = 0,
) -> Surface:
    """Return what a Gaussian process expects over two parameters.

    All other parameters are as in the best configuration that has these two. Each point is then a
    configuration that can be tried, and the best one lies on the surface; a mean over all values of
    the others would mix branches of a space, and hide what parameters do together. Other trials
    need not lie on it: they differ in the other parameters as well.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    x, y : str
        Names of the two parameters.
    metric : str or None, default=None
        Which score, where there are several. None: the one that is optimised.
    resource : float or None, default=None
        Scores after how much training. None: where most trials were measured.
    random_state : int, RandomState instance or None, default=0
        Chooses 400 trials where there are more.

    Returns
    -------
    Surface

    Raises
    ------
    TypeError
        If there is no history in it.
    ValueError
        If there is no such parameter or metric, or both are the same one.
    NoSurfaceError
        If one of them has one value only, no trial with a score has both, or fewer than two scores
        differ. It is a ValueError, too.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import surface
    >>> tuner = Tuner({"x": Float(-1, 1), "y": Float(-1, 1)},
    ...               lambda params: -params["x"] ** 2 - params["y"] ** 2,
    ...               random_state=0).run(n_trials=30)
    >>> found = surface(tuner, "x", "y")
    >>> row, column = divmod(found.mean.argmax(), len(found.x_values))
    >>> bool(abs(found.x_values[column]) < 0.1 and abs(found.y_values[row]) < 0.1)
    True
    """
    found = observed(source, metric, resource)
    for setting, name in (("x", x), ("y", y)):
        check_name(setting, name, found.names)
    if x == y:
        raise ValueError(f"x and y must be two parameters, got {x!r} for both")
    emulator = Emulator.of(found, random_state)
    if emulator is None:
        raise NoSurfaceError(
            f"nothing can be said: of {len(found.scores)} trials with a score, no two differ"
        )
    features, found = emulator.features, emulator.found
    for name in (x, y):
        if name not in features.names:
            raise NoSurfaceError(f"{name} has one value only in the trials that have a score")
    i, j = features.names.index(x), features.names.index(y)
    has_both = ~np.isnan(features.U[:, [i, j]]).any(axis=1)
    if not has_both.any():
        raise NoSurfaceError(f"no trial with a score has both {x} and {y}")
    first, second = features.features[i], features.features[j]
    u, v = np.meshgrid(_steps(first), _steps(second))
    rows = np.flatnonzero(has_both)
    configurations = [found.configurations[row] for row in rows]
    best = int(np.argmax(found.scores[rows]))
    U = np.tile(features.U[rows[best]], (u.size, 1))
    U[:, i], U[:, j] = u.ravel(), v.ravel()
    U = features.with_gaps(U)
    mean, std = emulator.posterior.predict(features.encode(U))
    is_there = ~np.isnan(U[:, [i, j]]).any(axis=1)
    centre, unit = found.moments
    sign = sign_of(source)
    scales = [
        declared_scale(source, name, values_of(name, found.configurations)) for name in (x, y)
    ]
    at = np.ix_(_places(second.scale, scales[1], v[:, 0]), _places(first.scale, scales[0], u[0]))
    return Surface(
        scales[0],
        scales[1],
        _values(first, u[0]),
        _values(second, v[:, 0]),
        np.where(is_there, sign * (centre + unit * mean), np.nan).reshape(u.shape)[at],
        np.where(is_there, unit * std, np.nan).reshape(u.shape)[at],
        np.column_stack(
            [scale.coordinates(values_of(scale.name, configurations)) for scale in scales]
        ),
        sign * found.scores[rows],
        best,
        bool(found.scores[rows[best]] >= found.scores.max()),
        found.label,
        found.resource,
    )


def _steps(feature: Feature) -> NDArray[np.float64]:
    """Return coordinates of a feature at which the model is asked."""
    return feature.marks if feature.is_category else np.linspace(0.0, 1.0, _N_STEPS)


def _places(learnt: Scale, declared: Scale, steps: NDArray[np.float64]) -> NDArray[np.int_]:
    """Return which of the steps along a feature stands at each place of the declared order."""
    order = np.arange(len(steps))
    for name, place in declared.places.items():
        order[place] = learnt.places[name]
    return order


def _values(feature: Feature, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return coordinates of a feature as those of its scale: positions as numbers."""
    scale = feature.scale
    if feature.is_category:
        return u
    if scale.kind == "log":
        values: NDArray[np.float64] = scale.low * (scale.high / scale.low) ** u
    else:
        values = scale.low + (scale.high - scale.low) * u
    return values
