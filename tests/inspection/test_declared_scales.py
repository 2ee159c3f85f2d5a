"""The axis of a parameter is the one that its space declares."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import lognorm, loguniform, randint, uniform

from skhpo import Float, Int, RandomSearchCV, Tuner
from skhpo.dashboard.figures.parameters import score_by_parameter
from skhpo.inspection import importance, surface
from skhpo.inspection.observed import observed
from skhpo.inspection.scales import scale_of
from skhpo.inspection.spaces import kinds_of
from skhpo.samplers import BayesianSampler
from skhpo.schedulers import FullBudget
from skhpo.storage.view import read_search

SPACE = {
    "a": Float(1e-6, 10.0, log=True),
    "b": Float(0.2, 10.0, log=True),
    "c": Float(0.0, 1.0),
}


def at_the_edge(params):
    """Best where both logarithmic parameters are large: the search crowds there."""
    return math.log10(params["a"]) + 0.7 * math.log10(params["b"]) + 0.2 * params["c"]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    tuner = Tuner(
        SPACE,
        at_the_edge,
        sampler=BayesianSampler(n_initial_points=4),
        scheduler=FullBudget(n_trials=30),
        random_state=0,
        storage=folder,
    ).run()
    return tuner, read_search(folder)


def test_a_search_that_crowded_at_an_edge_is_analysed_on_the_scale_of_its_space(crowded):
    tuner, _ = crowded
    values = [trial.params["b"] for trial in tuner.history.trials]
    assert scale_of("b", values).kind == "linear"  # as one would guess
    for source in crowded:
        assert kinds_of(source) == {"a": "log", "b": "log", "c": "linear"}
        found = surface(source, "a", "b")
        assert (found.x.kind, found.y.kind) == ("log", "log")
        assert surface(source, "b", "c").y.kind == "linear"
    one, other = (importance(source) for source in crowded)
    np.testing.assert_array_equal(one["importance"], other["importance"])
    assert one["parameter"].tolist() == ["a", "b", "c"]


def test_a_history_by_itself_says_nothing(crowded):
    assert kinds_of(crowded[0].history) == {}
    assert observed(crowded[0].history).kinds == {}


def test_every_language_for_ranges(tmp_path):
    space = {
        "loguniform": loguniform(1e-3, 1.0),
        "int": Int(1, 64, log=True),
        "even": Int(1, 64),
        "uniform": uniform(0, 1),
        "randint": randint(1, 9),
        "own": lognorm(1),
        "list": [1, 10, 100],
    }
    tuner = Tuner(space, lambda params: 1.0, random_state=0, storage=tmp_path).run(n_trials=2)
    want = {"loguniform": "log", "int": "log"} | dict.fromkeys(
        ["even", "uniform", "randint"], "linear"
    )
    assert kinds_of(tuner) == kinds_of(read_search(tmp_path)) == want


def test_branches_that_contradict_each_other_say_nothing(tmp_path):
    space = [
        {"p": Float(1, 9, log=True), "q": Float(1, 9, log=True)},
        {"p": Float(1, 9), "q": Float(1, 99, log=True)},
    ]
    tuner = Tuner(space, lambda params: 1.0, random_state=0, storage=tmp_path).run(n_trials=2)
    assert kinds_of(tuner) == kinds_of(read_search(tmp_path)) == {"q": "log"}


def test_a_search_of_scikit_learn_style():
    search = RandomSearchCV(None, {"C": loguniform(1e-3, 1.0), "tol": Float(0.001, 1.0)})
    assert kinds_of(search) == {"C": "log", "tol": "linear"}


def test_a_declared_scale_has_marks_where_no_power_of_ten_lies_between():
    scale = scale_of("p", [2.0, 3.0, 4.0, 8.0], kind="log")
    np.testing.assert_allclose(scale.positions([2.0, 4.0, 8.0]), [0.0, 0.5, 1.0])
    assert scale.ticks()[1] == ["2", "4", "6", "8"]
    assert scale_of("p", [0.01, 100.0], kind="linear").kind == "linear"
    assert scale_of("p", [0.0, 1.0], kind="log").kind == "linear"  # enqueued from elsewhere
    assert scale_of("p", ["x", 1.0], kind="log").kind == "categories"


def test_the_page_asks_the_space_too(crowded):
    pytest.importorskip("plotly")
    kinds = [score_by_parameter(s, parameter="b").layout.xaxis.ticktext for s in crowded]
    assert kinds[0] == kinds[1]
    values = [trial.params["b"] for trial in crowded[0].history.trials]
    assert list(kinds[0]) == scale_of("b", values, kind="log").ticks()[1]
