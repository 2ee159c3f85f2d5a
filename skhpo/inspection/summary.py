"""What a search did, in a few lines for people."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from skhpo.history import History
from skhpo.inspection.convergence import convergence
from skhpo.inspection.importance import importance
from skhpo.inspection.observed import observed
from skhpo.inspection.scales import label
from skhpo.inspection.tables import history_of, savings
from skhpo.inspection.timeline import utilisation
from skhpo.inspection.words import metric_of, resource_name, trained, training
from skhpo.trial import Evaluation

__all__ = ["summary"]

_LONGEST = 70  # letters of a value, or of an error
_N_MATTERED = 5  # parameters that are told
_FEWEST = 10  # trials from which something can be said about what mattered


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
    if isinstance(source, (History, Mapping)):
        what = "history" if isinstance(source, History) else "results"
    else:
        what = type(source).__name__
    estimator = getattr(source, "estimator", None)
    if estimator is not None:
        what += f" of {type(estimator).__name__}"
    parts = [what, _counted(len(history.trials), "trial")]
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
    yield "best", f"{score:.6g} ({scored.label}), {name}"
    for name, value in history.trials[trial].params.items():
        text = f"{value:.6g}" if isinstance(value, float) else repr(value)
        yield "", f"{name} = {label(text, _LONGEST)}"


def _failures(finished: list[Evaluation]) -> Iterator[tuple[str, str]]:
    """Yield how many trials failed, by kind, each with the first error."""
    ends = {e.trial: "no score" if e.status == "completed" else e.status for e in finished}
    failed = [e for e in finished if not e.is_usable]
    if not failed:
        return
    yield "failures", f"{len(failed)} of {_counted(len(finished), 'trial')}"
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
        yield ("" if place else "mattered"), f"{part:4.0%}  {name} ({low:.0%} to {high:.0%})"
    if len(known) > 1:
        together = max(0.0, 1.0 - sum(row[1] for row in known))
        yield "", f"{together:4.0%}  what they do together"
    if known and found.resource is not None:
        yield "", f"at {training(source, found.resource)}, where most trials were measured"


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
