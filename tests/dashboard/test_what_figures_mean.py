"""What catches the eye on a figure of the page is what is best, or matters most."""

from __future__ import annotations

import pytest
from small_histories import record
from some_histories import history_of

pytest.importorskip("plotly", reason="the extra dashboard is not installed")

from skhpo.dashboard import figures
from skhpo.history import History


class Minimised:
    """A search whose scores are negated in its history."""

    sign = -1

    def __init__(self, history):
        self.history = history


def best_line(figure):
    (best,) = [trace for trace in figure.data if trace.name == "best"]
    (text,) = set(best.text)
    return text, [y for y in best.y if y is not None]


def climbed(*curves, **options):
    """One trial for each curve: its scores at 1, 2, ..."""
    history = History(**options)
    for trial, scores in enumerate(curves):
        for resource, score in enumerate(scores, start=1):
            record(history, trial, float(resource), score)
    return history


def test_the_best_of_those_at_the_top_is_the_best():
    """However good others were before they were given up."""
    history = climbed((0.5, 0.6), (0.9,), (0.4, 0.7), (0.3, None))
    assert best_line(figures.survival(history)) == ("trial 2", [0.4, 0.7])
    of_less = figures.survival(Minimised(history))
    assert best_line(of_less) == ("trial 2", [-0.4, -0.7])


def test_the_best_of_a_population_need_not_be_at_the_top():
    history = climbed((0.5, 0.6), (0.9,), (0.4, 0.7), early_may_win=True)
    assert best_line(figures.survival(history)) == ("trial 1", [0.9])


def test_the_best_is_drawn_among_a_thousand():
    curves = [(0.001 * (k % 500), 0.0005 * k) if k % 2 else (0.1,) for k in range(1000)]
    curves[501] = (0.2, 0.95)
    assert best_line(figures.survival(climbed(*curves)))[0] == "trial 501"
    curves[500] = (0.97,)
    of_population = climbed(*curves, early_may_win=True)
    assert best_line(figures.survival(of_population))[0] == "trial 500"


def test_the_most_important_parameter_is_on_top():
    configurations = [{"a": 0.1 * (k % 4), "b": 0.3 * (k % 7), "c": k % 5} for k in range(35)]
    scores = {k: 5 * p["b"] + p["a"] for k, p in enumerate(configurations)}
    figure = figures.importance(history_of(configurations, lambda p, k: scores[k]))
    (bars,) = figure.data
    assert list(bars.y) == [0, 1, 2]
    assert list(figure.layout.yaxis.ticktext) == ["c", "a", "b"]  # from below
    assert list(bars.x) == sorted(bars.x)
    assert figure.layout.yaxis.autorange is None  # not reversed


def test_the_best_of_thousands_are_drawn_whichever_scores_are_good():
    """Of those at the top: however good others were before they were given up."""
    curves = [(0.1, 0.001 * (1 + (k * 7919) % 997)) for k in range(997)]
    order = sorted(range(997), key=lambda k: curves[k][1])
    curves += [(5.0,), (-5.0,)] * 50
    for source, best in (
        (climbed(*curves), order[-20:]),
        (Minimised(climbed(*(tuple(-s for s in c) for c in curves))), order[:20]),
    ):
        drawn = {text for trace in figures.survival(source).data for text in trace.text}
        assert len(drawn) < 300
        assert {f"trial {number}" for number in best} <= drawn


@pytest.mark.parametrize("is_less_better", [False, True])
def test_good_lines_are_lighter_and_above_the_others(is_less_better):
    history = history_of([{"x": float(k)} for k in range(10)], lambda p, k: float(k))
    figure = figures.parallel_coordinates(Minimised(history) if is_less_better else history)
    *others, best = figure.data
    assert best.y[0] == pytest.approx(1.0)
    above, below = others[-1], others[0]
    assert above.y[0] == pytest.approx(1.0)  # of the trial with the best score, x is the greatest
    assert below.y[0] == pytest.approx(0.0)
    brightness = [sum(map(int, t.line.color[4:-1].split(","))) for t in (below, above)]
    assert brightness[1] > 1.5 * brightness[0]
