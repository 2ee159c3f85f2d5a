"""Which parameters the score depended on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, get_args

import numpy as np

from skhpo.exceptions import did_you_mean
from skhpo.inspection.columns import Table, objects
from skhpo.inspection.emulator import Emulator, limits
from skhpo.inspection.observed import observed
from skhpo.surrogates.threads import one_thread
from skhpo.trial import Resource

__all__ = ["importance"]

Method = Literal["fanova", "permutation", "forest"]


@one_thread()
def importance(
    source: Any,
    method: Method = "fanova",
    *,
    metric: str | None = None,
    resource: Resource = None,
    random_state: int | np.random.RandomState | None = 0,
) -> Table:
    """Return how much the score depends on each parameter.

    A Gaussian process learns the score from the trials (from a random choice of 400 where there
    are more). What is analysed is the function that it expects, and nineteen others that are drawn
    from what it holds for possible. With ``"forest"``, it is the trees of a random forest.

    ``"fanova"`` says which part of a function's variance over the whole space is an effect of one
    parameter alone (functional analysis of variance). The space is what the trials span, each
    parameter evenly on its scale, however often each region was tried. What parameters do together
    is not in it: see :func:`interactions`.

    ``"permutation"`` says how much a function changes when the values of one parameter are
    exchanged among the trials: half the mean square of the change, as a part of its variance over
    the trials. That is what the parameter does alone *and* with others, so that the sum may exceed
    1, and it is about where the trials are: after a search that has crowded at the best, about the
    surroundings of the best.

    ``"forest"`` asks the same as ``"fanova"``, in the way of Hutter et al. (2014): a hundred trees
    are grown on the trials, and the parts of each are computed exactly, over its leaves. It sees
    less with a hundred trials, above all of a score that goes up and down along a parameter; take
    it to compare with what others publish, and where a score jumps.

    A parameter that a branch of the space lacks has no effect there. Where no parameter tells the
    branch, it is one of its own, ``"(branch)"``.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened.
    method : {"fanova", "permutation", "forest"}, default="fanova"
        What importance is.
    metric : str or None, default=None
        Which score, where there are several. None: the one that is optimised.
    resource : float or None, default=None
        Scores after how much training. None: where most trials were measured (with halving, that
        is after the least), since those that were given more were chosen for their score.
    random_state : int, RandomState instance or None, default=0
        Seed of all that is drawn.

    Returns
    -------
    dict of str to ndarray of shape (n_parameters,)
        The most important first: ``parameter``, ``importance`` (of the function that is
        expected), ``low`` and ``high`` (the least and the greatest of all: one in twenty others
        would be beyond each of them), and ``n`` (trials that it was learnt from). Of a forest, the
        mean of its trees, and what one in twenty of them is below, and one in twenty above. 0 for
        a parameter with one value; NaN with fewer than two trials (of a forest, six), where all
        scores are the same, or where no trial with a score has the parameter.

    Raises
    ------
    TypeError
        If there is no history in it.
    ValueError
        If there is no such method or metric, or nobody was measured at this resource.

    Notes
    -----
    The limits say how sure the model is after these trials, and not how wrong the model may be. On
    known functions, with and without noise, they held 79 to 100 % of the parts that matter, where
    it would be 90 % if nothing but chance were against them (``benchmarks/importance.py``). A
    permutation always changes something, if only noise: of a parameter that does nothing, ``low``
    is small, and not 0.

    The limits of a forest say how much its trees differ, each of them grown on other trials, with
    other thresholds. That is no interval for the truth, and seldom holds it.

    References
    ----------
    F. Hutter, H. Hoos, K. Leyton-Brown: An Efficient Approach for Assessing Hyperparameter
    Importance. ICML 2014.
    L. Breiman: Random Forests. Machine Learning 45, 2001. (Permutation.)
    B. Gregorutti, B. Michel, P. Saint-Pierre: Correlation and Variable Importance in Random
    Forests. Statistics and Computing 27, 2017. (It is half of what exchanging costs that is a part
    of the variance.)
    L. Le Gratiet, C. Cannamela, B. Iooss: A Bayesian Approach for Global Sensitivity Analysis of
    (Multifidelity) Computer Codes. SIAM/ASA Journal on Uncertainty Quantification 2, 2014.
    (Functions that are drawn, and what their spread means.)

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import importance
    >>> tuner = Tuner({"x": Float(0, 1), "y": Float(0, 1)}, lambda params: params["x"] ** 2,
    ...               random_state=0).run(n_trials=30)
    >>> table = importance(tuner)
    >>> table["parameter"], table["importance"].round(1)
    (array(['x', 'y'], dtype=object), array([1., 0.]))
    """
    if method not in get_args(Method):
        hint = did_you_mean(str(method), get_args(Method))
        raise ValueError(
            f'method must be "fanova", "permutation" or "forest", got {method!r}.{hint}'
        )
    found = observed(source, metric, resource)
    emulator = Emulator.of(found, random_state)
    if emulator is None:
        return _table(found.names, {}, len(found.scores))
    if method == "fanova":
        parts = limits(emulator.main_effects())
    elif method == "permutation":
        parts = limits(emulator.exchanges())
    else:
        parts = emulator.forest_effects()
    # Those that are no features have one value, or no trial with a score has them.
    had = {name for params in emulator.found.configurations for name in params}
    told = dict.fromkeys(had, (0.0, 0.0, 0.0))
    rows = np.transpose(parts).tolist()
    told |= dict(zip(emulator.features.names, map(tuple, rows), strict=True))
    names = dict.fromkeys([*emulator.features.names, *found.names])
    return _table(list(names), told, len(emulator.found.scores))


def _table(names: Sequence[str], told: Mapping[str, tuple[float, ...]], n: int) -> Table:
    """Return the table of what is told of each parameter, if anything is."""
    unknown = (np.nan,) * 3
    rows = np.array([told.get(name, unknown) for name in names], dtype=float).reshape(-1, 3)
    order = np.argsort(-rows[:, 0], kind="stable")  # NaN at the end
    expected, low, high = rows[order].T
    return {
        "parameter": objects(names)[order],
        "importance": expected,
        "low": low,
        "high": high,
        "n": np.full(len(names), n),
    }
