"""What the values of a parameter look like: colours that everybody can tell apart.

Numbers run through viridis, without its end that is too light on white; on a logarithmic scale
where they span more than two orders of magnitude. Everything else has one of the colours of Okabe
and Ito, which were chosen for people who do not see all colours.

References
----------
Okabe, M., & Ito, K. (2008). Color universal design (CUD): how to make figures and presentations
that are friendly to colorblind people. University of Tokyo.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from skhpo.plotting._axes import whole_numbers
from skhpo.trial import Params

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["ACCENT", "GREY", "ColourScale", "colour_scale"]

GREY = "0.65"
ACCENT = "#D55E00"  # vermillion

#: The palette without black, the lightest last.
_OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442")

#: Numbers that span more than this factor are shown on a logarithmic scale.
_LOGARITHMIC = 100.0

_LONGEST = 24  # letters of a category's name


class ColourScale(ABC):
    """Colours for the values of one parameter."""

    def __init__(self, parameter: str) -> None:
        self.parameter = parameter

    def of(self, params: Params) -> Any:
        """Return the colour of a configuration: grey if it does not have the parameter.

        Parameters
        ----------
        params : mapping of str to object
            The configuration.
        """
        return self._colour(params[self.parameter]) if self.parameter in params else GREY

    @abstractmethod
    def _colour(self, value: Any) -> Any:
        """Return the colour of a value."""

    @abstractmethod
    def explain(self, ax: Axes) -> None:
        """Draw the scale beside the axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes
            Where its colours are used.
        """


def colour_scale(parameter: str, configurations: Sequence[Params]) -> ColourScale:
    """Return the colours for the values that a parameter has.

    Parameters
    ----------
    parameter : str
        Its name; one configuration at least has it.
    configurations : sequence of mapping of str to object
        All that are to be drawn.
    """
    values = [params[parameter] for params in configurations if parameter in params]
    is_number = all(_is_finite_number(value) for value in values)
    if is_number and len(set(values)) > 1:
        return _Numbers(parameter, values)
    return _Categories(parameter, values)


class _Numbers(ColourScale):
    """A colour bar."""

    def __init__(self, parameter: str, values: Sequence[Any]) -> None:
        from matplotlib import colormaps
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import ListedColormap, LogNorm, Normalize

        super().__init__(parameter)
        low, high = float(min(values)), float(max(values))
        self._is_log = low > 0 and high / low > _LOGARITHMIC
        self._is_integer = all(isinstance(value, Integral) for value in values)
        colours = ListedColormap(colormaps["viridis"](np.linspace(0.0, 0.88, 256)))
        self._map = ScalarMappable((LogNorm if self._is_log else Normalize)(low, high), colours)

    def _colour(self, value: Any) -> Any:
        return self._map.cmap(self._map.norm(np.array(float(value))))

    def explain(self, ax: Axes) -> None:
        ticks = whole_numbers() if self._is_integer and not self._is_log else None
        ax.figure.colorbar(self._map, ax=ax, label=self.parameter, ticks=ticks)


class _Categories(ColourScale):
    """A colour bar of one field for each; where there are too many, grey for the rarer ones."""

    def __init__(self, parameter: str, values: Sequence[Any]) -> None:
        super().__init__(parameter)
        often = [name for name, _ in Counter(map(_name, values)).most_common()]
        n_named = len(often) if len(often) <= len(_OKABE_ITO) else len(_OKABE_ITO)
        self._colours = dict(zip(sorted(often[:n_named]), _OKABE_ITO, strict=False))
        self._n_others = len(often) - n_named

    def _colour(self, value: Any) -> Any:
        return self._colours.get(_name(value), GREY)

    def explain(self, ax: Axes) -> None:
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import BoundaryNorm, ListedColormap

        fields = dict(self._colours)
        if self._n_others:
            fields[f"{self._n_others} others"] = GREY
        edges = np.arange(len(fields) + 1) - 0.5
        colours = ListedColormap(list(fields.values()))
        field = ScalarMappable(BoundaryNorm(edges, len(fields)), colours)
        bar = ax.figure.colorbar(field, ax=ax, label=self.parameter, ticks=range(len(fields)))
        bar.ax.set_yticklabels(list(fields))
        bar.ax.tick_params(length=0)
        bar.ax.invert_yaxis()
        bar.minorticks_off()


def _is_finite_number(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, Real) and math.isfinite(value)


def _name(value: Any) -> str:
    """Return what a value is called: classes and functions by their name, the rest as printed."""
    name = " ".join(str(getattr(value, "__name__", value)).split())
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
