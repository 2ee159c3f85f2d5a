"""Texts of a picture can be read where there are many of them, and long ones: none covers another.

matplotlib puts texts where it is told to, and keeps its layout free of overlaps between the parts
of a figure only. So all texts are looked at, as they stand in the drawn figure: also slanted ones.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from small_histories import record

from skhpo import Float, Tuner, plotting
from skhpo.history import History

pytest.importorskip("matplotlib")

CLOSE = 1.0  # pixels by which two boxes of texts may touch: letters do not fill them


def corners(text):
    """Where a text stands in the figure, in pixels: four corners, in order."""
    rotation = text.get_rotation()
    if rotation % 90 == 0:
        box = text.get_window_extent()
        pivot = np.zeros(2)
        rotation = 0.0
    else:
        assert text.get_rotation_mode() == "anchor"
        text.set_rotation(0)
        box = text.get_window_extent()
        text.set_rotation(rotation)
        pivot = text.get_transform().transform(text.get_unitless_position())
    flat = np.array([[box.x0, box.y0], [box.x1, box.y0], [box.x1, box.y1], [box.x0, box.y1]])
    angle = np.deg2rad(rotation)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return pivot + (flat - pivot) @ turn


def overlap(one, other):
    """By how many pixels two rectangles overlap: the least along one of their sides."""
    depths = []
    for side in (*np.diff(one, axis=0)[:2], *np.diff(other, axis=0)[:2]):
        along = side / np.hypot(*side)
        a, b = one @ along, other @ along
        depths.append(min(a.max(), b.max()) - max(a.min(), b.min()))
    return min(depths)


def texts_of(figure):
    """All texts that are drawn; ticks beyond the ends of an axis are there, and are not."""
    from matplotlib.text import Text

    drawn, draw = [], Text.draw

    def remembered(text, renderer, *args, **kwargs):
        if text.get_visible() and text.get_text().strip():
            drawn.append(text)
        return draw(text, renderer, *args, **kwargs)

    figure.draw_without_rendering()  # the layout is found while it is drawn first
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", remembered)
        figure.draw_without_rendering()
    return drawn


def covered(ax):
    """Pairs of texts of which one covers a part of the other, and texts that are cut off."""
    whole = ax.figure.bbox
    boxes = [(text.get_text(), corners(text)) for text in texts_of(ax.figure)]
    assert len(boxes) > 3
    pairs = [
        (one, other) for (one, a), (other, b) in combinations(boxes, 2) if overlap(a, b) > CLOSE
    ]
    cut = [
        (text, "is cut off")
        for text, box in boxes
        if box[:, 0].min() < whole.x0 - 1
        or box[:, 0].max() > whole.x1 + 1
        or box[:, 1].min() < whole.y0 - 1
        or box[:, 1].max() > whole.y1 + 1
    ]
    return pairs + cut


# --------------------------------------------------------------------------- crowded searches


def long_name(j):
    return f"columns__numbers__a_parameter_with_a_long_name_{j}"


def search(n_parameters, n_values, n_rungs=1, n_trials=40, least=1.0, gaps=False):
    """Trials with long names of parameters and values, at rungs that grow."""
    rng, history = np.random.default_rng(0), History()
    rungs = [least * 3**k for k in range(n_rungs)] if n_rungs > 1 else [None]
    for rung in rungs:
        for trial in range(n_trials):
            params = {long_name(j): float(rng.random()) for j in range(n_parameters)}
            kind = int(rng.integers(n_values))
            params["kind"] = f"a_value_that_takes_many_words_{kind}"
            if gaps and trial % 3:
                del params[long_name(0)]
            score = None if trial % 9 == 8 else float(rng.normal() - 1e4)
            begin = trial + 100.0 * rungs.index(rung)
            record(history, trial, rung, score, params=params, times=[(begin, begin + 0.9)])
    return history


SOURCES = {
    "few": search(2, 3, n_trials=30),
    "many values": search(2, 12),
    "more values than places": search(2, 20, gaps=True),
    "many parameters": search(20, 12),
    "many rungs": search(3, 4, n_rungs=9, n_trials=18),
    "many rungs of large numbers": search(3, 4, n_rungs=12, n_trials=18, least=12345.0),
}

PICTURES = {
    "convergence": {},
    "score_by_parameter": {"parameter": "kind"},
    "parallel_coordinates": {},
    "contour": {"x": "kind", "y": long_name(0)},
    "importance": {},
    "interactions": {},
    "timeline": {},
    "pareto_front": {"metrics": ["score", "fit_time"]},
    "rungs": {},
    "learning_curves": {"parameter": "kind"},
    "population": {"parameter": "kind"},
}
OF_RESOURCES = {"rungs", "learning_curves", "population"}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", PICTURES)
def test_no_text_covers_another(name, source):
    if name in OF_RESOURCES and "rungs" not in source:
        return
    ax = getattr(plotting, name)(SOURCES[source], **PICTURES[name])
    assert covered(ax) == []


@pytest.mark.parametrize("name", ["importance", "interactions", "parallel_coordinates"])
def test_long_names_can_be_told_apart(name):
    """They are cut in the middle: names of steps that are in each other begin alike."""
    ax = getattr(plotting, name)(SOURCES["many parameters"])
    axis = ax.xaxis if name == "parallel_coordinates" else ax.yaxis
    names = [text.get_text() for text in axis.get_ticklabels()]
    assert len(names) > 10
    assert len(set(names)) == len(names)
    if name == "parallel_coordinates":
        values = [text.get_text() for text in ax.texts if "words_" in text.get_text()]
        assert len(set(values)) == len(values) > 9


NESTED = "preprocessing__columntransformer__numeric_pipeline__step_{}__regularisation"


@pytest.mark.parametrize("name", ["importance", "interactions", "parallel_coordinates", "contour"])
def test_what_long_names_have_in_common_is_cut(name):
    """They differ in the middle, where a name that is too long would be cut."""
    rng, history = np.random.default_rng(0), History()
    for trial in range(30):
        params = {NESTED.format(k): float(rng.random()) for k in range(6)}
        record(history, trial, None, sum(params.values()), params=params)
    options = {"x": NESTED.format(0), "y": NESTED.format(1)} if name == "contour" else {}
    ax = getattr(plotting, name)(history, **options)
    texts = [text.get_text() for text in (*ax.get_yticklabels(), *ax.get_xticklabels())]
    texts += [ax.get_xlabel(), ax.get_ylabel()]
    told = [text for text in texts if "step" in text]
    assert len(told) == {"interactions": 15, "contour": 2}.get(name, 6)
    assert len(set(told)) == len(told)
    assert all(text.startswith("…step_") for text in told)
    assert covered(ax) == []


def test_methods_with_long_names_in_a_small_picture(clean_pyplot):
    _, (left, _) = clean_pyplot.subplots(1, 2, figsize=(9, 4), layout="constrained")
    rng = np.random.default_rng(0)
    scores = {f"method_{j}_with_a_name": (rng.random(8) + j / 5).tolist() for j in range(9)}
    ax = plotting.critical_difference(scores, ax=left)
    names = [text.get_text().replace(".", "") for text in ax.texts if "  " in text.get_text()]
    names = [name.strip("0123456789 ") if name[0] == "…" else name.split()[1] for name in names]
    assert len(set(names)) == 9


@pytest.mark.parametrize(("low", "high"), [(2e-2, 6e-1), (0.2, 0.6), (1e-3, 1.5), (3.0, 30.0)])
@pytest.mark.parametrize("width", [3, 4, 5, 6, 7])
@pytest.mark.parametrize("has_failed", [False, True])
def test_marks_between_powers_of_ten(low, high, width, has_failed, clean_pyplot):
    """Those that would run into each other are left out; one at least is there."""
    space = {"rate": Float(low, high, log=True), "other": Float(low, high, log=True)}
    tuner = Tuner(space, random_state=0)
    for _ in range(15):
        task = tuner.ask()
        told = {"status": "failed"} if has_failed else {}
        tuner.tell(task, *([] if has_failed else [task.params["rate"]]), **told)
    ax = clean_pyplot.subplots(figsize=(width, 3), layout="constrained")[1]
    plotting.score_by_parameter(tuner, parameter="rate", ax=ax)
    numbers = [text for text in texts_of(ax.figure) if "10^{" in text.get_text()]
    assert numbers
    boxes = [corners(text) for text in numbers]
    assert not [one for one, other in combinations(boxes, 2) if overlap(one, other) > CLOSE]
    if not has_failed:
        ax = clean_pyplot.subplots(figsize=(4, width), layout="constrained")[1]
        assert covered(plotting.contour(tuner, x="rate", y="other", ax=ax)) == []


@pytest.mark.parametrize("k", [2, 5, 10, 20, 40])
def test_many_methods_with_long_names(k):
    rng = np.random.default_rng(0)
    methods = {f"{long_name(j)}": (rng.random(8) + j / 5).tolist() for j in range(k)}
    assert covered(plotting.critical_difference(methods)) == []


def test_many_searches_with_long_names():
    searches = {long_name(j): search(1, 2, n_trials=9) for j in range(7)}
    assert covered(plotting.comparison(searches)) == []


def test_this_sees_what_overlaps():
    from matplotlib import pyplot

    ax = pyplot.subplots(layout="constrained")[1]
    ax.set_xticks(range(9), ["a rather long text"] * 9)
    assert len(covered(ax)) >= 8
    slanted = {"rotation": 60, "ha": "right", "rotation_mode": "anchor"}
    ax.set_xticks(range(9), ["a rather long text"] * 9, **slanted)
    assert covered(ax) == []
