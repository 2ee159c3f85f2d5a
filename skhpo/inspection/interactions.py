"""Which parameters the score depended on together."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np

from skhpo.inspection.columns import Table, objects
from skhpo.inspection.emulator import Emulator, limits
from skhpo.inspection.observed import observed
from skhpo.surrogates.threads import one_thread
from skhpo.trial import Resource

__all__ = ["interactions"]

#: The columns, and what is in them.
_KINDS = {"first": object, "second": object, "importance": float, "low": float, "high": float}
_KINDS |= {"n": int}


@one_thread()
def interactions(
    source: Any,
    *,
    metric: str | None = None,
    resource: Resource = None,
    random_state: int | np.random.RandomState | None = 0,
) -> Table:
    """Return how much the score depends on each two parameters together.

    That is the part of the variance over the whole space which is an effect of two parameters,
    beyond what each of them does alone: a second part of the analysis whose first part is
    :func:`importance`. Together they are 1, but for what three and more parameters do, and what
    goes up and down too often for a few cosines.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    metric : str or None, default=None
        Which score, where there are several. None: the one that is optimised.
    resource : float or None, default=None
        Scores after how much training. None: where most trials were measured.
    random_state : int, RandomState instance or None, default=0
        Seed of all that is drawn.

    Returns
    -------
    dict of str to ndarray of shape (n_pairs,)
        The strongest first, of parameters that have more than one value: ``first``, ``second``,
        ``importance``, ``low``, ``high`` and ``n``, as in :func:`importance`.

    Raises
    ------
    TypeError
        If there is no history in it.
    ValueError
        If there is no such metric, or nobody was measured at this resource.

    References
    ----------
    I. M. Sobol': Global Sensitivity Indices for Nonlinear Mathematical Models and Their Monte Carlo
    Estimates. Mathematics and Computers in Simulation 55, 2001. (Parts of the variance that are
    effects of several parameters together.)
    B. Sudret: Global Sensitivity Analysis Using Polynomial Chaos Expansions. Reliability
    Engineering and System Safety 93, 2008.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import interactions
    >>> tuner = Tuner({"x": Float(-1, 1), "y": Float(-1, 1)},
    ...               lambda params: params["x"] * params["y"], random_state=0).run(n_trials=50)
    >>> bool(interactions(tuner)["importance"][0] > 0.8)
    True
    """
    found = observed(source, metric, resource)
    emulator = Emulator.of(found, random_state)
    names = [] if emulator is None else emulator.features.names
    pairs = list(combinations(range(len(names)), 2))
    if emulator is None or not pairs:
        return {name: np.empty(0, dtype=kind) for name, kind in _KINDS.items()}
    expected, low, high = limits(emulator.pair_effects(pairs))
    order = np.argsort(-expected, kind="stable")
    return {
        "first": objects(names[i] for i, _ in pairs)[order],
        "second": objects(names[j] for _, j in pairs)[order],
        "importance": expected[order],
        "low": low[order],
        "high": high[order],
        "n": np.full(len(pairs), len(emulator.found.scores)),
    }
