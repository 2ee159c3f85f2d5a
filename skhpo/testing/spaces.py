"""Spaces of every kind, for laws to be run on."""

from __future__ import annotations

from types import MappingProxyType

from scipy import stats

from skhpo.space import Categorical, Float, Int, Space

__all__ = ["SPACES"]

#: Name -> space. None is larger or odder than it must be for its kind.
SPACES = MappingProxyType(
    {
        "continuous": Space({"x": Float(-5, 5), "y": Float(0, 1)}),
        "log": Space({"x": Float(1e-6, 1e3, log=True), "n": Int(1, 10**6, log=True)}),
        "integers": Space({"n": Int(0, 9), "m": Int(-4, 4, step=4)}),
        "steps": Space({"x": Float(0, 1, step=0.3), "y": Float(-0.5, 0.5, step=0.1)}),
        "numbers": Space({"n": [8, 2, 4], "x": [0.1, 10.0], "mixed": [1, 1.0, None]}),
        "values": Space(
            {
                "anything": [None, True, 1, "1", (1, 2), {"a": [1]}, [1, 2], float("nan"), len],
                "sizes": Categorical(["small", "medium", "large"], ordered=True),
                "twice": ["a", "b", "a"],
            }
        ),
        "mixed": Space({"x": Float(0, 1), "n": Int(1, 3), "kind": ["a", "b", "c"]}),
        "distributions": Space(
            {
                "u": stats.uniform(-1, 3),
                "c": stats.loguniform(1e-3, 1e3),
                "z": stats.norm(10, 2),
                "n": stats.randint(1, 5),
                "k": stats.poisson(3),
            }
        ),
        "conditional": Space(
            [
                {"kernel": ["linear"], "C": Float(0.1, 10, log=True)},
                {"kernel": ["rbf"], "C": Float(0.1, 10, log=True), "gamma": ["scale", 0.1, 1]},
                {"kernel": ["poly"], "C": [1, 10], "degree": Int(2, 3), "constant": [7]},
            ]
        ),
        "finite-conditional": Space(
            [{"a": [1, 2], "b": ["x"]}, {"a": [2, 3], "b": ["x", "y"]}, {"c": [None]}]
        ),
        "one-point": Space({"x": [1], "y": ["only"]}),
        "nothing": Space({}),
    }
)
