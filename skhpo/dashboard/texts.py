"""What a value is called on the page, which takes texts as data and never as markup."""

from __future__ import annotations

import html
import math
from numbers import Integral, Real
from typing import Any

__all__ = ["plot_text", "shortened", "value_text"]

#: Characters of a value; what is longer is cut.
_LONGEST = 60


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
