"""Histories of every awkward kind, as they may come before a page."""

from __future__ import annotations

import math

import numpy as np
from sklearn.tree import DecisionTreeClassifier

from skhpo.history import History
from skhpo.trial import Assignment, Measurement, Trial

#: What must stay text wherever it is shown.
MARKUP = "<script>alert(1)</script><img src=x onerror=alert(2)>"


def history_of(configurations, score=lambda params, k: float(k), *, resources=(None,), n_folds=2):
    """Return a history in which each configuration is measured at each resource."""
    history = History()
    clock = 1e9
    for number, params in enumerate(configurations):
        history.append(Trial(number, params))
        for resource in resources:
            history.append(Assignment(number, resource, tuple(range(n_folds))))
            for fold in range(n_folds):
                value = score(params, number)
                is_scored = not isinstance(value, str)
                history.append(
                    Measurement(
                        number,
                        fold,
                        resource,
                        "completed" if is_scored else "failed",
                        {"score": value} if is_scored else {},
                        error=None if is_scored else f"Traceback ...\nValueError: {value}",
                        fit_time=1.0,
                        started_at=clock,
                        finished_at=clock + 1.0,
                    )
                )
                clock += 1.0
    return history


def many(n_trials, n_folds=1):
    """Return a long history, the best of which is in the middle."""
    rng = np.random.default_rng(0)
    configurations = [{"x": float(v), "y": float(w)} for v, w in rng.random((n_trials, 2))]
    best = n_trials // 2
    return history_of(configurations, lambda p, k: 2.0 if k == best else p["x"], n_folds=n_folds)


def _waiting():
    history = History()
    history.append(Trial(0, {"x": 1.0}))
    history.append(Assignment(0, None, (0, 1)))
    return history


ODD = [None, (1, 2), DecisionTreeClassifier(), len, True, {"a": [1]}, "text", 3, 2.5, math.inf]

#: Name -> history.
AWKWARD = {
    "empty": History(),
    "waiting": _waiting(),
    "one trial": history_of([{"x": 0.5}]),
    "two trials": history_of([{"x": 0.5}, {"x": 0.7}]),
    "all failed": history_of([{"x": 0.1 * k} for k in range(5)], lambda p, k: "broke"),
    "constant": history_of([{"x": 1.0, "kind": "a"}] * 5, lambda p, k: 0.5),
    "gaps": history_of([{"kind": "a", "x": 1e-3}, {"kind": "b", "y": 7}] * 6),
    "odd values": history_of([{"value": value} for value in ODD]),
    "no parameters": history_of([{}, {}]),
    "not finite": history_of(
        [{"x": float(k)} for k in range(6)],
        lambda p, k: [math.nan, math.inf, -math.inf, 1.0, 1e308, -1e308][k],
    ),
    "huge and tiny": history_of([{"x": x} for x in (5e-324, 1e308, 1.0, -1e308, 0.0, 10**400)]),
    "rungs": history_of([{"x": 0.1 * k} for k in range(4)], resources=(1, 3, 9)),
    "some failed": history_of(
        [{"x": 0.1 * k} for k in range(9)], lambda p, k: "broke" if k % 3 else float(k)
    ),
    "markup": history_of(
        [{MARKUP: MARKUP, "$x$": "%{y} &lt;b&gt;", "é\u2028": "\N{SNOWMAN}"}, {MARKUP: "b"}] * 4,
        lambda p, k: MARKUP if k % 4 == 3 else float(k),
    ),
    "many parameters": history_of(
        [{f"a_rather_long_name_of_a_parameter_{j}": k * j for j in range(40)} for k in range(5)]
    ),
    "many": many(3_000),
}


def _crowded(n_parameters, n_values, *, n_rungs=1, least=1.0):
    """Return a history with long names of parameters, half of them in powers of ten, and values."""
    rng = np.random.default_rng(0)
    configurations = [
        {f"clf__estimator__alpha_of_number_{j}": float(v) for j, v in enumerate(drawn)}
        | {"preprocessing__encoder__kind": f"a_value_number_{rng.integers(n_values)}_of_many"}
        for drawn in np.where(
            np.arange(n_parameters) % 2,
            10 ** rng.uniform(-5, 3, (40, n_parameters)),
            1000 * rng.random((40, n_parameters)),
        )
    ]
    resources = [least * 3**k for k in range(n_rungs)] if n_rungs > 1 else (None,)
    return history_of(
        configurations,
        lambda params, k: "broke" if k % 9 == 8 else float(rng.normal() - 1e4),
        resources=resources,
        n_folds=1,
    )


#: Name -> history with more to be read than there is room for.
CROWDED = {
    "three parameters": _crowded(2, 3),
    "eight parameters and twelve values": _crowded(8, 12),
    "more parameters and values than places": _crowded(20, 20),
    "many rungs": _crowded(3, 4, n_rungs=12, least=12345.0),
}
