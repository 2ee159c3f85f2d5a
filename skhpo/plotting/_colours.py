"""What the values of a parameter look like: colours that everybody can tell apart.

Numbers run through viridis, without its end that is too light on white; evenly or in powers of ten,
as on any other axis of the parameter. Everything else has one of the colours of Okabe and Ito,
which were chosen for people who do not see all colours. Black, the last of them, is for whatever
has no colour of its own: for people who lack one kind of cones, a grey would be too near to the
purple, or to the middle of viridis.

References
----------
Okabe, M., & Ito, K. (2008). Color universal design (CUD): how to make figures and presentations
that are friendly to colorblind people. University of Tokyo.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skhpo.inspection.scales import Scale, values_of
from skhpo.inspection.spaces import declared_scale
from skhpo.plotting._axes import plain, whole_numbers
from skhpo.trial import Params

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Colormap

__all__ = [
    "ACCENT",
    "BLUE",
    "GREY",
    "INK",
    "OTHERS",
    "PALETTE",
    "ColourScale",
    "colour_scale",
    "number_colours",
]

GREY = "0.65"
INK = "0.15"
ACCENT = "#D55E00"  # vermillion
BLUE = "#0072B2"
OTHERS = "#000000"  # values without a colour of their own, and configurations without a value

#: Of categories: that of Okabe and Ito without black, the lightest last.
PALETTE = (BLUE, "#E69F00", "#009E73", "#CC79A7", "#56B4E9", ACCENT, "#F0E442")


class ColourScale(ABC):
    """Colours for the values of one parameter.

    Parameters
    ----------
    scale : Scale
        Its axis.
    """

    def __init__(self, scale: Scale) -> None:
        self.scale = scale

    def of(self, configurations: Sequence[Params]) -> NDArray[np.float64]:
        """Return the colours of configurations: black for those that do not have the parameter.

        Parameters
        ----------
        configurations : sequence of mapping of str to object
            The configurations.

        Returns
        -------
        ndarray of shape (n_configurations, 4)
            Red, green, blue and opacity.
        """
        from matplotlib.colors import to_rgba

        values = values_of(self.scale.name, configurations)
        coordinates = self.scale.coordinates(values)
        colours = np.full((len(coordinates), 4), to_rgba(OTHERS))
        is_there = ~np.isnan(coordinates)
        colours[is_there] = self._colours(coordinates[is_there])
        return colours

    @abstractmethod
    def _colours(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the colours of values on the axis."""

    @abstractmethod
    def explain(self, ax: Axes) -> None:
        """Draw the scale beside the axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes
            Where its colours are used.
        """


def colour_scale(
    parameter: str, configurations: Sequence[Params], source: Any = None
) -> ColourScale:
    """Return the colours for the values that a parameter has.

    Parameters
    ----------
    parameter : str
        Its name; one configuration at least has it.
    configurations : sequence of mapping of str to object
        All that are to be drawn.
    source : object, default=None
        Whose space may say how the values lie: a search, a tuner, or one on disk.
    """
    values = values_of(parameter, configurations)
    scale = declared_scale(source, parameter, values, most=len(PALETTE))
    return _Categories(scale) if scale.kind == "categories" else _Numbers(scale)


def number_colours(low: float, high: float, *, log: bool = False) -> ScalarMappable:
    """Return the colours of numbers between two others.

    Parameters
    ----------
    low, high : float
        The least and the greatest.
    log : bool, default=False
        Whether they run in powers of ten.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm, Normalize

    return ScalarMappable((LogNorm if log else Normalize)(low, high), _viridis())


def _viridis() -> Colormap:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["viridis"](np.linspace(0.0, 0.88, 256)))


class _Numbers(ColourScale):
    """A colour bar."""

    def __init__(self, scale: Scale) -> None:
        super().__init__(scale)
        self._map = number_colours(scale.low, scale.high, log=scale.kind == "log")

    def _colours(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        colours: NDArray[np.float64] = self._map.to_rgba(coordinates)
        return colours

    def explain(self, ax: Axes) -> None:
        ticks = whole_numbers() if self.scale.is_integer and self.scale.kind == "linear" else None
        ax.figure.colorbar(self._map, ax=ax, label=plain(self.scale.name), ticks=ticks)


class _Categories(ColourScale):
    """A colour bar of one field for each; where there are too many, black for the rarer ones."""

    def __init__(self, scale: Scale) -> None:
        from matplotlib.colors import ListedColormap

        super().__init__(scale)
        self._map = ListedColormap([*PALETTE, OTHERS][: len(scale.texts)])

    def _colours(self, coordinates: NDArray[np.float64]) -> NDArray[np.float64]:
        colours: NDArray[np.float64] = self._map(coordinates.astype(int))
        return colours

    def explain(self, ax: Axes) -> None:
        from matplotlib.cm import ScalarMappable
        from matplotlib.colors import BoundaryNorm

        texts = self.scale.texts
        edges = np.arange(len(texts) + 1) - 0.5
        field = ScalarMappable(BoundaryNorm(edges, len(texts)), self._map)
        bar = ax.figure.colorbar(
            field, ax=ax, label=plain(self.scale.name), ticks=range(len(texts))
        )
        bar.ax.set_yticklabels([plain(text) for text in texts])
        bar.ax.tick_params(length=0)
        bar.ax.invert_yaxis()
        bar.minorticks_off()
