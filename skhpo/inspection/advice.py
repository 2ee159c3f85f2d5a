"""What a finished search advises: what to change before the next one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy.stats import binom

from skhpo.history import History
from skhpo.inspection.correlations import rung_correlations
from skhpo.inspection.importance import importance
from skhpo.inspection.observed import observed
from skhpo.inspection.spaces import space_of
from skhpo.inspection.tables import history_of
from skhpo.space import Categorical, Float, Int, Space
from skhpo.space.domains import UnitIntervalDomain
from skhpo.space.values import is_number
from skhpo.trial import Params

__all__ = ["Advice", "advice", "at_edges", "quick_advice", "unimportant", "uninformative_rungs"]

Kind = Literal["edge", "importance", "rungs", "budget"]

#: Part of a range that is its very end, and part that is near to it.
_EDGE, _NEAR = 0.01, 0.1

#: Scored trials from which a value at an edge is worth a word, and from which it can be clear.
_FEW, _ENOUGH = 5, 20

#: The best ones that are looked at: one trial in so many, but no fewer than _FEW.
_BEST = 10

#: Probability of as many of the best near an edge by chance, below which it is clear.
_CHANCE = 0.001

#: Part of the variance that matters, and trials from which one can tell.
_MATTERS, _TELLING = 0.05, 30

#: Rank correlation from which a rung is worth its training, and promoted trials from which one
#: can tell; of fewer, one look in twenty is one too many.
_INFORMATIVE, _PROMOTED = 0.5, 10

#: What ended a search before its budget was used up, and what may be done about it.
_ENDS: Mapping[str, str] = {
    "space exhausted": "there are no other configurations; widen the space, or ask for fewer",
    "timeout": "the time was up; give it more time or more workers, or ask for fewer",
    "patience": "nothing better was found for long; ask for fewer, or widen the space",
    "regret": "hardly anything better was to be expected; ask for fewer, or widen the space",
    "callback": "a callback has stopped it; to go on, fit again with the same storage, if it had "
    "any, or with warm_start_from",
    "stopped": "it was stopped from outside; to go on, fit again with the same storage, if it had "
    "any, or with warm_start_from",
}

#: Ends that have nothing to do with what was found: what was asked for is missing. Those who ask
#: for patience, or for no more than is worth it, have what they asked for.
_CUT_OFF = ("timeout", "callback", "stopped")


@dataclass(frozen=True)
class Advice:
    """One thing to do better next time. Prints as a line.

    Parameters
    ----------
    kind : {"edge", "importance", "rungs", "budget"}
        What it is about.
    message : str
        What was seen, and what to write instead.
    parameter : str or None, default=None
        Which one it is about, if it is about one.
    is_clear : bool, default=False
        Whether the evidence is such that a search says so by itself.
    """

    kind: Kind
    message: str
    parameter: str | None = None
    is_clear: bool = False

    def __str__(self) -> str:
        return self.message


def advice(source: Any, space: Any = None) -> list[Advice]:
    """Return what to change before the next search.

    ``"edge"``
        The best value is within 1 % of the end of its range (on the scale on which it was
        searched), or the first or last of at least three numbers: better ones may lie beyond. Not
        where the range ends by nature: a lower end of 0, or of 1 for whole numbers; the upper end
        of a range from 0 to 1 (not of a list of values), as of a part or a probability; the side on
        which a distribution has no end. Said from 5 scored trials on. Clear with 20, if more of the
        best tenth lie near the same end than chance would bring there in one search of a thousand.
    ``"importance"``
        The score hardly depended on a parameter, alone or together with others: the upper end of
        its permutation importance (:func:`importance`) is below 5 % of the variance. Looked for
        from 30 scored trials on; it takes a second or two. Clear where most trials were trained
        completely; after less training, something else may matter.
    ``"rungs"``
        Scores at a rung told little about those at the next one: 10 trials or more were measured
        at both, and a rank correlation of 0.5 is above its interval (:func:`rung_correlations`).
    ``"budget"``
        Not all trials that were asked for were started, or, where the time was up or somebody has
        stopped the search, not all rungs were measured, and why. Clear in the latter cases; those
        who ask for patience want it to end before.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.
    space : Space, dict, list of dicts or None, default=None
        What could be tried, where the source does not know it: a history. With nobody who does,
        nothing is said of edges. A search on disk knows of ranges, lists of values, and of
        ``loguniform``, ``uniform`` and ``randint`` of scipy.

    Returns
    -------
    list of Advice
        In the order of the kinds above; empty if there is nothing to say.

    Raises
    ------
    TypeError
        If there is no history in the source.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import advice
    >>> from skhpo.samplers import BayesianSampler
    >>> tuner = Tuner({"x": Float(1, 2)}, lambda params: params["x"], sampler=BayesianSampler(),
    ...               random_state=0).run(n_trials=12)
    >>> print(*advice(tuner))
    x=2.0 is at the upper end of 1..2: raise that, better values may lie beyond
    """
    edges, *others = _by_kind(source, space)
    return [*edges, *unimportant(source), *(each for kind in others for each in kind)]


def quick_advice(source: Any, space: Any = None) -> list[Advice]:
    """Return what of :func:`advice` takes no time to find out: all but ``"importance"``.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.
    space : Space, dict, list of dicts or None, default=None
        What could be tried, where the source does not know it.
    """
    return [each for kind in _by_kind(source, space) for each in kind]


def _by_kind(source: Any, space: Any) -> Sequence[Iterator[Advice]]:
    history = history_of(source)
    known = space_of(source, space)
    return (
        iter(()) if known is None else at_edges(history, known),
        _rungs(history),
        _budget(source, history),
    )


# --------------------------------------------------------------------------- edges


def at_edges(history: History, space: Space) -> Iterator[Advice]:
    """Yield where the best value is at the edge of its range; see :func:`advice`.

    Parameters
    ----------
    history : History
        What happened.
    space : Space
        What could be tried.
    """
    best = history.best
    scored = _ranked(history)
    if best is None or len(scored) < _FEW:
        return
    params = history.trials[best.trial].params
    number = space.find_branch(params)
    for name, domain in (space.branches[number] if number is not None else {}).items():
        side = _side(domain, params[name])
        if side is None or not isinstance(domain, UnitIntervalDomain):
            continue
        low, high = _ends(domain)
        end, remedy = ("lower", "lower") if side == 0 else ("upper", "raise")
        yield Advice(
            "edge",
            f"{name}={params[name]!r:.50} is at the {end} end of {low:.6g}..{high:.6g}: {remedy} "
            f"that, better values may lie beyond",
            parameter=name,
            is_clear=_is_clear(scored, name, domain, side),
        )


def _ranked(history: History) -> list[Params]:
    """Return the configurations with a score, best first, where most were measured."""
    resources = dict.fromkeys(evaluation.resource for evaluation in history.evaluations)
    rungs = [history.rung(resource) for resource in resources]
    return [history.trials[number].params for number in max(rungs, key=len, default=[])]


def _side(domain: Any, value: Any) -> Literal[0, 1] | None:
    """Return at which end of a range of numbers a value is, if that is no natural end."""
    if not isinstance(domain, UnitIntervalDomain) or domain.size < 3:
        return None
    if isinstance(domain, Categorical) and not _is_range(domain):
        return None
    first, last = domain.snap(np.array([0.0, 1.0]))
    position = domain.to_unit(value)
    low, high = _ends(domain)
    if position <= first + _EDGE:
        is_natural = low == 0 or (low == 1 and _is_whole(domain))
        return None if is_natural or math.isinf(low) else 0
    if position >= last - _EDGE:
        is_natural = (low, high) == (0, 1) and not isinstance(domain, Categorical)
        return None if is_natural or math.isinf(high) else 1
    return None


def _is_range(domain: Categorical) -> bool:
    """Whether a list of values is one of numbers, in the order of their size."""
    return domain.is_ordered and domain.ordered is None and all(map(is_number, domain.values()))


def _is_whole(domain: UnitIntervalDomain) -> bool:
    return not domain.is_continuous and all(float(end).is_integer() for end in _ends(domain))


def _ends(domain: UnitIntervalDomain) -> tuple[float, float]:
    if isinstance(domain, (Float, Int)):
        return domain.low, domain.high
    if isinstance(domain, Categorical):
        values = list(domain.values())
        return min(values), max(values)
    low, high = domain.distribution.support()  # type: ignore[attr-defined]
    return float(low), float(high)


def _is_clear(
    scored: Sequence[Params], name: str, domain: UnitIntervalDomain, side: Literal[0, 1]
) -> bool:
    """Whether the best are crowded at this end, beyond chance."""
    if len(scored) < _ENOUGH:
        return False
    best = scored[: max(_FEW, len(scored) // _BEST)]
    end = float(domain.snap(np.array([float(side)]))[0])
    values = [params[name] for params in best if name in params]
    near = sum(v in domain and abs(domain.to_unit(v) - end) <= _NEAR for v in values)
    by_chance = _NEAR
    if math.isfinite(domain.size):  # one value may be more than that part
        by_chance = math.ceil(_NEAR * domain.size) / domain.size
    return bool(binom.sf(near - 1, len(best), by_chance) < _CHANCE)


# --------------------------------------------------------------------------- what did not matter


def unimportant(source: Any) -> Iterator[Advice]:
    """Yield which parameters hardly mattered; see :func:`advice`.

    Parameters
    ----------
    source : History, or a search or tuner that has one
        What happened.
    """
    found = observed(source)
    if len(found.scores) < _TELLING:
        return
    plan, measured = _plan(source), history_of(source).evaluations
    rungs = (each.resource for each in measured if each.resource is not None)
    complete = max(rungs, default=None) if plan is None else plan.full
    table = importance(source, method="permutation")
    for name, high in zip(table["parameter"], table["high"], strict=True):
        values = [params[name] for params in found.configurations if name in params]
        is_constant = all(value == values[0] for value in values)
        if high < _MATTERS and not is_constant:
            yield Advice(
                "importance",
                f"{name} hardly mattered: at most {max(high, 0.01):.0%} of the variance of the "
                f"score among {len(found.scores)} trials; leave it out, or search it in another "
                "range",
                parameter=str(name),
                is_clear=found.resource == complete,
            )


# --------------------------------------------------------------------------- rungs


def uninformative_rungs(history: History) -> Iterator[Mapping[str, float]]:
    """Yield the rows of :func:`rung_correlations` about rungs that foretell the next one badly.

    Beyond doubt: see :func:`advice`.

    Parameters
    ----------
    history : History
        What happened.
    """
    table = rung_correlations(history)
    is_beyond_doubt = (table["high"] < _INFORMATIVE) & (table["n"] >= _PROMOTED)
    for row in np.flatnonzero(is_beyond_doubt):
        yield {name: column[row].item() for name, column in table.items()}


def _rungs(history: History) -> Iterator[Advice]:
    for row in uninformative_rungs(history):
        yield Advice(
            "rungs",
            f"scores after {row['lower']:.10g} tell little about those after {row['upper']:.10g}: "
            f"their rank correlation is {row['correlation']:.2f} (90 % interval {row['low']:.2f} "
            f"to {row['high']:.2f}; {row['n']} trials were measured at both); begin with "
            f"{row['upper']:.10g}, or select less sharply",
            is_clear=True,
        )


# --------------------------------------------------------------------------- budget


def _budget(source: Any, history: History) -> Iterator[Advice]:
    end = getattr(source, "end", None)  # of a search on disk, which may hold anything
    reason = end.get("reason") if isinstance(end, Mapping) else None
    reason = getattr(source, "stop_reason_", getattr(source, "stop_reason", reason))
    if not isinstance(reason, str) or reason not in _ENDS:
        return
    started, evaluated = len(history.trials), len(history.evaluations)
    n_trials, n_evaluations = _planned(source)
    is_cut_off = reason in _CUT_OFF
    if started < n_trials:
        what = f"{started} of {n_trials} trials were started"
    elif is_cut_off and evaluated < n_evaluations:
        what = f"{evaluated} of {n_evaluations} measurements at rungs were made"
    else:
        return
    yield Advice("budget", f"{what}: {_ENDS[reason]}", is_clear=is_cut_off)


def _planned(source: Any) -> tuple[int, int]:
    """Return how many trials were asked for, and measurements of them; 0 where nobody knows."""
    plan = _plan(source)
    if plan is not None:
        return plan.n_trials, sum(sum(bracket.n_trials) for bracket in plan.brackets)
    asked = getattr(source, "n_iter", None)
    planned: tuple[int, int] = getattr(source, "n_planned", (0, 0))  # of a search on disk
    return (asked, asked) if isinstance(asked, int) else planned


def _plan(source: Any) -> Any:
    """Return the Plan of what was to be done, where training is divided or a scheduler has one."""
    scheduler = getattr(source, "scheduler", None)
    return getattr(source, "plan_", None) if scheduler is None else scheduler.plan()
