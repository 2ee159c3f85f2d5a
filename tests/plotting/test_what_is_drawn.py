"""What is on each picture: the numbers of the table it draws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from small_histories import climbed, record, undivided

from skhpo import Float, Tuner
from skhpo.history import History
from skhpo.inspection import convergence as convergence_table
from skhpo.plotting import (
    convergence,
    learning_curves,
    parallel_coordinates,
    pareto_front,
    population,
    rungs,
    score_by_parameter,
    timeline,
)

nan = math.nan


def dots(ax):
    """All points of scatter plots, in order."""
    clouds = [each for each in ax.collections if hasattr(each, "get_sizes")]
    return sorted(tuple(point) for each in clouds for point in each.get_offsets().tolist())


def line(ax, label):
    (found,) = [line for line in ax.lines if line.get_label() == label]
    return found.get_xydata().tolist()


def legend(ax):
    return [] if ax.get_legend() is None else [t.get_text() for t in ax.get_legend().get_texts()]


def aside(ax):
    return ax.get_title(loc="left")


def minimised(n_trials=12):
    return Tuner(
        {"x": Float(1, 2)}, lambda params: params["x"], direction="minimize", random_state=0
    ).run(n_trials=n_trials)


# --------------------------------------------------------------------------- convergence


def test_convergence():
    ax = convergence(climbed())
    assert line(ax, "best") == [[1, 0.5], [2, 0.7], [3, 0.7], [4, 0.7], [5, 0.6], [6, 0.6]]
    scores = {(1, 0.5), (2, 0.7), (4, 0.4), (5, 0.6), (6, 0.5)}
    assert set(dots(ax)) == scores
    assert legend(ax) == ["best", "failed"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("evaluations", "score")
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    assert [t.get_text() for t in bar.get_yticklabels()] == ["1", "3"]


def test_convergence_of_a_tuner_that_minimises():
    tuner = minimised()
    ax = convergence(tuner)
    table = convergence_table(tuner)
    assert [y for _, y in line(ax, "best")] == table["best"].tolist()
    assert line(ax, "best")[-1] == [12, tuner.best_score]
    assert ax.get_xlabel() == "trials"
    assert len(ax.figure.axes) == 1  # no resource, no colour bar


@pytest.mark.parametrize(
    ("seconds", "unit", "last"),
    [
        (10.0, "seconds", 10.0),
        (1200.0, "minutes", 20.0),
        (36000.0, "hours", 10.0),
        (864000.0, "days", 10.0),
    ],
)
def test_convergence_by_time(seconds, unit, last):
    history = History()
    record(history, 0, None, 0.5, times=[(1e9, 1e9 + seconds / 2)])
    record(history, 1, None, 0.6, times=[(1e9, 1e9 + seconds)])
    ax = convergence(history, by="time")
    assert ax.get_xlabel() == unit
    assert line(ax, "best") == [[last / 2, 0.5], [last, 0.6]]


def test_convergence_by_times_that_nobody_knows():
    ax = convergence(climbed(), by="time")
    assert [text.get_text() for text in ax.texts] == ["no times are known"]


def test_by_what():
    with pytest.raises(ValueError, match=r"by must be one of.*'tim'. Did you mean 'time'"):
        convergence(climbed(), by="tim")


@pytest.mark.parametrize("sign", [1, -1])
def test_scores_that_are_far_off_are_at_the_edge(sign):
    scores = [*(sign * (1 + 0.1 * k) for k in range(12)), -1e9 * sign]

    class Source:
        history = undivided(*(sign * score for score in scores))

    Source._sign = sign
    ax = convergence(Source())
    low, high = ax.get_ylim()
    assert high - low < 10
    assert dots(ax)[-1] == (13, low if sign > 0 else high)
    assert aside(ax) == "1 score is beyond the edge"


@pytest.mark.parametrize("name", ["convergence", "learning_curves", "population", "rungs"])
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_beyond_the_edge_is_a_triangle_inside_of_it(name, sign):
    """As large and dark where there are many dots, or grey ones."""
    history = History()
    for trial in range(1200):
        score = -1e9 if trial == 7 else 1 + 0.001 * trial
        record(history, trial, 1.0, score)
    record(history, 5, 3.0, 2.5)

    class Source:
        pass

    Source.history, Source._sign = history, sign
    ax = {
        "convergence": convergence,
        "learning_curves": learning_curves,
        "population": population,
        "rungs": rungs,
    }[name](Source())
    ax.figure.draw_without_rendering()
    (triangle,) = [
        each
        for each in ax.collections
        if hasattr(each, "get_sizes") and len(each.get_offsets()) == 1 and each.get_sizes()[0] == 36
    ]
    (place,) = triangle.get_offset_transform().transform(triangle.get_offsets())
    whole = ax.get_window_extent()
    radius = 3 * ax.figure.dpi / 72
    assert whole.x0 <= place[0] - radius < place[0] + radius <= whole.x1
    assert whole.y0 <= place[1] - radius < place[1] + radius <= whole.y1
    assert abs(place[1] - (whole.y0 if sign > 0 else whole.y1)) < 3 * radius
    assert triangle.get_edgecolors()[0][:3].max() < 0.2
    assert aside(ax) == "1 score is beyond the edge"
    assert np.ptp(ax.get_ylim()) < 10


def test_lines_of_a_population_end_at_the_edge():
    history = History()
    for trial in range(9):
        record(history, trial, 1.0, 0.1 * trial)
        record(history, trial, 3.0, -1e9 if trial == 4 else 0.1 * trial + 0.2)
        record(history, trial, 9.0, 0.1 * trial + 0.3)
    ax = population(history)
    assert ax.get_xscale() == "log"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1", "3", "9"]
    low, _ = ax.get_ylim()
    (lines,) = [each for each in ax.collections if len(each.get_paths()) == 9]
    assert lines.get_paths()[4].vertices.tolist() == [[1, 0.4], [3, low], [9, 0.7]]


def test_all_scores_are_in_the_picture_where_none_is_far_off():
    ax = convergence(undivided(*np.linspace(0, 1, 11)))
    low, high = ax.get_ylim()
    assert low < 0 < 1 < high
    assert aside(ax) == ""


# --------------------------------------------------------------------------- parameters


def test_score_by_parameter():
    ax = score_by_parameter(climbed(), parameter="x")
    assert set(dots(ax)) == {(1, 0.5), (2, 0.7), (4, 0.4), (1, 0.6), (2, 0.5)}
    assert line(ax, "best") == [[1, 0.6]]
    assert line(ax, "failed") == [[3, 0.02]]
    assert ax.get_xlabel() == "x"


def test_score_by_the_only_parameter_and_by_one_of_several():
    assert score_by_parameter(climbed()).get_xlabel() == "x"
    history = History()
    record(history, 0, None, 0.5, params={"a": 1, "b": 2})
    with pytest.raises(ValueError, match=r"must name one of them. There are: \['a', 'b'\]"):
        score_by_parameter(history)


def test_score_by_a_parameter_that_some_do_not_have():
    history = History()
    for trial in range(6):
        params = {"a": 10.0**-trial} if trial % 2 else {"b": "$x^"}
        record(history, trial, None, 0.1 * trial, params=params)
    ax = score_by_parameter(history, parameter="a")
    assert ax.get_xscale() == "log"
    assert aside(ax) == "3 of 6 trials do not have it"
    ax = score_by_parameter(history, parameter="b")
    assert [t.get_text() for t in ax.get_xticklabels()] == [r"\$x^"]
    assert all(abs(x) <= 0.3 for x, _ in dots(ax) if not math.isnan(x))
    ax.figure.draw_without_rendering()


def test_parallel_coordinates():
    """Lines are the positions on all axes; the winner is on top."""
    history = History()
    for trial, params in enumerate(({"a": 0, "b": 1.0}, {"a": 5, "b": 1e3}, {"a": 10}, {"a": 3})):
        record(history, trial, None, None if trial == 3 else 0.1 * trial, params=params)
    ax = parallel_coordinates(history)
    failed, lines = ax.collections
    assert [p.vertices.tolist() for p in failed.get_paths()] == [[[0, 0.3], [1, -0.12]]]
    drawn = [p.vertices[:, 1].tolist() for p in lines.get_paths()]
    np.testing.assert_allclose(drawn, [[0, 0, 0], [0.5, 1, 0.5], [1, -0.12, 1]])
    assert line(ax, "best") == [[0, 1], [1, -0.12], [2, 1]]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["a", "b", "score"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["not there"]
    assert aside(ax) == "1 failed"
    assert {t.get_text() for t in ax.texts} >= {"0", "10", "1", "100"}


def test_parallel_coordinates_of_some_parameters():
    history = History()
    for trial in range(3):
        record(history, trial, None, 0.1 * trial, params={"a": trial, "b": trial, "c": trial})
    ax = parallel_coordinates(history, parameters=["c", "a"])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["c", "a", "score"]
    with pytest.raises(TypeError, match=r"write \['a'\]"):
        parallel_coordinates(history, parameters="a")


def test_of_the_most_training_in_parallel_coordinates():
    _, lines = parallel_coordinates(climbed()).collections
    assert len(lines.get_paths()) == 3  # 0 and 1 at the upper rung, 3 at the lower; 2 failed


# --------------------------------------------------------------------------- rungs and curves


def test_rungs():
    ax = rungs(climbed())
    texts = [t.get_text() for t in ax.get_xticklabels()]
    assert texts == ["1\n4 came\n2 went on", "3\n2 came"]
    assert legend(ax) == ["given no more", "given more", "failed"]
    assert ax.get_xlabel() == "resource"
    heights = sorted(round(y, 3) for _, y in dots(ax) if not math.isnan(y))
    # five scores, and three medians: of those stopped at 1 and at 3, and of those that went on
    assert heights == sorted([0.5, 0.7, 0.4, 0.6, 0.5, 0.4, 0.55, 0.6])


def test_who_was_given_more_is_on_the_right_of_a_rung():
    """Dots are a little apart, those of the two kinds on their own side."""
    sides = {
        (round(y, 3), round(x))
        for x, y in dots(rungs(climbed()))
        if not math.isnan(y) and x > round(x) + 0.05
    }
    assert sides == {(0.5, 0), (0.7, 0), (0.6, 0)}  # trials 0 and 1 at the lower rung, their median
    left = {round(y, 3) for x, y in dots(rungs(climbed())) if x < round(x) - 0.05}
    assert left >= {0.4, 0.6, 0.5}


def test_the_winner_is_who_wins_in_the_end():
    history = History()
    for trial, scores in enumerate(((0.5, 0.4), (0.3, 0.9))):
        for resource, score in enumerate(scores, start=1):
            record(history, trial, float(resource), score)
    ax = learning_curves(history)
    assert line(ax, "winner") == [[1, 0.3], [2, 0.9]]


def test_learning_curves():
    ax = learning_curves(climbed())
    curves = [p.vertices.tolist() for p in ax.collections[0].get_paths()]
    assert curves == [[[1, 0.5], [3, 0.6]], [[1, 0.7], [3, 0.5]], [[1, 0.4]]]
    assert line(ax, "winner") == [[1, 0.5], [3, 0.6]]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1", "3"]


@pytest.mark.parametrize(("rungs_", "scale"), [((1, 3, 9, 27), "log"), ((2, 4, 6, 8), "linear")])
def test_rungs_that_grow_are_evenly_apart(rungs_, scale):
    history = History()
    for rung in rungs_:
        record(history, 0, float(rung), 0.1 * rung)
    ax = learning_curves(history)
    assert ax.get_xscale() == scale
    assert [t.get_text() for t in ax.get_xticklabels()] == [str(rung) for rung in rungs_]


# --------------------------------------------------------------------------- workers


def test_timeline():
    history = History()
    record(history, 0, None, 0.5, times=[(100.0, 104.0)])
    record(history, 1, None, None, times=[(101.0, 103.0)])
    ax = timeline(history)
    done, failed = ax.collections
    assert done.get_paths()[0].get_extents().bounds == pytest.approx((0, 0.6, 4, 0.8))
    assert failed.get_paths()[0].get_extents().bounds == pytest.approx((1, 1.6, 2, 0.8))
    assert aside(ax) == "2 workers, 75% busy in 4 s"
    assert legend(ax) == ["failed (1)"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["1", "2"]
    assert ax.yaxis_inverted()


@pytest.mark.parametrize("n", [400, 401])
def test_of_many_pieces_it_is_drawn_how_busy_workers_were(n):
    """One worker for a tenth of the time, thinner than a line can be; 4 failures."""
    history = History()
    for trial in range(n):
        times = [(trial * 1e-3, trial * 1e-3 + 1e-4)]
        record(history, trial, None, None if trial % 100 == 50 else 0.5, times=times)
    ax = timeline(history)
    assert aside(ax) == "1 worker, 10% busy in 0.4 s"
    assert legend(ax) == ["failed (4)"]
    if n == 400:
        assert len(ax.collections[0].get_paths()) == 396
        return
    busy, crosses = ax.collections
    assert busy.get_array().mean() == pytest.approx(0.1, abs=0.01)
    assert crosses.get_offsets().tolist() == [
        [pytest.approx(k * 1e-3 + 1e-4), 1] for k in (50, 150, 250, 350)
    ]
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    assert bar.get_ylabel() == "part of the time busy"


# --------------------------------------------------------------------------- several metrics


def test_pareto_front():
    """Trials take 1, 2, 3 and 4 seconds."""
    ax = pareto_front(undivided(0.5, 0.7, 0.6, 0.8), metrics=["score", "fit_time"])
    assert line(ax, "efficient") == [[0.5, 1], [0.7, 2], [0.8, 4]]
    assert dots(ax) == [(0.6, 3)]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("score", "fit_time (less is better)")
    turned = pareto_front(undivided(0.5, 0.7, 0.6, 0.8), metrics=["fit_time", "score"])
    assert line(turned, "efficient") == [[1, 0.5], [2, 0.7], [4, 0.8]]


@pytest.mark.parametrize(
    ("metrics", "edge"),
    [(["score", "fit_time"], "steps-pre"), (["fit_time", "score"], "steps-post")],
)
def test_the_edge_runs_where_nothing_better_was_found(metrics, edge):
    """To the bad side of each point: of a score that is to be great, to the left."""
    ax = pareto_front(undivided(0.5, 0.7, 0.8), metrics=metrics)
    assert ax.lines[0].get_drawstyle() == edge


def test_pareto_front_needs_two_metrics():
    with pytest.raises(ValueError, match=r"metrics must name two.*there are \['score'\]"):
        pareto_front(climbed(), metrics=["score"])
    assert pareto_front(climbed()).get_ylabel() == "cost"


def test_less_training_is_shown_as_such():
    ax = pareto_front(climbed())
    assert "had less training" in legend(ax)


def test_names_stand_in_the_order_of_their_space():
    sizes = ["small", "medium", "large", "huge"]
    tuner = Tuner({"size": sizes, "x": Float(0, 1)}, lambda params: params["x"], random_state=0)
    tuner.run(n_trials=30)
    ax = score_by_parameter(tuner, parameter="size")
    assert [t.get_text() for t in ax.get_xticklabels()] == sizes
    marks = {t.get_text(): t.get_position()[1] for t in parallel_coordinates(tuner).texts}
    assert sorted(sizes, key=marks.__getitem__) == sizes
