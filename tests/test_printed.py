"""What prints as a few lines is shown so by notebooks, too."""

from __future__ import annotations

import math

import pytest

from skhpo import Float, Tuner
from skhpo.inspection import compare, critical_difference
from skhpo.machine import Machine
from skhpo.schedulers import Bracket, Plan
from skhpo.search.effort import ProbedPlan, Probes, effort
from skhpo.trial import Measurement


def printed():
    plan = Plan((Bracket((9, 3, 1), (1, 3, 9)),))
    undivided = Plan((Bracket((9,), (None,)),))
    probes = Probes([Measurement(0, 0, None, "completed", {}, fit_time=1.0)])
    found = effort(undivided, probes, Machine(2, math.inf), n_folds=2, n_jobs=1, learns=False)
    tuner = Tuner({"x": Float(0, 1)}, lambda params: params["x"], random_state=0).run(3)
    return [
        plan,
        found,
        ProbedPlan(undivided.brackets, effort=found),
        compare({"one": tuner}),
        critical_difference({"a": [1.0, 2.0, 3.0], "b": [2.0, 3.0, 4.0], "c": [0.0, 1.0, 2.0]}),
    ]


@pytest.mark.parametrize("value", printed(), ids=lambda value: type(value).__name__)
def test_a_notebook_shows_what_it_prints(value):
    assert "\n" in str(value)
    assert pytest.importorskip("IPython.lib.pretty").pretty(value) == str(value)
    assert repr(value).startswith(f"{type(value).__name__}(")
