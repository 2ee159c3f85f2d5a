"""Several searches side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.columns import Table, objects
from skhpo.inspection.convergence import convergence
from skhpo.inspection.tables import history_of, sign_of
from skhpo.inspection.timeline import utilisation
from skhpo.inspection.words import metric_of
from skhpo.printed import as_printed

__all__ = ["Comparison", "compare"]

_NEAR = 0.01  # part of what a search has won above its median that may still be missing

#: How the columns of the table are printed: heading, and format of a number.
_PRINTED = {
    "best": ("best", ".6g"),
    "mean": ("mean", ".6g"),
    "std": ("std", ".3g"),
    "n_trials": ("trials", "d"),
    "success_rate": ("success", ".0%"),
    "seconds": ("seconds", ".4g"),
    "trials_to_converge": ("converged", ".0f"),
    "seconds_to_converge": ("after s", ".4g"),
    "n_workers": ("workers", "d"),
    "speed_up": ("speed-up", ".2f"),
    "efficiency": ("efficiency", ".0%"),
}


@dataclass(frozen=True)
class Comparison:
    """What :func:`compare` found. Prints as a table.

    Parameters
    ----------
    table : dict of str to ndarray of shape (n_searches,)
        One row for each search, as :func:`compare` describes it.
    curves : mapping of str to dict of str to ndarray
        By name of the search, how its best score came about, as from :func:`convergence`.
    label : str
        What the score is called.
    sign : int
        1 where greater is better, otherwise -1.
    """

    table: Table
    curves: Mapping[str, Table] = field(repr=False)
    label: str
    sign: int

    _repr_pretty_ = as_printed

    def __str__(self) -> str:
        columns = [["search", *map(str, self.table["search"].tolist())]]
        for name, (heading, form) in _PRINTED.items():
            numbers = [_printed(number, form) for number in self.table[name].tolist()]
            columns.append([heading, *numbers])
        widths = [max(map(len, column)) for column in columns]
        lines = [
            f"{first:{widths[0]}}  "
            + "  ".join(f"{text:>{width}}" for text, width in zip(rest, widths[1:], strict=True))
            for first, *rest in zip(*columns, strict=True)
        ]
        return "\n".join(lines)


def compare(searches: Mapping[str, Any], *, metric: str | None = None) -> Comparison:
    """Compare searches: what they found, what it took, and how well workers were used.

    A search has *converged* with the first evaluation from which on its best score stays near its
    final one: not more than 1 % of the difference between that and the median of all its scores is
    missing. That is about each search itself: one that converges early need not be the better one.

    Parameters
    ----------
    searches : mapping of str to (History, search, tuner, search on disk or ``cv_results_``)
        What happened, by name. Nobody checks that scores were measured in the same way.
    metric : str or None, default=None
        Which score, where there are several. None: the one that each search optimises.

    Returns
    -------
    Comparison
        Its ``table`` has the columns ``search``, ``best`` (the final best score), ``mean`` and
        ``std`` (of the newest scores of all trials, as far as they are finite), ``n_trials``
        (finished), ``success_rate`` (part of these that has a score), ``seconds`` (from the first
        begin to the last end), ``trials_to_converge`` (how many had been measured) and
        ``seconds_to_converge`` (since the first begin), ``n_workers`` (how many were ever busy at
        once), ``speed_up`` (seconds of work by seconds that passed) and ``efficiency`` (speed-up
        by workers). Scores are in the direction of the searches; NaN where something is not known.

    Raises
    ------
    TypeError
        If ``searches`` is no mapping, or there is no history in one of them.
    ValueError
        If there is none, one has no such metric, or some minimise and others maximise, or
        it is known of two that their scores are different metrics.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import compare
    >>> def run(seed):
    ...     return Tuner({"x": Float(0, 1)}, lambda p: p["x"], random_state=seed).run(n_trials=9)
    >>> found = compare({"one": run(1), "other": run(2)})
    >>> found.table["n_trials"]
    array([9, 9])
    """
    if not isinstance(searches, Mapping):
        raise TypeError(
            f'searches must be a mapping of names to searches, such as {{"bayes": search, '
            f'"random": other}}, got {type(searches).__name__}'
        )
    if not searches:
        raise ValueError("there is no search to compare")
    signs = {str(name): sign_of(source) for name, source in searches.items()}
    if len(set(signs.values())) > 1:
        least = [name for name, sign in signs.items() if sign < 0]
        raise ValueError(f"of {least} less is better, of the others more: they have no best one")
    sign = next(iter(signs.values()))
    _check_metrics({str(name): _metric(source, metric) for name, source in searches.items()})
    curves = {str(name): convergence(source, metric) for name, source in searches.items()}
    rows = [
        _row(source, curve, sign)
        for source, curve in zip(searches.values(), curves.values(), strict=True)
    ]
    table: Table = {"search": objects(curves)}
    for name in _PRINTED:
        table[name] = np.array([row[name] for row in rows])
    first = next(iter(searches.values()))
    return Comparison(table, curves, metric_of(first, history_of(first), metric).label, sign)


def _metric(source: Any, metric: str | None) -> str | None:
    """Return by what a search was scored; None where nobody knows, or only its own name for it."""
    label = metric_of(source, history_of(source), metric).label
    scoring = getattr(source, "scoring", None)
    known = scoring.get(label) if isinstance(scoring, Mapping) else label
    return known if isinstance(known, str) and known != "score" else None


def _check_metrics(metrics: Mapping[str, str | None]) -> None:
    """Raise an error where two of them are known, and not the same."""
    known = {name: metric for name, metric in metrics.items() if metric is not None}
    first = next(iter(known), None)
    other = next((name for name in known if known[name] != known[first or name]), None)
    if first is not None and other is not None:
        raise ValueError(
            f"scores of {first!r} are {known[first]!r}, those of {other!r} are {known[other]!r}: "
            f"they cannot be compared. Where searches have several metrics, choose one with metric="
        )


def _row(source: Any, curve: Table, sign: int) -> dict[str, float]:
    """Return what is told of a search."""
    newest = _newest(curve)
    scores = newest[np.isfinite(newest)]
    used = utilisation(source)
    converged = _converged(curve, sign)
    took, after = math.nan, math.nan
    if converged is not None:
        took = len(set(curve["trial"][: converged + 1].tolist()))
        after = float(curve["seconds"][converged])
    return {
        "best": float(curve["best"][-1]) if len(newest) else math.nan,
        "mean": float(scores.mean()) if len(scores) else math.nan,
        "std": float(scores.std()) if len(scores) else math.nan,
        "n_trials": len(newest),
        "success_rate": float(np.mean(~np.isnan(newest))) if len(newest) else math.nan,
        "seconds": used.wall,
        "trials_to_converge": took,
        "seconds_to_converge": after,
        "n_workers": used.n_workers,
        "speed_up": used.speed_up,
        "efficiency": used.part,
    }


def _newest(curve: Table) -> NDArray[np.float64]:
    """Return the newest score of each trial."""
    newest = dict(zip(curve["trial"].tolist(), curve["score"].tolist(), strict=True))
    return np.array(list(newest.values()), dtype=float)


def _converged(curve: Table, sign: int) -> int | None:
    """Return the row from which on the best score stays near the final one; None without any."""
    best, scores = sign * curve["best"], sign * curve["score"]
    finite = scores[np.isfinite(scores)]
    if not len(best) or not math.isfinite(best[-1]):
        return None
    near = best[-1] - _NEAR * max(0.0, best[-1] - float(np.median(finite)))
    far = np.flatnonzero(~(best >= near))  # NaN is far, too
    return int(far[-1]) + 1 if len(far) else 0


def _printed(number: float, form: str) -> str:
    """Return a number as it is printed; a dash for what is not known."""
    return "-" if isinstance(number, float) and math.isnan(number) else format(number, form)
