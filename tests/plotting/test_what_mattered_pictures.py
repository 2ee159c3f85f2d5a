"""Pictures of what mattered, and of several searches: what is on them, and how they look."""

from __future__ import annotations

import os
import re
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from skhpo.history import History
from skhpo.inspection import compare, surface
from skhpo.inspection import critical_difference as ranks_of
from skhpo.inspection import importance as importances
from skhpo.inspection import interactions as pairs_of
from skhpo.plotting import comparison, contour, critical_difference, importance, interactions
from skhpo.trial import Assignment, Measurement, Trial

matplotlib = pytest.importorskip("matplotlib")

REFERENCES = Path(__file__).parent / "references"

VERSION = "3.11.2"  # of matplotlib; others draw a little differently
TOLERANCE = 3.0  # root mean square of the differences, of 255: models differ in their last digits


def recorded(configurations, scores, seconds=1.0):
    history = History()
    for number, (params, score) in enumerate(zip(configurations, scores, strict=True)):
        history.append(Trial(number, params))
        history.append(Assignment(number, None, (0,)))
        status, values = ("failed", {}) if score is None else ("completed", {"score": score})
        times = {"started_at": number * seconds, "finished_at": (number + 1) * seconds}
        history.append(Measurement(number, 0, None, status, values, **times))
    return history


def searched(n=48):
    """A slope in one parameter, a bowl in another one, names, and a branch with one of its own."""
    rng = np.random.default_rng(0)
    configurations, scores = [], []
    for k in range(n):
        params = {"rate": float(10 ** rng.uniform(-4, 0)), "depth": int(rng.integers(1, 9))}
        params["kernel"] = ["linear", "poly", "rbf"][k % 3]
        score = -((np.log10(params["rate"]) + 2) ** 2) / 4 + params["depth"] / 10
        if k % 3 == 1:
            params["degree"] = float(rng.uniform(2, 5))
            score -= 0.2 * params["degree"]
        configurations.append(params)
        scores.append(float(score))
    return recorded(configurations, scores)


SETS = {
    "bayes": [0.91, 0.84, 0.72, 0.93, 0.66, 0.95, 0.81, 0.86],
    "tpe": [0.90, 0.85, 0.71, 0.92, 0.64, 0.96, 0.80, 0.85],
    "halving, with a longer name": [0.70, 0.61, 0.65, 0.84, 0.70, 0.71, 0.75, 0.70],
    "random": [0.80, 0.72, 0.60, 0.85, 0.50, 0.82, 0.79, 0.80],
    "grid": [0.10, 0.20, 0.30, 0.10, 0.40, 0.10, 0.20, 0.30],
}


def pair():
    fast = recorded([{"x": k} for k in range(20)], [1 - 0.8**k for k in range(20)], 2.0)
    slow = recorded([{"x": k} for k in range(20)], [0.7 * k / 19 for k in range(20)], 5.0)
    return {"bayes": fast, "random": slow}


# --------------------------------------------------------------------------- what is on them


def bars(ax):
    texts = [text.get_text() for text in ax.get_yticklabels()]
    return dict(zip(texts, [bar.get_width() for bar in ax.patches], strict=True))


def test_bars_are_the_table():
    history = searched()
    table = importances(history)
    ax = importance(history)
    expected = dict(zip(table["parameter"], table["importance"], strict=True))
    assert bars(ax) == pytest.approx(expected)
    assert list(bars(ax)) == list(expected)
    assert ax.get_ylim()[0] > ax.get_ylim()[1]  # the first at the top
    whiskers = ax.collections[0].get_segments()
    np.testing.assert_allclose(
        [line[:, 0] for line in whiskers], list(zip(table["low"], table["high"], strict=True))
    )
    assert bars(importance(history, method="permutation")) != bars(ax)
    pairs = pairs_of(history)
    names = [f"{a} and {b}" for a, b in zip(pairs["first"], pairs["second"], strict=True)]
    assert bars(interactions(history)) == pytest.approx(
        dict(zip(names, pairs["importance"], strict=True))
    )


@pytest.mark.parametrize(
    ("draw", "explained"),
    [
        (importance, "each explains alone"),
        (partial(importance, method="permutation"), "each explains, alone and with others"),
        (partial(importance, method="forest"), "each explains alone"),
        (interactions, "two explain only together"),
    ],
)
def test_the_axis_says_which_part_it_is(draw, explained):
    """Parts that are explained with others overlap: their sum may be more than 1."""
    assert draw(searched()).get_xlabel() == f"part of the variance of the score\nthat {explained}"


def test_there_may_be_too_many():
    rng = np.random.default_rng(0)
    configurations = [{f"p{j}": float(rng.random()) for j in range(18)} for _ in range(30)]
    scores = [sum(params.values()) for params in configurations]
    ax = importance(recorded(configurations, scores))
    assert len(ax.patches) == 15
    told = re.match(r"3 other parameters, at most (\S+) each, are", ax.get_title(loc="left"))
    assert float(told[1]) <= 1.05 * min(bars(ax).values())


@pytest.mark.parametrize("picture", [importance, interactions])
@pytest.mark.parametrize("scores", [[0.5], [0.5, 0.5], [None, None]])
def test_nothing_can_be_said(picture, scores):
    configurations = [{"x": float(k), "y": -k} for k in range(len(scores))]
    ax = picture(recorded(configurations, scores))
    assert "nothing can be said" in ax.texts[0].get_text()
    assert not ax.patches


def test_two_together_need_two_that_vary():
    configurations = [{"x": float(k), "y": 1.0} for k in range(9)]
    ax = interactions(recorded(configurations, [k / 9 for k in range(9)]))
    assert ax.texts[0].get_text() == "nothing can be said: two parameters that vary are needed"


def test_contour():
    history = searched()
    found = surface(history, "rate", "depth")
    ax = contour(history, x="rate", y="depth")
    assert (ax.get_xlabel(), ax.get_xscale(), ax.get_ylabel()) == ("rate", "log", "depth")
    bar = ax.figure.axes[1]
    assert bar.get_ylabel() == "score"
    assert bar.get_ylim() == pytest.approx((found.mean.min(), found.mean.max()))
    star = ax.lines[-1]
    best = max(range(48), key=lambda number: history.latest(number).score)
    assert star.get_xydata().tolist() == [
        pytest.approx([history.trials[best].params[name] for name in ("rate", "depth")])
    ]
    dots = ax.collections[-1].get_offsets()
    assert len(dots) == 47
    deviation = contour(history, x="rate", y="depth", show="deviation").figure.axes[1]
    assert deviation.get_ylabel() == "standard deviation of score"


def test_contour_of_names_and_gaps():
    from matplotlib.collections import QuadMesh

    ax = contour(searched(), x="kernel", y="degree")
    assert [text.get_text() for text in ax.get_xticklabels()] == ["linear", "poly", "rbf"]
    (mesh,) = [each for each in ax.collections if isinstance(each, QuadMesh)]
    cells = np.subtract(mesh.get_coordinates().shape[:2], 1)
    there = ~np.ma.getmaskarray(mesh.get_array()).reshape(cells)  # flat in matplotlib 3.7
    assert there[:, 1].all()
    assert not there[:, [0, 2]].any()


@pytest.mark.parametrize(
    ("scores", "said"),
    [([0.5], "no two differ"), ([0.5, 0.5], "no two differ"), ([1, 2], "one value")],
)
def test_contour_of_nothing(scores, said):
    history = recorded([{"x": float(k), "$y": 3} for k in range(len(scores))], scores)
    ax = contour(history, x="x", y="$y")
    assert said in ax.texts[0].get_text().replace("\n", " ")
    ax.figure.draw_without_rendering()


def test_comparison():
    ax = comparison(pair())
    lines = {line.get_label(): line for line in ax.lines if not line.get_label().startswith("_")}
    assert list(lines) == ["bayes", "random"]
    assert lines["bayes"].get_color().tolist() != lines["random"].get_color().tolist()
    assert lines["bayes"].get_linestyle() != lines["random"].get_linestyle()
    np.testing.assert_array_equal(lines["random"].get_xdata(), np.arange(1, 21))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("trials", "best score")
    found = compare(pair())
    dots = [line.get_xdata()[0] for line in ax.lines if line.get_label().startswith("_")]
    assert dots == found.table["trials_to_converge"].tolist()
    by_time = comparison(found, by="time")
    assert by_time.get_xlabel() == "seconds"
    assert by_time.lines[0].get_xdata()[-1] == 40.0


def test_comparison_of_nothing():
    history = recorded([{"x": 1}, {"x": 2}], [None, None])
    for by in ("trial", "time"):
        ax = comparison({"a": history, "b": History()}, by=by)
        assert ax.texts[0].get_text().startswith("no ")
        ax.figure.draw_without_rendering()


def test_comparison_of_what_has_no_times():
    history = recorded([{"x": 1}, {"x": 2}], [1.0, 2.0], seconds=float("nan"))
    assert comparison({"a": history}, by="time").texts[0].get_text() == "no times are known"


@pytest.mark.parametrize(
    ("searches", "options", "error", "said"),
    [
        ([], {}, TypeError, "mapping of names"),
        ({}, {}, ValueError, "no search"),
        ({"a": 3}, {}, TypeError, "History"),
        ({"a": History()}, {"by": "tme"}, ValueError, "Did you mean 'time'"),
    ],
)
def test_comparison_of_bad_input(searches, options, error, said):
    with pytest.raises(error, match=said):
        comparison(searches, **options)


def test_critical_difference():
    found = ranks_of(SETS)
    ax = critical_difference(SETS)
    texts = [text.get_text() for text in ax.texts]
    for method, rank in zip(found.methods, found.ranks, strict=True):
        assert [text for text in texts if method in text and f"{rank:.2f}" in text]
    assert f"critical difference {found.critical:.2f}" in texts[-1]
    bars = [line for line in ax.lines if line.get_linewidth() == 4]
    assert len(bars) == len(found.groups)
    assert critical_difference(found).texts[-1].get_text() == texts[-1]
    with pytest.raises(ValueError, match="two methods"):
        critical_difference({"a": [1, 2]})


def test_the_test_has_its_name():
    ax = critical_difference(SETS)
    said = ax.get_title(loc="left").replace("\n", " ")
    assert "(Friedman's test, F form of Iman and Davenport)" in said


def test_of_many_methods_some_ranks_have_numbers():
    ax = critical_difference({f"m{k}": [k, k + 1, k] for k in range(20)})
    numbers = [text.get_text() for text in ax.texts if text.get_text().isdigit()]
    assert numbers == ["1", *(str(rank) for rank in range(4, 21, 2))]


def test_contour_says_where_the_star_is_not_the_best():
    """The best has no degree."""
    history = searched()
    degree = contour(history, x="rate", y="degree").get_title(loc="left").replace("\n", " ")
    assert degree == "all other parameters as in the best configuration that has both (star)"
    depth = contour(history, x="rate", y="depth").get_title(loc="left").replace("\n", " ")
    assert depth == "all other parameters as in the best configuration (star)"


@pytest.mark.parametrize("size", [1.0, 1e250, 1e299])
def test_contour_of_scores_of_any_size(size):
    rng = np.random.default_rng(0)
    configurations = [{"x": float(a), "y": float(b)} for a, b in rng.random((15, 2))]
    scores = [size * float(score) for score in np.linspace(-1, 1, 15)]
    ax = contour(recorded(configurations, scores), x="x", y="y")
    ax.figure.draw_without_rendering()
    (bar,) = [other for other in ax.figure.axes if other is not ax]
    low, high = bar.get_ylim()
    assert -1.5 * size < low < 0 < high < 1.5 * size


def test_two_methods_that_do_not_differ():
    ax = critical_difference({"a": [1, 2, 3], "b": [2, 1, 4]})
    assert "longer than the axis" in ax.texts[-1].get_text()
    ax.figure.draw_without_rendering()


# --------------------------------------------------------------------------- how they look


DRAWN = {
    "importance": lambda: importance(searched()),
    "interactions": lambda: interactions(searched()),
    "contour": lambda: contour(searched(), x="rate", y="depth"),
    "contour_of_names": lambda: contour(searched(), x="kernel", y="degree"),
    "comparison": lambda: comparison(pair(), by="time"),
    "critical_difference": lambda: critical_difference(SETS),
}


@pytest.mark.skipif(
    matplotlib.__version__ != VERSION,
    reason=f"references were drawn with matplotlib {VERSION}, this is {matplotlib.__version__}",
)
@pytest.mark.parametrize("name", DRAWN)
def test_looks_as_its_reference(name, tmp_path):
    """After a change that is meant, ``SKHPO_TEST_REFERENCES=write`` draws it anew: look at it."""
    from matplotlib import rc_context, rcdefaults
    from matplotlib.testing.compare import compare_images

    reference, drawn = REFERENCES / f"{name}.png", tmp_path / f"{name}.png"
    with rc_context():
        rcdefaults()
        DRAWN[name]().figure.savefig(drawn, dpi=50, metadata={"Software": None})
    if os.environ.get("SKHPO_TEST_REFERENCES") == "write":
        shutil.copy(drawn, reference)
    shutil.copy(reference, expected := tmp_path / f"expected_{name}.png")  # it writes beside them
    assert compare_images(str(expected), str(drawn), TOLERANCE) is None
