"""What a search did, in a few lines for people."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skhpo.counts import counted
from skhpo.history import History
from skhpo.inspection.convergence import convergence
from skhpo.inspection.importance import importance
from skhpo.inspection.observed import observed
from skhpo.inspection.results import is_results
from skhpo.inspection.scales import elided, label
from skhpo.inspection.tables import history_of, savings
from skhpo.inspection.timeline import utilisation
from skhpo.inspection.words import metric_of, resource_name, trained, training
from skhpo.trial import Evaluation

__all__ = ["summary"]

_LONGEST = 70  # letters of a value, or of an error
_N_MATTERED = 5  # parameters that are told
_FEWEST = 10  # trials from which something can be said about what mattered

#: How a journal tells of an object: where its class is, which few want to know, and what it is.
_DESCRIBED = re.compile(r"(?:[a-z_]\w*\.)+([A-Z]\w*\(.*)", re.DOTALL)


def summary(source: Any, *, metric: str | None = None) -> str:
    """Return what ran, how it ended, what is best, what failed, and what mattered most.

    Parameters
    ----------
    source : History, search, tuner, search on disk or ``cv_results_``
        What happened. Nobody but a search or tuner knows how it ended.
    metric : str or None, default=None
        Which score is told of, where there are several. None: the one that is optimised; of
        ``cv_results_``, which do not say which one that was, the first.

    Returns
    -------
    str
        Some lines, to be printed. What mattered is told from ten trials with a score on: the five
        most important parameters, with the limits that :func:`importance` has for them, and what
        all parameters do together.

    Raises
    ------
    TypeError
        If there is no history in it.
    ValueError
        If there is no such metric.

    Examples
    --------
    >>> from skhpo import Float, Tuner
    >>> from skhpo.inspection import summary
    >>> tuner = Tuner({"x": Float(0, 1)}, lambda params: 3.0, random_state=0).run(n_trials=3)
    >>> print(summary(tuner))       # doctest: +ELLIPSIS
    search      Tuner, 3 trials
    ended       budget
    best        3 (score), trial 0
                x = 0...
    time        ...
    """
    history = history_of(source)
    newest = [history.latest(trial.number) for trial in history.trials]
    finished = [evaluation for evaluation in newest if evaluation is not None]
    told: list[tuple[str, str]] = [
        ("search", _what(source, history, finished)),
        *_ended(source),
        *_best(source, history, metric),
        *_failures(finished),
        *_time(source, history),
        *_mattered(source, metric),
    ]
    return "\n".join(f"{name:<11} {text}".rstrip() for name, text in told)


def _what(source: Any, history: History, finished: list[Evaluation]) -> str:
    """Return what ran."""
    parts = [_name(source), counted(len(history.trials), "trial")]
    n_folds = 1 + max((m.fold for m in history.measurements), default=0)
    if n_folds > 1:
        parts[-1] += f" on {n_folds} folds"
    n_running = history.n_pending
    if n_running:
        parts.append(f"{n_running} of them without a result")
    given = [e.resource for e in finished if e.resource is not None]
    if given and len(set(given)) > 1:
        parts.append(f"{resource_name(source)} {min(given):.10g} to {max(given):.10g}")
    return ", ".join(parts)


def _name(source: Any) -> str:
    """Return what it is; of a search on disk, of what estimator, if any, and where."""
    if isinstance(source, History):
        return "history"
    if is_results(source):
        return "results"
    path = getattr(getattr(source, "contents", None), "path", None)
    if path is not None:
        where = elided(path, _LONGEST)
        described = source.fingerprint.get("estimator")  # of a journal, which may hold anything
        if not isinstance(described, str) or not described:
            return where
        return f"{label(described.rpartition('.')[2])} in {where}"
    estimator = getattr(source, "estimator", None)
    of = "" if estimator is None else f" of {type(estimator).__name__}"
    return type(source).__name__ + of


def _ended(source: Any) -> Iterator[tuple[str, str]]:
    """Yield how it ended, where that is known."""
    end = getattr(source, "end", None)
    reason = end.get("reason") if isinstance(end, Mapping) else None
    for name in ("stop_reason_", "stop_reason"):
        reason = reason or getattr(source, name, None)
    if reason is not None:
        yield "ended", label(str(reason), _LONGEST)


def _best(source: Any, history: History, metric: str | None) -> Iterator[tuple[str, str]]:
    """Yield the best score, and the configuration that had it."""
    scored = metric_of(source, history, metric)
    table = convergence(source, metric)
    winners = np.flatnonzero(table["is_best"])
    if not len(winners):
        yield "best", "none: no trial has a score"
        return
    trial, resource, score = (table[name][winners[-1]] for name in ("trial", "resource", "score"))
    name = trained(source, trial, None if math.isnan(resource) else float(resource))
    yield "best", f"{score:.6g} ({label(scored.label, _LONGEST)}), {name}"
    for name, value in history.trials[trial].params.items():
        yield "", f"{_parameter(name)} = {_value(value)}"


def _parameter(name: str) -> str:
    """Return the name of a parameter, on one line; one that cannot be seen is written as a text."""
    return elided(name, _LONGEST) or repr(name)


def _value(value: Any) -> str:
    """Return a value on one line: classes and functions by their name, objects without a module."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return f"{value:.6g}"
    described = _DESCRIBED.fullmatch(value) if isinstance(value, str) else None
    text = described[1] if described else str(getattr(value, "__name__", repr(value)))
    return label(text, _LONGEST)


def _failures(finished: list[Evaluation]) -> Iterator[tuple[str, str]]:
    """Yield how many trials failed, by kind, each with the first error."""
    ends = {e.trial: "no score" if e.status == "completed" else e.status for e in finished}
    failed = [e for e in finished if not e.is_usable]
    if not failed:
        return
    yield "failures", f"{len(failed)} of {counted(len(finished), 'trial')}"
    for kind, n in Counter(ends[e.trial] for e in failed).most_common():
        reasons = (m.reason for e in failed if ends[e.trial] == kind for m in e.measurements)
        reason = next((reason for reason in reasons if reason), None)
        yield "", f"{n} {kind}" + (f": {label(reason, _LONGEST)}" if reason else "")


def _time(source: Any, history: History) -> Iterator[tuple[str, str]]:
    """Yield what was spent."""
    used = utilisation(source)
    if not math.isnan(used.part):
        yield "time", str(used)
    if any(m.resource is not None for m in history.measurements):
        yield "resource", str(savings(source))


def _mattered(source: Any, metric: str | None) -> Iterator[tuple[str, str]]:
    """Yield the most important parameters."""
    found = observed(source, metric)
    if len(found.scores) < _FEWEST:
        return
    table = importance(source, metric=metric)
    rows = zip(*(table[name] for name in ("parameter", "importance", "low", "high")), strict=True)
    known = [row for row in rows if not math.isnan(row[1])]
    told = known[:_N_MATTERED]
    for place, (name, part, low, high) in enumerate(told):
        yield (
            ("" if place else "mattered"),
            f"{part:4.0%}  {_parameter(name)} ({low:.0%} to {high:.0%})",
        )
    if len(known) > 1:
        together = max(0.0, 1.0 - sum(row[1] for row in known))
        yield "", f"{together:4.0%}  what they do together"
    if known and found.resource is not None:
        yield "", f"at {training(source, found.resource)}, where most trials were measured"
