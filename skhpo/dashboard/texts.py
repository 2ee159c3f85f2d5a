"""What a value is called on the page, which takes texts as data and never as markup."""

from __future__ import annotations

import html
import math
import unicodedata
from numbers import Integral, Real
from typing import Any

__all__ = ["plot_text", "shortened", "text_width", "value_text"]

#: Characters of a value; what is longer is cut.
_LONGEST = 60

#: Letters that are narrower, and wider, than most.
_NARROW, _WIDE = frozenset(" !'()*,-./:;I[\\]fijlrt|"), frozenset("#%&+<=>@MW^mw~…—")


def value_text(value: Any) -> str:
    """Return a value in few words: numbers in six digits, classes and functions by their name.

    Parameters
    ----------
    value : object
        What it is.
    """
    if value is None or isinstance(value, (bool, str)):
        return shortened(str(value))
    if isinstance(value, Integral):
        return shortened(str(value))
    if isinstance(value, Real):
        number = float(value)
        return "–" if math.isnan(number) else f"{number + 0.0:.6g}"  # and no negative zero
    return shortened(str(getattr(value, "__name__", value)))


def shortened(text: str, longest: int = _LONGEST) -> str:
    """Return a text in one line that is not too long.

    Parameters
    ----------
    text : str
        The text.
    longest : int, default=60
        Characters of it.
    """
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def plot_text(text: str) -> str:
    """Return a text for plotly, which would read tags, entities, templates and TeX in it.

    Parameters
    ----------
    text : str
        The text.
    """
    return html.escape(text, quote=False).replace("$", "&#36;").replace("{", "&#123;")


def text_width(text: str, size: float) -> float:
    """Return how many pixels a text takes in a browser's own letters, the widest of them.

    Parameters
    ----------
    text : str
        The text, in one line.
    size : float
        Of the letters, in pixels.
    """
    return size * sum(map(_letter_width, text))


def _letter_width(letter: str) -> float:
    """Return the width of a letter, where its size is 1."""
    if letter in _NARROW:
        return 0.42
    if letter in _WIDE or unicodedata.east_asian_width(letter) in "FW":
        return 1.0
    return 0.8 if letter.isupper() else 0.64
