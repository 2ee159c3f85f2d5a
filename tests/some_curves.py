"""Learning curves that are known."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.lcbench.curves import MAX_RESOURCE, Curve
from skhpo import Float, Int, Space


class Bowl:
    """A data set whose curves never cross: what is best after one epoch is best after all."""

    name = "bowl"
    space = Space({"x": Float(0.01, 1.0, log=True), "y": Float(0, 1), "n": Int(1, 9)})
    full_training = float(MAX_RESOURCE)

    def curve(self, params):
        self.space.check(params)
        epochs = np.arange(1.0, MAX_RESOURCE + 1)
        return Curve(90.0 - 20.0 * self.regret(params) - 10.0 / epochs, epochs)

    def regret(self, params):
        return (math.log10(params["x"]) + 1) ** 2 + (params["y"] - 0.7) ** 2 + (params["n"] - 3) / 9
