"""Colours that mean different things look different to people who lack one kind of cones.

References
----------
Machado, G. M., Oliveira, M. M., & Fernandes, L. A. F. (2009). A physiologically-based model for
simulation of color vision deficiency. IEEE Transactions on Visualization and Computer Graphics,
15(6), 1291-1298.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from skhpo.dashboard.figures import _style
from skhpo.plotting import _colours

to_rgb = pytest.importorskip("matplotlib.colors").to_rgb

#: Least distance in CIELAB; one can just be noticed at 2.3. The colours of Okabe and Ito have 16.
APART = 15.0

#: Of Machado et al., severity 1.0, for linear RGB.
VISIONS = {
    "usual": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}

#: What is told apart by its colour in one picture, or on one page.
PALETTES = {
    "categories": [*_colours.PALETTE, _colours.OTHERS],
    "roles": [_colours.ACCENT, _colours.BLUE, _colours.INK, _colours.GREY],
    "page": [
        *(_style.BLUE, _style.ORANGE, _style.GREEN, _style.VERMILLION),
        *(_style.INK, _style.GREY),
    ],
}

XYZ = np.array(  # of linear sRGB, under D65
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def seen(colours, vision):
    """Lightness, and the two axes of hue, of each colour as it is seen."""
    rgb = np.array([to_rgb(colour) for colour in colours])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    simulated = np.clip(linear @ np.transpose(VISIONS[vision]), 0.0, 1.0)
    part = simulated @ XYZ.T / XYZ.sum(axis=1)
    x, y, z = np.where(part > (6 / 29) ** 3, np.cbrt(part), part * (29 / 6) ** 2 / 3 + 4 / 29).T
    return np.column_stack([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def too_near(colours, vision):
    pairs = combinations(zip(colours, seen(colours, vision), strict=True), 2)
    distances = {(a, b): float(np.linalg.norm(one - two)) for (a, one), (b, two) in pairs}
    return {pair: distance for pair, distance in distances.items() if distance < APART}


def viridis():
    """The colours of numbers, as in a picture."""
    return list(_colours.number_colours(0.0, 1.0).to_rgba(np.linspace(0.0, 1.0, 64))[:, :3])


def viridis_of_the_page():
    return [colour for _, colour in _style.VIRIDIS]


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("palette", PALETTES)
def test_everybody_can_tell_colours_apart(palette, vision):
    assert too_near(PALETTES[palette], vision) == {}


@pytest.mark.parametrize("vision", VISIONS)
def test_what_has_no_value_looks_like_no_number(vision):
    others, *numbers = seen([_colours.OTHERS, *viridis()], vision)
    assert min(np.linalg.norm(number - others) for number in numbers) > APART


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("numbers", [viridis, viridis_of_the_page])
def test_greater_numbers_are_lighter(numbers, vision):
    assert (np.diff(seen(numbers(), vision)[:, 0]) > 0).all()


def test_this_sees_what_is_too_near():
    """White is as light as it can be, for everybody; a grey is like purple, for some."""
    for vision in VISIONS:
        np.testing.assert_allclose(seen(["white", "black"], vision), [[100, 0, 0], [0] * 3], atol=1)
    pair = ["#CC79A7", "0.65"]
    assert not too_near(pair, "usual")
    assert 8 < too_near(pair, "deuteranopia")[tuple(pair)] < 9
