"""Numbers at the marks of an axis in powers of ten, none of which runs into another.

Other modules import this one when they draw: it needs matplotlib.
"""

from __future__ import annotations

import math
from typing import Any

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath
from matplotlib.ticker import LogFormatterSciNotation

__all__ = ["MarksWithRoom"]

_APART = 4.0  # points between two numbers

#: Which numbers between two powers of ten are the roundest, these first.
_ROUND = (2, 5, 3, 7)


class MarksWithRoom(LogFormatterSciNotation):
    """Numbers of the marks between powers of ten: as many as there is room for.

    Where there is room is known when the figure is drawn, and not before.
    """

    def format_ticks(self, values: Any) -> list[str]:
        """Return what stands at marks, nothing where it would run into another one.

        Parameters
        ----------
        values : sequence of float
            Where the marks are.
        """
        axis: Any = self.axis
        powers = axis.get_majorticklocs()
        low, high = sorted(axis.get_view_interval())
        numbers = axis.get_major_formatter().format_ticks(powers)
        taken = [
            self._ends(power, number)
            for power, number in zip(powers, numbers, strict=True)
            if number and low <= power <= high
        ]
        texts = list(super().format_ticks(values))
        for at in sorted(range(len(texts)), key=lambda at: _roundness(values[at])):
            if texts[at]:
                begin, end = self._ends(values[at], texts[at])
                if any(begin < last and first < end for first, last in taken):
                    texts[at] = ""
                else:
                    taken.append((begin, end))
        return texts

    def _ends(self, mark: float, text: str) -> tuple[float, float]:
        """Return from where to where a text reaches along the axis, in pixels."""
        axis: Any = self.axis
        ax, is_upright = axis.axes, axis is axis.axes.yaxis
        font = FontProperties(size=axis.get_major_ticks(1)[0].label1.get_fontsize())
        box = TextPath((0, 0), text, prop=font).get_extents()
        length = (box.height if is_upright else box.width) + _APART
        place = ax.transData.transform((1.0, mark) if is_upright else (mark, 1.0))[int(is_upright)]
        half = length / 2 * ax.figure.dpi / 72
        return place - half, place + half


def _roundness(mark: float) -> int:
    """Return the rank of a number among those between two powers of ten."""
    first = round(mark / 10.0 ** math.floor(math.log10(mark) + 1e-9))
    return _ROUND.index(first) if first in _ROUND else len(_ROUND)
