"""Who is dominated by nobody."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from small_histories import climbed, record, undivided

from skhpo import Float, Tuner
from skhpo.history import History
from skhpo.inspection import pareto_front
from skhpo.trial import Assignment, Measurement, Trial


def measured(points, **options):
    history = History(metric="a", **options)
    for number, point in enumerate(points):
        history.append(Trial(number, {"x": number}))
        history.append(Assignment(number, None, (0,)))
        scores = dict(zip("abcd", map(float, point), strict=False))
        history.append(Measurement(number, 0, None, "completed", scores))
    return history


def efficient(source, *settings, **named):
    table = pareto_front(source, *settings, **named)
    return table["trial"][table["is_efficient"]].tolist()


def dominated(points, signs):
    """Each pair compared, as the definition says."""
    values = np.asarray(points) * signs
    return [any((other >= own).all() and (other > own).any() for other in values) for own in values]


@pytest.mark.parametrize("n_metrics", [1, 2, 3, 4])
@pytest.mark.parametrize("few", [True, False], ids=["ties", "no ties"])
def test_against_the_definition(n_metrics, few):
    rng = np.random.default_rng(n_metrics)
    for _ in range(15):
        points = rng.random((40, n_metrics))
        points = np.round(4 * points) if few else points
        names = list("abcd"[:n_metrics])
        for smaller in ([], names[:1], names):
            signs = [-1 if name in smaller else 1 for name in names]
            table = pareto_front(measured(points), minimize=smaller)
            assert table["is_efficient"].tolist() == [not is_d for is_d in dominated(points, signs)]


def test_columns():
    table = pareto_front(measured([(1, 5), (2, 3)]))
    assert list(table) == ["trial", "resource", "mean_a", "mean_b", "is_efficient", "param_x"]
    assert table["mean_b"].tolist() == [5, 3]
    assert table["param_x"].tolist() == [0, 1]


def test_only_complete_training_can_be_efficient():
    """Trial 1 has the best score, but at the lower rung; the newest evaluation counts."""
    table = pareto_front(climbed(), ["score"])
    assert table["trial"].tolist() == [0, 1, 3]
    assert table["mean_score"].tolist() == [0.6, 0.5, 0.4]
    assert efficient(climbed(), ["score"]) == [0]
    assert efficient(climbed(), ["score", "cost"], minimize=["cost"]) == [0, 1]
    history = climbed()
    history.early_may_win = True
    assert efficient(history, ["score", "cost"], minimize=["cost"]) == [0, 1, 3]


def test_times_are_better_when_they_are_less():
    """Trial k takes k + 1 seconds."""
    assert efficient(undivided(0.5, 0.7, 0.7, 0.6), ["score", "fit_time"]) == [0, 1]


def rungs(*steps, **options):
    """Steps of one fold: trial, resource, what was spent of it, and seconds."""
    history = History(**options)
    for number, resource, spent, seconds in steps:
        if number == len(history.trials):
            parent = {"parent": 0, "parent_resource": 1.0, "replaces": 0} if number == 2 else {}
            history.append(Trial(number, {"x": number}, **parent))
        history.append(Assignment(number, resource, (0,)))
        scores = {"score": 0.5}
        done = {"fit_time": seconds, "score_time": seconds, "spent": spent}
        history.append(Measurement(number, 0, resource, "completed", scores, **done))
    return history


def test_time_of_training_that_went_on_is_that_of_all_rungs():
    """Trial 0 went on, 1 lost its state and began anew, 2 is a copy, and of 3 nobody knows."""
    steps = [(0, 1.0, 1.0, 1.0), (1, 1.0, 1.0, 2.0), (0, 3.0, 2.0, 4.0), (1, 3.0, 3.0, 3.0)]
    steps += [(2, 3.0, 2.0, 1.5), (3, 1.0, None, 2.0), (3, 3.0, None, 7.0)]
    history = rungs(*steps)
    history.append(Assignment(0, 9.0, (0, 1)))  # under way: its first fold is no part of it yet
    history.append(Measurement(0, 0, 9.0, "completed", {"score": 0.9}, fit_time=99.0, spent=6.0))
    table = pareto_front(history, ["score", "fit_time", "score_time"])
    assert table["mean_fit_time"].tolist() == [5.0, 3.0, 1.5, 9.0]
    assert table["mean_score_time"].tolist() == [4.0, 3.0, 1.5, 7.0]


def test_in_a_population_early_ones_may_be_efficient_and_are_drawn_so():
    """The picture calls those early ones that are none."""
    pytest.importorskip("matplotlib").use("Agg")
    from skhpo.plotting import pareto_front as drawn

    steps = [(0, 1.0, 1.0, 1.0), (1, 1.0, 1.0, 2.0), (2, 3.0, 2.0, 1.5)]
    history = rungs(*steps, early_may_win=True)
    assert efficient(history, ["score", "fit_time"]) == [0]
    labels = {
        c.get_label(): len(c.get_offsets())
        for c in drawn(history, metrics=["score", "fit_time"]).collections
    }
    assert labels["had less training"] == 1
    history.early_may_win = False
    assert efficient(history, ["score", "fit_time"]) == [2]


def test_what_lacks_a_score_is_left_out():
    points = [(1, 5), (2, math.nan), (math.inf, 9), (0, 6)]
    assert pareto_front(measured(points))["trial"].tolist() == [0, 3]
    nothing = pareto_front(undivided(None, None), ["score"])
    assert {len(column) for column in nothing.values()} == {0}
    assert len(pareto_front(History())["trial"]) == 0


def test_a_tuner_that_minimises():
    """All metrics are small where they are good, unless somebody says which are."""

    def objective(params):
        return {"loss": params["x"], "size": 1 - params["x"], "twin": params["x"]}

    tuner = Tuner(
        {"x": Float(0, 1)}, objective, direction="minimize", metric="loss", random_state=0
    )
    tuner.run(n_trials=9)
    assert len(efficient(tuner, ["loss", "size"])) == 9
    assert len(efficient(tuner, ["loss", "twin"])) == 1
    table = pareto_front(tuner, ["loss", "twin"])
    assert table["mean_loss"][table["is_efficient"]] == tuner.best_score
    assert len(efficient(tuner, ["loss", "size"], minimize=["loss"])) == 1


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"metrics": "score"}, TypeError, r"write \['score'\]"),
        ({"minimize": "score"}, TypeError, r"write \['score'\]"),
        ({"metrics": []}, ValueError, "must name one"),
        ({"metrics": ["scor"]}, ValueError, "Did you mean 'score'"),
        ({"metrics": ["fittime"]}, ValueError, "Did you mean 'fit_time'"),
        ({"metrics": ["score"], "minimize": ["cost"]}, ValueError, "minimize='cost'"),
    ],
)
def test_mistakes(settings, error, message):
    with pytest.raises(error, match=message):
        pareto_front(climbed(), **settings)


def test_several_folds_count_by_their_mean():
    history = History()
    record(history, 0, None, 0.2, 0.4)
    table = pareto_front(history)
    assert table["mean_score"].tolist() == pytest.approx([0.3])
    assert [*itertools.islice(table, 2, 4)] == ["mean_score", "mean_cost"]
