"""Histories of every odd kind in which training is divided."""

from __future__ import annotations

import math

import numpy as np
from sklearn.svm import SVC
from small_histories import record

from skhpo.history import History


def rungs_of(*scores, params=None):
    """One trial for each row of scores, one rung for each score."""
    history = History()
    for trial, of_trial in enumerate(scores):
        for resource, score in enumerate(of_trial, start=1):
            own = None if params is None else params[trial]
            record(history, trial, float(resource), score, params=own)
    return history


ODD_PARAMS = [
    {"x": 1, "y": None},
    {"x": "two", "y": [1, 2]},
    {"x": math.nan, "y": {"a": 1}},
    {"x": SVC(), "y": True},
    {"x": 10**400, "y": np.arange(3)},
    {"x": "$x^{", "y": "a\n\tb" * 30},
    {"y": math.inf},
    {},
]

ODD = {
    "one trial": rungs_of((0.5, 0.6)),
    "two trials": rungs_of((0.5,), (0.6,)),
    "constant parameters": rungs_of(*[(0.1 * k, 0.2 * k) for k in range(8)], params=[{"x": 1}] * 8),
    "constant scores": rungs_of(*[(0.5, 0.5)] * 8),
    "odd values": rungs_of(*[(0.1 * k, 0.2 * k) for k in range(8)], params=ODD_PARAMS),
    "gaps": rungs_of(
        *[(0.1 * k, 0.2 * k) for k in range(8)],
        params=[{"x": k} if k % 2 else {"y": 10.0**-k, "$z": "a"} for k in range(8)],
    ),
    "no parameters": rungs_of(*[(0.1 * k, 0.2) for k in range(8)], params=[{}] * 8),
    "huge and infinite scores": rungs_of(
        (0.1, 0.2), (0.2, -1e300), (0.3, math.inf), (0.4, -math.inf), (0.5, 0.1), (0.1, -1e9)
    ),
    "some failed": rungs_of((0.1, None), (None,), (0.3, 0.4), (0.5, math.nan), (0.2, 0.3)),
    "many parameters": rungs_of(
        *[(0.1 * k, 0.2) for k in range(8)],
        params=[{f"a_long_name__of_parameter_{j}": k * j for j in range(20)} for k in range(8)],
    ),
}
