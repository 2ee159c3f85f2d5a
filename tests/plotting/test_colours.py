"""Colours for the values of a parameter: numbers, categories, and what has none."""

from __future__ import annotations

import math

import numpy as np
import pytest

from skhpo.plotting._colours import OTHERS, colour_scale

to_rgba = pytest.importorskip("matplotlib.colors").to_rgba


def scale_of(*values):
    return colour_scale("p", [{"p": value} for value in values])


def colours_of(*values):
    return [tuple(c) for c in scale_of(*values).of([{"p": value} for value in values]).tolist()]


@pytest.fixture
def bar_of(clean_pyplot):
    """The colour bar of these values, drawn."""

    def draw(*values):
        figure, ax = clean_pyplot.subplots()
        scale_of(*values).explain(ax)
        figure.canvas.draw()
        (bar,) = [other for other in figure.axes if other is not ax]
        return bar

    return draw


def shown(bar):
    return [text.get_text() for text in bar.get_yticklabels()]


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ((1e-4, 1e-1), "log"),
        ((1, 101), "log"),
        ((1, 100), "linear"),
        ((0.0, 1000.0), "linear"),
        ((-1.0, 1000.0), "linear"),
        ((np.float32(0.5), np.int64(3)), "linear"),
    ],
)
def test_numbers(values, scale, bar_of):
    bar = bar_of(*values)
    assert bar.get_yscale() == scale
    assert bar.get_ylabel() == "p"
    assert bar.get_ylim() == pytest.approx((min(values), max(values)))


def test_numbers_get_brighter():
    """Also in print without colours: luminance rises with the value, and ends before white."""
    colours = np.array(colours_of(*np.linspace(0, 1, 20)))[:, :3]
    luminance = colours @ [0.2126, 0.7152, 0.0722]
    assert (np.diff(luminance) > 0).all()
    assert luminance[-1] < 0.8


def test_integers_have_whole_ticks(bar_of):
    assert all(float(tick).is_integer() for tick in bar_of(1, 2, 3).get_yticks())
    assert not all(float(tick).is_integer() for tick in bar_of(1, 2, 3.5).get_yticks())


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (("sgd", "adam", "sgd"), ["adam", "sgd"]),
        ((True, False), ["False", "True"]),
        ((None, 3, 5), ["3", "5", "None"]),
        ((1.0, math.nan), ["1.0", "nan"]),
        ((0.9, 0.9), ["0.9"]),  # a constant has no scale
        (((8, 8), (4,)), ["(4,)", "(8, 8)"]),
        (([1, 2], {"a": 1}), ["[1, 2]", "{'a': 1}"]),
        ((math.sqrt, dict), ["dict", "sqrt"]),
        (("a\n   b", "x" * 30), ["a b", "x" * 23 + "…"]),
    ],
)
def test_categories(values, names, bar_of):
    assert shown(bar_of(*values)) == names
    assert len(set(colours_of(*values))) == len(names)


def test_too_many_categories(bar_of):
    """The seven that are most frequent have colours; the rest is black."""
    values = [f"c{k}" for k in range(10) for _ in range(10 - k)]
    assert shown(bar_of(*values)) == [*(f"c{k}" for k in range(7)), "3 others"]
    colours = dict(zip(values, colours_of(*values), strict=True))
    assert len(set(colours.values())) == 8
    assert {colours[f"c{k}"] for k in (7, 8, 9)} == {to_rgba(OTHERS)}


def test_configurations_without_the_parameter():
    for values in ((0.1, 0.2), ("a", "b")):
        without, one = scale_of(*values).of([{"q": 1}, {"p": values[0]}]).tolist()
        assert tuple(without) == to_rgba(OTHERS) != tuple(one)
