"""Texts of the page's figures can be read where there are many and long ones: none covers another.

A browser puts them where it is told to, in letters of its own: so all are looked at as they stand.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

pytest.importorskip("plotly", reason="the extra dashboard is not installed")

from seen_pages import open_report, until
from some_histories import AWKWARD, CROWDED

#: All of which there is much to be drawn.
SOURCES = CROWDED | {
    kind: AWKWARD[kind]
    for kind in AWKWARD
    if kind not in ("empty", "waiting", "one trial", "all failed", "no parameters")
}

#: Pixels by which two boxes of texts may touch: letters do not fill them.
CLOSE = 1.0

#: Of each figure its box, and its texts with the corners of theirs, as they are turned.
TEXTS = """
const isSeen = (node) =>
  node.textContent.trim() && node.checkVisibility({ opacityProperty: true, visibilityProperty: true });
const corners = (node) => {
  const { x, y, width, height } = node.getBBox();
  const place = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
  return place.map((corner) => {
    const { x, y } = new DOMPoint(...corner).matrixTransform(node.getScreenCTM());
    return [x, y];
  });
};
return [...document.querySelectorAll("#figures section")].map((section) => {
  const { left, top, right, bottom } = section.querySelector(".plot").getBoundingClientRect();
  const texts = [...section.querySelectorAll(".plot .main-svg text")].filter(isSeen);
  const told = texts.map((node) => [node.textContent, corners(node)]);
  return [section.id, [left, top, right, bottom], told];
});
"""


def overlap(one, other):
    """By how many pixels two rectangles overlap: the least along one of their sides."""
    depths = []
    for side in (*np.diff(one, axis=0)[:2], *np.diff(other, axis=0)[:2]):
        a, b = (box @ side / np.hypot(*side) for box in (one, other))
        depths.append(min(a.max(), b.max()) - max(a.min(), b.min()))
    return min(depths)


def covered(browser):
    """Pairs of texts in one figure of which one covers a part of the other, or that are cut off."""
    found = []
    for name, (left, top, right, bottom), texts in browser.execute_script(TEXTS):
        assert texts, name
        boxes = [(text, np.array(box)) for text, box in texts]
        found += [
            (name, one, other)
            for (one, a), (other, b) in combinations(boxes, 2)
            if overlap(a, b) > CLOSE
        ]
        found += [
            (name, text, "is cut off")
            for text, box in boxes
            if (box < [left - 1, top - 1]).any() or (box > [right + 1, bottom + 1]).any()
        ]
    return found


@pytest.fixture
def resized(chromium):
    """Give the window another size, until the test ends."""
    size = chromium.get_window_size()

    def resize(width):
        chromium.set_window_size(width, 1000)
        # What is out of sight is laid out and drawn anew only when it comes into sight.
        chromium.execute_script(
            "for (const part of document.querySelectorAll('section'))"
            "  part.style.contentVisibility = 'visible';"
            "document.querySelectorAll('.plot').forEach((plot) => Plotly.Plots.resize(plot))"
        )
        until(
            chromium,
            "[...document.querySelectorAll('.plot')].every("
            "(plot) => Math.abs(plot._fullLayout.width - plot.clientWidth) <= 1)",
        )

    yield resize
    chromium.set_window_size(size["width"], size["height"])


def choose_last(browser):
    """Choose the last of all choices in each figure: of parameters, that with names for values."""
    browser.execute_script(
        "for (const section of document.querySelectorAll('#figures section')) {"
        "  const choice = section.querySelector('select');"
        "  if (choice.options.length < 2) continue;"
        "  choice.selectedIndex = choice.options.length - 1;"
        "  delete section.dataset.version;"
        "  choice.dispatchEvent(new Event('change'));"
        "}"
    )
    until(
        browser,
        "[...document.querySelectorAll('#figures section')].every((each) => each.dataset.version)",
    )


@pytest.mark.parametrize("source", SOURCES)
def test_no_text_covers_another(chromium, resized, tmp_path, source):
    open_report(chromium, SOURCES[source], tmp_path)
    resized(1280)
    assert covered(chromium) == []
    resized(500)
    assert covered(chromium) == []
    choose_last(chromium)
    assert covered(chromium) == []
    resized(1280)
    assert covered(chromium) == []


def test_what_needs_more_room_than_there_is_can_be_scrolled(chromium, resized, tmp_path):
    """The figure, and not the page."""
    open_report(chromium, CROWDED["more parameters and values than places"], tmp_path)
    wider = "document.querySelector('#parallel .scroll')"
    for width, is_scrolled in ((500, True), (1280, False)):
        resized(width)
        assert is_scrolled == chromium.execute_script(
            f"return {wider}.scrollWidth > {wider}.clientWidth"
        )
        assert chromium.execute_script(
            "return document.documentElement.scrollWidth <= window.innerWidth"
        )


def test_marks_of_an_axis_differ(chromium, tmp_path):
    """Also of values that differ in their middle only."""
    open_report(chromium, CROWDED["eight parameters and twelve values"], tmp_path)
    marks = chromium.execute_script(
        "return [...document.querySelectorAll('#parallel .annotation-text')]"
        ".map((node) => node.textContent).filter((text) => text.includes('value'))"
    )
    assert len(set(marks)) == len(marks) == 12


def test_this_sees_what_overlaps(chromium, tmp_path):
    open_report(chromium, CROWDED["three parameters"], tmp_path)
    chromium.execute_script(
        "return Plotly.relayout(document.querySelector('#parallel .plot'),"
        " { 'xaxis.tickangle': 0, 'xaxis.tickfont.size': 60 })"
    )
    assert len(covered(chromium)) >= 2
